//! The decision whether a user matches the conditions of a search.
//!
//! Some fields need a request for each user. A decision without them is still possible if
//! the other conditions decide; otherwise it names the fact that is needed next. So facts are
//! read last, and only for users that pass the rest.

use regex::Regex;

use super::person::Person;

/// Conditions, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    clauses: Vec<Clause>,
    /// Whether one condition suffices.
    any: bool,
}

/// A condition.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    pub(crate) field: Field,
    pub(crate) test: Test,
    pub(crate) not: bool,
}

/// What a condition is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Username,
    Status,
    Enabled,
    Created,
    Modified,
    Attribute(String),
    Factor,
    Group,
    LastSignIn,
}

/// A test of a field. Texts are in lower case. Of several values, one suffices.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Is(Vec<String>),
    Contains(Vec<String>),
    StartsWith(Vec<String>),
    EndsWith(Vec<String>),
    Matches(Vec<Regex>),
    Exists,
    /// Milliseconds since the Unix epoch.
    Before(i64),
    /// Milliseconds since the Unix epoch.
    After(i64),
}

/// A fact of a user that needs a request, in the order of their costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    Factors,
    Groups,
    SignIns,
}

/// A decision about a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Matches,
    Differs,
    /// It depends on this fact.
    Needs(Fact),
}

impl Matcher {
    pub(crate) fn new(clauses: Vec<Clause>, any: bool) -> Self {
        Self { clauses, any }
    }

    /// The decision about `person`.
    pub(crate) fn decide(&self, person: &Person) -> Decision {
        if self.clauses.is_empty() {
            return Decision::Matches;
        }
        let mut needed: Option<Fact> = None;
        for clause in &self.clauses {
            match clause.holds(person) {
                Some(holds) if holds == self.any => return decided(holds),
                Some(_) => {}
                None => {
                    let fact = clause.field.fact();
                    needed = needed.into_iter().chain(fact).min();
                }
            }
        }
        needed.map_or_else(|| decided(!self.any), Decision::Needs)
    }

    /// The number of conditions on `field`.
    pub(crate) fn count(&self, field: &Field) -> usize {
        let on = self.clauses.iter().filter(|clause| clause.field == *field);
        on.count()
    }

    /// The conditions of which Cognito can apply one: all of them must hold.
    pub(crate) fn required(&self) -> impl Iterator<Item = &Clause> {
        let only = self.clauses.len() == 1;
        let required = !self.any || only;
        self.clauses
            .iter()
            .filter(move |clause| required && !clause.not)
    }
}

fn decided(holds: bool) -> Decision {
    if holds {
        Decision::Matches
    } else {
        Decision::Differs
    }
}

impl Clause {
    /// Whether the condition holds; none if the fact was not read.
    fn holds(&self, person: &Person) -> Option<bool> {
        let holds = match &self.field {
            Field::Username => self.test.of_text(Some(&person.username)),
            Field::Status => self.test.of_text(Some(&person.status)),
            Field::Enabled => self.test.of_text(Some(flag(person.enabled))),
            Field::Created => self.test.of_time(person.created),
            Field::Modified => self.test.of_time(person.modified),
            Field::Attribute(name) => {
                let value = person.attributes.get(name).map(String::as_str);
                // An attribute without a value may be the empty text.
                let value = value.filter(|value| !value.is_empty());
                // An address that was never verified has no flag.
                let absent = self.field.is_flag().then_some("false");
                self.test.of_text(value.or(absent))
            }
            Field::Factor => self.test.of_texts(person.factors.as_ref()?),
            Field::Group => self.test.of_names(person.groups.as_ref()?),
            Field::LastSignIn => self.test.of_time(person.last_sign_in?.0),
        };
        Some(holds != self.not)
    }
}

fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

impl Field {
    /// Whether its values are times.
    pub(crate) fn is_time(&self) -> bool {
        matches!(self, Self::Created | Self::Modified | Self::LastSignIn)
    }

    fn is_flag(&self) -> bool {
        match self {
            Self::Enabled => true,
            Self::Attribute(name) => name.ends_with("_verified") && !name.starts_with("custom:"),
            _ => false,
        }
    }

    /// The fact that it needs.
    fn fact(&self) -> Option<Fact> {
        match self {
            Self::Factor => Some(Fact::Factors),
            Self::Group => Some(Fact::Groups),
            Self::LastSignIn => Some(Fact::SignIns),
            _ => None,
        }
    }

