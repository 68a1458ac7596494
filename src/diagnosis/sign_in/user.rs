//! Checks of the user: name, status and password.

use serde_json::{Value, json};

use super::super::{GENERATED, ResponseView, listed};
use super::{Finding, SignInFacts, User, attribute};
use crate::cognito::{time, user_status};

/// The attribute that `given` has the form of, if users can sign in by one.
pub(crate) fn attribute_like(given: &str) -> &'static str {
    if given.contains('@') {
        "email"
    } else if given.starts_with('+') || given.chars().all(|c| c.is_ascii_digit()) {
        "phone_number"
    } else {
        "preferred_username"
    }
}

/// The users whose e-mail address, phone number or preferred username is the given name, if no user
/// has it as username.
fn with_attribute(facts: &SignInFacts) -> &[ResponseView] {
    match &facts.user {
        User::Absent { with_attribute, .. } => with_attribute,
        _ => &[],
    }
}

fn names(users: &[ResponseView]) -> Vec<&str> {
    users.iter().map(|user| user.text("/Username")).collect()
}

fn nearest(facts: &SignInFacts) -> Option<&str> {
    match &facts.user {
        User::Absent { nearest, .. } => nearest.as_deref(),
        _ => None,
    }
}

/// No user with the name.
pub(super) fn not_found(facts: &SignInFacts) -> Option<Finding> {
    let is_absent = matches!(facts.user, User::Absent { .. });
    if !is_absent || !with_attribute(facts).is_empty() || case_differs(facts).is_some() {
        return None;
    }
    let seen = "No user of the pool has this username, `sub` or alias";
    if let Some(nearest) = nearest(facts) {
        let means = format!(
            "The most similar username is `{nearest}`: if that is the user, sign in with it"
        );
        return Some(Finding::blocks(seen, means).user_call(facts.sign_in_as(nearest)));
    }
    if migrates(facts) {
        return Some(Finding::uncertain(
            seen,
            "The pool's function for UserMigration may create the user at the sign-in",
        ));
    }
    let by_address = facts.pool.list("/UsernameAttributes");
    let form = attribute_like(&facts.given);
    let is_possible = if by_address.is_empty() {
        // An address cannot be a username if it is an alias.
        !facts.pool.list("/AliasAttributes").contains(&form) || form == "preferred_username"
    } else {
        by_address.contains(&form)
    };
    let call = facts.call_on_pool(
        "create_user",
        json!({
            "username": facts.given, "temporary_password": GENERATED, "message_action": "SUPPRESS",
        }),
    );
    Some(
        Finding::blocks(
            seen,
            "Check the spelling, the pool and the Region. If the user is new, create it and give the \
             temporary password to the user",
        )
        .fix(is_possible.then_some(call)),
    )
}

/// An address of a user, in a pool that does not sign users in by it.
pub(super) fn alias_not_enabled(facts: &SignInFacts) -> Option<Finding> {
    let users = with_attribute(facts);
    let form = attribute_like(&facts.given);
    if users.is_empty() || facts.pool.list("/AliasAttributes").contains(&form) {
        return None;
    }
    let sign_in = match users {
        [user] => Some(facts.sign_in_as(user.text("/Username"))),
        _ => None,
    };
    Some(
        Finding::blocks(
            format!("The name is the {form} of {}", listed(&names(users))),
            format!(
                "The pool does not sign users in by {form}, which cannot be changed after its \
                 creation: sign in with the username"
            ),
        )
        .user_call(sign_in),
    )
}

/// An alias that is not verified.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-aliases>
pub(super) fn alias_not_verified(facts: &SignInFacts) -> Option<Finding> {
    let users = with_attribute(facts);
    let form = attribute_like(&facts.given);
    if !facts.pool.list("/AliasAttributes").contains(&form) || form == "preferred_username" {
        return None;
    }
    let flag = format!("{form}_verified");
    let unverified: Vec<&str> = users
        .iter()
        .filter(|user| attribute(user, "/Attributes", &flag) != Some("true"))
        .map(|user| user.text("/Username"))
        .collect();
    let first = unverified.first()?;
    let fix = facts.call_on_pool(
        "update_user",
        json!({ "username": first, "attributes": { flag.as_str(): "true" } }),
    );
    Some(
        Finding::blocks(
            format!(
                "The name is the {form} of {}, and it is not verified",
                listed(&unverified)
            ),
            format!(
                "Only a verified {form} is an alias. Set it to verified if it is known to be the \
                 user's, or sign in with the username"
            ),
        )
        .fix((unverified.len() == 1).then_some(fix))
        .user_call(facts.sign_in_as(first)),
    )
}

