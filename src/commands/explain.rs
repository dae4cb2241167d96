//! `regild explain`: what a code means, and what to do about it.

use clap::Args;

use crate::diagnostic::did_you_mean;
use crate::error::{Error, Result};
use crate::explain::{Explained, all};
use crate::io::console;

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code, as it stands in a report or beside a diagnostic; all of them, where left out.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

pub fn run(args: &ExplainArgs) -> Result<u8> {
    let text = match &args.code {
        Some(code) => one(code)?,
        None => list(),
    };
    console::print(&text)?;
    Ok(0)
}

fn one(code: &str) -> Result<String> {
    match all().find(|explained| explained.code == code) {
        Some(Explained { code, weight, meaning, remedy }) => Ok(format!("{code} {weight}\n\n{meaning}\n{remedy}\n")),
        None => {
            let error = Error::usage(format!("there is no code {code:?}"));
            let codes: Vec<&str> = all().map(|explained| explained.code).collect();
            Err(match did_you_mean(code, codes) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("regild explain shows all codes"),
            })
        }
    }
}

fn list() -> String {
    let width = all().map(|explained| explained.code.len()).max().unwrap_or_default();
    all().map(|Explained { code, meaning, .. }| format!("{code:width$}  {meaning}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explains_diagnostics_and_reasons_and_suggests() {
        assert!(one("unknown-field").unwrap().starts_with("unknown-field is an error (gate.severity)\n\nA key that"));
        assert!(one("regressed").unwrap().contains("passed on base fails on head.\n"));
        assert_eq!(one("unkown-field").unwrap_err().hints, ["did you mean `unknown-field`?"]);
        assert_eq!(list().lines().count(), all().count());
    }
}
