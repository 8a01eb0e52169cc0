//! `manpages`: the manual of this program, a page for each command.

use std::{fs, io, path::Path};

use clap::Command;
use clap_mangen::{
    Man,
    roff::{Roff, roman},
};

use crate::{
    args::{self, ManpagesArgs},
    exit::{Failure, Status},
};

/// When the manual was last gone through. Not the day of the build: the same source gives the same
/// pages.
const DATE: &str = "2026-11-23";

pub(super) fn run(args: &ManpagesArgs) -> Result<(), Failure> {
    let mut parser = args::definition().disable_help_subcommand(true);
    parser.build();
    write(&args.folder, &parser).map_err(|error| {
        let folder = args.folder.display();
        Failure::new(
            Status::Failed,
            format!("cannot write the pages to {folder}: {error}"),
        )
        .hint("name a folder that is there and may be written to")
    })
}

fn write(folder: &Path, command: &Command) -> io::Result<()> {
    for command in shown(command) {
        write(folder, command)?;
    }
    let man = Man::new(command.clone())
        .date(DATE)
        .source(concat!("tatum-kms ", env!("CARGO_PKG_VERSION")))
        .manual("Tatum KMS");
    let page = String::from_utf8_lossy(&page(&man, command)?).replace(EMPTY_LINE, ".sp\n");
    fs::write(folder.join(man.get_filename()), page)
}

/// What the generator puts for one, and formatters warn of.
const EMPTY_LINE: &str = ".br\n\n.br\n";

fn page(man: &Man, command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command
        .get_arguments()
        .any(|argument| !argument.is_hide_set())
    {
        man.render_options_section(&mut page)?;
    }
    if shown(command).next().is_some() {
        man.render_subcommands_section(&mut page)?;
    }
    let more = command
        .get_after_long_help()
        .or_else(|| command.get_after_help());
    if let Some(more) = more {
        sections(&more.to_string()).to_writer(&mut page)?;
    }
    Ok(page)
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
}

/// The paragraphs below the options. One that is a heading and a list keeps its lines; the generator
/// would fill them into one.
fn sections(text: &str) -> Roff {
    let mut roff = Roff::new();
    let mut notes = false;
    for paragraph in text.split("\n\n") {
        let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        let is_list = !rest.is_empty() && rest.lines().all(|line| line.starts_with("  "));
        match first.strip_suffix(':').filter(|_| is_list) {
            Some(heading) => {
                let (title, explained) = heading.split_once(", ").unwrap_or((heading, ""));
                roff.control("SH", [title.to_uppercase().as_str()]);
                if !explained.is_empty() {
                    roff.text([roman(format!("{explained}:"))]);
                    roff.control("PP", []);
                }
                roff.control("nf", []);
                for line in rest.lines() {
                    roff.text([roman(line.trim_start())]);
                }
                roff.control("fi", []);
                notes = false;
            }
            None => {
                if notes {
                    roff.control("PP", []);
                } else {
                    roff.control("SH", ["NOTES"]);
                }
                for line in paragraph.lines() {
                    roff.text([roman(line)]);
                }
                notes = true;
            }
        }
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_their_lines_and_prose_is_filled() {
        let text =
            "One.\nTwo.\n\nThree.\n\nExamples:\n  a\n  b\n\nEnvironment, also from a file:\n  X  y";
        let page = sections(text).render();
        let expected = "\
.SH NOTES
One.
Two.
.PP
Three.
.SH EXAMPLES
.nf
a
b
.fi
.SH ENVIRONMENT
also from a file:
.PP
.nf
X  y
.fi
";
        assert!(page.ends_with(expected), "{page}");
    }
}
