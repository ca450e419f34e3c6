//! Comparing last names as people write them: without case and accents (circle.md, "Sign-in").

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Whether two last names are the same to whoever reads them aloud. An empty one is nobody's.
pub(super) fn same(left: &str, right: &str) -> bool {
    let left = plain(left);
    !left.is_empty() && left == plain(right)
}

fn plain(name: &str) -> String {
    let lower = name.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase);
    let spelled: String = lower.collect();
    spelled.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_blanks_make_no_difference() {
        #[track_caller]
        fn check(left: &str, right: &str, expect: bool) {
            assert_eq!((same(left, right), same(right, left)), (expect, expect), "{left:?} {right:?}");
        }
        check("Muller", "müller", true);
        check("GARCÍA", "garcia", true);
        check("Nguyễn", "nguyen", true);
        check(" de  la Cruz ", "De la cruz", true);
        check("O'Neil", "o'neil", true);
        check("Muller", "Mueller", false);
        check("de la Cruz", "delacruz", false);
        check("", "", false);
        check(" ", "x", false);
    }
}
