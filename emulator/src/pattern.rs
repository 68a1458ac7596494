//! Java regular expressions, as used in the service model.
//!
//! The model's patterns are Java's and must match the whole value. Rust's
//! engine differs in three places: `\w`, `\s`, `\d` and their negations are
//! ASCII in Java, `.` stops at every line terminator, and look-behind is not
//! supported here. `\p{…}` is the same in both.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::Regex;

/// One pattern of the model, compiled at its first use.
#[derive(Debug)]
pub struct Pattern {
    java: Cow<'static, str>,
    compiled: OnceLock<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    regex: Regex,
    /// The ASCII characters, by byte, of a pattern that is one repeated class,
    /// as most are. A text of only these characters needs no automaton.
    ascii: Option<Box<[bool; 256]>>,
}

impl Pattern {
    /// A pattern as written in the model.
    pub(crate) fn new(java: impl Into<Cow<'static, str>>) -> Self {
        Self {
            java: java.into(),
            compiled: OnceLock::new(),
        }
    }

    /// The pattern as written in the model and in Cognito's sentences.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.java
    }

    /// Whether the whole of `value` matches, as with Java's `Matcher.matches`.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        let Compiled { regex, ascii } = self.compiled();
        let is_of_class = ascii.as_ref().is_some_and(|class| {
            // Reads to the end in any case: a token is long, and this loop has
            // no branches.
            let has_all = value
                .bytes()
                .fold(true, |all, byte| all & class[usize::from(byte)]);
            has_all && !value.is_empty()
        });
        is_of_class || regex.is_match(value) && !(self.java == S3_BUCKET && value.ends_with('.'))
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let regex = Regex::new(&format!(r"\A(?:{})\z", self.translated()))
                .expect("a test translates every pattern of the model");
            let ascii = is_one_class(&self.java).then(|| {
                Box::new(std::array::from_fn(|at| {
                    let byte = u8::try_from(at).ok().filter(u8::is_ascii);
                    byte.is_some_and(|byte| regex.is_match(char::from(byte).encode_utf8(&mut [0])))
                }))
            });
            Compiled { regex, ascii }
        })
    }

    /// The same language in the syntax of the `regex` crate, without anchors.
    #[must_use]
    pub fn translated(&self) -> String {
        translate(&self.java)
    }
}

/// Whether a pattern is a single repeated class, `[…]+`.
fn is_one_class(java: &str) -> bool {
    let class = java.strip_prefix('^').unwrap_or(java);
    let class = class.strip_suffix('$').unwrap_or(class);
    let inside = class
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix("]+"));
    inside.is_some_and(|inside| !inside.contains(['[', ']', '&']))
}

/// The only pattern with a look-behind: no full stop at the end.
const S3_BUCKET: &str = r"^[0-9A-Za-z\.\-_]*(?<!\.)$";

