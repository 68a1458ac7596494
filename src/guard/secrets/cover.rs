//! Removal of secrets from errors.
//!
//! Cognito's sentences repeat refused values, sometimes in another form: a letter that is
//! not ASCII becomes a question mark, and a line break becomes a space. The server's own
//! sentences escape and shorten the values that they repeat. So no part of a secret with
//! [`FRAGMENT`] characters may remain in any of these [`forms`].
//!
//! A sentence and a secret may have words in common. Text from the tools' schemas,
//! Cognito's sentences and this server's advice is public, and is not removed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Value, json};

use super::{each_string, is_reference, strings};
use crate::error::ToolError;
use crate::guard::redact;
use crate::guard::untrusted;

/// A part of a secret must not be shown if it has at least this many characters.
const FRAGMENT: usize = FRAGMENT_CHARS as usize;
const FRAGMENT_CHARS: u32 = 8;
/// A secret with at least this many characters is removed if it is a whole word. A shorter
/// secret may occur in sentences by chance, and is only removed if it is quoted.
const WORD: usize = 6;
/// A secret with at least this many bytes is only searched in its simplest forms. No code,
/// password or token is that long, and it does not fit into a sentence.
const LONG: usize = 16 * 1024;

/// Removes `secrets` from the texts of `error`, except parts that are also in
/// `public_texts`.
pub(super) fn cover(
    secrets: Vec<String>,
    public_texts: fn() -> &'static str,
    error: &mut ToolError,
) {
    let mut secrets = secrets;
    secrets.retain(|secret| !secret.is_empty() && !is_reference(secret));
    if secrets.is_empty() {
        return;
    }
    let mut public = String::new();
    for problem in &error.problems {
        // Allowed values come from schemas and from Cognito, not from the caller.
        strings(&json!(problem.allowed), &mut |text| {
            public.push_str(text);
            public.push('\n');
        });
    }
    let forms = Forms::of(&secrets, public_texts);
    let mut texts = Vec::new();
    each_text(error, &mut |text| texts.push(text.clone()));
    let found = Fragments::of(texts.iter().map(String::as_str)).found_in(&forms.all);
    each_text(error, &mut |text| {
        if let Cow::Owned(covered) = covered(text, &forms, &found, &public) {
            *text = covered;
        }
    });
    for problem in &mut error.problems {
        let shown = problem.nearest.as_deref();
        let is_plain = |text: &str| covered(text, &forms, &found, &public) == text;
        if !shown.is_none_or(is_plain) {
            problem.nearest = None;
        }
        if let Some(allowed) = &mut problem.allowed {
            each_string(allowed, &mut |text| {
                if forms.all.contains(text.as_str()) && text.chars().count() >= WORD {
                    redact::REDACTED.clone_into(text);
                }
            });
        }
    }
}

/// The forms of all secrets.
struct Forms {
    all: BTreeSet<String>,
    /// The lengths of the forms that are shorter than a fragment, in characters.
    short: BTreeSet<usize>,
    /// Public texts. They are shown even if a secret contains parts of them.
    public_texts: fn() -> &'static str,
}

impl Forms {
    fn of(secrets: &[String], public_texts: fn() -> &'static str) -> Self {
        let all: BTreeSet<String> = secrets.iter().flat_map(|secret| forms(secret)).collect();
        let lengths = all.iter().filter(|form| form.len() < 4 * FRAGMENT);
        let lengths = lengths.map(|form| form.chars().count());
        let short = lengths.filter(|length| *length < FRAGMENT).collect();
        Self {
            all,
            short,
            public_texts,
        }
    }
}

/// Calls `look` with each text of `error` that may repeat a value of the caller.
fn each_text(error: &mut ToolError, look: &mut dyn FnMut(&mut String)) {
    look(&mut error.message);
    error.hint.iter_mut().for_each(&mut *look);
    for problem in &mut error.problems {
        look(&mut problem.message);
        if let Some(received) = &mut problem.received {
            each_string(received, look);
        }
    }
}

