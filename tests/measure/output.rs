//! Where the words go: results to standard output, everything else to standard error.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the one place that prints"
)]

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Prints a result.
pub(crate) fn result(text: &str) {
    println!("{text}");
}

/// Says what happens.
pub(crate) fn tell(text: &str) {
    eprintln!("{text}");
}

/// A bar on standard error, if that is a terminal.
pub(crate) fn bar(what: &str, len: usize) -> ProgressBar {
    let len = u64::try_from(len).unwrap_or(u64::MAX);
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(len), ProgressDrawTarget::stderr());
    let template = format!("{what} {{bar:40}} {{human_pos}}/{{human_len}}, {{eta}} left");
    match ProgressStyle::with_template(&template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Rows under a header, the columns aligned to the right.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let cells = cells.map(|cell| cell.chars().count());
        let name = header.get(column).map_or(0, |name| name.chars().count());
        cells.fold(name, usize::max)
    };
    let line = |cells: Vec<&str>| {
        let cells = cells.iter().enumerate();
        let cells = cells.map(|(column, cell)| format!("{cell:>0$}", width(column)));
        cells.collect::<Vec<_>>().join("  ")
    };
    let rows = rows.iter();
    let rows = rows.map(|row| line(row.iter().map(String::as_str).collect()));
    [line(header.to_vec())]
        .into_iter()
        .chain(rows)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_to_the_right() {
        let rows = [
            vec!["1".to_owned(), "22".to_owned()],
            vec!["333".to_owned()],
        ];
        assert_eq!(table(&["a", "b µs"], &rows), "  a  b µs\n  1    22\n333");
    }
}
