//! Similar names and synonyms of arguments.

use std::sync::LazyLock;

use cognito_emulator::settings::schema::Schema;

use crate::bounds::{CANDIDATES, SIMILAR_CHARS};

/// Other names of arguments and of their values, and the names that may be meant. They come
/// from other tools, the API, answers, and common usage. The first name that the tool has
/// is meant. An entry is certain: a retry moves the value to the argument.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("access_token", &["token"]),
    ("action", &["operation"]),
    ("answer", &["code"]),
    ("api", &["operation"]),
    ("app", &["SOFTWARE_TOKEN_MFA"]),
    ("args", &["input"]),
    ("arguments", &["input"]),
    ("attribute", &["field"]),
    ("auth_flow", &["flow"]),
    ("auth_flows", &["flows"]),
    (
        "authenticator",
        &["authenticator_app", "SOFTWARE_TOKEN_MFA"],
    ),
    ("authorization_code", &["code"]),
    ("auto_verify", &["auto_verified_attributes"]),
    ("blocked_ip_range_list", &["blocked_ip_ranges"]),
    ("body", &["input"]),
    ("client_name", &["client_id", "name"]),
    ("cloud_watch_logs_role_arn", &["logs_role_arn"]),
    ("conditions", &["where"]),
    ("confirmation_code", &["code"]),
    ("count", &["limit"]),
    ("criteria", &["where"]),
    ("email", &["recipient"]),
    ("email_address", &["email"]),
    ("eq", &["is"]),
    ("equal", &["is"]),
    ("equals", &["is"]),
    ("error", &["code"]),
    ("exception", &["code"]),
    ("explicit_auth_flows", &["flows"]),
    ("external_id", &["subject"]),
    ("filters", &["where"]),
    ("grant_types", &["oauth_flows"]),
    ("group_id", &["group"]),
    ("has_secret", &["secret"]),
    ("id_token", &["token"]),
    ("image_file", &["logo"]),
    ("job_name", &["name"]),
    ("jwt", &["token"]),
    ("login", &["username"]),
    ("mail", &["email"]),
    ("max", &["limit"]),
    ("max_items", &["limit"]),
    ("max_results", &["limit"]),
    ("mfa", &["mode"]),
    ("mfa_code", &["code"]),
    ("mfa_configuration", &["mode"]),
    ("minimum_age", &["older_than"]),
    ("minimum_length", &["password_length"]),
    ("negate", &["not"]),
    ("negated", &["not"]),
    ("new_group", &["new_name"]),
    ("next_token", &["cursor"]),
    ("notifies_when", &["notify_at"]),
    ("older", &["older_than"]),
    ("operation", &["action"]),
    ("operator", &["op"]),
    ("otp", &["code"]),
    ("page_size", &["limit"]),
    ("page_token", &["cursor"]),
    ("pagination_token", &["cursor"]),
    ("parameters", &["input"]),
    ("params", &["input"]),
    ("pattern", &["matches"]),
    ("payload", &["input"]),
    ("phone", &["phone_number"]),
    ("phone_number", &["recipient"]),
    ("pool_mfa", &["mode"]),
    ("pool_name", &["user_pool_id", "name"]),
    ("preferred", &["prefer"]),
    ("preferred_challenge", &["first_factor"]),
    ("preferred_mfa", &["prefer"]),
    ("prefix", &["domain", "starts_with"]),
    ("provider_attribute_name", &["claim"]),
    ("provider_attribute_value", &["subject"]),
    ("provider_name", &["provider", "name"]),
    ("provider_user_id", &["subject"]),
    ("query", &["filter", "where"]),
    ("redirect_uri", &["callback_urls"]),
    ("redirect_uris", &["callback_urls"]),
    ("redirect_urls", &["callback_urls"]),
    ("regex", &["matches"]),
    ("regexp", &["matches"]),
    ("relying_party_id", &["passkey_relying_party"]),
    ("request", &["input"]),
    ("required", &["ON"]),
    ("rotate_refresh_tokens", &["rotates_refresh_tokens"]),
    ("scope_description", &["description"]),
    ("scope_name", &["name"]),
    ("search", &["filter", "where"]),
    ("secret", &["secret_code"]),
    ("secret_id", &["client_secret_id"]),
    ("skipped_ip_range_list", &["always_allowed_ip_ranges"]),
    ("software_token", &["authenticator_app"]),
    ("source_arn", &["notify_from_arn"]),
    ("state_name", &["name"]),
    ("suffix", &["ends_with"]),
    ("tags", &["set"]),
    ("temp_password", &["temporary_password"]),
    ("temporary_password", &["password"]),
    ("terms_name", &["name"]),
    ("to", &["recipient"]),
    ("totp", &["authenticator_app", "SOFTWARE_TOKEN_MFA"]),
    ("user", &["username"]),
    ("user_attributes", &["attributes"]),
    ("user_id", &["username"]),
    ("usernames", &["users"]),
    ("users", &["usernames"]),
    ("verification_code", &["code"]),
];

