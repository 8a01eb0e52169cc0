//! What the service manager is told: sd_notify(3), for `Type=notify` and `Type=notify-reload`.
//!
//! A message is lines of `NAME=VALUE`, sent as one datagram to the socket that `$NOTIFY_SOCKET`
//! names. Without that variable nobody wants to know, and all of this does nothing.

use std::{
    env,
    ffi::OsStr,
    io,
    os::unix::{
        ffi::OsStrExt as _,
        net::{SocketAddr, UnixDatagram},
    },
    process,
    time::Duration,
};

/// The service manager that started this process, if one did.
#[derive(Debug, Default)]
pub(crate) struct ServiceManager {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// The one that the environment names.
    pub(crate) fn detect() -> Self {
        let Some(address) = env::var_os("NOTIFY_SOCKET") else {
            return Self::default();
        };
        let variable = |name| env::var(name).ok();
        match connect(&address) {
            Ok(socket) => Self {
                socket: Some(socket),
                watchdog: watchdog(
                    variable("WATCHDOG_USEC").as_deref(),
                    variable("WATCHDOG_PID").as_deref(),
                    process::id(),
                ),
            },
            Err(error) => {
                tracing::warn!(%error, "the service manager's NOTIFY_SOCKET cannot be used");
                Self::default()
            }
        }
    }

    /// How often it wants a sign of life at least, if at all.
    pub(crate) fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Start or reload is done.
    pub(crate) fn ready(&self, status: &str) {
        self.send(&["READY=1", &status_line(status)]);
    }

    /// The settings are being read anew; [`Self::ready`] ends that.
    pub(crate) fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let now = Duration::try_from(now).unwrap_or_default().as_micros();
        self.send(&["RELOADING=1", &format!("MONOTONIC_USEC={now}")]);
    }

    /// The process is about to end.
    pub(crate) fn stopping(&self, status: &str) {
        self.send(&["STOPPING=1", &status_line(status)]);
    }

    /// A sign of life.
    pub(crate) fn alive(&self) {
        self.send(&["WATCHDOG=1"]);
    }

    /// What the process is doing, for people.
    pub(crate) fn status(&self, status: &str) {
        self.send(&[&status_line(status)]);
    }

    fn send(&self, lines: &[&str]) {
        let Some(socket) = &self.socket else {
            return;
        };
        // A sign of life that got lost is followed by another; who waits for more gives up itself.
        if let Err(error) = socket.send(lines.join("\n").as_bytes()) {
            tracing::debug!(%error, "the service manager could not be told");
        }
    }
}

/// The text must stay on its line: what follows would be another assignment.
fn status_line(status: &str) -> String {
    format!("STATUS={}", status.replace(char::is_control, " "))
}

/// `address` is a path, or a name in the abstract namespace behind an `@`.
fn connect(address: &OsStr) -> io::Result<UnixDatagram> {
    let address = match address.as_bytes().strip_prefix(b"@") {
        Some(name) => abstract_address(name)?,
        None => SocketAddr::from_pathname(address)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    // A service manager that does not listen must not stop this process.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt as _;
    SocketAddr::from_abstract_name(name)
}

#[cfg(not(target_os = "linux"))]
fn abstract_address(_name: &[u8]) -> io::Result<SocketAddr> {
    Err(io::ErrorKind::Unsupported.into())
}

/// As sd_watchdog_enabled(3): a number of microseconds that is not 0, meant for this process.
fn watchdog(microseconds: Option<&str>, pid: Option<&str>, own_pid: u32) -> Option<Duration> {
    if let Some(pid) = pid
        && pid.parse() != Ok(own_pid)
    {
        return None;
    }
    let microseconds = microseconds?.parse().ok().filter(|number| *number > 0)?;
    Some(Duration::from_micros(microseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A manager, and a way to see what it was told.
    fn manager() -> (ServiceManager, impl Fn() -> String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let server = UnixDatagram::bind(&path).unwrap();
        let manager = ServiceManager {
            socket: Some(connect(path.as_os_str()).unwrap()),
            watchdog: None,
        };
        let told = move || {
            let _keeps = &folder;
            let mut buffer = [0; 1024];
            let length = server.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..length].to_vec()).unwrap()
        };
        (manager, told)
    }

    #[test]
    fn messages_are_those_of_sd_notify() {
        let (manager, told) = manager();
        manager.ready("polling");
        assert_eq!(told(), "READY=1\nSTATUS=polling");
        manager.stopping("two lines\nWATCHDOG=trigger");
        assert_eq!(told(), "STOPPING=1\nSTATUS=two lines WATCHDOG=trigger");
        manager.alive();
        assert_eq!(told(), "WATCHDOG=1");
        manager.reloading();
        let message = told();
        let time = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=");
        assert!(time.unwrap().parse::<u64>().unwrap() > 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_behind_an_at_sign_is_abstract() {
        let name = format!("tatum-kms-test-{}", process::id());
        let address = abstract_address(name.as_bytes()).unwrap();
        let server = UnixDatagram::bind_addr(&address).unwrap();
        let socket = connect(OsStr::new(&format!("@{name}"))).unwrap();
        socket.send(b"x").unwrap();
        assert_eq!(server.recv(&mut [0; 2]).unwrap(), 1);
    }

    #[test]
    fn nobody_listening_is_no_trouble() {
        let (manager, told) = manager();
        drop(told);
        manager.ready("polling");
        ServiceManager::default().alive();
        assert!(connect(OsStr::new("/nowhere/notify")).is_err());
    }

    #[test]
    fn the_watchdog_is_for_the_process_it_names() {
        let second = Some(Duration::from_secs(1));
        for (microseconds, pid, expected) in [
            (Some("1000000"), None, second),
            (Some("1000000"), Some("7"), second),
            (Some("1000000"), Some("8"), None),
            (Some("1000000"), Some(""), None),
            (Some("0"), Some("7"), None),
            (Some("-1"), Some("7"), None),
            (Some(""), None, None),
            (None, Some("7"), None),
        ] {
            assert_eq!(watchdog(microseconds, pid, 7), expected);
        }
    }
}
