//! JSON values as YAML: block lists and maps, with quotes where a text needs them.

use std::fmt::Write;

use serde_json::Value;

/// `value`, an object, as a YAML document.
#[must_use]
pub fn yaml(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value, 0);
    text
}

/// Writes a value after its key or dash, with its line break.
fn write_value(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 || depth == 0 {
                    indent(text, depth);
                }
                write_text(text, name);
                text.push(':');
                write_inner(text, value, depth);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            for (at, value) in elements.iter().enumerate() {
                if at > 0 {
                    indent(text, depth);
                }
                text.push('-');
                write_element(text, value, depth);
            }
        }
        other => {
            write_scalar(text, other);
            text.push('\n');
        }
    }
}

/// Writes the value of a member: on the same line, or on the next lines.
fn write_inner(text: &mut String, value: &Value, depth: usize) {
    let is_empty = |value: &Value| match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => true,
    };
    if is_empty(value) {
        text.push(' ');
        write_value(text, value, depth + 1);
    } else {
        text.push('\n');
        indent(text, depth + 1);
        write_value(text, value, depth + 1);
    }
}

/// Writes an element after its dash.
fn write_element(text: &mut String, value: &Value, depth: usize) {
    text.push(' ');
    write_value(text, value, depth + 1);
}

fn indent(text: &mut String, depth: usize) {
    for _ in 0..depth {
        text.push_str("  ");
    }
}

fn write_scalar(text: &mut String, value: &Value) {
    match value {
        Value::String(string) => write_text(text, string),
        Value::Object(_) => text.push_str("{}"),
        Value::Array(_) => text.push_str("[]"),
        // `fmt::Write` on a string cannot fail.
        other => drop(write!(text, "{other}")),
    }
}

/// Writes a text plain if every YAML reader reads it as this text, otherwise in double quotes.
fn write_text(text: &mut String, string: &str) {
    if is_plain(string) {
        text.push_str(string);
        return;
    }
    text.push('"');
    for char in string.chars() {
        match char {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            // Characters that YAML does not allow, or that some readers take for line breaks.
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => drop(write!(text, "\\u{:04x}", u32::from(char))),
            char => text.push(char),
        }
    }
    text.push('"');
}

/// Whether a text without quotes is this text: no number, no flag of YAML 1.1 or 1.2, no date,
/// and nothing that has a meaning in YAML.
fn is_plain(string: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_allowed = |char: char| {
        char.is_ascii_alphanumeric()
            || matches!(
                char,
                '_' | '-'
                    | '.'
                    | '/'
                    | '@'
                    | '+'
                    | ' '
                    | ','
                    | '('
                    | ')'
                    | '$'
                    | '='
                    | '{'
                    | '}'
                    | ':'
                    | '*'
                    | '!'
                    | '?'
                    | '\''
                    | ';'
                    | '&'
                    | '%'
            )
    };
    let first = string.chars().next();
    first.is_some_and(|char| char.is_ascii_alphabetic() || matches!(char, '_' | '$' | '/'))
        && string.chars().all(is_allowed)
        && !string.ends_with([' ', ':'])
        && !string.contains(": ")
        && !WORDS.contains(&string.to_ascii_lowercase().as_str())
}
