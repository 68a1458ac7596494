//! JSON of responses, byte for byte as Cognito writes it.
//!
//! The members of every object are in alphabetical order. A date is a number of
//! seconds in the form of Java's `Double.toString`, as in `1.790257792556E9`.
//! Both are live (radkawar/stackd, recordings of 2026-09-24, whose byte counts
//! fit no other form). Pages do not care about either: this writer ensures both.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;
use serde::ser::{self, Error as _, Impossible, Serializer};
use serde_json::{Error, Result};

/// Writes `answer`.
///
/// # Errors
/// If `answer` is not plain data: a map with keys that are not strings.
pub(super) fn write(answer: &impl Serialize) -> Result<Vec<u8>> {
    let mut writer = Writer {
        // Room for most responses: a list grows a few times more.
        text: Vec::with_capacity(512),
        starts: Vec::with_capacity(32),
    };
    answer.serialize(&mut writer)?;
    Ok(writer.text)
}

/// The serializer. That of `serde_json` cannot sort: only its writer has the text, and
/// only its formatter knows the members.
struct Writer {
    text: Vec<u8>,
    /// Positions of the members of all open objects.
    starts: Vec<usize>,
}

impl Writer {
    fn string(&mut self, value: &str) {
        self.text.push(b'"');
        let mut rest = value.as_bytes();
        // Few texts have a character to escape.
        while !is_plain(rest) {
            let at = rest.iter().position(|byte| is_escaped(*byte));
            let (plain, from) = rest.split_at(at.unwrap_or_default());
            self.text.extend_from_slice(plain);
            escape(&mut self.text, from[0]);
            rest = &from[1..];
        }
        self.text.extend_from_slice(rest);
        self.text.push(b'"');
    }

    fn integer(&mut self, value: u64) {
        self.text
            .extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn elements(&mut self) -> Elements<'_> {
        self.text.push(b'[');
        Elements {
            writer: self,
            is_first: true,
        }
    }

    fn members(&mut self) -> Members<'_> {
        self.text.push(b'{');
        Members {
            first: self.starts.len(),
            writer: self,
            is_unsorted: false,
        }
    }
}

/// Whether no byte of `text` has to be escaped.
fn is_plain(text: &[u8]) -> bool {
    // Without an early end, the bytes of a chunk are compared all at once.
    let is_plain = |bytes: &[u8]| {
        !bytes
            .iter()
            .fold(false, |any, byte| any | is_escaped(*byte))
    };
    let (chunks, rest) = text.as_chunks::<16>();
    if let Some(last) = text.last_chunk::<16>() {
        return chunks.iter().all(|chunk| is_plain(chunk)) && is_plain(last);
    }
    match (rest.first_chunk::<8>(), rest.last_chunk::<8>()) {
        (Some(first), Some(last)) => is_plain(first) && is_plain(last),
        _ => is_plain(rest),
    }
}

fn is_escaped(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn escape(text: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            text.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
            return;
        }
    };
    text.extend_from_slice(&[b'\\', letter]);
}

