//! What stopped regild before it could judge: one error type, always exit code 2, always with the next thing to do.
//!
//! Problems in a user's documents are [`Diagnostic`]s; an `Error` may carry them when they make judging impossible.

use std::fmt;

use crate::diagnostic::Diagnostic;

/// Which part of the world refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line asks for something that does not exist or does not fit.
    Usage,
    /// `regild.yaml` or another settings file cannot be used.
    Config,
    /// The repository, a ref or an object.
    Git,
    /// A size or count beyond what regild accepts.
    Limit,
    /// A file or stream that could not be read or written.
    Io,
    /// This program itself.
    Internal,
}

impl ErrorKind {
    /// As programs read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Config => "config",
            Self::Git => "git",
            Self::Limit => "limit",
            Self::Io => "io",
            Self::Internal => "internal",
        }
    }
}

/// A reason to stop without a verdict.
#[derive(Debug, Clone)]
pub struct Error {
    pub kind: ErrorKind,
    /// A lower-case fragment, as in "unknown ref `x`".
    pub message: String,
    /// Next steps, each a full sentence or a command.
    pub hints: Vec<String>,
    /// The places in documents that caused it, where there are any.
    pub diagnostics: Vec<Diagnostic>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), diagnostics: Vec::new() }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    pub fn git(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Git, message)
    }

    pub fn io(what: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("{what}: {error}"))
    }

    /// Settings that cannot be used, with the places that say why.
    pub fn config(message: impl Into<String>, diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, ..Self::new(ErrorKind::Config, message) }
    }

    /// Adds a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
