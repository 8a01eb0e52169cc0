//! A terminal that shows nothing of what is typed, and always shows it again.

use std::{
    fs::File,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use signal_hook::{
    consts::{SIGINT, SIGQUIT, SIGTERM},
    iterator::{Handle, Signals},
    low_level::emulate_default_handler,
};

/// Those that others send to end a process. Not SIGHUP: with it the terminal is gone, and `nohup`
/// has it ignored.
const ENDING: [i32; 3] = [SIGINT, SIGQUIT, SIGTERM];

/// The hush of this process, for the thread that minds signals.
static CURRENT: Mutex<Weak<Hush>> = Mutex::new(Weak::new());
static SIGNALS: Mutex<Minded> = Mutex::new(Minded::ByNobody);

/// Lasts until it is dropped, or until a signal ends the process.
#[derive(Debug)]
pub(super) struct Hush {
    device: File,
    before: Termios,
}

/// Who minds the signals that end a process.
enum Minded {
    /// They have not been touched.
    ByNobody,
    /// A thread of this module does as if nobody did, but gives the terminal back first.
    Here(Handle),
    /// The owner of the process does.
    ByOwner,
}

/// Leaves SIGINT, SIGQUIT and SIGTERM to the caller, who listens for them from now on.
///
/// Until this is called, and once a question has been asked on the terminal, they end the process
/// as they do by default, after the terminal was given its echo back.
pub fn leave_signals() {
    let before = std::mem::replace(&mut *lock(&SIGNALS), Minded::ByOwner);
    if let Minded::Here(thread) = before {
        thread.close();
    }
}

impl Hush {
    /// Switches echo off, and line editing and the keys for signals with it: who breaks off with
    /// such a key gets an error, which can be told. Joins the hush there is, if any.
    pub(super) fn begin(device: &File) -> io::Result<Arc<Self>> {
        let mut current = lock(&CURRENT);
        if let Some(hush) = current.upgrade() {
            return Ok(hush);
        }
        mind_signals()?;
        let before = tcgetattr(device)?;
        let mut hushed = before.clone();
        hushed.local_modes.remove(
            LocalModes::ECHO
                | LocalModes::ECHONL
                | LocalModes::ICANON
                | LocalModes::ISIG
                | LocalModes::IEXTEN,
        );
        hushed.special_codes[SpecialCodeIndex::VMIN] = 1;
        hushed.special_codes[SpecialCodeIndex::VTIME] = 0;
        let hush = Arc::new(Self {
            device: device.try_clone()?,
            before,
        });
        *current = Arc::downgrade(&hush);
        tcsetattr(device, OptionalActions::Now, &hushed)?;
        Ok(hush)
    }

    fn end(&self) {
        // If it fails the terminal is gone, and with it whoever could be told.
        let _ = tcsetattr(&self.device, OptionalActions::Now, &self.before);
    }
}

impl Drop for Hush {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts the thread, unless somebody minds the signals already. It stays to the end: a handler,
/// once there, cannot be taken back, and without the thread the signals would do nothing.
fn mind_signals() -> io::Result<()> {
    let mut minded = lock(&SIGNALS);
    if !matches!(*minded, Minded::ByNobody) {
        return Ok(());
    }
    let mut signals = Signals::new(ENDING)?;
    *minded = Minded::Here(signals.handle());
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                // Held to the end: no other hush begins meanwhile.
                let current = lock(&CURRENT);
                if let Some(hush) = current.upgrade() {
                    hush.end();
                }
                let _ = emulate_default_handler(signal);
            }
        })?;
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