/// Methods for numbers, each written by another one of a wider type.
macro_rules! numbers {
    ($($method:ident: $type:ty => $wider:ident,)+) => {
        $(fn $method(self, value: $type) -> Result<()> {
            self.$wider(value.into())
        })+
    };
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Impossible<(), Error>;

    numbers! {
        serialize_i8: i8 => serialize_i64,
        serialize_i16: i16 => serialize_i64,
        serialize_i32: i32 => serialize_i64,
        serialize_u8: u8 => serialize_u64,
        serialize_u16: u16 => serialize_u64,
        serialize_u32: u32 => serialize_u64,
        serialize_f32: f32 => serialize_f64,
    }

    fn serialize_bool(self, value: bool) -> Result<()> {
        let word: &[u8] = if value { b"true" } else { b"false" };
        self.text.extend_from_slice(word);
        Ok(())
    }

    fn serialize_i64(self, value: i64) -> Result<()> {
        if value < 0 {
            self.text.push(b'-');
        }
        self.integer(value.unsigned_abs());
        Ok(())
    }

    fn serialize_u64(self, value: u64) -> Result<()> {
        self.integer(value);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<()> {
        if !value.is_finite() {
            return self.serialize_unit();
        }
        double(&mut self.text, value).map_err(Error::io)
    }

    fn serialize_char(self, value: char) -> Result<()> {
        self.string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<()> {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<()> {
        self.text.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<()> {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<()> {
        let mut members = self.members();
        members.begin(name);
        value.serialize(&mut *members.writer)?;
        members.finish();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'a>> {
        Ok(self.elements())
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>> {
        Ok(self.elements())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements<'a>> {
        Ok(self.elements())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant> {
        Err(not_plain(name))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>> {
        Ok(self.members())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a>> {
        Ok(self.members())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant> {
        Err(not_plain(name))
    }
}

/// No response has such data.
fn not_plain(what: impl Display) -> Error {
    Error::custom(format_args!("{what} is not plain data"))
}

/// An array whose end is not written.
struct Elements<'a> {
    writer: &'a mut Writer,
    is_first: bool,
}

impl Elements<'_> {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        if !self.is_first {
            self.writer.text.push(b',');
        }
        self.is_first = false;
        value.serialize(&mut *self.writer)
    }

    fn finish(self) {
        self.writer.text.push(b']');
    }
}

/// An object whose end is not written.
struct Members<'a> {
    writer: &'a mut Writer,
    /// The number of `starts` of the objects around it.
    first: usize,
    /// Whether the name of a member is less than the one before it.
    is_unsorted: bool,
}

impl Members<'_> {
    /// Begins a member, up to its value. No name of a field has to be escaped.
    fn begin(&mut self, name: &str) {
        self.separate();
        let text = &mut self.writer.text;
        text.push(b'"');
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b"\":");
        self.compare();
    }

    fn separate(&mut self) {
        let Writer { text, starts } = &mut *self.writer;
        if starts.len() > self.first {
            text.push(b',');
        }
        starts.push(text.len());
    }

    /// Compares the name of the last member with the name before it.
    ///
    /// A member's text begins with its quoted name, and a quote is less than all
    /// characters of names. So the order of these texts is the order of names.
    fn compare(&mut self) {
        let Writer { text, starts } = &*self.writer;
        let [.., before, last] = starts[self.first..] else {
            return;
        };
        // Mostly the first letters decide, which costs less than a comparison of texts.
        let letter = |start: usize| text.get(start + 1);
        self.is_unsorted |= letter(before) > letter(last)
            || letter(before) == letter(last) && text[before..last] > text[last..];
    }

    fn finish(self) {
        if self.is_unsorted {
            self.writer.sort(self.first);
        }
        self.writer.starts.truncate(self.first);
        self.writer.text.push(b'}');
    }
}

impl Writer {
    /// Sorts the members of the innermost object.
    fn sort(&mut self, first: usize) {
        let starts = &self.starts[first..];
        let [begin, ..] = *starts else { return };
        let members = self.text.split_off(begin);
        let ends = starts[1..].iter().map(|next| next - 1);
        let ends = ends.chain([begin + members.len()]);
        let spans = starts.iter().zip(ends);
        let mut sorted: Vec<_> = spans
            .map(|(start, end)| &members[start - begin..end - begin])
            .collect();
        sorted.sort_unstable();
        for (index, member) in sorted.into_iter().enumerate() {
            if index > 0 {
                self.text.push(b',');
            }
            self.text.extend_from_slice(member);
        }
    }
}

/// Traits whose methods add an element.
macro_rules! elements {
    ($($trait:ident::$method:ident,)+) => {
        $(impl ser::$trait for Elements<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.add(value)
            }

            fn end(self) -> Result<()> {
                self.finish();
                Ok(())
            }
        })+
    };
}

elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
}

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.separate();
        let start = self.writer.text.len();
        key.serialize(&mut *self.writer)?;
        if self.writer.text.get(start) != Some(&b'"') {
            return Err(not_plain("a key that is not a string"));
        }
        self.writer.text.push(b':');
        self.compare();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<()> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<()> {
        self.begin(name);
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<()> {
        self.finish();
        Ok(())
    }
}

/// Writes `value` as Java's `Double.toString` does.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "the result counts only if it is exact"
)]
fn double(text: &mut Vec<u8>, value: f64) -> std::io::Result<()> {
    // Every date is here: whole milliseconds, with all digits.
    if (1e7..9e12).contains(&value) {
        let millis = (value * 1000.0 + 0.5) as u64;
        if millis as f64 / 1000.0 == value {
            date(text, millis);
            return Ok(());
        }
    }
    // Without an exponent: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/Double.html#toString(double)
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return write!(text, "{value:?}");
    }
    let written = format!("{value:e}");
    match written.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => {
            write!(text, "{digits}E{exponent}")
        }
        Some((digits, exponent)) => write!(text, "{digits}.0E{exponent}"),
        None => text.write_all(written.as_bytes()),
    }
}

/// Writes at least 10,000,000,000 milliseconds as seconds with an exponent.
fn date(text: &mut Vec<u8>, millis: u64) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(millis).as_bytes();
    let exponent = digits.len() - 4;
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0');
    // One digit follows the point at least.
    let end = (digits.len() - zeros.count()).max(2);
    text.extend_from_slice(&[digits[0], b'.']);
    text.extend_from_slice(&digits[1..end]);
    text.push(b'E');
    text.extend_from_slice(itoa::Buffer::new().format(exponent).as_bytes());
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

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    enum Kind {
        Named(u8),
        Unit,
    }

    #[test]
    fn other_data_is_written_as_serde_json_does() {
        let value = (
            Some('"'),
            (),
            [1_i8, -128],
            Kind::Named(7),
            Kind::Unit,
            u64::MAX,
            i64::MIN,
            [f64::NAN, f64::INFINITY],
        );
        assert_eq!(text(&value), serde_json::to_string(&value).unwrap());
        assert!(write(&std::collections::BTreeMap::from([((), 1)])).is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            // serde_json reads numbers with more digits only approximately.
            any::<i32>().prop_map(|millis| Value::from(f64::from(millis) / 1000.0)),
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
        #[test]
        fn any_number_is_written_exactly(value in any::<f64>()) {
            let written: f64 = text(&value).parse().unwrap();
            prop_assert_eq!(written.to_bits(), value.to_bits());
        }

        #[test]
        fn texts_are_escaped_as_serde_json_does(value in r#"[a-z"\\\x00-\x20é]{0,60}"#) {
            prop_assert_eq!(text(&value), serde_json::to_string(&value).unwrap());
        }

        /// The text means the value, and every object of it is sorted.
        #[test]
        fn any_value_is_written_in_order(value in any_json()) {
            let read: Value = serde_json::from_slice(&write(&value).unwrap()).unwrap();
            prop_assert_eq!(&read, &value);
            prop_assert!(is_sorted(&read));
        }
    }
}