/// Whether `name` is a synonym of several of the `open` names: the name of a pool, in a call that can
/// rename it, may be the present or the new one.
pub(super) fn is_ambiguous(name: &str, open: &[&str]) -> bool {
    if is_long(name) {
        return false;
    }
    let name = plain(name);
    let row = SYNONYMS.iter().find(|(known, _)| plain(known) == name);
    let meant = row.map_or(&[][..], |(_, meant)| meant);
    meant.iter().filter(|meant| open.contains(meant)).count() > 1
}

/// The one of the `open` names for which `name` is a synonym.
pub(super) fn synonym(name: &str, open: &[&str]) -> Option<String> {
    if is_long(name) {
        return None;
    }
    let name = plain(name);
    let (_, meant) = SYNONYMS.iter().find(|(known, _)| plain(known) == name)?;
    let meant = meant.iter().find(|meant| open.contains(meant))?;
    Some((*meant).to_owned())
}

/// The synonyms of an argument.
#[cfg(test)]
pub(super) fn synonyms_of(name: &str) -> Vec<&'static str> {
    let named = SYNONYMS.iter().filter(|(_, meant)| meant.contains(&name));
    named.map(|(synonym, _)| *synonym).collect()
}

/// Synonyms of user attributes.
const ATTRIBUTE_SYNONYMS: &[(&str, &str)] = &[
    ("avatar", "picture"),
    ("birthday", "birthdate"),
    ("date_of_birth", "birthdate"),
    ("dob", "birthdate"),
    ("email_address", "email"),
    ("first_name", "given_name"),
    ("full_name", "name"),
    ("language", "locale"),
    ("last_name", "family_name"),
    ("mail", "email"),
    ("mobile", "phone_number"),
    ("nick", "nickname"),
    ("phone", "phone_number"),
    ("surname", "family_name"),
    ("time_zone", "zoneinfo"),
    ("timezone", "zoneinfo"),
    ("url", "website"),
];

/// The user attribute that callers mean by `name`, which is its name or a synonym.
pub(crate) fn attribute(name: &str) -> Option<&str> {
    if is_attribute(name) {
        return Some(name);
    }
    if is_long(name) {
        return None;
    }
    let plain_name = plain(name);
    let mut known = ATTRIBUTE_SYNONYMS.iter();
    let (_, meant) = known.find(|(known, _)| plain(known) == plain_name)?;
    Some(meant)
}

/// The argument that identifies the resource of `tool`, according to the tool's name:
/// `client_id` for `describe_client`. Callers often send it as `name` or `id`.
pub(super) fn resource_argument(tool: &str, open: &[&str]) -> Option<&'static str> {
    const ARGUMENTS: [(&str, &str); 5] = [
        ("client", "client_id"),
        ("group", "group"),
        ("import", "job_id"),
        ("pool", "user_pool_id"),
        ("user", "username"),
    ];
    let mut meant = ARGUMENTS.iter().filter(|(noun, argument)| {
        let is_about = tool.split('_').any(|word| word == *noun);
        // A new import has no id yet.
        is_about && open.contains(argument) && !tool.starts_with("import_")
    });
    match (meant.next(), meant.next()) {
        (Some((_, argument)), None) => Some(argument),
        _ => None,
    }
}

/// The one of the `open` names that remains of `name` without the words of the tool's name:
/// `name` for `provider_name` in `delete_identity_provider`.
pub(super) fn without_context<'a>(name: &str, tool: &str, open: &[&'a str]) -> Option<&'a str> {
    if is_long(name) {
        return None;
    }
    let singular = |word: &str| word.trim_end_matches('s').to_owned();
    let context: Vec<String> = words(tool).iter().map(|word| singular(word)).collect();
    let given = words(name);
    let rest: Vec<&String> = given
        .iter()
        .filter(|word| !context.contains(&singular(word)))
        .collect();
    if rest.is_empty() || rest.len() == given.len() {
        return None;
    }
    let mut meant = open
        .iter()
        .filter(|open| words(open).iter().eq(rest.iter().copied()));
    let first = meant.next()?;
    meant.next().is_none().then_some(first)
}

/// Words that do not change the meaning of a name.
const NEUTRAL: [&str; 10] = [
    "arn", "id", "ids", "key", "name", "new", "number", "the", "user", "value",
];

