//! `instructions`: to come.
use anyhow::Result;
use clap::Parser;

#[derive(Debug, Parser)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args) -> Result<()> {
    Ok(())
}
