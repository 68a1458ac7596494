//! Hints for filters and cursors of `list_users`.

use serde_json::{Value, json};

use super::Finding;
use super::refusal::Case;
use crate::arguments::nearest;
use crate::cognito::attributes;
use crate::error::{Kind, Problem};

/// The filter cannot be parsed, or its attribute cannot be searched.
pub(super) fn unreadable(case: &Case<'_>) -> Finding {
    let Some(given) = case.text("filter") else {
        return Finding::default();
    };
    let Some((name, operator, value)) = clause(given) else {
        return Finding::default();
    };
    let listed: Vec<&str> = attributes::SEARCHABLE
        .iter()
        .copied()
        .filter(|name| *name != "user_status")
        .collect();
    let lower = name.to_lowercase();
    let name = match lower.as_str() {
        "user_status" | "userstatus" => Some("cognito:user_status".to_owned()),
        "phone" | "mobile" => Some("phone_number".to_owned()),
        "mail" | "e-mail" => Some("email".to_owned()),
        "enabled" => Some("status".to_owned()),
        "user" | "id" | "login" => Some("username".to_owned()),
        lower if listed.contains(&lower) => Some(lower.to_owned()),
        lower => nearest(lower, listed.iter().copied()),
    };
    let Some(name) = name else {
        return Finding::new(format!(
            "`{lower}` cannot be searched by; list all users, or filter by one of {}",
            listed.join(", ")
        ))
        .retry(case.again(json!({ "filter": null })));
    };
    if operator == WITHIN {
        return Finding::new(
            "Cognito finds users by a whole value or by its beginning, not by what is in it or at \
             its end: list all of them, page by page, and pick those that are meant",
        )
        .retry(case.again(json!({ "filter": null })));
    }
    let value = value.replace('\\', r"\\").replace('"', "\\\"");
    let corrected = format!("{name} {operator} \"{value}\"");
    if corrected == given {
        return Finding::default();
    }
    Finding::new(format!("Write the filter as `{corrected}`"))
        .problem(Problem {
            kind: Kind::Value,
            pointer: "/filter".to_owned(),
            message: "must be `attribute = \"value\"` or `attribute ^= \"prefix\"`".to_owned(),
            received: Some(Value::from(given)),
            allowed: Some(json!(listed)),
            nearest: Some(corrected.clone()),
            meant: None,
        })
        .retry(case.again(json!({ "filter": corrected })))
}

/// Name, operator and value of the intended filter, if it has one clause.
fn clause(text: &str) -> Option<(&str, &'static str, String)> {
    let text = text.trim();
    let lower = text.to_lowercase();
    // Longer operators first: `^=` contains `=`.
    let operators = [
        ("^=", "^="),
        ("==", "="),
        ("*=", "^="),
        ("~=", "^="),
        ("=", "="),
        (" starts with ", "^="),
        (" startswith ", "^="),
        (" sw ", "^="),
        (" like ", "^="),
        (" contains ", WITHIN),
        (" ends with ", WITHIN),
        (" endswith ", WITHIN),
        (" co ", WITHIN),
        (" ew ", WITHIN),
        (" equals ", "="),
        (" eq ", "="),
        (" is ", "="),
        (":", "="),
    ];
    let (at, written, operator) = operators
        .iter()
        .filter_map(|(written, operator)| Some((lower.find(written)?, *written, *operator)))
        // The colon in `cognito:user_status` is not an operator.
        .find(|(at, written, _)| *written != ":" || !lower[..*at].ends_with("cognito"))?;
    // Lower case can have another length; then positions are uncertain.
    let (name, rest) = (text.get(..at)?, text.get(at + written.len()..)?);
    let name = name.trim().trim_matches(['"', '\'', '`']);
    let value = rest.trim();
    let lower = value.to_lowercase();
    if name.is_empty() || name.contains(' ') || [" and ", " or "].iter().any(|w| lower.contains(w))
    {
        return None;
    }
    let value = value
        .trim_matches(['"', '\'', '`', '\u{201c}', '\u{201d}'])
        .trim_end_matches(['*', '%']);
    let operator = if value.starts_with(['*', '%']) {
        WITHIN
    } else {
        operator
    };
    Some((name, operator, value.to_owned()))
}

/// `contains`, an operator that Cognito does not have.
const WITHIN: &str = "";

/// An invalid cursor.
pub(super) fn stale_cursor(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.again(json!({ "cursor": null })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_as_they_are_meant() {
        for (given, expected) in [
            ("email = ana@x.io", Some(("email", "=", "ana@x.io"))),
            ("email == 'ana'", Some(("email", "=", "ana"))),
            ("email ^= \"an", Some(("email", "^=", "an"))),
            ("email starts with an", Some(("email", "^=", "an"))),
            ("name like 'An%'", Some(("name", "^=", "An"))),
            ("email: ana@x.io", Some(("email", "=", "ana@x.io"))),
            (
                "cognito:user_status is CONFIRMED",
                Some(("cognito:user_status", "=", "CONFIRMED")),
            ),
            ("email = \"a\" and name = \"b\"", None),
            ("everybody", None),
        ] {
            let read = clause(given);
            let read = read
                .as_ref()
                .map(|(name, operator, value)| (*name, *operator, value.as_str()));
            assert_eq!(read, expected, "{given}");
        }
    }
}
