//! Small secrets that stay for a while: in locked pages, many to a page.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use zeroize::{Zeroize as _, Zeroizing};

use super::LockedBuffer;

/// The longest secret that has a place: an extended key of BIP32-Ed25519.
const SLOT: usize = 96;
/// Slots of one buffer: 60 KiB, so that the usual limit of locked memory, 8 MiB, holds 80,000.
const SLOTS: usize = 640;

/// A secret of at most 96 bytes that lies where [`LockedBuffer`] puts it: not swapped out, not in
/// a core file, wiped when dropped.
///
/// A buffer of its own would take a page for each key. Whoever uses it works on a copy on the
/// stack, which is wiped as well.
pub(crate) struct GuardedBytes {
    place: Place,
    len: usize,
}

#[derive(Clone, Copy)]
struct Place {
    buffer: usize,
    start: usize,
}

impl GuardedBytes {
    /// A copy of `secret` in a locked page.
    ///
    /// # Panics
    /// When it is longer than 96 bytes.
    pub(crate) fn new(secret: &[u8]) -> Self {
        assert!(secret.len() <= SLOT, "no key is so long");
        let place = POOL.lock().unwrap_or_else(PoisonError::into_inner).take();
        let guarded = Self {
            place,
            len: secret.len(),
        };
        guarded.in_place(|slot| slot.copy_from_slice(secret));
        guarded
    }

    /// Gives a copy of the secret to `work`, and wipes it afterwards.
    pub(crate) fn expose<T>(&self, work: impl FnOnce(&[u8]) -> T) -> T {
        let mut copy = Zeroizing::new([0; SLOT]);
        let (copy, _) = copy.split_at_mut(self.len);
        self.in_place(|slot| copy.copy_from_slice(slot));
        work(copy)
    }

    fn in_place<T>(&self, work: impl FnOnce(&mut [u8]) -> T) -> T {
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        let (slot, _) = pool.slot(self.place).split_at_mut(self.len);
        work(slot)
    }
}

impl Drop for GuardedBytes {
    fn drop(&mut self) {
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        pool.slot(self.place).zeroize();
        pool.free.push(self.place);
    }
}

impl fmt::Debug for GuardedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    buffers: Vec::new(),
    free: Vec::new(),
});

/// All slots of the process. It grows to what was in use at a time, and bounds on caches and on
/// work bound that.
struct Pool {
    buffers: Vec<LockedBuffer>,
    free: Vec<Place>,
}

impl Pool {
    fn take(&mut self) -> Place {
        if let Some(place) = self.free.pop() {
            return place;
        }
        let buffer = self.buffers.len();
        self.buffers.push(LockedBuffer::zeroed(SLOT * SLOTS));
        let place = |slot| Place {
            buffer,
            start: SLOT.saturating_mul(slot),
        };
        self.free.extend((1..SLOTS).rev().map(place));
        place(0)
    }

    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "`take` is the only one that makes places, of buffers that stay"
    )]
    fn slot(&mut self, place: Place) -> &mut [u8] {
        &mut self.buffers[place.buffer].bytes_mut()[place.start..place.start + SLOT]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_all_lengths_come_back_and_keep_apart() {
        let secret = |len| vec![u8::try_from(len).unwrap(); len];
        let secrets: Vec<Vec<u8>> = (0..=SLOT).map(secret).collect();
        let guarded: Vec<_> = secrets
            .iter()
            .map(|secret| GuardedBytes::new(secret))
            .collect();
        for (secret, guarded) in secrets.iter().zip(&guarded) {
            guarded.expose(|bytes| assert_eq!(bytes, secret));
            assert_eq!(format!("{guarded:?}"), "[redacted]");
        }
    }

    #[test]
    fn more_than_one_buffer_is_used_and_slots_are_used_again() {
        let many: Vec<_> = (0..2 * SLOTS)
            .map(|_| GuardedBytes::new(&[7; 32]))
            .collect();
        let buffers = || POOL.lock().unwrap().buffers.len();
        assert!(buffers() >= 2);
        drop(many);
        for _ in 0..10 * SLOTS {
            GuardedBytes::new(&[7; 32]).expose(|bytes| assert_eq!(bytes, [7; 32]));
        }
        // Other tests of this process hold a few slots.
        assert!(buffers() < 8, "{}", buffers());
    }

    #[test]
    fn what_is_dropped_is_wiped() {
        let guarded = GuardedBytes::new(b"correct horse battery staple");
        let place = guarded.place;
        drop(guarded);
        let mut pool = POOL.lock().unwrap();
        assert!(!pool.slot(place).starts_with(b"correct"));
    }
}
