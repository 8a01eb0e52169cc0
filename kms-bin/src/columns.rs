//! Cells of a table as lines of text.
//!
//! Not by `format!("{cell:width$}")`: that panics for a width above 65,535, and what stands in a
//! journal came from outside and may be longer.

/// The cells, each filled up with spaces to its width in characters, two spaces between them and
/// none at the end.
pub(crate) fn line<'a>(cells: impl IntoIterator<Item = (&'a str, usize)>) -> String {
    let mut line = String::new();
    let mut gap = 0;
    for (cell, width) in cells {
        line.extend(spaces(gap));
        line.push_str(cell);
        gap = missing(cell, width).saturating_add(2);
    }
    line.truncate(line.trim_end().len());
    line
}

/// `cell` with spaces after it, up to `width` characters.
pub(crate) fn to_left(cell: &str, width: usize) -> String {
    cell.chars().chain(spaces(missing(cell, width))).collect()
}

/// `cell` with spaces before it, up to `width` characters.
pub(crate) fn to_right(cell: &str, width: usize) -> String {
    spaces(missing(cell, width)).chain(cell.chars()).collect()
}

fn missing(cell: &str, width: usize) -> usize {
    width.saturating_sub(cell.chars().count())
}

fn spaces(count: usize) -> impl Iterator<Item = char> {
    std::iter::repeat_n(' ', count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_in_columns_and_nothing_behind_them() {
        assert_eq!(
            line([("ab", 4), ("\u{e9}", 3), ("c", 9)]),
            "ab    \u{e9}    c"
        );
        assert_eq!(line([("longer", 2), ("", 5)]), "longer");
        assert_eq!(line([]), "");
        assert_eq!(
            (to_left("a", 3), to_right("a", 3)),
            ("a  ".into(), "  a".into())
        );
    }

    #[test]
    fn no_width_is_too_large() {
        let wide = 70_000;
        assert_eq!(line([("a", wide), ("b", 1)]).len(), wide + 3);
        assert_eq!(to_left("", wide).len(), wide);
        assert_eq!(to_right("", wide).len(), wide);
    }
}
