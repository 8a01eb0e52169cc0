//! `completions`: what a shell needs to complete command lines of this program.

use crate::{
    args::{self, CompletionsArgs},
    exit::Failure,
    output,
};

pub(super) fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut parser = args::definition();
    let name = parser.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut parser, name, &mut script);
    // The generator for bash takes the dash in the program's name for a gap between two commands,
    // but only in half of the places; the rest would never be found.
    let script = String::from_utf8_lossy(&script).replace("tatum__subcmd__kms", "tatum__kms");
    output::lines([script.trim_end()])
}
