//! How much of a report a page takes: bytes, and how many of each thing are tried first.

use std::io;

/// What one kind of page offers.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    pub bytes: usize,
    pub quotas: Quotas,
}

impl Room {
    /// GitHub takes 65,536 characters; bytes are never fewer, and some room stays for whoever posts it.
    pub const COMMENT: Self = Self { bytes: 60_000, quotas: Quotas { rows: 10, prompts: 20, details: 10 } };
    /// GitHub drops all summaries of a step beyond 1 MiB.
    pub const SUMMARY: Self = Self { bytes: 900 * 1024, quotas: Quotas { rows: 200, prompts: 200, details: 40 } };
}

/// How many of each thing are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Findings of each class, accepted ones, documents and unknown sums.
    pub rows: usize,
    pub prompts: usize,
    /// Failing tasks of each prompt, with expected and actual values and answers.
    pub details: usize,
}

impl Quotas {
    /// The next smaller set: details go first, they can be read elsewhere. `None` where nothing is left to leave out.
    pub fn smaller(self) -> Option<Self> {
        let Self { rows, prompts, details } = self;
        match (details, prompts, rows) {
            (0, 0, 0) => None,
            (0, 0, rows) => Some(Self { rows: rows / 2, ..self }),
            (0, prompts, rows) => Some(Self { prompts: prompts / 2, rows: rows * 3 / 4, ..self }),
            (details, _, _) => {
                let few = Room::COMMENT.quotas.details;
                Some(Self { details: if details > few { details / 2 } else { details - 1 }, ..self })
            }
        }
    }
}

/// A page being written, which takes no more than it has room for.
pub struct Page {
    text: Vec<u8>,
    bytes: usize,
    is_full: bool,
}

impl Page {
    pub fn new(start: &str, bytes: usize) -> Self {
        Self { text: start.as_bytes().to_vec(), bytes, is_full: start.len() > bytes }
    }

    /// Whether something did not fit.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    pub fn into_text(self) -> String {
        String::from_utf8(self.text).expect("whole texts were written")
    }
}

impl io::Write for Page {
    /// Fails where there is no room, so that nobody renders what will not be shown.
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.is_full || self.text.len() + text.len() > self.bytes {
            self.is_full = true;
            return Err(io::Error::other("the page is full"));
        }
        self.text.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn every_quota_ends_with_nothing_after_few_steps() {
        for room in [Room::COMMENT, Room::SUMMARY] {
            let steps: Vec<Quotas> = std::iter::successors(Some(room.quotas), |quotas| quotas.smaller()).collect();
            assert_eq!(steps.last(), Some(&Quotas { rows: 0, prompts: 0, details: 0 }));
            assert!(steps.len() < 40, "{}", steps.len());
        }
    }

    #[test]
    fn a_full_page_takes_nothing_more() {
        let mut page = Page::new("ab", 5);
        assert!(page.write_all(b"cd").is_ok() && page.write_all(b"ef").is_err() && page.write_all(b"g").is_err());
        assert!(page.is_full());
        assert_eq!(page.into_text(), "abcd");
    }
}