/// A username with other letter case.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-case-sensitivity.html>
pub(super) fn case_differs(facts: &SignInFacts) -> Option<Finding> {
    let nearest = nearest(facts)?;
    let is_same = nearest.to_lowercase() == facts.given.trim().to_lowercase();
    let is_sensitive =
        facts.pool.0.pointer("/UsernameConfiguration/CaseSensitive") != Some(&json!(false));
    let (differs, what) = if facts.given.trim() == nearest {
        (true, "surrounding spaces")
    } else {
        (is_sensitive, "letter case")
    };
    (is_same && differs).then(|| {
        Finding::blocks(
            format!("The user is `{nearest}`, which differs in {what}"),
            "Names are exact in this pool: sign in with the name as it is kept",
        )
        .user_call(facts.sign_in_as(nearest))
    })
}

/// Whether the flow can create the user by the function for `UserMigration`.
fn migrates(facts: &SignInFacts) -> bool {
    !facts.function_arn("UserMigration").is_empty()
        && matches!(
            facts.flow,
            super::Flow::AdminUserPasswordAuth
                | super::Flow::UserPasswordAuth
                | super::Flow::UserAuth
        )
}

/// A function that may create the user.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html>
pub(super) fn migration(facts: &SignInFacts) -> Option<Finding> {
    let function = facts.function_arn("UserMigration");
    if function.is_empty() || !matches!(facts.user, User::Absent { .. }) {
        return None;
    }
    let means = if migrates(facts) {
        "It runs when an unknown user signs in with a password, and creates the user if its \
         directory accepts the password"
    } else {
        "It runs only in flows that send the password, which this flow does not"
    };
    Some(Finding::informs(
        format!("The pool has a function for UserMigration: {function}"),
        means,
    ))
}

/// A disabled user.
pub(super) fn disabled(facts: &SignInFacts) -> Option<Finding> {
    facts.found_user()?;
    (!facts.enabled()).then(|| {
        Finding::blocks("The user is disabled", capital(user_status::DISABLED))
            .fix(facts.call_on_user("enable_user", json!({})))
    })
}

/// A user who has not confirmed the sign-up.
pub(super) fn unconfirmed(facts: &SignInFacts) -> Option<Finding> {
    let code = json!({ "username": facts.username(), "code": "<the code sent>" });
    by_status(facts, "UNCONFIRMED").map(|found| {
        found
            .fix(facts.call_on_user("confirm_user", json!({})))
            .user_call(facts.call_on_client("confirm_sign_up", code))
    })
}

/// A user whose password was reset.
pub(super) fn reset_required(facts: &SignInFacts) -> Option<Finding> {
    let by_code = facts.call_on_client(
        "confirm_forgot_password",
        json!({
            "username": facts.username(), "code": "<the code sent>",
            "new_password": "<a new password>",
        }),
    );
    by_status(facts, "RESET_REQUIRED").map(|found| {
        found
            .fix(new_password(facts, true))
            .user_call(facts.client.as_ref().map(|_| by_code))
    })
}

fn by_status(facts: &SignInFacts, status: &str) -> Option<Finding> {
    if facts.status() != status {
        return None;
    }
    let seen = format!("The status is {status}");
    let means = capital(user_status::in_words(status).unwrap_or_default());
    Some(if facts.can_avoid_password() {
        Finding::informs(
            seen,
            format!("{means}. A sign-in by another factor is possible"),
        )
    } else {
        Finding::blocks(seen, means)
    })
}

/// `text` with a capital letter at its beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// A call that sets a generated password.
fn new_password(facts: &SignInFacts, permanent: bool) -> crate::error::NextCall {
    let password = json!({ "new_password": GENERATED, "permanent": permanent });
    facts.call_on_user("reset_password", password)
}

/// A user who signs in through an identity provider.
pub(super) fn external_provider(facts: &SignInFacts) -> Option<Finding> {
    let providers = listed(&providers(facts));
    by_status(facts, "EXTERNAL_PROVIDER").map(|mut found| {
        found.seen = format!("{}; the identity provider is {providers}", found.seen);
        found
    })
}

/// Identity providers that are linked to a user of the pool.
pub(super) fn linked_providers(facts: &SignInFacts) -> Option<Finding> {
    let providers = providers(facts);
    if providers.is_empty() || facts.status() == "EXTERNAL_PROVIDER" {
        return None;
    }
    Some(Finding::informs(
        format!("The user is linked to {}", listed(&providers)),
        "The user can also sign in there, through the pool's sign-in pages",
    ))
}

/// The names in the attribute `identities`, which is JSON.
fn providers(facts: &SignInFacts) -> Vec<String> {
    let identities = facts.attribute("identities").unwrap_or_default();
    let identities: Value = serde_json::from_str(identities).unwrap_or_default();
    let names = identities.as_array().into_iter().flatten();
    let names = names.filter_map(|identity| identity["providerName"].as_str());
    names.map(ToOwned::to_owned).collect()
}

