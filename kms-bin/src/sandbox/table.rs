//! Aligned columns of text for people.

use super::one_line::one_line;
use crate::columns;

/// How a column gives way when the table is wider than the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shrink {
    /// Not at all.
    Never,
    /// Its end is cut off, down to this many characters.
    End(usize),
    /// Its middle is left out, down to this many characters.
    Middle(usize),
}

/// A column's heading and behaviour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// The heading.
    pub(super) heading: &'static str,
    /// Whether its cells stand on the right, as numbers do.
    pub(super) right: bool,
    /// How it gives way.
    pub(super) shrink: Shrink,
}

/// Sets `rows` below the headings of `columns`, two spaces apart, in at most `max_width`
/// characters where the columns give way that far. Widths are counted in characters.
pub(super) fn render<const N: usize>(
    columns: &[Column; N],
    rows: &[[String; N]],
    max_width: Option<usize>,
) -> String {
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| one_line(cell)))
        .collect();
    let widths = widths(columns, &rows, max_width);
    let headings = columns.each_ref().map(|column| column.heading.to_owned());
    let rule = widths.map(|width| "─".repeat(width));
    let mut table = String::new();
    for row in [&headings, &rule].into_iter().chain(&rows) {
        let mut line = String::new();
        for ((cell, column), width) in row.iter().zip(columns).zip(widths) {
            let cell = fit(cell, width, column.shrink);
            line.push_str(&if column.right {
                columns::to_right(&cell, width)
            } else {
                columns::to_left(&cell, width)
            });
            line.push_str("  ");
        }
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

fn widths<const N: usize>(
    columns: &[Column; N],
    rows: &[[String; N]],
    max_width: Option<usize>,
) -> [usize; N] {
    let mut widths = columns.each_ref().map(|column| length(column.heading));
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(length(cell));
        }
    }
    let Some(max_width) = max_width else {
        return widths;
    };
    let gaps = N.saturating_sub(1).saturating_mul(2);
    let width = widths.iter().sum::<usize>().saturating_add(gaps);
    let mut excess = width.saturating_sub(max_width);
    // What loses its end gives way before what loses its middle: an id is worth more than prose.
    let is_end = |shrink| matches!(shrink, Shrink::End(_));
    for turn in [true, false] {
        for (width, column) in widths.iter_mut().zip(columns) {
            let (Shrink::End(least) | Shrink::Middle(least)) = column.shrink else {
                continue;
            };
            if is_end(column.shrink) == turn {
                let least = least.max(length(column.heading));
                let cut = width.saturating_sub(least).min(excess);
                *width = width.saturating_sub(cut);
                excess = excess.saturating_sub(cut);
            }
        }
    }
    widths
}

fn fit(cell: &str, width: usize, shrink: Shrink) -> String {
    let length = length(cell);
    if length <= width || shrink == Shrink::Never {
        return cell.to_owned();
    }
    let kept = width.saturating_sub(1);
    let head = match shrink {
        Shrink::Middle(_) => kept.div_ceil(2),
        _ => kept,
    };
    let start: String = cell.chars().take(head).collect();
    let tail = kept.saturating_sub(head);
    let end: String = cell.chars().skip(length.saturating_sub(tail)).collect();
    format!("{start}…{end}")
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column {
            heading: "CHAIN",
            right: false,
            shrink: Shrink::End(8),
        },
        Column {
            heading: "ID",
            right: false,
            shrink: Shrink::Middle(5),
        },
        Column {
            heading: "TIME",
            right: true,
            shrink: Shrink::Never,
        },
    ];

    fn row(cells: [&str; 3]) -> [String; 3] {
        cells.map(str::to_owned)
    }

    #[test]
    fn columns_are_aligned() {
        let rows = [row(["ETH", "0x01", "7"]), row(["größer", "0x0203", "1234"])];
        assert_eq!(
            render(&COLUMNS, &rows, None),
            "CHAIN   ID      TIME\n\
             ──────  ──────  ────\n\
             ETH     0x01       7\n\
             größer  0x0203  1234\n"
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_prose_first_and_ids_in_the_middle() {
        let rows = [row(["ein äußerst langer Satz", "0123456789", "1234"])];
        let lines = |width| {
            let table = render(&COLUMNS, &rows, Some(width));
            table.lines().last().unwrap().to_owned()
        };
        assert_eq!(lines(60), "ein äußerst langer Satz  0123456789  1234");
        assert_eq!(lines(30), "ein äußerst…  0123456789  1234");
        assert_eq!(lines(23), "ein äuß…  012…789  1234");
        assert_eq!(lines(1), "ein äuß…  01…89  1234");
    }

    #[test]
    fn no_cell_moves_the_cursor() {
        let rows = [row(["\u{1b}[2J\n", "", ""])];
        let table = render(&COLUMNS, &rows, None);
        assert_eq!(table.lines().count(), 3);
        assert!(!table.contains('\u{1b}'));
    }
}
