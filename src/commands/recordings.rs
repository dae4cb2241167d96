//! `regild recordings`.

use clap::Args;

use crate::cli::Global;
use crate::error::Result;

#[derive(Debug, Args)]
pub struct RecordingsArgs {}

pub fn run(_global: &Global, _args: RecordingsArgs) -> Result<u8> {
    Ok(2)
}
