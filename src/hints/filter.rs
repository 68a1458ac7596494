//! Hints for filters and cursors of `list_users`.

use serde_json::{Value, json};

use super::Finding;
use super::refusal::Case;
use crate::arguments::slip;
use crate::cognito::attributes::{self, LIST_ALL, not_searchable};
use crate::error::{Kind, Problem};

/// Returns the hint for a filter that cannot be parsed, or whose attribute cannot be
/// searched. The retry has the same condition in Cognito's form. A condition that Cognito
/// cannot check is not left out, because the answer would then contain other users.
pub(super) fn unreadable(case: &Case<'_>) -> Finding {
    let Some(given) = case.text("filter") else {
        return Finding::default();
    };
    let Some((name, operator, value)) = clause(given) else {
        return Finding::default();
    };
    let Some((name, value)) = searched(name, &value) else {
        return Finding::new(not_searchable(name));
    };
    let operator = match operator {
        Operator::Is => "=",
        Operator::Begins => "^=",
        Operator::Other => {
            return Finding::new(format!(
                "Cognito finds users only by a whole value or by its beginning. \
                 {LIST_ALL}"
            ));
        }
    };
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
            allowed: Some(json!(attributes::listed())),
            nearest: Some(corrected.clone()),
            ..Problem::default()
        })
        .retry(case.again(json!({ "filter": corrected })))
}

/// Returns the attribute and the value in Cognito's form, if the attribute is searchable.
fn searched<'a>(name: &str, value: &'a str) -> Option<(&'static str, &'a str)> {
    let lower = name.to_lowercase();
    let listed = attributes::listed();
    let by = match lower.as_str() {
        "user_status" | "userstatus" => "cognito:user_status",
        "phone" | "mobile" => "phone_number",
        "mail" | "e-mail" => "email",
        "first_name" | "firstname" => "given_name",
        "last_name" | "lastname" | "surname" => "family_name",
        "user" | "id" | "login" => "username",
        "enabled" => {
            return match value.to_lowercase().as_str() {
                "true" | "yes" | "1" | "enabled" => Some(("status", "Enabled")),
                "false" | "no" | "0" | "disabled" => Some(("status", "Disabled")),
                _ => None,
            };
        }
        lower => slip(lower, listed.iter().copied(), "").and_then(|name| {
            attributes::SEARCHABLE
                .into_iter()
                .find(|known| *known == name)
        })?,
    };
    Some((by, value))
}

/// The comparison of a filter.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    /// The attribute equals the value.
    Is,
    /// The attribute begins with the value.
    Begins,
    /// A comparison that Cognito does not support.
    Other,
}

/// Operators as callers write them; longer ones come first, since `^=` contains `=`.
const OPERATORS: [(&str, Operator); 24] = [
    ("!=", Operator::Other),
    ("<>", Operator::Other),
    (">=", Operator::Other),
    ("<=", Operator::Other),
    ("*=", Operator::Other),
    ("~=", Operator::Other),
    ("=~", Operator::Other),
    ("$=", Operator::Other),
    ("^=", Operator::Begins),
    ("==", Operator::Is),
    (" is not ", Operator::Other),
    ("=", Operator::Is),
    (" starts with ", Operator::Begins),
    (" startswith ", Operator::Begins),
    (" sw ", Operator::Begins),
    (" like ", Operator::Is),
    (" contains ", Operator::Other),
    (" ends with ", Operator::Other),
    (" endswith ", Operator::Other),
    (" co ", Operator::Other),
    (" ew ", Operator::Other),
    (" equals ", Operator::Is),
    (" eq ", Operator::Is),
    (" is ", Operator::Is),
];

/// Name, operator and value of the intended filter, if it has one clause.
fn clause(text: &str) -> Option<(&str, Operator, String)> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let colon = [(":", Operator::Is)];
    let (at, written, operator) = OPERATORS
        .iter()
        .chain(&colon)
        .filter_map(|(written, operator)| Some((lower.find(written)?, *written, *operator)))
        // The colons in `cognito:user_status` and `custom:team` are not operators.
        .find(|(at, written, _)| {
            let before = &lower[..*at];
            *written != ":" || !before.ends_with("cognito") && !before.ends_with("custom")
        })?;
    // The text in lower case can have another length, so the positions may be wrong.
    let (name, rest) = (text.get(..at)?, text.get(at + written.len()..)?);
    let name = name.trim().trim_matches(['"', '\'', '`']);
    let is_name = |c: char| c.is_alphanumeric() || "_-:.".contains(c);
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let value = rest
        .trim()
        .trim_matches(['"', '\'', '`', '\u{201c}', '\u{201d}']);
    // Any of these signs in the value means that the filter has more than one clause.
    let inner = value.to_lowercase();
    let several = [" and ", " or ", "&&", "||", "\"", ";"];
    if several.iter().any(|sign| inner.contains(sign)) {
        return None;
    }
    let begins = value.ends_with(['*', '%']);
    let value = value.trim_end_matches(['*', '%']);
    let operator = match operator {
        _ if value.starts_with(['*', '%']) => Operator::Other,
        Operator::Is if begins => Operator::Begins,
        operator => operator,
    };
    Some((name, operator, value.to_owned()))
}

/// Returns the hint for an invalid cursor.
pub(super) fn stale_cursor(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.again(json!({ "cursor": null })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_in_other_notations_are_parsed() {
        use Operator::{Begins, Is, Other};
        for (given, expected) in [
            ("email = ana@x.io", Some(("email", Is, "ana@x.io"))),
            ("email == 'ana'", Some(("email", Is, "ana"))),
            ("email ^= \"an", Some(("email", Begins, "an"))),
            ("email starts with an", Some(("email", Begins, "an"))),
            ("name like 'An%'", Some(("name", Begins, "An"))),
            ("name like 'An'", Some(("name", Is, "An"))),
            ("email = \"ana*\"", Some(("email", Begins, "ana"))),
            ("email: ana@x.io", Some(("email", Is, "ana@x.io"))),
            (
                "cognito:user_status is CONFIRMED",
                Some(("cognito:user_status", Is, "CONFIRMED")),
            ),
            ("custom:team = \"red\"", Some(("custom:team", Is, "red"))),
            ("email != \"ana\"", Some(("email", Other, "ana"))),
            ("email!=ana", Some(("email", Other, "ana"))),
            ("email *= ana", Some(("email", Other, "ana"))),
            ("email is not ana", Some(("email", Other, "ana"))),
            ("email = \"%ana\"", Some(("email", Other, "%ana"))),
            ("email = \"a\" and name = \"b\"", None),
            ("email = \"a\" && name = \"b\"", None),
            ("email = \"a\", name = \"b\"", None),
            ("everybody", None),
        ] {
            let read = clause(given);
            let read = read
                .as_ref()
                .map(|(name, operator, value)| (*name, *operator, value.as_str()));
            assert_eq!(read, expected, "{given}");
        }
    }

    /// No attribute is replaced by another one.
    #[test]
    fn only_the_attribute_that_is_meant_is_searched() {
        for (name, value, expected) in [
            ("email", "a", Some(("email", "a"))),
            ("emial", "a", Some(("email", "a"))),
            ("familyname", "a", Some(("family_name", "a"))),
            ("enabled", "false", Some(("status", "Disabled"))),
            ("enabled", "perhaps", None),
            ("email_verified", "false", None),
            ("phone_number_verified", "false", None),
            ("custom:email", "a", None),
            ("custom:team", "a", None),
            ("address", "a", None),
            ("created_at", "a", None),
            ("group", "a", None),
        ] {
            assert_eq!(searched(name, value), expected, "{name}");
        }
    }
}
