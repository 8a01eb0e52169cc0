//! The little of Markdown that checks of texts need: code blocks, links, headings.

/// A fenced block of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// What stands behind the opening fence, for instance `sh`.
    pub language: String,
    /// The file that it is the content of: the last line above it, where that is nothing but a
    /// name in backquotes.
    pub file: Option<String>,
    /// The code, each line with its end.
    pub code: String,
}

/// All fenced blocks, in their order.
pub fn fences(text: &str) -> Vec<Fence> {
    let mut found: Vec<Fence> = Vec::new();
    let mut inside = false;
    let mut above = "";
    for (number, line) in (1..).zip(text.lines()) {
        match (line.strip_prefix("```"), inside) {
            (Some(_), true) => inside = false,
            (Some(language), false) => {
                inside = true;
                found.push(Fence {
                    line: number,
                    language: language.to_owned(),
                    file: only_name(above).map(str::to_owned),
                    code: String::new(),
                });
            }
            (None, true) => {
                let code = found.last_mut().map(|fence| &mut fence.code);
                code.into_iter().for_each(|code| code.extend([line, "\n"]));
            }
            (None, false) => {}
        }
        if !line.trim().is_empty() {
            above = line;
        }
    }
    found
}

fn only_name(line: &str) -> Option<&str> {
    let name = line.strip_prefix('`')?.strip_suffix('`')?;
    (!name.contains(['`', ' '])).then_some(name)
}

/// The text of the section under this heading, up to the next heading of its rank or a higher one.
pub fn section<'a>(text: &'a str, heading: &str) -> Option<&'a str> {
    let rank = heading.bytes().take_while(|byte| *byte == b'#').count();
    let mut lines = outside_fences(text);
    let start = lines.find(|(_, line)| *line == heading)?.0;
    let rest = text.get(start..)?;
    let ends = |line: &str| {
        let own = line.bytes().take_while(|byte| *byte == b'#').count();
        (1..=rank).contains(&own) && line.as_bytes().get(own) == Some(&b' ')
    };
    let end = outside_fences(rest).skip(1).find(|(_, line)| ends(line));
    rest.get(..end.map_or(rest.len(), |(at, _)| at))
}

/// What links lead to, with the line they stand on: `(target)` behind `[text]`.
pub fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, line) in outside_fences(text) {
        let number = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        let mut rest = line;
        while let Some((_, behind)) = rest.split_once("](") {
            let Some((target, after)) = behind.split_once(')') else {
                break;
            };
            found.push((number, target.to_owned()));
            rest = after;
        }
    }
    found
}

/// The anchors of the headings, as GitHub makes them.
pub fn anchors(text: &str) -> Vec<String> {
    outside_fences(text)
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, line)| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
            kept.map(|letter| if letter == ' ' { '-' } else { letter })
                .collect()
        })
        .collect()
}

/// The lines that are no code, with the byte at which each begins.
fn outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let line = line.trim_end_matches('\n');
        if line.starts_with("```") {
            inside = !inside;
            return None;
        }
        (!inside).then_some((start, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# One & two

See [a](b.md#c), [d](e) and `f`.

`g/h.rs`

```rust
# no heading [x](y)
```

```sh
ls
```

## Part

inside

# Three
";

    #[test]
    fn blocks_have_language_file_and_code() {
        let found = fences(TEXT);
        assert_eq!(found[0].language, "rust");
        assert_eq!(found[0].file.as_deref(), Some("g/h.rs"));
        assert_eq!(found[0].code, "# no heading [x](y)\n");
        assert_eq!((found[1].file.as_deref(), found[1].line), (None, 11));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn links_and_headings_are_those_outside_of_code() {
        let links = links(TEXT);
        assert_eq!(links, [(3, "b.md#c".to_owned()), (3, "e".to_owned())]);
        assert_eq!(anchors(TEXT), ["one--two", "part", "three"]);
    }

    #[test]
    fn a_section_ends_at_the_next_heading_of_its_rank() {
        assert_eq!(section(TEXT, "## Part"), Some("## Part\n\ninside\n\n"));
        assert_eq!(section(TEXT, "# Three"), Some("# Three\n"));
        assert_eq!(section(TEXT, "# Four"), None);
    }
}
