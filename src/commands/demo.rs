//! `regild demo`.

use clap::Args;

use crate::cli::Global;
use crate::error::Result;

#[derive(Debug, Args)]
pub struct DemoArgs {}

pub fn run(_global: &Global, _args: DemoArgs) -> Result<u8> {
    Ok(2)
}
