//! Shapes of the service model in words: their types and constraints.

use cognito_emulator::model::{Kind, Shape};

/// The type of a value of `shape`.
pub(crate) fn kind(shape: &Shape) -> String {
    match &shape.kind {
        Kind::Structure(_) => format!("structure {}", shape.name),
        Kind::List(element) => format!("list of {}", kind(element.get())),
        Kind::Map { value, .. } => format!("map of {}", kind(value.get())),
        Kind::String => "string".to_owned(),
        Kind::Integer | Kind::Long => "integer".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Blob => "string in base64".to_owned(),
        Kind::Timestamp => "time, RFC 3339".to_owned(),
        Kind::Document => "any JSON".to_owned(),
    }
}

/// The type and the constraints of a value of `shape`.
pub(crate) fn constraints(shape: &Shape) -> String {
    let mut words = vec![kind(shape)];
    let unit = match &shape.kind {
        Kind::Integer | Kind::Long => "",
        Kind::List(_) => " items",
        Kind::Map { .. } => " entries",
        Kind::Blob => " bytes",
        _ => " characters",
    };
    match (shape.min, shape.max) {
        (Some(min), Some(max)) => words.push(format!("{min} to {max}{unit}")),
        (Some(min), None) => words.push(format!("{min}{unit} or more")),
        (None, Some(max)) => words.push(format!("{max}{unit} or less")),
        (None, None) => {}
    }
    if let Some(pattern) = &shape.pattern {
        words.push(format!("matches {}", pattern.as_str()));
    }
    words.join(", ")
}

/// The allowed values of the shape or of its elements, if they are enumerated.
pub(crate) fn values(shape: &Shape) -> Vec<String> {
    let listed = match &shape.kind {
        Kind::List(element) => &element.get().values,
        _ => &shape.values,
    };
    listed.iter().map(ToString::to_string).collect()
}

/// The structure of `shape`, or of its elements.
pub(crate) fn inner(shape: &'static Shape) -> Option<&'static Shape> {
    match &shape.kind {
        Kind::Structure(_) => Some(shape),
        Kind::List(element) => inner(element.get()),
        Kind::Map { value, .. } => inner(value.get()),
        _ => None,
    }
}