/// A user without a password.
pub(super) fn no_password(facts: &SignInFacts) -> Option<Finding> {
    let factors = facts.first_factors()?;
    let has_other_reason = matches!(facts.status(), "EXTERNAL_PROVIDER" | "RESET_REQUIRED" | "");
    // An empty list may only mean that the pool has no choice of factors.
    let is_known = !factors.is_empty() && !factors.contains(&"PASSWORD");
    if !is_known || has_other_reason || !facts.flow.needs_password() {
        return None;
    }
    Some(
        Finding::blocks(
            "The user has no password",
            format!(
                "{} needs one. The user can sign in with {} in USER_AUTH, or an administrator sets a \
                 password",
                facts.flow.name(),
                listed(&factors)
            ),
        )
        .fix(new_password(facts, true)),
    )
}

/// The days for which a temporary password is valid. The newer of two settings is used.
fn temporary_days(facts: &SignInFacts) -> i64 {
    let newer = "/Policies/PasswordPolicy/TemporaryPasswordValidityDays";
    let older = "/AdminCreateUserConfig/UnusedAccountValidityDays";
    let days = facts
        .pool
        .number(newer)
        .or_else(|| facts.pool.number(older));
    days.filter(|days| *days > 0).unwrap_or(7)
}

/// Whether the temporary password has expired. None if that cannot be known: only the time of
/// the last change of the user is shown, which may not be that of the password.
fn has_expired(facts: &SignInFacts) -> Option<bool> {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let user = facts.found_user()?;
    let lasts = temporary_days(facts) * DAY;
    let at = |member: &str| time::milliseconds_of(user.text(member));
    let modified = at("/UserLastModifiedDate")?;
    if modified + lasts <= facts.now {
        return Some(true);
    }
    (at("/UserCreateDate")? + lasts > facts.now).then_some(false)
}

/// An expired temporary password.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html>
pub(super) fn temporary_password_expired(facts: &SignInFacts) -> Option<Finding> {
    if facts.status() != "FORCE_CHANGE_PASSWORD" {
        return None;
    }
    let days = temporary_days(facts);
    let refused = facts.refusals.iter().any(|refusal| {
        refusal
            .message
            .starts_with("Temporary password has expired")
            && refusal.at.as_deref().and_then(time::milliseconds_of)
                >= facts
                    .found_user()
                    .and_then(|user| time::milliseconds_of(user.text("/UserLastModifiedDate")))
    });
    let fix = new_password(facts, false);
    match has_expired(facts) {
        Some(false) => None,
        Some(true) => Some(
            Finding::blocks(
                format!("The user was last changed more than {days} days ago"),
                format!("The temporary password has expired: it lasts {days} days. Set another"),
            )
            .fix(fix),
        ),
        None if refused => Some(
            Finding::blocks(
                "A sign-in since the last change of the user was refused for this reason",
                format!("The temporary password has expired: it lasts {days} days. Set another"),
            )
            .fix(fix),
        ),
        None => Some(
            Finding::uncertain(
                format!(
                    "The user was created more than {days} days ago, and was changed since, which may \
                     not concern the password"
                ),
                format!("The temporary password may have expired: it lasts {days} days"),
            )
            .fix(fix),
        ),
    }
}

/// A temporary password.
pub(super) fn temporary_password(facts: &SignInFacts) -> Option<Finding> {
    let found = by_status(facts, "FORCE_CHANGE_PASSWORD")?;
    Some(Finding::informs(found.seen, found.means))
}

/// Attributes that must be given with the new password.
pub(super) fn required_attributes(facts: &SignInFacts) -> Option<Finding> {
    if facts.status() != "FORCE_CHANGE_PASSWORD" {
        return None;
    }
    let schema = facts.pool.0["SchemaAttributes"].as_array()?;
    let missing: Vec<&str> = schema
        .iter()
        .filter(|attribute| attribute["Required"] == true)
        .filter_map(|attribute| attribute["Name"].as_str())
        .filter(|name| *name != "sub" && facts.attribute(name).is_none())
        .collect();
    (!missing.is_empty()).then(|| {
        Finding::informs(
            format!("The user has no {}", listed(&missing)),
            "The pool requires these attributes: the user gives them with the new password, in \
             `answer_challenge`",
        )
    })
}

/// A user who gets no codes.
pub(super) fn no_verified_address(facts: &SignInFacts) -> Option<Finding> {
    facts.found_user()?;
    if facts.status() == "EXTERNAL_PROVIDER" {
        return None;
    }
    let addresses = ["email", "phone_number"];
    let is_verified = |name: &&str| facts.attribute(&format!("{name}_verified")) == Some("true");
    if addresses.iter().any(is_verified) {
        return None;
    }
    let has = addresses
        .into_iter()
        .find(|name| facts.attribute(name).is_some());
    let fix = has.map(|name| {
        let flag = format!("{name}_verified");
        facts.call_on_user("update_user", json!({ "attributes": { flag: "true" } }))
    });
    let seen = match has {
        Some(name) => format!("The {name} of the user is not verified"),
        None => "The user has no e-mail address and no phone number".to_owned(),
    };
    Some(
        Finding::informs(
            seen,
            "The user cannot recover a forgotten password: codes go only to verified addresses",
        )
        .fix(fix),
    )
}
