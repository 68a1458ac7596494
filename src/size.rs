//! Size of JSON values: measurement, and shortening of values that are too long.
//!
//! The bounds are in [`crate::bounds`]. A shortened value says that it was shortened: a
//! text ends in an ellipsis and its original length, a list or an object in the number
//! of items that were left out.

use std::borrow::Cow;
use std::io;

use rmcp::model::JsonObject;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

use crate::bounds::{VALUE_BYTES, VALUE_CHARS, VALUE_DEPTH};

/// Marks the place at which a value was shortened.
const ELLIPSIS: &str = "\u{2026}";

/// Size of a value as JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// Length in bytes.
    pub(crate) bytes: usize,
    /// Levels of arrays and objects.
    pub(crate) depth: usize,
}

/// Measures `value` as JSON, without keeping the JSON.
pub(crate) fn of(value: &impl Serialize) -> Size {
    let mut size = Size::default();
    let mut length = Length(0);
    let depth = Depth {
        deepest: &mut size.depth,
        open: 0,
    };
    // The length accepts every byte, and all values of answers can be written as JSON.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut length, depth));
    size.bytes = length.0;
    size
}

/// Length of `value` as JSON, in bytes.
pub(crate) fn bytes(value: &impl Serialize) -> usize {
    of(value).bytes
}

/// A writer that counts the bytes written to it.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        self.0 += json.len();
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A formatter of compact JSON that counts the levels of arrays and objects.
struct Depth<'a> {
    deepest: &'a mut usize,
    open: usize,
}

impl Depth<'_> {
    fn begin(&mut self) {
        self.open += 1;
        *self.deepest = self.open.max(*self.deepest);
    }
}

impl Formatter for Depth<'_> {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin();
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open -= 1;
        writer.write_all(b"]")
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin();
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open -= 1;
        writer.write_all(b"}")
    }
}

/// Shortens `text` to `most` characters. A shortened text says how many characters it
/// had originally, even if it is shortened twice.
pub(crate) fn text(text: &str, most: usize) -> Cow<'_, str> {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return Cow::Borrowed(text);
    };
    let all = match text.rsplit_once(ELLIPSIS) {
        Some((start, mark)) if number(mark, " (", " characters)").is_some() => {
            if start.len() <= end {
                // The text is too long only because of the mark.
                return Cow::Borrowed(text);
            }
            number(mark, " (", " characters)").unwrap_or_default()
        }
        _ => most + text[end..].chars().count(),
    };
    Cow::Owned(format!("{}{ELLIPSIS} ({all} characters)", &text[..end]))
}

/// The number between `before` and `after`, if `text` has nothing else.
fn number(text: &str, before: &str, after: &str) -> Option<usize> {
    let digits = text.strip_prefix(before)?.strip_suffix(after)?;
    digits.parse().ok()
}

/// Shortens `text` to `most` characters. The beginning and the end stay, and the middle
/// is left out.
pub(crate) fn middle(text: &str, most: usize) -> Cow<'_, str> {
    // A text has at most as many characters as bytes.
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let all = text.chars().count();
    if all <= most {
        return Cow::Borrowed(text);
    }
    let at = |number: usize| {
        let found = text.char_indices().nth(number);
        found.map_or(text.len(), |(at, _)| at)
    };
    let start = &text[..at(most / 2)];
    let end = &text[at(all - most / 4)..];
    Cow::Owned(format!(
        "{start}{ELLIPSIS} ({all} characters) {ELLIPSIS}{end}"
    ))
}

/// Shortens `value` to the bounds of values in errors.
pub(crate) fn cut(value: &mut Value) {
    cut_to(value, VALUE_BYTES, VALUE_CHARS);
}

/// Shortens `value` to about `bytes` bytes of JSON. Texts are cut to `chars`
/// characters, and the last items of lists and objects are left out.
pub(crate) fn cut_to(value: &mut Value, bytes: usize, chars: usize) {
    Knife { left: bytes, chars }.cut(value, 0);
}

struct Knife {
    /// Bytes that are left for the rest of the value.
    left: usize,
    /// Maximum number of characters of a text.
    chars: usize,
}

impl Knife {
    fn cut(&mut self, value: &mut Value, depth: usize) {
        let is_deep = depth == VALUE_DEPTH;
        match value {
            Value::String(string) => {
                if let Cow::Owned(cut) = text(string, self.chars) {
                    *string = cut;
                }
                self.spend(string.len() + 3);
            }
            Value::Array(items) if is_deep && !items.is_empty() => *value = ELLIPSIS.into(),
            Value::Object(members) if is_deep && !members.is_empty() => *value = ELLIPSIS.into(),
            Value::Array(items) => self.items(items, depth),
            Value::Object(members) => self.members(members, depth),
            _ => self.spend(6),
        }
    }

