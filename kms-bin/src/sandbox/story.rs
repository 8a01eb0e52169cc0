//! What a person reads on standard error while the sandbox works.

use std::io::{self, Write as _};

use super::one_line::one_line;

/// Tells, one line at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Story;

impl Story {
    /// One line about `who`: a chain, or the sandbox itself.
    pub(super) fn tell(self, who: &str, what: &str) {
        let what = one_line(what);
        // With standard error closed there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{who:<8} {what}");
    }
}
