//! `regild validate`.

use clap::Args;

use crate::cli::Global;
use crate::error::Result;

#[derive(Debug, Args)]
pub struct ValidateArgs {}

pub fn run(_global: &Global, _args: &ValidateArgs) -> Result<u8> {
    Ok(2)
}