    /// `value` as it is compared. Names of statuses and factors have other forms.
    pub(crate) fn comparable(&self, value: &str) -> String {
        // Names of groups that differ by case are different groups.
        if *self == Self::Group {
            return value.trim().to_owned();
        }
        let value = value.trim().to_lowercase();
        match self {
            Self::Status => value.replace([' ', '-'], "_"),
            Self::Factor => match value.as_str() {
                "totp" | "software_token" | "authenticator" | "authenticator_app" => {
                    "software_token_mfa".to_owned()
                }
                "sms" => "sms_mfa".to_owned(),
                "email" => "email_otp".to_owned(),
                _ => value,
            },
            _ if self.is_flag() => match value.as_str() {
                "yes" | "1" => "true".to_owned(),
                "no" | "0" => "false".to_owned(),
                _ => value,
            },
            _ => value,
        }
    }

    /// Checks values of fields that have few.
    ///
    /// # Errors
    /// What the values may be.
    pub(crate) fn check(&self, values: &[String]) -> Result<(), String> {
        const STATUSES: [&str; 8] = [
            "archived",
            "compromised",
            "confirmed",
            "external_provider",
            "force_change_password",
            "reset_required",
            "unconfirmed",
            "unknown",
        ];
        let among = |known: &[&str]| {
            let part = |value: &String| known.iter().any(|known| known.contains(value.as_str()));
            if values.iter().all(part) {
                return Ok(());
            }
            Err(format!(
                "must be one of {}",
                known.join(", ").to_uppercase()
            ))
        };
        match self {
            Self::Status => among(&STATUSES),
            Self::Factor => among(&["software_token_mfa", "sms_mfa", "email_otp"]),
            _ if self.is_flag() => {
                among(&["true", "false"]).map_err(|message| message.to_lowercase())
            }
            _ => Ok(()),
        }
    }
}

impl Test {
    fn of_text(&self, value: Option<&str>) -> bool {
        value.is_some_and(|value| self.accepts(value, &value.to_lowercase()))
    }

    fn of_texts(&self, values: &[String]) -> bool {
        let mut values = values.iter();
        values.any(|value| self.accepts(value, &value.to_lowercase()))
    }

    /// As [`Self::of_texts`], for names in which case matters.
    fn of_names(&self, values: &[String]) -> bool {
        values.iter().any(|value| self.accepts(value, value))
    }

    /// Whether the test holds for a text. `comparable` is its form that is compared.
    fn accepts(&self, value: &str, comparable: &str) -> bool {
        let any = |texts: &[String], holds: fn(&str, &str) -> bool| {
            texts.iter().any(|text| holds(comparable, text))
        };
        match self {
            Self::Is(texts) => any(texts, |value, text| value == text),
            Self::Contains(texts) => any(texts, |value, text| value.contains(text)),
            Self::StartsWith(texts) => any(texts, |value, text| value.starts_with(text)),
            Self::EndsWith(texts) => any(texts, |value, text| value.ends_with(text)),
            Self::Matches(patterns) => patterns.iter().any(|pattern| pattern.is_match(value)),
            Self::Exists => !value.is_empty(),
            Self::Before(_) | Self::After(_) => false,
        }
    }

