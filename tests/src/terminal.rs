//! A terminal with somebody at it.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    os::{fd::OwnedFd, unix::ffi::OsStrExt as _},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::{
    process::Signal,
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, tcgetattr},
};

use crate::{
    cloud::PATIENCE,
    daemon::{Finished, Running},
    program::Invocation,
};

/// A run of the program on a terminal of its own.
#[derive(Debug)]
pub struct Terminal {
    running: Running,
    keyboard: File,
    screen: Arc<Screen>,
    reader: JoinHandle<()>,
}

impl Terminal {
    /// Starts a run with a terminal, and standard input on it. Standard output and standard error
    /// go elsewhere.
    pub fn start(invocation: &Invocation) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&ours).expect("our pseudo-terminal");
        unlockpt(&ours).expect("our pseudo-terminal");
        let name = ptsname(&ours, Vec::new()).expect("its name");
        let theirs = OpenOptions::new()
            .read(true)
            .write(true)
            .open(std::ffi::OsStr::from_bytes(name.as_bytes()))
            .expect("the other end");
        let mut command = invocation.command(&["setsid", "--ctty"]);
        command.stdin(OwnedFd::from(theirs));
        let running = Running::start(command);
        let keyboard = File::from(ours);
        let (screen, reader) = Screen::show(keyboard.try_clone().expect("a descriptor"));
        Self {
            running,
            keyboard,
            screen,
            reader,
        }
    }

    /// Blocks until `question` is on the screen for the `times`th time and what is typed is no
    /// longer shown, then types a line.
    pub fn answer(&mut self, question: &str, times: usize, line: &str) {
        self.wait_for_question(question, times);
        writeln!(self.keyboard, "{line}").expect("a terminal");
    }

    /// Sends a signal while `question` waits for an answer. Gives what became of the program, and
    /// whether the terminal shows what is typed again.
    pub fn signal_at(self, question: &str, signal: Signal) -> (Finished, bool) {
        self.wait_for_question(question, 1);
        self.running.signal(signal);
        let done = self.running.finish();
        (done, shows_typing(&self.keyboard))
    }

    fn wait_for_question(&self, question: &str, times: usize) {
        let deadline = Instant::now() + PATIENCE;
        self.screen.wait(question, times, deadline);
        // The question comes first, and then the program turns the echo off.
        while shows_typing(&self.keyboard) {
            assert!(Instant::now() < deadline, "what is typed would be shown");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Blocks until the program ends; gives what it wrote elsewhere, and the screen.
    pub fn finish(self) -> (Finished, String) {
        let done = self.running.finish();
        // The last words may still be on their way to the screen.
        self.reader.join().expect("a reader that cannot fail");
        (done, self.screen.text())
    }
}

fn shows_typing(terminal: &File) -> bool {
    let modes = tcgetattr(terminal).expect("a terminal").local_modes;
    modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
}

/// What is on the screen.
#[derive(Debug, Default)]
struct Screen {
    bytes: Mutex<Vec<u8>>,
    changed: Condvar,
}

impl Screen {
    fn show(mut terminal: File) -> (Arc<Self>, JoinHandle<()>) {
        let screen = Arc::new(Self::default());
        let ours = Arc::clone(&screen);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 1024];
            // An error says that nobody has the terminal open any more.
            while let Ok(count @ 1..) = terminal.read(&mut buffer) {
                let mut bytes = ours.bytes.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.extend(buffer.iter().take(count));
                ours.changed.notify_all();
            }
        });
        (screen, reader)
    }

    fn text(&self) -> String {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn wait(&self, question: &str, times: usize, deadline: Instant) {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if text.matches(question).count() >= times {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                left > Duration::ZERO,
                "no {question:?} on the screen: {text:?}"
            );
            (bytes, _) = self
                .changed
                .wait_timeout(bytes, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
