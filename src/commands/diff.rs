//! `regild diff`.

use clap::Args;

use crate::cli::Global;
use crate::error::Result;

#[derive(Debug, Args)]
pub struct DiffArgs {}

pub fn run(_global: &Global, _args: &DiffArgs) -> Result<u8> {
    Ok(2)
}
