//! `regild config`.

use clap::Args;

use crate::cli::Global;
use crate::error::Result;

#[derive(Debug, Args)]
pub struct ConfigArgs {}

pub fn run(_global: &Global, _args: &ConfigArgs) -> Result<u8> {
    Ok(2)
}
