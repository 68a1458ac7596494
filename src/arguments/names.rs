//! The names that callers give to arguments.

use std::sync::LazyLock;

use cognito_emulator::shapes::schema::Schema;

use crate::bounds::{CANDIDATES, SIMILAR_CHARS};

/// What callers call an argument, or one of several values, that has another name here:
/// as other tools do, the API, or the people who ask. The first that there is is meant.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("access_token", &["token"]),
    ("action", &["operation"]),
    ("answer", &["code"]),
    ("api", &["operation"]),
    ("app", &["SOFTWARE_TOKEN_MFA"]),
    ("auth_flows", &["flows"]),
    ("authorization_code", &["code"]),
    ("count", &["limit"]),
    ("email", &["recipient"]),
    ("error", &["code"]),
    ("exception", &["code"]),
    ("explicit_auth_flows", &["flows"]),
    ("external_id", &["subject"]),
    ("factor", &["prefer"]),
    ("grant_types", &["oauth_flows"]),
    ("id", &["job_id"]),
    ("id_token", &["token"]),
    ("jwt", &["token"]),
    ("login", &["username"]),
    ("max", &["limit"]),
    ("max_items", &["limit"]),
    ("max_results", &["limit"]),
    ("mfa", &["mode"]),
    ("mfa_code", &["code"]),
    ("mfa_configuration", &["mode"]),
    ("name", &["username", "group", "client_id", "user_pool_id"]),
    ("next_token", &["cursor"]),
    ("otp", &["code"]),
    ("page_size", &["limit"]),
    ("page_token", &["cursor"]),
    ("pagination_token", &["cursor"]),
    ("parameters", &["input"]),
    ("params", &["input"]),
    ("phone_number", &["recipient"]),
    ("pool_name", &["user_pool_id"]),
    ("prefix", &["domain"]),
    ("provider_user_id", &["subject"]),
    ("query", &["filter"]),
    ("redirect_uri", &["callback_urls"]),
    ("redirect_uris", &["callback_urls"]),
    ("redirect_urls", &["callback_urls"]),
    ("search", &["filter"]),
    ("secret_id", &["client_secret_id"]),
    ("software_token", &["authenticator_app"]),
    ("tags", &["set"]),
    ("to", &["recipient"]),
    ("totp", &["authenticator_app", "SOFTWARE_TOKEN_MFA"]),
    ("user_id", &["username"]),
    ("verification_code", &["code"]),
];

/// The one among the `open` names that callers mean by `name`.
pub(super) fn synonym(name: &str, open: &[&str]) -> Option<String> {
    if is_long(name) {
        return None;
    }
    let name = plain(name);
    let (_, meant) = SYNONYMS.iter().find(|(known, _)| plain(known) == name)?;
    let meant = meant.iter().find(|meant| open.contains(meant))?;
    Some((*meant).to_owned())
}

/// A name without its style: `userpoolid`.
pub(super) fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Where a user's attributes stand among the arguments.
pub(super) const OF_A_USER: &str = "attributes.";

/// Whether users have an attribute of that name: a standard one, or one of a pool's own.
pub(super) fn is_attribute(name: &str) -> bool {
    static STANDARD: LazyLock<Schema> = LazyLock::new(Schema::default);
    name.starts_with("custom:") || STANDARD.get(name).is_some()
}

/// The name among `known` that is most like `given`, if any is much like it.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if is_long(given) {
        return None;
    }
    let given = given.to_lowercase();
    known
        .into_iter()
        .take(CANDIDATES)
        .filter(|name| !is_long(name))
        .map(|name| {
            let lower = name.to_lowercase();
            // A part of a name is as good as a slip of the pen: `pool` for `user_pool_id`.
            let contained = given.len() > 2 && (lower.contains(&given) || given.contains(&lower));
            let likeness = likeness(&given, &lower).max(if contained { 0.85 } else { 0.0 });
            (likeness, name)
        })
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name.to_owned())
}

/// The `count` names among `known` that are most like `given`, the best first; none are
/// like a name that is too long.
pub(crate) fn most_like<'a>(given: &str, known: &[&'a str], count: usize) -> Vec<&'a str> {
    if is_long(given) {
        return Vec::new();
    }
    let given = given.to_lowercase();
    let known = known.iter().take(CANDIDATES).filter(|name| !is_long(name));
    let mut ranked: Vec<(f64, &str)> = known
        .map(|name| (likeness(&given, &name.to_lowercase()), *name))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked
        .into_iter()
        .take(count)
        .map(|(_, name)| name)
        .collect()
}

/// How few slips of the pen are between two names: 1 for none, 0 where nothing is alike
/// or a name is too long.
pub(crate) fn closeness(a: &str, b: &str) -> f64 {
    if is_long(a) || is_long(b) {
        return 0.0;
    }
    // A character in lower case may be up to three.
    debug_assert!(a.len().max(b.len()) <= 12 * SIMILAR_CHARS);
    #[expect(clippy::disallowed_methods, reason = "both names are short")]
    strsim::normalized_damerau_levenshtein(a, b)
}

/// How much two names in lower case sound alike, from 0 to 1.
fn likeness(a: &str, b: &str) -> f64 {
    // A character in lower case may be up to three.
    debug_assert!(a.len().max(b.len()) <= 12 * SIMILAR_CHARS);
    #[expect(clippy::disallowed_methods, reason = "both names are short")]
    strsim::jaro_winkler(a, b)
}

/// Whether `name` is too long to be compared: the work grows with the square of the
/// length.
fn is_long(name: &str) -> bool {
    name.len() > SIMILAR_CHARS && name.chars().nth(SIMILAR_CHARS).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools;

    #[test]
    fn long_names_are_not_compared() {
        let most = "a".repeat(SIMILAR_CHARS);
        let longer = format!("{most}a");
        assert_eq!(nearest(&most, [most.as_str()]), Some(most.clone()));
        assert_eq!(nearest(&longer, [longer.as_str()]), None);
        assert_eq!(
            nearest("limit", [longer.as_str(), "limits"]).as_deref(),
            Some("limits")
        );
        assert_eq!(most_like(&longer, &["a"], 5), Vec::<&str>::new());
        assert_eq!(most_like("limit", &["limits", &longer], 5), ["limits"]);
        assert!(closeness(&most, &most) > 0.99);
        assert!(closeness(&longer, &longer) < 0.01);
        assert_eq!(synonym(&"max_results".repeat(100), &["limit"]), None);
        // What is beyond the bound is not looked at.
        let many = vec!["x"; CANDIDATES];
        let known = || many.iter().copied().chain(["limits"]);
        assert_eq!(nearest("limit", known()), None);
        assert_eq!(nearest("limit", known().skip(1)).as_deref(), Some("limits"));
    }

    /// Each leads to an argument, or to one of an argument's values.
    #[test]
    fn synonyms_are_of_something() {
        assert!(SYNONYMS.is_sorted_by_key(|(name, _)| name));
        let schemas = tools::all().map(|entry| &entry.published.input_schema);
        let schemas: Vec<String> = schemas
            .map(|schema| serde_json::json!(schema).to_string())
            .collect();
        for (name, meant) in SYNONYMS {
            for meant in *meant {
                let quoted = format!("\"{meant}\"");
                let is_known = schemas.iter().any(|schema| schema.contains(&quoted));
                assert!(is_known, "{name}: nothing is called {meant}");
            }
        }
        assert_eq!(synonym("MaxResults", &["limit"]).as_deref(), Some("limit"));
        assert_eq!(synonym("MaxResults", &["cursor"]), None);
    }
}
