//! Java regular expressions, as used in the service model.
//!
//! The model's patterns are Java's and must match the whole value. Java differs from
//! Rust's engine in three places: in Java, `\w`, `\s`, `\d` and their negations are
//! ASCII; in Java, `.` stops at every line terminator; and only Java has look-behind.
//! `\p{…}` is the same in both.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::Regex;
use regex_syntax::Parser;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look, Repetition};

/// One pattern of the model, compiled at its first use.
#[derive(Debug)]
pub struct Pattern {
    java: Cow<'static, str>,
    compiled: OnceLock<Compiled>,
}

#[derive(Debug)]
enum Compiled {
    /// One repeated class, like most patterns. It needs no automaton. An automaton for
    /// the Unicode classes of the model takes milliseconds to build, and a megabyte.
    Class(RepeatedClass),
    Other(Regex),
}

/// A pattern such as `[…]+` or `[…]*`.
#[derive(Debug)]
struct RepeatedClass {
    /// Whether the class contains each byte. The entries of bytes that are not ASCII
    /// are false.
    ascii: Box<[bool; 256]>,
    class: ClassUnicode,
    matches_empty: bool,
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
        let matches = match self.compiled() {
            Compiled::Class(class) => class.matches(value),
            Compiled::Other(regex) => regex.is_match(value),
        };
        matches && !(self.java == S3_BUCKET && value.ends_with('.'))
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let translated = self.translated();
            match RepeatedClass::parse(&translated) {
                Some(class) => Compiled::Class(class),
                None => Compiled::Other(
                    Regex::new(&whole(&translated))
                        .expect("a test translates every pattern of the model"),
                ),
            }
        })
    }

    /// The equivalent pattern in the syntax of the `regex` crate, not yet anchored.
    #[must_use]
    pub fn translated(&self) -> String {
        translate(&self.java)
    }
}

/// Anchors a pattern of the `regex` crate, so that it matches only a whole text.
fn whole(translated: &str) -> String {
    format!(r"\A(?:{translated})\z")
}

impl RepeatedClass {
    /// The repeated class of `translated`; `None` if it is not a single class that
    /// repeats without a maximum.
    fn parse(translated: &str) -> Option<Self> {
        let hir = Parser::new().parse(translated).ok()?;
        let Repetition { min, max, sub, .. } = without_anchors(&hir)?;
        if *min > 1 || max.is_some() {
            return None;
        }
        let HirKind::Class(Class::Unicode(class)) = sub.kind() else {
            return None;
        };
        let contains = |byte: u8| byte.is_ascii() && contains(class, char::from(byte));
        Some(Self {
            ascii: Box::new(std::array::from_fn(|at| {
                u8::try_from(at).is_ok_and(contains)
            })),
            class: class.clone(),
            matches_empty: *min == 0,
        })
    }

    fn matches(&self, value: &str) -> bool {
        // Always reads to the end: tokens are long, and the loop has no branches.
        let has_all = value
            .bytes()
            .fold(true, |all, byte| all & self.ascii[usize::from(byte)]);
        if has_all {
            return !value.is_empty() || self.matches_empty;
        }
        value.chars().all(|c| contains(&self.class, c))
    }
}

/// The repetition that `hir` consists of. Anchors around it have no effect, because the
/// whole text must match.
fn without_anchors(hir: &Hir) -> Option<&Repetition> {
    let hir = match hir.kind() {
        HirKind::Concat(parts) => match &parts[..] {
            [start, hir, end] => {
                let anchors = [start, end].map(Hir::kind);
                let [HirKind::Look(Look::Start), HirKind::Look(Look::End)] = anchors else {
                    return None;
                };
                hir
            }
            _ => return None,
        },
        _ => hir,
    };
    match hir.kind() {
        HirKind::Repetition(repetition) => Some(repetition),
        _ => None,
    }
}

fn contains(class: &ClassUnicode, c: char) -> bool {
    let ranges = class.ranges();
    let after = ranges.partition_point(|range| range.end() < c);
    ranges.get(after).is_some_and(|range| range.start() <= c)
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
    use std::sync::LazyLock;

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
    fn repeated_classes_are_recognized() {
        for pattern in [
            r"[\S]+",
            r"^[a-z0-9-]+$",
            r"[\p{L}\s*]*",
            "[^_]+",
            r"[\]a]+",
            "(?s).*",
        ] {
            assert!(
                RepeatedClass::parse(&translate(pattern)).is_some(),
                "{pattern}"
            );
        }
        for pattern in [
            "[ab]",
            "a+",
            "[ab]+c",
            "[ab]+[bc]+",
            "[ab]{2,}",
            "[ab]{1,3}",
            "[ab]?",
            "^[ab]+",
            "[ab]+$",
            "(^[ab]+$)?",
            "$[ab]+^",
            "",
        ] {
            assert!(
                RepeatedClass::parse(&translate(pattern)).is_none(),
                "{pattern}"
            );
        }
    }

    /// So an emulator builds few automata at its start, if any.
    #[test]
    fn most_patterns_are_one_class() {
        let shapes = Model::get().shapes();
        let patterns: Vec<_> = shapes
            .filter_map(|shape| shape.pattern.as_deref())
            .collect();
        let is_class = |pattern: &&&Pattern| matches!(pattern.compiled(), Compiled::Class(_));
        let classes = patterns.iter().filter(is_class).count();
        assert!(
            classes * 2 > patterns.len(),
            "{classes} of {}",
            patterns.len()
        );
    }

    /// The patterns of the model, each with its automaton.
    static AUTOMATA: LazyLock<Vec<(&Pattern, Regex)>> = LazyLock::new(|| {
        let patterns = Model::get()
            .shapes()
            .filter_map(|shape| shape.pattern.as_deref());
        patterns
            .filter(|pattern| pattern.as_str() != S3_BUCKET)
            .map(|pattern| (pattern, Regex::new(&whole(&pattern.translated())).unwrap()))
            .collect()
    });

    proptest! {
        /// Matches with and without the automaton agree.
        #[test]
        fn classes_agree_with_the_automaton(
            value in "[a-f ]{0,3}[ -~\t\né\u{a0}\u{300}٣€\u{2028}\u{10ffff}]{0,3}",
        ) {
            for (pattern, automaton) in &*AUTOMATA {
                let matches = automaton.is_match(&value);
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
