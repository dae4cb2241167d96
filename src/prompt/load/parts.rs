//! The tools and the output schema of a prompt, inline or in files.

use serde_json::Value;

use super::Loader;
use crate::diagnostic::Code;
use crate::prompt::Use;
use crate::prompt::file::ToolFile;
use crate::wire::ToolSpec;
use crate::yaml::{Reading, Step, read_value};

impl Loader<'_> {
    pub(super) fn tools(&mut self, declared: &Value) -> Vec<ToolSpec> {
        let mut tools = Vec::new();
        match declared {
            Value::Null => {}
            Value::String(path) => tools.extend(self.tool_file(path, &["tools".into()])),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path: [Step; 2] = ["tools".into(), index.into()];
                    match item {
                        Value::String(file) => tools.extend(self.tool_file(file, &path)),
                        inline => match read_value(inline) {
                            Ok(tool) => tools.push(tool),
                            Err(problem) => self.problem(Code::BadTool, &problem.under(&path)),
                        },
                    }
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                self.error(
                    Code::BadTool,
                    &["tools".into()],
                    "`tools` is a list of tools or of files, or one file",
                    None,
                );
            }
        }
        for (index, tool) in tools.iter().enumerate() {
            if tools[..index].iter().any(|earlier: &ToolSpec| earlier.name.folded() == tool.name.folded()) {
                let message = format!("the tool `{}` is declared twice", tool.name);
                self.error(Code::BadTool, &["tools".into()], message, None);
            }
            if let Err(error) = crate::json_schema::compile(&tool.input_schema) {
                let message = format!("`input_schema` of the tool `{}` is not a JSON Schema: {error}", tool.name);
                self.error(Code::BadTool, &["tools".into()], message, None);
            }
        }
        tools
    }

    fn tool_file(&mut self, name: &str, path: &[Step]) -> Vec<ToolSpec> {
        let Some(mut document) = self.read_document(name, Use::Tools, path) else { return Vec::new() };
        let Reading { value, problems } = document.read::<ToolFile>();
        self.diagnostics.extend(problems);
        value.unwrap_or_default().0
    }

    pub(super) fn output_schema(&mut self, declared: &Value) -> Option<Value> {
        let path: [Step; 1] = ["output_schema".into()];
        let schema = match declared {
            Value::Null => return None,
            Value::String(file) => {
                let document = self.read_document(file, Use::OutputSchema, &path)?;
                self.diagnostics.extend_from_slice(document.flaws());
                document.value().clone()
            }
            inline => inline.clone(),
        };
        if let Err(error) = crate::json_schema::compile(&schema) {
            self.error(Code::BadSchema, &path, format!("not a JSON Schema: {error}"), None);
        }
        Some(schema)
    }
}
