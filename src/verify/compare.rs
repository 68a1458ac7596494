//! Comparison of a response with the expected members or the expected shape.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;

/// The first difference between `expected` and `got`, in one sentence; `None` if there is none.
///
/// Objects and lists may have more members than expected. A string that begins with
/// `~` is a regular expression for a whole scalar. An object with the single member
/// `=` requires exactly its value; with the single member `#`, it requires that
/// number of elements.
pub(super) fn lacks(expected: &Value, got: &Value) -> Option<String> {
    lacks_at("", expected, got)
}

fn lacks_at(at: &str, expected: &Value, got: &Value) -> Option<String> {
    let differs = || {
        let at = if at.is_empty() { "/" } else { at };
        Some(format!("at {at}: {expected}, not {got}"))
    };
    match (expected, got) {
        (Value::Object(wanted), _) if wanted.len() == 1 && wanted.contains_key("=") => {
            (wanted["="] != *got).then(differs).flatten()
        }
        (Value::Object(wanted), _) if wanted.len() == 1 && wanted.contains_key("#") => {
            let count = match got {
                Value::Array(elements) => elements.len(),
                Value::Object(members) => members.len(),
                Value::String(text) => text.chars().count(),
                _ => return differs(),
            };
            lacks_at(at, &wanted["#"], &Value::from(count))
        }
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().find_map(|(name, value)| {
            let at = format!("{at}/{name}");
            match found.get(name) {
                Some(found) => lacks_at(&at, value, found),
                None => Some(format!("at {at}: {value}, but it is missing")),
            }
        }),
        (Value::Array(wanted), Value::Array(found)) => wanted.iter().find_map(|value| {
            let is_there = found
                .iter()
                .any(|found| lacks_at(at, value, found).is_none());
            (!is_there).then(|| format!("in {at}: {value}, not {got}"))
        }),
        (Value::String(text), _) if text.starts_with('~') => {
            let scalar = match got {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => got.to_string(),
                _ => return differs(),
            };
            (!is_like(&text[1..], &scalar)).then(differs).flatten()
        }
        (Value::Number(wanted), Value::Number(found)) => {
            (wanted.as_f64() != found.as_f64()).then(differs).flatten()
        }
        _ => (expected != got).then(differs).flatten(),
    }
}

/// Whether the whole of `text` matches `pattern`.
pub(super) fn is_like(pattern: &str, text: &str) -> bool {
    Regex::new(&format!("^(?s:{pattern})$")).is_ok_and(|pattern| pattern.is_match(text))
}

/// The first difference in shape between `example` and `got`, in one sentence.
///
/// Every member of the example must be present, with the same JSON type. The
/// elements of a list count together: a member of one element of the example must be
/// present in at least one element. Members named by `except` may be absent.
pub(super) fn misshapen(
    example: &Value,
    got: &Value,
    except: &BTreeMap<String, String>,
) -> Option<String> {
    let (mut wanted, mut found) = (BTreeSet::new(), BTreeSet::new());
    outline("", example, &mut wanted);
    outline("", got, &mut found);
    let excepted = |path: &str| {
        except
            .keys()
            .any(|name| path == name || path.starts_with(&format!("{name}/")))
    };
    // An empty list or object in the example does not restrict its content.
    let missing: Vec<&str> = wanted
        .difference(&found)
        .map(|(path, kind)| (path, *kind))
        .filter(|(path, _)| !excepted(path))
        .map(|(path, _)| path.as_str())
        .collect();
    (!missing.is_empty()).then(|| format!("the shape of {}", missing.join(", ")))
}

fn outline(at: &str, value: &Value, into: &mut BTreeSet<(String, &'static str)>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    into.insert((at.to_owned(), kind));
    match value {
        Value::Array(elements) => {
            for element in elements {
                outline(&format!("{at}/*"), element, into);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                outline(&format!("{at}/{name}"), value, into);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn more_members_than_expected_are_allowed() {
        let got = json!({"User": {"Attributes": [{"Name": "sub", "Value": "7"}, {"Name": "email", "Value": "a@b"}], "Enabled": true}});
        let fits = |expected: Value| lacks(&expected, &got).is_none();
        assert!(fits(
            json!({"User": {"Attributes": [{"Name": "email", "Value": "~.*@b"}]}})
        ));
        assert!(fits(
            json!({"User": {"Attributes": {"#": 2}, "Enabled": "~true"}})
        ));
        assert!(!fits(
            json!({"User": {"Attributes": [{"Name": "email", "Value": "~@b"}]}})
        ));
        assert!(!fits(json!({"User": {"Attributes": {"=": []}}})));
        assert!(!fits(json!({"User": {"Enabled": "true"}})));
        assert!(!fits(json!({"Usr": {}})));
        assert!(!fits(json!({"User": {"Attributes": {"#": 1}}})));
    }

    #[test]
    fn shapes_are_names_and_types() {
        let example = json!({"Users": [{"Name": "a"}, {"Date": 7.5}], "Next": "x"});
        let shape = |got: Value| misshapen(&example, &got, &BTreeMap::new());
        assert_eq!(
            shape(json!({"Users": [{"Name": "", "Date": 1, "More": {}}], "Next": ""})),
            None
        );
        assert_eq!(
            shape(json!({"Users": [{"Name": 1, "Date": 1}], "Next": ""})).as_deref(),
            Some("the shape of /Users/*/Name")
        );
        let except = BTreeMap::from([("/Users".to_owned(), "why".to_owned())]);
        assert_eq!(misshapen(&example, &json!({"Next": ""}), &except), None);
    }
}
