//! `regild prompts`.

use clap::Args;

use crate::cli::Global;
use crate::error::Result;

#[derive(Debug, Args)]
pub struct PromptsArgs {}

pub fn run(_global: &Global, _args: PromptsArgs) -> Result<u8> {
    Ok(2)
}
