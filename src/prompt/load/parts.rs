//! The tools and the output schema of a prompt, inline or in files.

use serde_json::Value;

use super::Loader;
use crate::diagnostic::Code;
use crate::prompt::Use;
use crate::wire::ToolSpec;
use crate::yaml::{Step, read_value};

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
        let Some(document) = self.read_document(name, Use::Tools, path) else { return Vec::new() };
        let list = match document.value() {
            Value::Array(_) => read_value::<Vec<ToolSpec>>(document.value()),
            _ => read_value::<ToolSpec>(document.value()).map(|one| vec![one]),
        };
        list.unwrap_or_else(|problem| {
            self.diagnostics.push(document.diagnose(Code::BadTool, &problem));
            Vec::new()
        })
    }

    pub(super) fn output_schema(&mut self, declared: &Value) -> Option<Value> {
        let path: [Step; 1] = ["output_schema".into()];
        let schema = match declared {
            Value::Null => return None,
            Value::String(file) => self.read_document(file, Use::OutputSchema, &path)?.value().clone(),
            inline => inline.clone(),
        };
        if let Err(error) = crate::json_schema::compile(&schema) {
            self.error(Code::BadSchema, &path, format!("not a JSON Schema: {error}"), None);
        }
        Some(schema)
    }
}
