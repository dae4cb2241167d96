//! A table of measurements, as Markdown.

use std::time::Duration;

/// One section: a title, what was measured on, and rows.
#[derive(Debug)]
pub struct Table {
    title: String,
    inputs: Vec<String>,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: &str, head: &[&str]) -> Self {
        let head = head.iter().map(|cell| (*cell).to_owned()).collect();
        Self { title: title.to_owned(), inputs: Vec::new(), head, rows: Vec::new() }
    }

    /// Says what the rows were measured on.
    pub fn input(&mut self, sentence: impl Into<String>) {
        self.inputs.push(sentence.into());
    }

    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = format!("### {}\n\n", self.title);
        for input in &self.inputs {
            text.push_str(&format!("- {input}\n"));
        }
        text.push_str(if self.inputs.is_empty() { "" } else { "\n" });
        text.push_str(&line(&self.head));
        let rule: Vec<&str> = self.head.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "--:" }).collect();
        text.push_str(&format!("|{}|\n", rule.join("|")));
        self.rows.iter().for_each(|row| text.push_str(&line(row)));
        text
    }
}

pub fn milliseconds(time: Duration) -> String {
    let time = time.as_secs_f64() * 1e3;
    if time < 10.0 { format!("{time:.2} ms") } else { format!("{time:.0} ms") }
}

pub fn mebibytes(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / f64::from(1 << 20))
}

pub fn ratio(own: Duration, floor: Duration) -> String {
    format!("{:.2}×", own.as_secs_f64() / floor.as_secs_f64())
}
