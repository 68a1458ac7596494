//! JSON of responses, byte for byte as Cognito writes it.
//!
//! The members of every object are in alphabetical order. A date is a number of seconds
//! in the form of Java's `Double.toString`, as in `1.790257792556E9`. Both are live
//! (radkawar/stackd, recordings of 2026-09-24, whose byte counts fit no other form).
//! Pages do not need to follow these rules, because this writer applies them.

use std::cell::RefCell;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Writes `answer`.
///
/// # Errors
/// If `answer` is not plain data: a map with keys that are not strings.
pub(super) fn write(answer: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    // Enough for most responses. For a list, the buffer grows a few times.
    let text = RefCell::new(Vec::with_capacity(512));
    let formatter = Sorted {
        text: &text,
        starts: Vec::with_capacity(32),
        open: Vec::with_capacity(8),
        spans: Vec::new(),
        scratch: Vec::new(),
    };
    answer.serialize(&mut Serializer::with_formatter(Shared(&text), formatter))?;
    Ok(text.into_inner())
}

/// The text, shared by the serializer, which appends, and the formatter, which
/// sorts the end of it.
struct Shared<'a>(&'a RefCell<Vec<u8>>);

impl Write for Shared<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sorts the members of an object when it ends.
struct Sorted<'a> {
    text: &'a RefCell<Vec<u8>>,
    /// Positions of the members of all open objects.
    starts: Vec<usize>,
    /// For each open object, the number of `starts` that belong to the objects around it.
    open: Vec<usize>,
    /// Members of the object that is sorted: start and end.
    spans: Vec<(usize, usize)>,
    scratch: Vec<u8>,
}

impl Sorted<'_> {
    /// Sorts the members of the innermost object, unless they are in order.
    ///
    /// A member's text begins with its quoted name, and a quote is less than all
    /// characters of names. So the order of these texts is the order of names.
    fn sort(&mut self, first: usize) {
        let mut text = self.text.borrow_mut();
        let starts = &self.starts[first..];
        let [begin, ..] = *starts else { return };
        if starts
            .windows(2)
            .all(|pair| text[pair[0]..] < text[pair[1]..])
        {
            return;
        }
        let ends = starts[1..].iter().map(|next| next - 1).chain([text.len()]);
        self.spans.clear();
        self.spans.extend(starts.iter().copied().zip(ends));
        self.spans
            .sort_unstable_by(|a, b| text[a.0..a.1].cmp(&text[b.0..b.1]));
        self.scratch.clear();
        for (start, end) in &self.spans {
            if !self.scratch.is_empty() {
                self.scratch.push(b',');
            }
            self.scratch.extend_from_slice(&text[*start..*end]);
        }
        text[begin..].copy_from_slice(&self.scratch);
    }
}

impl Formatter for Sorted<'_> {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open.push(self.starts.len());
        writer.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        self.starts.push(self.text.borrow().len());
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let first = self.open.pop().unwrap_or_default();
        self.sort(first);
        self.starts.truncate(first);
        writer.write_all(b"}")
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        double(writer, value)
    }
}

/// Writes `value` as Java's `Double.toString` does.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "the result counts only if it is exact"
)]
fn double<W: ?Sized + Write>(writer: &mut W, value: f64) -> io::Result<()> {
    // Without an exponent: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/Double.html#toString(double)
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return write!(writer, "{value:?}");
    }
    // Every date takes this branch: whole milliseconds, with all digits.
    let millis = (value * 1000.0).round();
    if (1e10..9e15).contains(&millis) && millis / 1000.0 == value {
        let mut left = millis as u64;
        let mut digits = [0_u8; 20];
        let mut begin = digits.len();
        while left > 0 {
            begin -= 1;
            digits[begin] = b'0' + (left % 10) as u8;
            left /= 10;
        }
        let exponent = digits.len() - begin - 4;
        let (head, rest) = digits[begin..].split_at(1);
        let zeros = rest.iter().rev().take_while(|digit| **digit == b'0');
        // At least one digit follows the point.
        let kept = (rest.len() - zeros.count()).max(1);
        writer.write_all(head)?;
        writer.write_all(b".")?;
        writer.write_all(&rest[..kept])?;
        return write!(writer, "E{exponent}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => {
            write!(writer, "{digits}E{exponent}")
        }
        Some((digits, exponent)) => write!(writer, "{digits}.0E{exponent}"),
        None => writer.write_all(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::world::Time;

    fn text(value: &impl Serialize) -> String {
        String::from_utf8(write(value).unwrap()).unwrap()
    }

    /// Dates of the recordings, and values whose form the documentation of
    /// `Double.toString` gives.
    #[test]
    fn dates_are_written_as_java_does() {
        for (millis, written) in [
            (1_790_257_792_556, "1.790257792556E9"),
            (1_790_257_792_550, "1.79025779255E9"),
            (1_790_257_792_000, "1.790257792E9"),
            (1_700_000_000_000, "1.7E9"),
            (2_000_000_000_000, "2.0E9"),
            (10_000_000_000, "1.0E7"),
            (9_999_999_999, "9999999.999"),
            (1, "0.001"),
            (0, "0.0"),
        ] {
            assert_eq!(text(&Time(millis)), written);
        }
    }

    #[test]
    fn other_numbers_are_written_as_java_does() {
        for (value, written) in [
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (1.0e-4, "1.0E-4"),
            (-1.5e10, "-1.5E10"),
            (1.0e23, "1.0E23"),
            (1_234_567_890.123_4, "1.2345678901234E9"),
        ] {
            assert_eq!(text(&value), written);
        }
        assert_eq!(text(&json!({"a": 30, "b": true})), r#"{"a":30,"b":true}"#);
    }

    #[test]
    fn members_are_in_alphabetical_order() {
        let value = json!({
            "UserPoolId": "x",
            "Id": {"b": [{"z": 1, "a": "}, \"quoted\": {"}, {}], "a": null},
            "AllowedOAuthFlowsUserPoolClient": false,
            "AllowedOAuthFlows": ["code"],
        });
        assert_eq!(
            text(&value),
            r#"{"AllowedOAuthFlows":["code"],"AllowedOAuthFlowsUserPoolClient":false,"Id":{"a":null,"b":[{"a":"}, \"quoted\": {","z":1},{}]},"UserPoolId":"x"}"#
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec(("[A-Za-z_]{1,6}", inner), 0..6)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    fn is_sorted(value: &Value) -> bool {
        match value {
            Value::Object(members) => members.keys().is_sorted() && members.values().all(is_sorted),
            Value::Array(elements) => elements.iter().all(is_sorted),
            _ => true,
        }
    }

    proptest! {
        /// The text parses to the value, and every object in it is sorted.
        #[test]
        fn any_value_is_written_in_order(value in any_json()) {
            let read: Value = serde_json::from_slice(&write(&value).unwrap()).unwrap();
            prop_assert_eq!(&read, &value);
            prop_assert!(is_sorted(&read));
        }
    }
}
