//! Text made from a seed: words of syllables, sentences of words, paragraphs of lines.

/// What every project grows from.
const SEED: u64 = 0x005e_ed0f_7e57;

/// Words without end, the same ones for the same seed.
pub struct Words(u64);

impl Words {
    pub fn of(what: &str, number: u64) -> Self {
        let mix = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(what.bytes().chain(number.to_be_bytes()).fold(SEED ^ 0xcbf2_9ce4_8422_2325, mix))
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn word(&mut self) -> String {
        const SYLLABLES: &[u8] = b"balodemirusatekonigavepufishara";
        let syllables = 2 + self.below(3);
        let mut syllable = || {
            let at = usize::try_from(self.below(15)).unwrap() * 2;
            std::str::from_utf8(&SYLLABLES[at..at + 2]).unwrap()
        };
        (0..syllables).map(|_| syllable()).collect()
    }

    pub fn sentence(&mut self, words: u64) -> String {
        let text: Vec<String> = (0..words).map(|_| self.word()).collect();
        let text = text.join(" ");
        format!("{}{}", text[..1].to_uppercase(), &text[1..])
    }

    pub fn lines(&mut self, lines: u64, indent: &str) -> String {
        let mut text = String::new();
        for _ in 0..lines {
            let words = 7 + self.below(9);
            text.push_str(&format!("{indent}{}.\n", self.sentence(words)));
        }
        text
    }
}
