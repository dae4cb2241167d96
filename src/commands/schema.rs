//! `regild schema`.

use clap::Args;

use crate::error::Result;

#[derive(Debug, Args)]
pub struct SchemaArgs {}

pub fn run(_args: &SchemaArgs) -> Result<u8> {
    Ok(2)
}
