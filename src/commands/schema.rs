//! `regild schema`: the JSON Schema of a file format.

use clap::{Args, ValueEnum as _};

use crate::error::Result;
use crate::io::console;
use crate::schema::Name;

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The file format.
    #[arg(value_name = "NAME", required_unless_present = "list", conflicts_with = "list")]
    pub name: Option<Name>,
    /// Show which formats there are.
    #[arg(long)]
    pub list: bool,
}

pub fn run(args: &SchemaArgs) -> Result<u8> {
    let text = match args.name {
        Some(name) => name.text(),
        None => list(),
    };
    console::print(&text)?;
    Ok(0)
}

fn list() -> String {
    let line = |name: &Name| {
        let help = name.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string));
        format!("{:10} {}\n", name.as_str(), help.unwrap_or_default())
    };
    Name::value_variants().iter().map(line).collect()
}
