//! Checks of app clients.

use serde_json::json;

use super::super::listed;
use super::{Client, Outcome, Pool, Severity, Weakness};
use crate::cognito::flows;

pub(super) fn user_existence_hidden(pool: &Pool) -> Outcome {
    pool.each_client(|client| {
        let is_hidden = client.client.text("/PreventUserExistenceErrors") == "ENABLED";
        let settings = json!({ "PreventUserExistenceErrors": "ENABLED" });
        (!is_hidden).then(|| {
            Weakness::new(
                Severity::Medium,
                format!("{} reveals which users exist", client.name()),
                "Errors at sign-in show an attacker whose passwords to guess",
                client.update(json!({ "settings": settings })),
            )
        })
    })
}

pub(super) fn token_revocation(pool: &Pool) -> Outcome {
    pool.each_client(|client| {
        let can_revoke = client.client.is("/EnableTokenRevocation");
        let settings = json!({ "EnableTokenRevocation": true });
        (!can_revoke).then(|| {
            Weakness::new(
                Severity::Medium,
                format!("Tokens of {} cannot be revoked", client.name()),
                "A stolen refresh token is valid until it expires",
                client.update(json!({ "settings": settings })),
            )
        })
    })
}

/// <https://datatracker.ietf.org/doc/html/rfc9700#section-2.1.2>
pub(super) fn implicit_grant(pool: &Pool) -> Outcome {
    pool.each_client(|client| {
        let grants = client.client.list("/AllowedOAuthFlows");
        let is_on = client.client.is("/AllowedOAuthFlowsUserPoolClient");
        (is_on && grants.contains(&"implicit")).then(|| {
            Weakness::new(
                Severity::Medium,
                format!("{} allows the implicit grant", client.name()),
                "Tokens in URLs are kept in histories and logs; RFC 9700 advises against it. The \
                 application must use the grant `code` with PKCE",
                client.update(json!({ "oauth_flows": ["code"] })),
            )
        })
    })
}

/// Cognito accepts `http` only for this machine.
pub(super) fn local_callbacks(pool: &Pool) -> Outcome {
    pool.each_client(|client| {
        let urls = client.client.list("/CallbackURLs");
        let (plain, others): (Vec<&str>, Vec<&str>) =
            urls.into_iter().partition(|url| url.starts_with("http://"));
        // The client must keep one.
        let fix = client.update(json!({ "callback_urls": others }));
        (!plain.is_empty()).then(|| Weakness {
            severity: Severity::Low,
            seen: format!("{} may redirect to {}", client.name(), listed(&plain)),
            why:
                "Callbacks to http://localhost are for development: another program on the user's \
                  machine can receive the code"
                    .to_owned(),
            fix: (!others.is_empty()).then_some(fix),
        })
    })
}

/// The lifetime of refresh tokens of `client` in days.
fn refresh_days(client: &Client<'_>) -> f64 {
    let Some(value) = client
        .client
        .number("/RefreshTokenValidity")
        .filter(|value| *value > 0)
    else {
        return 30.0;
    };
    let in_a_day = match client.client.text("/TokenValidityUnits/RefreshToken") {
        "seconds" => 86_400.0,
        "minutes" => 1440.0,
        "hours" => 24.0,
        _ => 1.0,
    };
    #[expect(clippy::cast_precision_loss, reason = "at most 315,360,000 seconds")]
    let value = value as f64;
    value / in_a_day
}

/// Cognito's default is 30 days.
pub(super) fn refresh_token_lifetime(pool: &Pool) -> Outcome {
    pool.each_client(|client| {
        let rotates = client.client.text("/RefreshTokenRotation/Feature") == "ENABLED";
        let days = refresh_days(client);
        (days > 30.0 && !rotates).then(|| {
            Weakness::new(
                Severity::Low,
                format!("Refresh tokens of {} last {days} days and are not rotated", client.name()),
                "A stolen refresh token gives access that long. Shorten the time, or rotate the tokens",
                client.update(json!({ "refresh_tokens_last": "30 days" })),
            )
        })
    })
}

/// Parts of names of attributes that applications use to decide access. This is a heuristic.
const DECIDES_ACCESS: [&str; 9] = [
    "admin",
    "group",
    "org",
    "permission",
    "plan",
    "role",
    "scope",
    "tenant",
    "tier",
];

/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-attribute-permissions-and-scopes>
pub(super) fn writable_access_attributes(pool: &Pool) -> Outcome {
    let schema = pool.described.0["SchemaAttributes"].as_array();
    let schema: Vec<&str> = schema
        .into_iter()
        .flatten()
        .filter(|attribute| attribute["Mutable"] != false)
        .filter_map(|attribute| attribute["Name"].as_str())
        .filter(|name| {
            !matches!(
                *name,
                "sub" | "identities" | "email_verified" | "phone_number_verified"
            )
        })
        .collect();
    let decides = |name: &str| {
        let own = name.strip_prefix("custom:").map(str::to_lowercase);
        own.is_some_and(|own| DECIDES_ACCESS.iter().any(|part| own.contains(part)))
    };
    pool.each_client(|client| {
        let listed_here = client.client.list("/WriteAttributes");
        // Without a list, the client may write every attribute.
        let writable = if listed_here.is_empty() {
            schema.clone()
        } else {
            listed_here
        };
        let (deciding, others): (Vec<&str>, Vec<&str>) =
            writable.into_iter().partition(|name| decides(name));
        (!deciding.is_empty()).then(|| {
            Weakness::new(
                Severity::High,
                format!("Users of {} can write {}", client.name(), listed(&deciding)),
                "The name suggests that an application decides access by the attribute. A user can \
                 change it with UpdateUserAttributes or set it at sign-up",
                client.update(json!({ "settings": { "WriteAttributes": others } })),
            )
        })
    })
}

pub(super) fn password_flow(pool: &Pool) -> Outcome {
    pool.each_client(|client| {
        let settings = client.client.list("/ExplicitAuthFlows");
        let is_public = client.client.0.get("ClientSecret").is_none();
        let flow = "USER_PASSWORD_AUTH";
        (is_public && flows::allows(&settings, flow)).then(|| {
            let flows = flows::replaced(&settings, flow, "USER_SRP_AUTH");
            Weakness::new(
                Severity::Low,
                format!("{} has no secret and allows {flow}", client.name()),
                "The application sends passwords; with USER_SRP_AUTH they do not leave the device. \
                 The application must support SRP first",
                client.update(json!({ "flows": flows })),
            )
        })
    })
}