    fn of_time(&self, time: Option<i64>) -> bool {
        time.is_some_and(|time| match self {
            Self::Before(limit) => time < *limit,
            Self::After(limit) => time >= *limit,
            Self::Exists => true,
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::{Value, json};

    use super::*;
    use crate::directory::condition::Conditions;
    use crate::directory::person::LastSignIn;
    use crate::directory::scan::Source;

    /// 2026-11-30T00:00:00Z.
    const NOW: Duration = Duration::from_hours(498_960);

    fn conditions(given: Value) -> Conditions {
        serde_json::from_value(given).unwrap()
    }

    fn matcher(given: Value) -> Matcher {
        conditions(given).matcher(UNIX_EPOCH + NOW).unwrap()
    }

    fn ana() -> Person {
        let attributes = [
            ("email", "Ana.Lima@Example.com"),
            ("email_verified", "True"),
            ("custom:team", "Red 7"),
            ("nickname", ""),
            ("sub", "11aa"),
        ];
        Person {
            username: "ana".to_owned(),
            status: "FORCE_CHANGE_PASSWORD".to_owned(),
            enabled: true,
            created: Some(1_796_256_000_000 - 40 * 86_400_000),
            modified: Some(1_796_256_000_000 - 86_400_000),
            attributes: attributes
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            factors: Some(vec!["SOFTWARE_TOKEN_MFA".to_owned()]),
            groups: Some(vec!["Admins".to_owned(), "staff".to_owned()]),
            last_sign_in: Some(LastSignIn(Some(1_796_256_000_000 - 3 * 86_400_000))),
        }
    }

    fn matches(condition: Value) -> bool {
        match matcher(json!({ "where": [condition] })).decide(&ana()) {
            Decision::Matches => true,
            Decision::Differs => false,
            Decision::Needs(fact) => panic!("{fact:?}"),
        }
    }

    #[test]
    fn every_operator_has_cases_that_hold_and_that_do_not() {
        for (field, op, yes, no) in [
            ("username", "is", "ANA", "an"),
            ("email", "is", "ana.lima@example.com", "ana@example.com"),
            ("email", "contains", "LIMA@", "lima.ana"),
            ("email", "starts_with", "ana.", "lima"),
            ("email", "ends_with", "@example.COM", "@example.org"),
            ("email", "matches", r"^Ana\.\w+@", r"^ana\."),
            ("email", "matches", r"(?i)^ana\.", r"^\d"),
            ("custom:team", "is", "red 7", "red"),
            ("status", "is", "force change password", "CONFIRMED"),
            ("status", "starts_with", "force", "confirmed"),
            ("enabled", "is", "true", "false"),
            ("email_verified", "is", "yes", "false"),
            ("phone_number_verified", "is", "false", "true"),
            ("group", "is", "Admins", "admins"),
            ("group", "contains", "taf", "writers"),
            ("factor", "is", "totp", "sms"),
            ("factor", "is", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"),
            ("created", "before", "30d", "60d"),
            ("created", "before", "2026-11-01", "2026-01-01"),
            ("created", "after", "60 days ago", "30 days"),
            ("modified", "after", "2026-11-28T12:00:00Z", "12h"),
            ("last_sign_in", "after", "1w", "2d"),
            ("last_sign_in", "before", "2d", "1w"),
        ] {
            let condition = |value: &str| json!({ "field": field, "op": op, "value": value });
            assert!(matches(condition(yes)), "{field} {op} {yes}");
            assert!(!matches(condition(no)), "{field} {op} {no}");
            let mut opposite = condition(yes);
            opposite["not"] = json!(true);
            assert!(!matches(opposite), "not {field} {op} {yes}");
        }
        for (field, exists) in [
            ("email", true),
            ("phone_number", false),
            ("nickname", false),
            ("custom:team", true),
            ("group", true),
            ("factor", true),
            ("last_sign_in", true),
            ("created", true),
        ] {
            let condition = json!({ "field": field, "op": "exists" });
            assert_eq!(matches(condition), exists, "{field}");
        }
        assert!(matches(
            json!({ "field": "group", "values": ["writers", "staff"] })
        ));
        assert!(!matches(
            json!({ "field": "group", "values": ["writers", "staff"], "not": true })
        ));
    }

    #[test]
    fn conditions_are_combined_by_all_or_any() {
        let (yes, no) = (
            json!({ "field": "username", "value": "ana" }),
            json!({ "field": "username", "value": "ben" }),
        );
        for (match_, conditions, expected) in [
            ("all", vec![&yes, &yes], Decision::Matches),
            ("all", vec![&yes, &no], Decision::Differs),
            ("any", vec![&no, &yes], Decision::Matches),
            ("any", vec![&no, &no], Decision::Differs),
            ("any", vec![], Decision::Matches),
        ] {
            let matcher = matcher(json!({ "where": conditions, "match": match_ }));
            assert_eq!(matcher.decide(&ana()), expected, "{match_}");
        }
    }

    /// Facts that need a request are only needed if the others do not decide, and the
    /// cheapest is needed first.
    #[test]
    fn facts_are_needed_last() {
        let unread = Person {
            factors: None,
            groups: None,
            last_sign_in: None,
            ..ana()
        };
        let fact = |field: &str| json!({ "field": field, "op": "exists" });
        let known = |value: &str| json!({ "field": "username", "value": value });
        for (combined, conditions, expected) in [
            ("all", vec![fact("group"), known("ben")], Decision::Differs),
            (
                "all",
                vec![fact("group"), known("ana")],
                Decision::Needs(Fact::Groups),
            ),
            ("any", vec![fact("group"), known("ana")], Decision::Matches),
            (
                "any",
                vec![fact("group"), known("ben")],
                Decision::Needs(Fact::Groups),
            ),
            (
                "all",
                vec![fact("last_sign_in"), fact("group"), fact("factor")],
                Decision::Needs(Fact::Factors),
            ),
        ] {
            let matcher = matcher(json!({ "where": conditions, "match": combined }));
            assert_eq!(
                matcher.decide(&unread),
                expected,
                "{combined} {conditions:?}"
            );
        }
        // A user without a sign-in was not there after any time.
        let never = Person {
            last_sign_in: Some(LastSignIn(None)),
            ..ana()
        };
        let absent = json!({ "field": "last_sign_in", "op": "after", "value": "90d", "not": true });
        let matcher = matcher(json!({ "where": [absent] }));
        assert_eq!(matcher.decide(&never), Decision::Matches);
    }

    #[test]
    fn cognito_applies_the_condition_with_the_fewest_users() {
        let source = |given: Value| Source::of(&matcher(given));
        let filter = |text: &str| Source::Filter(text.to_owned());
        let email = json!({ "field": "email", "value": "a\"b@example.com" });
        let status = json!({ "field": "status", "value": "unconfirmed" });
        let group = json!({ "field": "group", "value": "Admins" });
        let prefix = json!({ "field": "given_name", "op": "starts_with", "value": "An" });
        let other = json!({ "field": "custom:team", "value": "red" });
        for (conditions, expected) in [
            (
                json!([status, email, group]),
                filter(r#"email = "a\"b@example.com""#),
            ),
            (
                json!([status, group, prefix]),
                Source::Group("Admins".to_owned()),
            ),
            (json!([status, prefix]), filter(r#"given_name ^= "an""#)),
            (
                json!([other, status]),
                filter(r#"cognito:user_status = "UNCONFIRMED""#),
            ),
            (
                json!([{ "field": "enabled", "value": "false" }]),
                filter(r#"status = "Disabled""#),
            ),
            (json!([other]), Source::All),
            (
                json!([{ "field": "email", "value": "a@b.example", "not": true }]),
                Source::All,
            ),
            (
                json!([{ "field": "email", "values": ["a@b.example", "c@d.example"] }]),
                Source::All,
            ),
            (
                json!([{ "field": "email", "op": "contains", "value": "a" }]),
                Source::All,
            ),
            (json!([]), Source::All),
        ] {
            let shown = conditions.to_string();
            assert_eq!(source(json!({ "where": conditions })), expected, "{shown}");
        }
        // If one condition suffices, no filter has all users that match.
        assert_eq!(
            source(json!({ "where": [email, status], "match": "any" })),
            Source::All
        );
    }

    #[test]
    fn a_condition_that_means_nothing_is_refused() {
        let refused = |condition: Value| {
            let conditions = conditions(json!({ "where": [condition] }));
            let problems = conditions.matcher(UNIX_EPOCH + NOW).unwrap_err();
            let first = &problems.first()[0];
            format!("{} {}", first.pointer, first.message)
        };
        for (condition, expected) in [
            (
                json!({ "field": "emial", "value": "a" }),
                "/where/0/field is no field",
            ),
            (
                json!({ "field": "email" }),
                "/where/0/value must be given for `is`",
            ),
            (
                json!({ "field": "email", "value": " " }),
                "/where/0/value must be given",
            ),
            (
                json!({ "field": "email", "value": "a", "values": ["b"] }),
                "/where/0/values cannot be given beside `value`",
            ),
            (
                json!({ "field": "email", "op": "before", "value": "30d" }),
                "/where/0/op cannot be `before` for `email`",
            ),
            (
                json!({ "field": "created", "op": "contains", "value": "2026" }),
                "/where/0/op cannot be `contains` for `created`: use before, after, exists",
            ),
            (
                json!({ "field": "created", "op": "before", "value": "soon" }),
                "/where/0/value must be a date",
            ),
            (
                json!({ "field": "status", "value": "ACTIVE" }),
                "/where/0/value must be one of ARCHIVED",
            ),
            (
                json!({ "field": "enabled", "value": "maybe" }),
                "/where/0/value must be one of true",
            ),
            (
                json!({ "field": "email", "op": "exists", "value": "false" }),
                "/where/0/value cannot be given for `exists`",
            ),
            (
                json!({ "field": "email", "op": "matches", "value": "(" }),
                "/where/0/value is not a regular expression of Rust's `regex`: unclosed group",
            ),
            (
                json!({ "field": "email", "op": "matches", "value": "(\\w{100}){1000}" }),
                "/where/0/value is not a regular expression",
            ),
        ] {
            let shown = condition.to_string();
            let found = refused(condition);
            assert!(found.starts_with(expected), "{shown}: {found}");
        }
    }
}
