//! JSON Schemas of regild's file formats, from the types that read them: for editors, and for whoever writes such files by
//! program. `schemas/` holds them as files; a test keeps those in step.

use std::sync::OnceLock;

use clap::ValueEnum;
use schemars::{Schema, schema_for};

use crate::config::Config;
use crate::cost::PriceFile;
use crate::golden::file::TaskFile;
use crate::prompt::file::{PromptFile, ToolFile};
use crate::recording::Recording;
use crate::report::Report;
use crate::yaml::{Format, Shape};

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// `regild.yaml`.
    Config,
    /// One version of a prompt.
    Prompt,
    /// Golden tasks.
    Golden,
    /// The tools of a prompt, in a file of their own.
    Tools,
    /// `prices.yaml`.
    Prices,
    /// Stored answers.
    Recording,
    /// `report.json`.
    Report,
}

impl Name {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Prompt => "prompt",
            Self::Golden => "golden",
            Self::Tools => "tools",
            Self::Prices => "prices",
            Self::Recording => "recording",
            Self::Report => "report",
        }
    }

    /// The schema, draft 2020-12. It knows shapes and names; what depends on other files is for `regild validate`.
    pub fn schema(self) -> Schema {
        match self {
            Self::Config => schema_for!(Config),
            Self::Prompt => schema_for!(PromptFile),
            Self::Golden => schema_for!(TaskFile),
            Self::Tools => {
                let mut schema = schema_for!(ToolFile);
                schema.insert("title".to_owned(), "tools of a prompt".into());
                schema
            }
            Self::Prices => schema_for!(PriceFile),
            Self::Recording => schema_for!(Recording),
            Self::Report => schema_for!(Report),
        }
    }

    /// The schema, compiled once.
    pub fn shape(self) -> &'static Shape {
        static SHAPES: [OnceLock<Shape>; 7] = [const { OnceLock::new() }; 7];
        SHAPES[self as usize].get_or_init(|| Shape::new(self.schema().to_value()))
    }

    /// The schema as a file holds it.
    pub fn text(self) -> String {
        format!("{:#}\n", self.schema().as_value())
    }
}

/// Says which schema the files of a type follow.
macro_rules! formats {
    ($($format:ty: $name:ident),* $(,)?) => {
        $(impl Format for $format {
            fn shape() -> &'static Shape {
                Name::$name.shape()
            }
        })*
    };
}

formats! { Config: Config, PromptFile: Prompt, TaskFile: Golden, ToolFile: Tools, PriceFile: Prices }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_compiles_and_has_a_name_of_its_own() {
        for name in Name::value_variants() {
            name.shape();
            let typed = name.to_possible_value().unwrap();
            assert_eq!(typed.get_name(), name.as_str());
            assert!(typed.get_help().is_some(), "{}", name.as_str());
        }
    }
}
