//! Filter of `ListUsers`: one clause, `name = "value"` or `name ^= "value"`.

use crate::error::{Error, Result};

/// A parsed filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// The attribute's name, as the caller wrote it.
    pub name: String,
    /// Whether `value` is a prefix: `^=`.
    pub prefix: bool,
    /// The value, without its quotes and escapes.
    pub value: String,
}

/// Parses a filter; `None` for an empty one, which matches every user.
///
/// Blanks around name, operator and value are ignored. In the value, `\"` is a
/// quote and `\\` a backslash (the latter inferred).
pub(crate) fn parse(text: &str) -> Result<Option<Filter>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    clause(text).map(Some).ok_or(Error::FilterUnreadable)
}

fn clause(text: &str) -> Option<Filter> {
    let (left, quoted) = text.split_once('=')?;
    let (name, prefix) = match left.strip_suffix('^') {
        Some(name) => (name.trim(), true),
        None => (left.trim(), false),
    };
    // Some clients also quote names, and Cognito finds users by them (gchq/Bailo#1040;
    // eight public programs).
    let inner = name.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let name = inner.unwrap_or(name);
    let is_name = |c: char| !c.is_whitespace() && !"\"\\^".contains(c);
    (!name.is_empty() && name.chars().all(is_name)).then_some(())?;
    Some(Filter {
        name: name.to_owned(),
        prefix,
        value: unquoted(quoted.trim_start())?,
    })
}

/// Parses the text between quotes; `None` if the quotes do not enclose all of it.
fn unquoted(quoted: &str) -> Option<String> {
    let mut rest = quoted.strip_prefix('"')?.chars();
    let mut value = String::new();
    loop {
        match rest.next()? {
            '"' => break,
            '\\' => match rest.next()? {
                escaped @ ('"' | '\\') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            c => value.push(c),
        }
    }
    rest.as_str().is_empty().then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn clauses() {
        let read = |text| parse(text).unwrap().unwrap();
        for (text, name, prefix, value) in [
            (r#"family_name = "Reddy""#, "family_name", false, "Reddy"),
            (r#"given_name ^= "Jon""#, "given_name", true, "Jon"),
            (r#"email="a@b.example""#, "email", false, "a@b.example"),
            (r#" email^="a" "#, "email", true, "a"),
            (
                r#"cognito:user_status="Confirmed""#,
                "cognito:user_status",
                false,
                "Confirmed",
            ),
            (r#"name = "a=b ^= c""#, "name", false, "a=b ^= c"),
            (r#"name = "the \"best\"""#, "name", false, r#"the "best""#),
            (r#"name = "a\\b\c""#, "name", false, r"a\b\c"),
            (r#"name ^= """#, "name", true, ""),
            (r#""email" = "a@b.example""#, "email", false, "a@b.example"),
            (r#""email"="a@b.example""#, "email", false, "a@b.example"),
            (r#""email"^="a""#, "email", true, "a"),
            (r#" "sub"  =  "1" "#, "sub", false, "1"),
        ] {
            let filter = Filter {
                name: name.to_owned(),
                prefix,
                value: value.to_owned(),
            };
            assert_eq!(read(text), filter, "{text}");
        }
    }

    #[test]
    fn empty_filters_match_every_user() {
        assert_eq!(parse(""), Ok(None));
        assert_eq!(parse("  "), Ok(None));
    }

    #[test]
    fn invalid_clauses() {
        for text in [
            "eeeee",
            "name",
            "name =",
            "name = Jon",
            r#"name = "Jon"#,
            r#"name = "Jon\""#,
            r#"name "Jon""#,
            r#"= "Jon""#,
            r#"^= "Jon""#,
            r#"name = "Jon" and email = "x""#,
            r#"name = "Jon"""#,
            r#"first name = "Jon""#,
            r#""name = "Jon""#,
            r#"name" = "Jon""#,
            r#""" = "Jon""#,
            r#""first name" = "Jon""#,
            r#""na\"me" = "Jon""#,
            r#"name ^ = "Jon""#,
            r#"name != "Jon""#,
            "name = 'Jon'",
        ] {
            assert_eq!(parse(text), Err(Error::FilterUnreadable), "{text}");
        }
    }

    proptest! {
        #[test]
        fn escaped_values_are_restored(value in any::<String>(), prefix: bool) {
            let escaped = value.replace('\\', r"\\").replace('"', "\\\"");
            let operator = if prefix { "^=" } else { "=" };
            let filter = parse(&format!("name {operator} \"{escaped}\"")).unwrap().unwrap();
            prop_assert_eq!(filter, Filter { name: "name".to_owned(), prefix, value });
        }

        #[test]
        fn nothing_panics(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