/// The forms in which sentences repeat `secret`.
fn forms(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([secret.to_owned()]);
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !b"\"'\\`".contains(&byte);
    if secret.bytes().all(is_plain) {
        return forms;
    }
    // Cognito: one question mark for a character, or for each of its two UTF-16 code units
    // in Java.
    let character = |c: char| {
        if c.is_ascii() {
            c.to_string()
        } else {
            "?".to_owned()
        }
    };
    let units = |c: char| match c {
        c if c.is_ascii() => c.to_string(),
        c => "?".repeat(c.len_utf16()),
    };
    let asked = [
        secret.chars().map(character).collect::<String>(),
        secret.chars().map(units).collect(),
    ];
    forms.extend(asked.iter().cloned());
    if secret.len() > LONG {
        return forms;
    }
    // This server writes values on one line, escaped, or as JSON strings. serde writes them
    // as Rust's debug format does.
    for text in asked.iter().map(String::as_str).chain([secret]) {
        let line = untrusted::one_line(text);
        for text in [text, &line] {
            let escaped = [
                Cow::Borrowed(text),
                untrusted::line(text),
                untrusted::text(text),
            ];
            for text in escaped {
                let quoted = Value::from(&*text).to_string();
                forms.insert(quoted[1..quoted.len() - 1].to_owned());
                forms.insert(text.into_owned());
            }
        }
        let debug = format!("{text:?}");
        forms.insert(debug[1..debug.len() - 1].to_owned());
    }
    forms.retain(|form| !form.is_empty());
    forms
}

/// `text` with `[redacted]` in place of `forms` and of the fragments in `found`, except
/// those that are `public`.
fn covered<'t>(text: &'t str, forms: &Forms, found: &BTreeSet<u64>, public: &str) -> Cow<'t, str> {
    if forms.all.contains(text) {
        return Cow::Owned(redact::REDACTED.to_owned());
    }
    let mut secret = short_ones(text, forms);
    if !found.is_empty() {
        let is_secret = |span: &Range<usize>| {
            let fragment = &text[span.clone()];
            let is_whole = forms.all.contains(fragment) && stands_alone(text, span);
            is_whole || !public.contains(fragment) && !(forms.public_texts)().contains(fragment)
        };
        secret.extend(fragments(text, found).into_iter().filter(is_secret));
    }
    if secret.is_empty() {
        return Cow::Borrowed(text);
    }
    secret.sort_by_key(|span| span.start);
    let mut shown = String::new();
    let mut from = 0;
    for span in secret {
        if span.start >= from {
            shown.push_str(&text[from..span.start]);
            if from == 0 || span.start > from {
                shown.push_str(redact::REDACTED);
            }
        }
        from = from.max(span.end);
    }
    shown.push_str(&text[from..]);
    shown.into()
}

/// The spans of `text` that are forms shorter than a fragment: as whole words, or in quotes
/// if they are shorter than [`WORD`].
fn short_ones(text: &str, forms: &Forms) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if forms.short.is_empty() {
        return found;
    }
    let mut starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    starts.push(text.len());
    for length in &forms.short {
        for (from, to) in starts.iter().zip(starts.iter().skip(*length)) {
            let (span, form) = (*from..*to, &text[*from..*to]);
            let may_be = if *length < WORD {
                is_quoted(text, &span)
            } else {
                stands_alone(text, &span)
            };
            if may_be
                && forms.all.contains(form)
                && (*length >= WORD || !(forms.public_texts)().contains(form))
            {
                found.push(span);
            }
        }
    }
    found
}

/// The characters of `text` before and after `span`.
fn around(text: &str, span: &Range<usize>) -> [Option<char>; 2] {
    let before = text[..span.start].chars().next_back();
    [before, text[span.end..].chars().next()]
}

fn is_quoted(text: &str, span: &Range<usize>) -> bool {
    let [before, after] = around(text, span);
    before == after && before.is_some_and(|c| "'\"`".contains(c))
}

/// Whether `span` is not a part of a longer word.
fn stands_alone(text: &str, span: &Range<usize>) -> bool {
    let inside = &text[span.clone()];
    let [before, after] = around(text, span);
    let joins = |c: Option<char>, edge: Option<char>| {
        c.is_some_and(char::is_alphanumeric) && edge.is_some_and(char::is_alphanumeric)
    };
    !joins(before, inside.chars().next()) && !joins(after, inside.chars().next_back())
}