/// Rewrites the constructs that differ between Java and Rust.
fn translate(java: &str) -> String {
    let java = java.replace(r"(?<!\.)", "");
    let mut rust = String::with_capacity(java.len());
    let mut characters = java.chars();
    let mut in_class = false;
    let mut dot_matches_all = false;
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('w') => rust.push_str("[0-9A-Za-z_]"),
                Some('W') => rust.push_str("[^0-9A-Za-z_]"),
                Some('d') => rust.push_str("[0-9]"),
                Some('D') => rust.push_str("[^0-9]"),
                Some('s') => rust.push_str(r"[\t\n\x0B\f\r ]"),
                Some('S') => rust.push_str(r"[^\t\n\x0B\f\r ]"),
                Some(other) => rust.extend(['\\', other]),
                None => rust.push('\\'),
            },
            '.' if !in_class && !dot_matches_all => {
                rust.push_str(r"[^\n\r\x{85}\x{2028}\x{2029}]");
            }
            _ => {
                match c {
                    '[' => in_class = true,
                    ']' => in_class = false,
                    _ => {}
                }
                rust.push(c);
                dot_matches_all |= rust.ends_with("(?s)");
            }
        }
    }
    rust
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Model;

    #[test]
    fn every_pattern_of_the_model_translates() {
        let mut translated = 0;
        for pattern in Model::get()
            .shapes()
            .filter_map(|shape| shape.pattern.as_deref())
        {
            assert!(
                Regex::new(&pattern.translated()).is_ok(),
                "{}",
                pattern.as_str()
            );
            translated += 1;
        }
        assert!(translated > 60, "{translated}");
    }

    #[test]
    fn classes_repeated() {
        for pattern in [r"[\S]+", r"^[a-z0-9-]+$", r"[\p{L}\s*]+", "[^_]+"] {
            assert!(is_one_class(pattern), "{pattern}");
        }
        for pattern in [
            "[a]*", "[a]", "a+", "[a]+b", "[a]+[b]+", r"[\]]+", "[a&&b]+", "",
        ] {
            assert!(!is_one_class(pattern), "{pattern}");
        }
    }

    proptest! {
        /// Matches with and without the automaton agree.
        #[test]
        fn classes_decide_as_the_automaton(value in "[a-f ]{0,3}[ -~\t\né\u{a0}]{0,3}") {
            for pattern in Model::get().shapes().filter_map(|shape| shape.pattern.as_deref()) {
                if pattern.as_str() == S3_BUCKET {
                    continue;
                }
                let matches = pattern.compiled().regex.is_match(&value);
                prop_assert_eq!(pattern.matches(&value), matches, "{}", pattern.as_str());
            }
        }
    }

    #[test]
    fn shorthand_classes_are_ascii() {
        assert!(Pattern::new(r"[\w-]+").matches("a_Z-9"));
        assert!(!Pattern::new(r"[\w-]+").matches("é"));
        assert!(!Pattern::new(r"[\d]+").matches("٣"));
        assert!(
            Pattern::new(r"[\S]+").matches("pass\u{a0}word"),
            "a no-break space is no \\s in Java"
        );
        assert!(!Pattern::new(r"[\S]+").matches("pass word"));
    }

    #[test]
    fn properties_stay_unicode() {
        let username = Pattern::new(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+");
        assert!(username.matches("жена@例え.jp"));
        assert!(!username.matches("two words"));
        let provider = Pattern::new(r"[^_\p{Z}][\p{L}\p{M}\p{S}\p{N}\p{P}][^_\p{Z}]+");
        assert!(provider.matches("SSO"));
        assert!(!provider.matches("_SSO"));
        assert!(!provider.matches("SO"));
    }

    #[test]
    fn the_whole_value_must_match() {
        let code = Pattern::new("[0-9]+");
        assert!(!code.matches("123\n"));
        assert!(!code.matches("x123"));
        assert!(!Pattern::new("^[0-9a-fA-F]+$").matches("ab\n"));
    }

    #[test]
    fn a_dot_stops_at_line_terminators_by_default() {
        let sms = Pattern::new(r".*\{####\}.*");
        assert!(sms.matches("code {####}."));
        assert!(!sms.matches("code\r{####}"));
        assert!(Pattern::new(r"(?s).*\{####\}(?s).*").matches("code\n{####}\r"));
    }

    #[test]
    fn ranges_in_hexadecimal() {
        let scope = Pattern::new(r"[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+");
        assert!(scope.matches("read:all[1]"));
        assert!(!scope.matches("a/b"));
        assert!(!scope.matches("a\\b"));
        assert!(!scope.matches("a b"));
    }

    #[test]
    fn a_dash_after_a_range_is_a_dash() {
        let token = Pattern::new("[A-Za-z0-9-_=.]+");
        assert!(token.matches("ey-J_.x="));
        assert!(!token.matches("a:b"));
        assert!(!token.matches("a/b"));
    }

    #[test]
    fn a_bucket_does_not_end_in_a_full_stop() {
        let bucket = Pattern::new(S3_BUCKET);
        assert!(bucket.matches("my.bucket-1"));
        assert!(!bucket.matches("my.bucket."));
        assert!(!bucket.matches("my bucket"));
    }
}
