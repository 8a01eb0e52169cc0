//! Where tests find what was logged.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::Subscriber;

/// Keeps what is written to it.
#[derive(Clone, Default)]
pub(super) struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `log` writes to a subscriber that was made for this sink.
pub(super) fn written<S: Subscriber + Send + Sync + 'static>(
    subscriber: impl FnOnce(Sink) -> S,
    log: impl FnOnce(),
) -> String {
    let sink = Sink::default();
    tracing::subscriber::with_default(subscriber(sink.clone()), log);
    let bytes = sink.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}
