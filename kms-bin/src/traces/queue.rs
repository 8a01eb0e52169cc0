//! Spans that wait to be sent.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::message::Span;

/// How many wait at most; OpenTelemetry's usual number.
const ROOM: usize = 2048;
/// How many are sent at a time; likewise.
pub(super) const BATCH: usize = 512;

/// Between those who make spans, who never wait, and the one who sends them.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Span>,
    dropped: u64,
    closing: bool,
    /// Nobody sends any more.
    done: bool,
}

/// When the next spans are to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// After this time, or when there are enough of them.
    Full(Duration),
    /// After this time, however many there are.
    Elapsed(Duration),
}

/// What is to be sent next.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) spans: Vec<Span>,
    /// The program ends.
    pub(super) closing: bool,
}

impl Queue {
    /// Takes a span in, or drops it when there is no room.
    pub(super) fn push(&self, span: Span) {
        let mut state = self.lock();
        if state.done || state.waiting.len() >= ROOM {
            state.dropped = state.dropped.saturating_add(1);
            return;
        }
        state.waiting.push_back(span);
        let is_full = state.waiting.len() >= BATCH;
        drop(state);
        if is_full {
            self.changed.notify_all();
        }
    }

    /// Blocks until it is time to send, or the program ends; gives the oldest spans.
    pub(super) fn next(&self, when: When) -> Batch {
        let (When::Full(wait) | When::Elapsed(wait)) = when;
        let deadline = Instant::now().checked_add(wait);
        let mut state = self.lock();
        loop {
            let left = deadline.map_or(wait, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            let is_full = matches!(when, When::Full(_)) && state.waiting.len() >= BATCH;
            if state.closing || is_full || left.is_zero() {
                break;
            }
            (state, _) = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let count = state.waiting.len().min(BATCH);
        Batch {
            spans: state.waiting.drain(..count).collect(),
            closing: state.closing,
        }
    }

    /// Puts spans that could not be sent back to where they were, as far as there is room now.
    pub(super) fn give_back(&self, spans: Vec<Span>) {
        let mut state = self.lock();
        let room = ROOM.saturating_sub(state.waiting.len());
        let lost = spans.len().saturating_sub(room);
        for span in spans.into_iter().skip(lost).rev() {
            state.waiting.push_front(span);
        }
        drop(state);
        self.lose(lost);
    }

    /// Counts spans that are given up.
    pub(super) fn lose(&self, count: usize) {
        let mut state = self.lock();
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        state.dropped = state.dropped.saturating_add(count);
    }

    /// How many were dropped since this was last asked.
    pub(super) fn take_dropped(&self) -> u64 {
        std::mem::take(&mut self.lock().dropped)
    }

    /// Has the rest sent, and waits for it at most so long.
    pub(super) fn close(&self, within: Duration) {
        let mut state = self.lock();
        state.closing = true;
        self.changed.notify_all();
        let unfinished = |state: &mut State| !state.done;
        (state, _) = self
            .changed
            .wait_timeout_while(state, within, unfinished)
            .unwrap_or_else(PoisonError::into_inner);
        // Who makes spans from here on makes them for nobody.
        state.done = true;
    }

    /// Nothing is sent any more.
    pub(super) fn finish(&self) {
        self.lock().done = true;
        self.changed.notify_all();
    }

    /// A panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;

    /// Far beyond what any of this takes.
    const LONG: Duration = Duration::from_secs(3600);

    fn span(number: usize) -> Span {
        Span {
            name: number.to_string(),
            ..Span::default()
        }
    }

    fn names(batch: &Batch) -> Vec<usize> {
        let names = batch.spans.iter().map(|span| span.name.parse().unwrap());
        names.collect()
    }

    #[test]
    fn a_full_batch_does_not_wait_and_keeps_the_order() {
        let queue = Queue::default();
        (0..BATCH + 1).for_each(|number| queue.push(span(number)));
        let batch = queue.next(When::Full(LONG));
        assert_eq!(names(&batch), (0..BATCH).collect::<Vec<_>>());
        assert!(!batch.closing);
        assert_eq!(names(&queue.next(When::Elapsed(Duration::ZERO))), [BATCH]);
        assert!(queue.next(When::Full(Duration::ZERO)).spans.is_empty());
    }

    #[test]
    fn what_finds_no_room_is_dropped_and_counted() {
        let queue = Queue::default();
        (0..ROOM + 3).for_each(|number| queue.push(span(number)));
        assert_eq!(queue.take_dropped(), 3);
        let first = queue.next(When::Full(LONG)).spans;
        (0..2).for_each(|number| queue.push(span(number)));
        queue.give_back(first);
        assert_eq!(queue.take_dropped(), 2, "two have taken the room");
        let batch = queue.next(When::Full(LONG));
        assert_eq!(names(&batch), (2..BATCH + 2).collect::<Vec<_>>());
    }

    #[test]
    fn closing_wakes_the_sender_and_waits_for_it() {
        let queue = Arc::new(Queue::default());
        queue.push(span(1));
        let ours = Arc::clone(&queue);
        let sender = thread::spawn(move || {
            let batch = ours.next(When::Elapsed(LONG));
            ours.finish();
            batch
        });
        queue.close(LONG);
        let batch = sender.join().unwrap();
        assert!(batch.closing);
        assert_eq!(names(&batch), [1]);
        queue.push(span(2));
        assert_eq!(queue.take_dropped(), 1);
    }

    #[test]
    fn closing_does_not_wait_for_ever() {
        let queue = Queue::default();
        queue.push(span(1));
        queue.close(Duration::from_millis(1));
    }
}
