//! `regild plan`.

use clap::Args;

use crate::cli::Global;
use crate::error::Result;

#[derive(Debug, Args)]
pub struct PlanArgs {}

pub fn run(_global: &Global, _args: &PlanArgs) -> Result<u8> {
    Ok(2)
}
