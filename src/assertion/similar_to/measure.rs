//! Measures of how alike two texts are, each from 0 to 1.
//!
//! Edits and common subsequences are counted with 64 rows of the dynamic programming table in one machine word, so that
//! two texts of 64 KiB take well under a second and not minutes. The tables are those of the textbooks; a property test
//! holds every result against them.

use std::collections::BTreeMap;

/// 1 - d / n: d is the Levenshtein distance, the fewest characters to insert, delete or replace (V. I. Levenshtein, 1966), and
/// n the number of characters of the longer text. Two empty texts are equal.
pub(super) fn levenshtein(a: &str, b: &str) -> f64 {
    let longer = a.chars().count().max(b.chars().count());
    ratio(longer - distance(a.chars(), b.chars()), longer)
}

/// ROUGE-L as F1: 2 L / (m + n), L being the length of the longest common subsequence of the texts' m and n words (C.-Y.
/// Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004, with β = 1).
pub(super) fn rouge_l(a: &str, b: &str) -> f64 {
    let [a, b] = [a, b].map(|text| words(text).collect::<Vec<_>>());
    ratio(2 * common_in_order(&a, &b), a.len() + b.len())
}

/// F1 of the words in common: 2 C / (m + n), C counting every word as often as both texts have it (P. Rajpurkar et al.,
/// "SQuAD: 100,000+ Questions for Machine Comprehension of Text", 2016; articles are words like all others here).
pub fn token_f1(a: &str, b: &str) -> f64 {
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    for word in words(a) {
        *left.entry(word).or_default() += 1;
    }
    let (mut common, total) = (0, words(a).count() + words(b).count());
    for word in words(b) {
        if let Some(count) = left.get_mut(&word).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    ratio(2 * common, total)
}

/// The words of a text: what white space separates, in small letters, without the punctuation around it.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    let bare = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    bare.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Two sequences as numbers below the third, equal where the items are.
fn numbered<T: Ord>(a: impl Iterator<Item = T>, b: impl Iterator<Item = T>) -> (Vec<usize>, Vec<usize>, usize) {
    let mut known = BTreeMap::new();
    let mut number = |item| {
        let next = known.len();
        *known.entry(item).or_insert(next)
    };
    let (a, b) = (a.map(&mut number).collect(), b.map(&mut number).collect());
    (a, b, known.len())
}

/// Goes through the table of `a` × `b` in strips of up to 64 rows, and calls `strip` with the rows that hold each item.
fn strips(a: &[usize], alphabet: usize, mut strip: impl FnMut(&[u64], usize)) {
    let mut rows_of = vec![0_u64; alphabet];
    for rows in a.chunks(64) {
        for (row, item) in rows.iter().enumerate() {
            rows_of[*item] |= 1 << row;
        }
        strip(&rows_of, rows.len());
        for item in rows {
            rows_of[*item] = 0;
        }
    }
}

/// The Levenshtein distance (G. Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic
/// programming", 1999; for whole texts as in H. Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau
/// edit distances", 2003).
fn distance(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    let (a, b, alphabet) = numbered(a, b);
    // By how much each column grows along the row above the strip: the first row of the table counts insertions.
    let mut growth = vec![1_i8; b.len()];
    strips(&a, alphabet, |rows_of, height| {
        let (mut more, mut less) = (u64::MAX, 0_u64);
        let last = 1_u64 << (height - 1);
        for (item, growth) in b.iter().zip(&mut growth) {
            let (above_more, above_less) = (u64::from(*growth > 0), u64::from(*growth < 0));
            let equal = rows_of[*item];
            let vertical = equal | less;
            let equal = equal | above_less;
            let horizontal = ((equal & more).wrapping_add(more) ^ more) | equal;
            let (grows, shrinks) = (less | !(horizontal | more), more & horizontal);
            *growth = i8::from(grows & last != 0) - i8::from(shrinks & last != 0);
            let (grows, shrinks) = (grows << 1 | above_more, shrinks << 1 | above_less);
            (more, less) = (shrinks | !(vertical | grows), grows & vertical);
        }
    });
    let grown: isize = growth.iter().map(|growth| isize::from(*growth)).sum();
    a.len().checked_add_signed(grown).expect("a distance is not negative")
}

/// The length of the longest common subsequence (H. Hyyrö, "Bit-parallel LCS-length computation revisited", 2004).
fn common_in_order(a: &[String], b: &[String]) -> usize {
    let (a, b, alphabet) = numbered(a.iter(), b.iter());
    let mut carries = vec![false; b.len()];
    let mut common = 0;
    strips(&a, alphabet, |rows_of, height| {
        let mut open = u64::MAX;
        for (item, carry) in b.iter().zip(&mut carries) {
            let matched = open & rows_of[*item];
            let (sum, over) = open.overflowing_add(matched);
            let (sum, over_again) = sum.overflowing_add(u64::from(*carry));
            *carry = over || over_again;
            open = sum | (open - matched);
        }
        let rows = u64::MAX >> (64 - height);
        common += (!open & rows).count_ones() as usize;
    });
    common
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn distances_of_the_textbooks() {
        for (a, b, edits) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("saturday", "sunday", 3),
            ("intention", "execution", 5),
            ("gumbo", "gambol", 2),
            ("naïve", "naive", 1),
        ] {
            assert_eq!(distance(a.chars(), b.chars()), edits, "{a} {b}");
        }
        assert_eq!(levenshtein("kitten", "sitting"), 4.0 / 7.0);
        assert_eq!((levenshtein("", ""), levenshtein("a", "")), (1.0, 0.0));
    }

    #[test]
    fn rouge_l_of_its_paper() {
        let reference = "police killed the gunman";
        assert_eq!(rouge_l(reference, "Police kill the gunman."), 0.75);
        assert_eq!(rouge_l(reference, "the gunman kill police"), 0.5);
        assert_eq!(rouge_l(reference, "the gunman police killed"), 0.5);
        assert_eq!(rouge_l(reference, "—"), 0.0);
    }

    #[test]
    fn token_f1_counts_each_word_as_often_as_both_have_it() {
        for (a, b, f1) in [
            ("a b c", "c b a", 1.0),
            ("a a b", "a c", 0.4),
            ("a", "a a a", 0.5),
            ("It’s (really) 42!", "really: it’s 42", 1.0),
            ("a", "b", 0.0),
        ] {
            assert_eq!(token_f1(a, b), f1, "{a} {b}");
        }
    }

    /// The two tables as the textbooks write them: edits, and common items in order.
    fn slowly(a: &[char], b: &[char]) -> (usize, usize) {
        let mut edits: Vec<Vec<usize>> = (0..=a.len()).map(|i| (0..=b.len()).map(|j| i.max(j)).collect()).collect();
        let mut common = vec![vec![0; b.len() + 1]; a.len() + 1];
        for i in 1..=a.len() {
            for j in 1..=b.len() {
                let same = a[i - 1] == b[j - 1];
                let replaced = edits[i - 1][j - 1] + usize::from(!same);
                edits[i][j] = replaced.min(edits[i - 1][j] + 1).min(edits[i][j - 1] + 1);
                common[i][j] = if same { common[i - 1][j - 1] + 1 } else { common[i - 1][j].max(common[i][j - 1]) };
            }
        }
        (edits[a.len()][b.len()], common[a.len()][b.len()])
    }

    fn letters() -> impl Strategy<Value = Vec<char>> {
        vec(prop::sample::select(vec!['a', 'b', 'c', 'é']), 0..200)
    }

    proptest! {
        #[test]
        fn words_of_64_rows_count_as_the_textbooks_do(a in letters(), b in letters()) {
            let items = |side: &[char]| side.iter().map(char::to_string).collect::<Vec<_>>();
            let found = (distance(a.iter().copied(), b.iter().copied()), common_in_order(&items(&a), &items(&b)));
            prop_assert_eq!(found, slowly(&a, &b));
        }

        #[test]
        fn alike_is_the_same_both_ways_and_one_only_of_equals(a in "[ab é]{0,99}", b in "[ab é]{0,99}") {
            for measure in [levenshtein, rouge_l, token_f1] {
                prop_assert_eq!(measure(&a, &b), measure(&b, &a));
                prop_assert_eq!(measure(&a, &a), 1.0);
                prop_assert!((0.0..=1.0).contains(&measure(&a, &b)));
            }
            prop_assert_eq!(levenshtein(&a, &b) == 1.0, a == b);
        }
    }
}