/// The spans of `text` that consist of fragments in `found`.
fn fragments(text: &str, found: &BTreeSet<u64>) -> Vec<Range<usize>> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let end_of = |number: usize| starts.get(number + 1).copied().unwrap_or(text.len());
    let mut spans: Vec<Range<usize>> = Vec::new();
    each_fragment(text, &mut |last, hash| {
        if !found.contains(&hash) {
            return;
        }
        let span = starts[last + 1 - FRAGMENT]..end_of(last);
        match spans.last_mut() {
            Some(before) if before.end >= span.start => before.end = span.end,
            _ => spans.push(span),
        }
    });
    spans
}

/// Hashes of all fragments of some texts.
struct Fragments {
    sorted: Vec<u64>,
    /// A bit for each hash that may be present. Most lookups need only these bits.
    bits: Vec<u64>,
}

impl Fragments {
    const BITS: u32 = 18;

    fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut sorted = Vec::new();
        let mut bits = vec![0; 1 << (Self::BITS - 6)];
        for text in texts {
            each_fragment(text, &mut |_, hash| {
                sorted.push(hash);
                let (at, bit) = Self::place(hash);
                bits[at] |= bit;
            });
        }
        sorted.sort_unstable();
        sorted.dedup();
        Self { sorted, bits }
    }

    fn place(hash: u64) -> (usize, u64) {
        // The upper bits of a product depend on all bits of its factors.
        let bit = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - Self::BITS);
        let at = usize::try_from(bit / 64).unwrap_or_default();
        (at, 1 << (bit % 64))
    }

    /// The hashes of the fragments that are also in one of `forms`.
    fn found_in(&self, forms: &BTreeSet<String>) -> BTreeSet<u64> {
        let mut found = BTreeSet::new();
        for form in forms {
            each_fragment(form, &mut |_, hash| {
                let (at, bit) = Self::place(hash);
                if self.bits[at] & bit != 0 && self.sorted.binary_search(&hash).is_ok() {
                    found.insert(hash);
                }
            });
        }
        found
    }
}

