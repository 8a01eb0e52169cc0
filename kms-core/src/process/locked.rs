//! Memory for secrets: not swapped out, not in a core file, wiped when dropped.
#![allow(unsafe_code)] // The one place: mlock and madvise have no safe form.

use std::fmt;

use zeroize::Zeroize as _;

/// A buffer of fixed length whose pages belong to it alone.
///
/// Its pages are locked in memory where the limit of the process allows, and left out of core
/// files; both are best effort. The buffer never grows, so no copy is left behind by a move.
pub(crate) struct LockedBuffer {
    memory: Box<[u8]>,
    start: usize,
    len: usize,
    /// Length of the whole pages that the buffer uses, from `start` on.
    span: usize,
    locked: bool,
}

impl LockedBuffer {
    /// A buffer of `len` zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        let page = rustix::param::page_size();
        let span = len.div_ceil(page).max(1).saturating_mul(page);
        // One page more than needed: somewhere in it the first page boundary is.
        let memory = vec![0; span.saturating_add(page)].into_boxed_slice();
        let address = memory.as_ptr().addr();
        let start = address.next_multiple_of(page).saturating_sub(address);
        let mut buffer = Self {
            memory,
            start,
            len,
            span,
            locked: false,
        };
        buffer.locked = buffer.lock();
        buffer
    }

    /// The bytes.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "`zeroed` allocates for all of it"
    )]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.len]
    }

    /// The bytes, to fill them in.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "`zeroed` allocates for all of it"
    )]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.start + self.len]
    }

    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "`zeroed` allocates for all of it"
    )]
    fn pages(&mut self) -> *mut std::ffi::c_void {
        self.memory[self.start..self.start + self.span]
            .as_mut_ptr()
            .cast()
    }

    fn lock(&mut self) -> bool {
        use rustix::process::{Resource, getrlimit};

        let (pages, span) = (self.pages(), self.span);
        #[cfg(target_os = "linux")]
        // SAFETY: `pages` and `span` are whole pages inside `self.memory`, which nothing else
        // uses; the advice changes what a core file holds, and nothing of the content.
        let _best_effort =
            unsafe { rustix::mm::madvise(pages, span, rustix::mm::Advice::LinuxDontDump) };
        // Even where a privilege lifts the limit, it says how much of the machine is ours.
        let fits = getrlimit(Resource::Memlock)
            .current
            .is_none_or(|limit| u64::try_from(span).is_ok_and(|span| span <= limit));
        // SAFETY: as above; locking pages changes neither their content nor their address.
        fits && unsafe { rustix::mm::mlock(pages, span) }.is_ok()
    }
}

impl Drop for LockedBuffer {
    fn drop(&mut self) {
        self.bytes_mut().zeroize();
        let (pages, span) = (self.pages(), self.span);
        if self.locked {
            // SAFETY: the same whole pages as were locked, still owned by `self.memory`; as no
            // other buffer shares them, none is unlocked by mistake.
            let _best_effort = unsafe { rustix::mm::munlock(pages, span) };
        }
        #[cfg(target_os = "linux")]
        // SAFETY: the same pages; they go back to the allocator as it gave them.
        let _best_effort =
            unsafe { rustix::mm::madvise(pages, span, rustix::mm::Advice::LinuxDoDump) };
    }
}

impl fmt::Debug for LockedBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_of_any_length_hold_what_is_put_in() {
        for len in [0, 1, 32, 4095, 4096, 4097, 100_000] {
            let mut buffer = LockedBuffer::zeroed(len);
            assert_eq!(buffer.bytes().len(), len);
            assert_eq!(
                buffer.bytes().as_ptr().addr() % rustix::param::page_size(),
                0
            );
            buffer.bytes_mut().fill(7);
            assert!(buffer.bytes().iter().all(|byte| *byte == 7));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn pages_are_locked_and_left_out_of_core_files() {
        let buffer = LockedBuffer::zeroed(32);
        if !buffer.locked {
            // The limit of this machine allows none at all; then there is nothing to see.
            let limit = rustix::process::getrlimit(rustix::process::Resource::Memlock).current;
            assert!(limit.is_some_and(|limit| limit < 1 << 16));
            return;
        }
        let flags = flags_of(buffer.bytes().as_ptr().addr());
        assert!(flags.contains("lo"), "not locked: {flags}");
        assert!(flags.contains("dd"), "dumped: {flags}");
    }

    /// The `VmFlags` of the mapping that holds `address`.
    #[cfg(target_os = "linux")]
    fn flags_of(address: usize) -> String {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in maps.lines() {
            if let Some((start, end)) = line.split(' ').next().and_then(|r| r.split_once('-'))
                && let (Ok(start), Ok(end)) = (
                    usize::from_str_radix(start, 16),
                    usize::from_str_radix(end, 16),
                )
            {
                inside = (start..end).contains(&address);
            } else if inside && let Some(flags) = line.strip_prefix("VmFlags:") {
                return flags.to_owned();
            }
        }
        panic!("no mapping holds the address");
    }
}
