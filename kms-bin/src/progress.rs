//! How far a long command is.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error, if that is a terminal and standard output is not: there the lines
/// themselves show it.
pub(crate) fn bar(len: u64) -> ProgressBar {
    if !io::stderr().is_terminal() || io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(len), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} keys, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