    fn spend(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }

    fn items(&mut self, items: &mut Vec<Value>, depth: usize) {
        let mut kept = 0;
        while kept < items.len() && self.left > 0 {
            self.cut(&mut items[kept], depth + 1);
            kept += 1;
        }
        if kept == items.len() {
            return;
        }
        let mark = format!("{ELLIPSIS} and ");
        let last = items.last().and_then(Value::as_str);
        // The mark also counts items that were removed before.
        let before = last.and_then(|last| number(last, &mark, " more"));
        let more = items.len() - kept + before.map_or(0, |before| before - 1);
        items.truncate(kept);
        items.push(Value::from(format!("{mark}{more} more")));
    }

    fn members(&mut self, members: &mut JsonObject, depth: usize) {
        let all = std::mem::take(members);
        let count = all.len();
        let before = all.get(ELLIPSIS).and_then(Value::as_str);
        let before = before.and_then(|before| number(before, "and ", " more"));
        let mut kept = 0;
        for (name, mut member) in all {
            if self.left == 0 {
                break;
            }
            self.spend(name.len().min(self.chars) + 4);
            self.cut(&mut member, depth + 1);
            members.insert(text(&name, self.chars).into_owned(), member);
            kept += 1;
        }
        if kept < count {
            let more = count - kept + before.map_or(0, |before| before - 1);
            members.insert(ELLIPSIS.to_owned(), format!("and {more} more").into());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_measured() {
        for (value, depth) in [
            (json!(1), 0),
            (json!("[{\"a\\"), 0),
            (json!([]), 1),
            (json!({ "a": [{ "b[": "]" }], "c": {} }), 3),
        ] {
            let size = of(&value);
            assert_eq!(size.bytes, value.to_string().len(), "{value}");
            assert_eq!(size.depth, depth, "{value}");
        }
    }

    #[test]
    fn short_values_stay() {
        for value in [
            json!("x".repeat(VALUE_CHARS)),
            json!(["a", 1, null, { "b": [] }]),
            json!({ "a": { "b": "\u{e9}".repeat(VALUE_CHARS) } }),
        ] {
            let mut cut = value.clone();
            super::cut(&mut cut);
            assert_eq!(cut, value);
        }
    }

    #[test]
    fn long_values_are_shortened_and_say_so() {
        let mut deep = json!("x");
        for _ in 0..500 {
            deep = json!([deep]);
        }
        for (mut value, mark) in [
            (json!("\u{10000}".repeat(100_000)), "(100000 characters)"),
            (json!(vec!["name"; 20_000]), "more"),
            (json!(vec![0; 20_000]), "more"),
            (
                (0..20_000).map(|n| (n.to_string(), json!(n))).collect(),
                "more",
            ),
            (json!({ "x".repeat(100_000): 1 }), "(100000 characters)"),
            (deep, ELLIPSIS),
        ] {
            cut(&mut value);
            let size = of(&value);
            // The last item may have the greatest length of a text.
            assert!(size.bytes < VALUE_BYTES + 4 * VALUE_CHARS + 100, "{value}");
            assert!(size.depth <= VALUE_DEPTH + 1, "{value}");
            assert!(value.to_string().contains(mark), "{value}");
        }
    }

    /// A value is shortened twice: before and after secrets are removed.
    #[test]
    fn values_shortened_twice_say_their_length() {
        for (mut value, mark) in [
            (json!("x".repeat(100_000)), "(100000 characters)"),
            (json!(vec!["x".repeat(90); 20_000]), "and 19978 more"),
            (
                (0..20_000)
                    .map(|n| (format!("member {n:05}"), json!(n)))
                    .collect(),
                "and 19909 more",
            ),
        ] {
            let mut once = value.clone();
            cut(&mut once);
            cut_to(&mut value, 4 * VALUE_BYTES, 4 * VALUE_CHARS);
            cut(&mut value);
            assert_eq!(value, once);
            assert!(value.to_string().contains(mark), "{value}");
            cut(&mut value);
            assert_eq!(value, once);
        }
    }

    #[test]
    fn the_ends_of_a_sentence_stay() {
        let long = format!("Value '{}' at 'name'", "\u{e9}".repeat(100_000));
        let cut = middle(&long, 1_000);
        assert!(cut.chars().count() < 1_100, "{cut}");
        assert!(cut.starts_with("Value '\u{e9}") && cut.ends_with("\u{e9}' at 'name'"));
        assert_eq!(middle("short", 1_000), "short");
    }
}