/// Calls `look` with each fragment of `text`: the index of its last character, and its hash.
fn each_fragment(text: &str, look: &mut dyn FnMut(usize, u64)) {
    const BASE: u64 = 0x0000_0100_0000_01b3;
    const OUT: u64 = BASE.wrapping_pow(FRAGMENT_CHARS);
    let mut last = [0; FRAGMENT];
    let mut hash = 0_u64;
    for (number, c) in text.chars().enumerate() {
        let new = u64::from(u32::from(c)) + 1;
        let old = std::mem::replace(&mut last[number % FRAGMENT], new);
        hash = hash.wrapping_mul(BASE).wrapping_add(new);
        hash = hash.wrapping_sub(OUT.wrapping_mul(old));
        if number + 1 >= FRAGMENT {
            look(number, hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use cognito_emulator::model::Model;
    use cognito_emulator::validate;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::error::Problem;
    use crate::run::public;

    /// The message `text` of an error, after `secrets` were removed.
    fn shown(text: &str, secrets: &[&str]) -> String {
        let mut error = *ToolError::new("InvalidParameterException", text);
        cover(
            secrets.iter().map(ToString::to_string).collect(),
            public::texts,
            &mut error,
        );
        error.message
    }

    #[test]
    fn a_secret_is_covered() {
        for (text, secret, covered) in [
            (
                "Value '123456' at 'code'",
                "123456",
                "Value '[redacted]' at 'code'",
            ),
            ("+15551234567", "123456", "+15551234567"),
            ("123456", "123456", "[redacted]"),
            ("123456 and 123456", "123456", "[redacted] and [redacted]"),
            ("an apple a day", "a", "an apple a day"),
            // Short secrets are removed if they are quoted.
            (
                "Value '1 4' at 'code'",
                "1 4",
                "Value '[redacted]' at 'code'",
            ),
            (
                "Value 'email' at 'code'",
                "email",
                "Value 'email' at 'code'",
            ),
            // The secret is in another form, or only a part of it is shown.
            (
                "Value '?ber geheim Zz9' at",
                "über geheim Zz9",
                "Value '[redacted]' at",
            ),
            (
                "Value '??ber geheim Zz9' at",
                "\u{1F600}ber geheim Zz9",
                "Value '[redacted]' at",
            ),
            (
                r"the word a\u{9}bcdefgh is",
                "a\tbcdefgh",
                "the word [redacted] is",
            ),
            (
                r#"the word a\"bcdefgh is"#,
                "a\"bcdefgh",
                "the word [redacted] is",
            ),
            (
                "the word ab cdefgh is",
                "ab\n cdefgh",
                "the word [redacted] is",
            ),
            (
                "xxZz9-geheim\u{2026}",
                "aaaZz9-geheimbbb",
                "xx[redacted]\u{2026}",
            ),
            ("Zz9-gehZz9-geheim", "Zz9-geheim", "Zz9-geh[redacted]"),
            ("Zz9-geheimZz9-geheim", "Zz9-geheim", "[redacted]"),
            ("Zz9-geh", "Zz9-geheim", "Zz9-geh"),
            // Public text stays.
            (
                "/new_password must have a digit",
                "password1",
                "/new_password must have a digit",
            ),
            ("Value 'password1' at", "password1", "Value '[redacted]' at"),
        ] {
            assert_eq!(shown(text, &[secret]), covered, "{secret:?}");
        }
        // One secret may be a part of another.
        assert_eq!(
            shown("Value '123456 789012'", &["123456", "123456 789012"]),
            "Value '[redacted]'"
        );
    }

    #[test]
    fn all_texts_of_an_error_are_covered() {
        let secret = "Zz9-geheim-Zz9";
        let mut error = *ToolError::new("InvalidArguments", format!("it is {secret}"));
        error.hint = Some(format!("not {secret}"));
        error.problems.push(Problem {
            message: format!("is {secret}"),
            received: Some(json!([{ "a": secret }])),
            allowed: Some(json!(["custom:zz9", secret])),
            nearest: Some(secret.to_owned()),
            ..Problem::default()
        });
        cover(vec![secret.to_owned()], public::texts, &mut error);
        assert!(!format!("{error:?}").contains("geheim"), "{error:?}");
        assert!(error.problems[0].nearest.is_none());
    }

    /// Characters of secrets, including those that Cognito or this server alters.
    fn character() -> impl Strategy<Value = char> {
        prop_oneof![
            8 => proptest::char::range('0', 'z'),
            2 => select(vec![' ', '\t', '\n', '\r', '"', '\'', '\\', '`', '{', '\u{7f}', '\u{0}']),
            2 => select(vec!['é', 'ß', '山', '\u{3000}', '\u{a0}', '\u{202e}', '\u{1f600}', '\u{301}', '\u{e000}']),
            1 => any::<char>(),
        ]
    }

    fn secret() -> impl Strategy<Value = String> {
        let text = |length| vec(character(), length).prop_map(String::from_iter);
        let blanks = || select(vec!["", " ", "  ", "\n", "\t", "\r\n"]);
        prop_oneof![
            15 => (blanks(), text(1..40), blanks()).prop_map(|(a, b, c)| format!("{a}{b}{c}")),
            1 => text(40..5_000),
        ]
    }

    /// All parts of `text` that are as long as a fragment.
    fn parts(text: &str) -> BTreeSet<String> {
        let characters: Vec<char> = text.chars().collect();
        characters
            .windows(FRAGMENT)
            .map(|window| window.iter().collect())
            .collect()
    }

    /// Whether `part` shows a part of a secret: it is not public, and at least six of its
    /// characters are not question marks, with which Cognito replaces characters.
    fn is_revealing(part: &str) -> bool {
        part.chars().filter(|c| *c != '?').count() >= 6 && !public::texts().contains(part)
    }

    /// `text` with its escape sequences replaced by their characters.
    fn unescaped(text: &str) -> String {
        static ESCAPE: LazyLock<regex::Regex> = LazyLock::new(|| {
            regex::Regex::new(r#"\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|([nrt"'\\]))"#).unwrap()
        });
        let character = |found: &regex::Captures<'_>| {
            let code = found.get(1).or(found.get(2));
            let code = code.and_then(|code| u32::from_str_radix(code.as_str(), 16).ok());
            let simple = || match &found[3] {
                "n" => '\n',
                "r" => '\r',
                "t" => '\t',
                other => other.chars().next().unwrap(),
            };
            let c = code.map_or_else(simple, |code| char::from_u32(code).unwrap_or('?'));
            c.to_string()
        };
        ESCAPE.replace_all(text, character).into_owned()
    }

    proptest! {
        /// No part of a secret is in the final error, however Cognito and this server alter it.
        #[test]
        fn no_part_of_a_secret_is_shown(
            secret in secret(),
            cut in 0..200_usize,
            place in 0..5_usize,
        ) {
            let operation = Model::get().operation("ConfirmSignUp").unwrap();
            let input = json!({ "ClientId": "c", "Username": "u", "ConfirmationCode": secret });
            let sentence = validate::check(operation, &input).err().and_then(|error| error.sentence());
            let cut: String = secret.chars().skip(cut / 10).take(cut).collect();
            let text = match place {
                // The secret as Cognito repeats it, or in the error of a Lambda function.
                0 => sentence.unwrap_or_default(),
                1 => format!("PreSignUp failed with error {secret}."),
                2 => format!("the name {} is unknown", untrusted::named(&secret)),
                3 => format!("invalid value {secret:?}, expected {}", Value::from(secret.as_str())),
                _ => format!("PreSignUp failed with error {cut}."),
            };
            let mut error = *ToolError::new("InvalidParameterException", text.clone());
            error.problems.push(Problem {
                pointer: "/code".to_owned(),
                message: text.clone(),
                received: Some(json!([secret, cut])),
                ..Problem::default()
            });
            // The order is that of `hints::explain`: the advice comes after the raw
            // sentence.
            error.bound_raw();
            cover(vec![secret.clone()], public::texts, &mut error);
            error.hint = Some(format!("There is no user {}", untrusted::bare(&secret)));
            cover(vec![secret.clone()], public::texts, &mut error);
            error.bound();
            untrusted::error(&mut error);
            error.drop_problems();
            let result = error.to_result();
            let text = result.content[0].as_text().unwrap().text.clone();
            let (sentence, facts) = text.split_once('\n').unwrap();
            let facts: Value = serde_json::from_str(facts).unwrap();
            let mut texts = vec![sentence.to_owned()];
            strings(&facts, &mut |text| texts.push(text.to_owned()));
            // The texts as they are shown, and as a reader can decode them. A name may be
            // escaped twice.
            let once = texts.iter().map(|text| unescaped(text)).collect::<Vec<_>>();
            let twice = once.iter().map(|text| unescaped(text)).collect::<Vec<_>>();
            let shown: BTreeSet<String> =
                texts.iter().chain(&once).chain(&twice).flat_map(|text| parts(text)).collect();
            let asked = secret.replace(|c: char| !c.is_ascii(), "?");
            for form in [&secret, &asked] {
                for part in parts(form).into_iter().chain(parts(&untrusted::one_line(form))) {
                    let is_shown = shown.contains(&part) && is_revealing(&part);
                    prop_assert!(!is_shown, "{part:?} of {secret:?}: {text}");
                }
            }
        }
    }

    /// The search for a secret as long as a file takes time in proportion to its length.
    #[test]
    fn long_secrets_are_covered_too() {
        let secret = format!(
            "{}Zz9-geheim\n{}",
            "\u{e9}ab\t".repeat(100_000),
            "\"c\u{1f600}".repeat(100_000)
        );
        assert_eq!(forms(&secret).len(), 3);
        let text = format!("has no column `{}`", "?ab\t".repeat(4));
        let covered = shown(&text, &[&secret]);
        assert_eq!(covered, "has no column `[redacted]`");
        assert!(!shown("at Zz9-geheim", &[&secret]).contains("geheim"));
    }
}