/// The one of the `known` names that `given` certainly means: the same name in another
/// style, a name that differs only by neutral words, or the single nearest name with a
/// typing error. The words of `context`, such as a tool's name, are also neutral.
pub(crate) fn slip<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
    context: &str,
) -> Option<&'a str> {
    if is_long(given) {
        return None;
    }
    let known: Vec<&str> = known.into_iter().take(CANDIDATES).collect();
    let only = |meant: Vec<&'a str>| match meant.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    let by = |is_meant: &dyn Fn(&str) -> bool| {
        let known = known.iter().copied().filter(|name| !is_long(name));
        known.filter(|name| is_meant(name)).collect::<Vec<_>>()
    };
    let own = plain(given);
    let same = by(&|name| plain(name) == own);
    if !same.is_empty() {
        return only(same);
    }
    let by_words = by(&|name| differ_by_neutral(given, name, context));
    if !by_words.is_empty() {
        return only(by_words);
    }
    (1..=allowed_edits(&own))
        .map(|edits| by(&|name| edits_between(&own, &plain(name)) == Some(edits)))
        .find(|meant| !meant.is_empty())
        .and_then(only)
}

/// Whether two names differ only by neutral words, and share a word that is not in
/// [`NEUTRAL`].
fn differ_by_neutral(a: &str, b: &str, context: &str) -> bool {
    let context: Vec<String> = words(context);
    let is_neutral = |word: &String| NEUTRAL.contains(&word.as_str()) || context.contains(word);
    let (a, b) = (words(a), words(b));
    let rest_is_neutral = |of: &[String], other: &[String]| {
        of.iter()
            .all(|word| other.contains(word) || is_neutral(word))
    };
    let counts = |word: &&String| !NEUTRAL.contains(&word.as_str());
    a.iter().filter(counts).any(|word| b.contains(word))
        && rest_is_neutral(&a, &b)
        && rest_is_neutral(&b, &a)
}

/// The words of a name: `user`, `pool`, `id` of `userPoolId` and of `user_pool_id`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        let begins = letter.is_uppercase() && before.is_lowercase();
        if !letter.is_alphanumeric() || begins {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The number of typing errors that a name may have. With more, it could be another word.
fn allowed_edits(name: &str) -> usize {
    match name.chars().count() {
        ..=3 => 0,
        4..=8 => 1,
        _ => 2,
    }
}

/// The number of typing errors between two plain names. None if they begin with different
/// letters: `disabled` is not a typing error for `enabled`.
fn edits_between(a: &str, b: &str) -> Option<usize> {
    let first = |name: &str| name.chars().next();
    if first(a) != first(b) {
        return None;
    }
    // One character may become three in lower case.
    debug_assert!(a.len().max(b.len()) <= 12 * SIMILAR_CHARS);
    #[expect(clippy::disallowed_methods, reason = "both names are short")]
    Some(strsim::damerau_levenshtein(a, b))
}

/// A name in lower case and without separators: `userpoolid`.
pub(super) fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// The prefix of user attributes in the name of an argument, as in `attributes.email`.
pub(super) const OF_A_USER: &str = "attributes.";

static STANDARD: LazyLock<Schema> = LazyLock::new(Schema::default);

/// Whether `name` is a user attribute: a standard one, or a custom one.
pub(super) fn is_attribute(name: &str) -> bool {
    name.starts_with("custom:") || STANDARD.get(name).is_some()
}

/// Names of the standard attributes.
pub(crate) fn standard_attributes() -> impl Iterator<Item = &'static str> {
    STANDARD.iter().map(|attribute| attribute.name.as_str())
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
            // A part of a name counts as similar: `pool` for `user_pool_id`.
            let contained = given.len() > 2 && (lower.contains(&given) || given.contains(&lower));
            let likeness = likeness(&given, &lower).max(if contained { 0.85 } else { 0.0 });
            (likeness, name)
        })
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name.to_owned())
}

/// The `count` most similar names of `known`, the best first. Names that are too long are
/// left out.
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

/// The similarity of two names by typing errors, from 0 to 1. It is 0 if nothing is equal
/// or a name is too long.
pub(crate) fn closeness(a: &str, b: &str) -> f64 {
    if is_long(a) || is_long(b) {
        return 0.0;
    }
    // One character may become three in lower case.
    debug_assert!(a.len().max(b.len()) <= 12 * SIMILAR_CHARS);
    #[expect(clippy::disallowed_methods, reason = "both names are short")]
    strsim::normalized_damerau_levenshtein(a, b)
}

/// The similarity of two names in lower case, from 0 to 1.
fn likeness(a: &str, b: &str) -> f64 {
    // One character may become three in lower case.
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

    /// Each synonym is for an argument, or for a value of one.
    #[test]
    fn synonyms_are_for_known_names() {
        assert!(SYNONYMS.is_sorted_by_key(|(name, _)| name));
        let schemas = tools::all().map(|entry| &entry.published().input_schema);
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
