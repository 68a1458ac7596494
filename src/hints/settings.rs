//! Hints for settings that Cognito refuses: of pools, app clients, second factors and risks.

use serde_json::{Value, json};

use super::refusal::Case;
use super::{Finding, pool_resources};
use crate::cognito::duration::Duration;
use crate::error::Problem;

/// Returns the flows in the argument `flows`. If it is absent, returns those of the client
/// that the call names.
async fn flows(case: &Case<'_>) -> Option<Vec<String>> {
    if let Some(Value::Array(flows)) = case.arguments().get("flows") {
        let flows = flows.iter();
        return Some(
            flows
                .filter_map(|flow| Some(flow.as_str()?.to_owned()))
                .collect(),
        );
    }
    let client = case
        .client_in(&case.pool()?, case.text("client_id")?)
        .await?;
    let flows = client.explicit_auth_flows().iter();
    Some(flows.map(ToString::to_string).collect())
}

/// Returns the hint for a device that the user does not have.
pub(super) async fn no_device(case: &Case<'_>) -> Finding {
    let list = case.for_user("list_devices", json!({}));
    pool_resources::near(case, "device_key", "device", list).await
}

/// Returns the hint for refresh token rotation together with the flow that does not support
/// it.
pub(super) async fn rotation(case: &Case<'_>) -> Finding {
    const REFRESH: &str = "ALLOW_REFRESH_TOKEN_AUTH";
    let Some(mut flows) = flows(case).await else {
        return Finding::default();
    };
    flows.retain(|flow| flow != REFRESH);
    if flows.is_empty() {
        // An empty list means Cognito's default flows, which include this one.
        flows.push("ALLOW_USER_SRP_AUTH".to_owned());
    }
    Finding::new(format!(
        "With refresh token rotation, {REFRESH} is not allowed: refresh with \
         `refresh_tokens`"
    ))
    .retry(case.again(json!({ "flows": flows })))
}

/// Returns the hint for OAuth grants without scopes, or scopes without grants.
pub(super) fn oauth_halves(case: &Case<'_>) -> Finding {
    let is_given = |name: &str| {
        let list = case.arguments().get(name).and_then(Value::as_array);
        list.is_some_and(|list| !list.is_empty())
    };
    match (is_given("oauth_flows"), is_given("scopes")) {
        (true, false) if !requests(case, "client_credentials") => {
            Finding::new("OAuth also requires scopes: `openid` is the minimum")
                .retry(case.again(json!({ "scopes": ["openid"] })))
        }
        (false, true) => {
            Finding::new("Scopes also require a grant: `code` is the safe grant for users")
                .retry(case.again(json!({ "oauth_flows": ["code"] })))
        }
        _ => Finding::default(),
    }
}

/// Whether the call requests the grant.
fn requests(case: &Case<'_>, grant: &str) -> bool {
    let grants = case
        .arguments()
        .get("oauth_flows")
        .and_then(Value::as_array);
    grants.is_some_and(|grants| grants.iter().any(|is| is == grant))
}

/// Returns the hint for `client_credentials` together with grants for users.
pub(super) fn grant_alone(case: &Case<'_>) -> Finding {
    let advice = "client_credentials is for machines, and is a client's only grant: create one client \
                  for it, and another one for users with the other grants";
    let names = case.arguments().contains_key("oauth_flows");
    let found = Finding::new(advice);
    if !names {
        return found;
    }
    found.problem(Problem {
        pointer: case.pointer("oauth_flows"),
        message: "has client_credentials together with other grants".to_owned(),
        ..Problem::default()
    })
}

/// Returns the hint for a grant that requires a client secret.
pub(super) fn needs_secret(case: &Case<'_>) -> Finding {
    if case.tool() == "create_client" {
        return Finding::new("A client with the grant client_credentials must have a secret")
            .retry(case.again(json!({ "secret": true })));
    }
    Finding::default()
}

/// Reports each URL of the call that is `refused`, with the reason. Only the caller can
/// choose another URL.
fn urls(case: &Case<'_>, why: &str, refused: impl Fn(&str) -> bool) -> Finding {
    let mut found = Finding::default();
    for name in ["callback_urls", "logout_urls"] {
        let Some(Value::Array(urls)) = case.arguments().get(name) else {
            continue;
        };
        for (at, url) in urls.iter().enumerate() {
            if url.as_str().is_some_and(&refused) {
                found = found.problem(Problem {
                    pointer: format!("{}/{at}", case.pointer(name)),
                    message: why.to_owned(),
                    received: Some(url.clone()),
                    ..Problem::default()
                });
            }
        }
    }
    found
}

/// Returns the hint for a URL without TLS.
pub(super) fn url_http(case: &Case<'_>) -> Finding {
    urls(
        case,
        "must begin with https, unless it is on localhost",
        |url| {
            let host = url.strip_prefix("http://");
            host.is_some_and(|rest| rest.split(['/', '?', '#', ':']).next() != Some("localhost"))
        },
    )
}

/// Returns the hint for a URL with a fragment, which browsers do not send to servers.
pub(super) fn url_fragment(case: &Case<'_>) -> Finding {
    urls(case, "must not have `#` and text after it", |url| {
        url.contains('#')
    })
}

