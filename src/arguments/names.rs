//! Similar names and synonyms of arguments.

use std::sync::LazyLock;

use cognito_emulator::settings::schema::Schema;

use crate::bounds::{CANDIDATES, SIMILAR_CHARS};

/// Names that callers use for an argument, or for one of several values, with the names
/// here: names of other tools, of the API, or of everyday language. The first name that
/// the tool has is meant.
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

/// The one of the `open` names that callers mean by `name`.
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

/// The prefix of a user's attributes among the arguments.
pub(super) const OF_A_USER: &str = "attributes.";

/// Whether `name` is a user attribute: a standard one, or a custom one.
pub(super) fn is_attribute(name: &str) -> bool {
    static STANDARD: LazyLock<Schema> = LazyLock::new(Schema::default);
    name.starts_with("custom:") || STANDARD.get(name).is_some()
}

/// The most similar of `known`, if one is similar enough to `given`.
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
            // A part of a name is treated as a typing error: `pool` for `user_pool_id`.
            let contained = given.len() > 2 && (lower.contains(&given) || given.contains(&lower));
            let likeness = likeness(&given, &lower).max(if contained { 0.85 } else { 0.0 });
            (likeness, name)
        })
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name.to_owned())
}

/// The `count` most similar names of `known`, the best first; none if a name is too long.
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

/// The similarity of two names by typing errors: 1 for equal names, 0 if nothing is equal
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

/// The similarity of two names in lower case, from 0 to 1.
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
        // Names after the bound are not compared.
        let many = vec!["x"; CANDIDATES];
        let known = || many.iter().copied().chain(["limits"]);
        assert_eq!(nearest("limit", known()), None);
        assert_eq!(nearest("limit", known().skip(1)).as_deref(), Some("limits"));
    }

    /// Each synonym has an argument, or a value of one.
    #[test]
    fn synonyms_have_a_meaning() {
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