/// Returns the hint for token lifetimes out of their range. Only the caller can choose
/// others.
pub(super) fn lifetimes(case: &Case<'_>) -> Finding {
    // <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html>
    const RANGES: [(&str, &str, &str); 3] = [
        ("access_tokens_last", "5 minutes", "1 day"),
        ("id_tokens_last", "5 minutes", "1 day"),
        ("refresh_tokens_last", "60 minutes", "3650 days"),
    ];
    let mut found = Finding::new(
        "Access and ID tokens last from 5 minutes to 1 day; refresh tokens from 60 minutes to \
         3650 days, and longer than the other tokens",
    );
    let milliseconds = |text: &str| Duration::parse(text)?.milliseconds();
    for (name, least, most) in RANGES {
        let Some(value) = case.text(name) else {
            continue;
        };
        let range = milliseconds(least)..=milliseconds(most);
        if !range.contains(&milliseconds(value)) {
            found = found.problem(Problem {
                pointer: case.pointer(name),
                message: format!("must be from {least} to {most}"),
                received: Some(value.into()),
                allowed: Some(json!({ "minimum": least, "maximum": most })),
                ..Problem::default()
            });
        }
    }
    found
}

/// Returns the hint for a client whose tokens cannot be revoked.
pub(super) async fn revocation_off(case: &Case<'_>) -> Finding {
    let Some(client) = case.client().await else {
        return Finding::default();
    };
    let settings = json!({ "client_id": client, "settings": { "EnableTokenRevocation": true } });
    Finding::new(
        "The client's tokens cannot be revoked: enable revocation, which applies to tokens \
         issued from then on. To end this user's sign-ins now, use `sign_out_user`",
    )
    .retry(case.in_pool("update_client", settings))
}

/// Returns the hint for a pool whose threat protection is off, or whose plan has none.
pub(super) async fn not_protected(case: &Case<'_>) -> Finding {
    let Some(pool) = case.described_pool().await else {
        return Finding::default();
    };
    let plan = pool.user_pool_tier().map_or("LITE", |tier| tier.as_str());
    let advice = if plan == "PLUS" {
        "Threat protection is off in this pool: its owner has to set `AdvancedSecurityMode` to AUDIT or \
         ENFORCED in `UserPoolAddOns`"
            .to_owned()
    } else {
        format!(
            "Threat protection needs the feature plan PLUS, and the pool's is {plan}: its owner has to \
             change the plan, which AWS bills by users, and set `AdvancedSecurityMode` to AUDIT or \
             ENFORCED in `UserPoolAddOns`"
        )
    };
    // The plan costs money, so the retry changes it on the emulator only.
    let change = json!({
        "tier": "PLUS",
        "settings": { "UserPoolAddOns": { "AdvancedSecurityMode": "AUDIT" } },
    });
    let enabled = case.cx.emulator().is_ok() && case.cx.is_enabled("update_pool");
    let retry = if enabled {
        case.in_pool("update_pool", change)
    } else {
        case.in_pool("describe_pool", json!({}))
    };
    Finding::new(advice).retry(retry)
}

/// Returns the hint for addresses that are not written as ranges.
pub(super) fn ranges(case: &Case<'_>) -> Finding {
    let mut changes = json!({});
    for name in ["blocked_ip_ranges", "always_allowed_ip_ranges"] {
        let Some(Value::Array(ranges)) = case.arguments().get(name) else {
            continue;
        };
        let ranges = ranges.iter().filter_map(Value::as_str).map(str::trim);
        let ranges = ranges.map(|range| match range.parse::<std::net::IpAddr>() {
            Ok(std::net::IpAddr::V4(address)) => format!("{address}/32"),
            Ok(std::net::IpAddr::V6(address)) => format!("{address}/128"),
            Err(_) => range.to_owned(),
        });
        changes[name] = ranges.collect();
    }
    Finding::default().retry(case.again(changes))
}

/// Returns the hint for notifications to users without an SES identity.
pub(super) fn no_notifier(case: &Case<'_>) -> Finding {
    let found = Finding::new(
        "Give the SES identity that notifies users as `notify_from_arn`, or notify no user with an \
         empty `notify_at`",
    );
    if !case.arguments().contains_key("notify_at") {
        return found;
    }
    found.problem(Problem {
        pointer: case.pointer("notify_at"),
        message: "needs `notify_from_arn`".to_owned(),
        ..Problem::default()
    })
}

/// Returns the hint for MFA without a factor.
pub(super) fn no_factor(case: &Case<'_>) -> Finding {
    if case.tool() != "set_mfa_config" {
        return Finding::default();
    }
    Finding::new(
        "MFA needs a factor: switch one on in the same call. Authenticator apps need nothing else",
    )
    .retry(case.again(json!({ "authenticator_app": true })))
}

/// Returns the hint for a factor whose messages the pool cannot send.
pub(super) fn cannot_send(case: &Case<'_>) -> Finding {
    if case.tool() != "set_mfa_config" {
        return Finding::default();
    }
    let by_email = case.message().contains("EmailMfaConfiguration");
    // Only the caller can choose another factor.
    Finding::new(if by_email {
        "Codes by e-mail need SES: the pool's owner has to set `EmailSendingAccount` to DEVELOPER, with \
         an identity in `SourceArn`. Authenticator apps need nothing else"
    } else {
        "The pool cannot send SMS: its owner has to give it an `SmsConfiguration`. Authenticator apps \
         need nothing else"
    })
}

/// Returns the hint for passkeys as second factors in a pool that allows them as first
/// factors only.
pub(super) fn passkeys_are_one_factor(case: &Case<'_>) -> Finding {
    let settings = json!({ "passkey_verifies_user": true, "passkey_is_two_factors": true });
    Finding::default().retry(case.in_pool("set_mfa_config", settings))
}
