//! The settings that a pool lacks before a user can sign in at its pages.

use aws_sdk_cognitoidentityprovider::types::UserPoolClientType;

use crate::call::context::Cx;

/// App clients that are read.
const CLIENTS: usize = 20;

/// What was set last.
pub(in crate::tools) enum Needs<'a> {
    /// A new app client with OAuth. `signs_in` is whether it signs users in.
    Client {
        /// Its id.
        id: &'a str,
        /// Whether a grant of it signs users in.
        signs_in: bool,
    },
    /// An identity provider.
    Provider(&'a str),
    /// A domain, with its version.
    Domain {
        /// Whether the version is managed login.
        is_managed: bool,
    },
}

/// The settings that are missing, as sentences. `None` if there are none, or if they cannot be
/// read.
pub(in crate::tools) async fn still_needed(cx: &Cx, pool: &str, set: Needs<'_>) -> Option<String> {
    let missing = Box::pin(cx.for_hints(missing(cx, pool, set))).await;
    (!missing.is_empty()).then(|| missing.join(". "))
}

async fn missing(cx: &Cx, pool: &str, set: Needs<'_>) -> Vec<String> {
    let mut missing = Vec::new();
    let (domain, is_managed) = match set {
        Needs::Domain { is_managed } => (true, is_managed),
        _ => match domain_of(cx, pool).await {
            Some((has, is_managed)) => (has, is_managed),
            None => return missing,
        },
    };
    if !domain {
        let user = match set {
            Needs::Provider(_) => "sign-ins through a provider",
            _ => "OAuth grants",
        };
        missing.push(format!(
            "The pool has no domain, and {user} need one: create it with `put_domain`"
        ));
    }
    match set {
        Needs::Client { id, signs_in } => {
            if signs_in && is_managed && !has_style(cx, pool, id).await {
                missing.push(style(&[id]));
            }
        }
        Needs::Provider(name) => missing.extend(for_provider(cx, pool, name).await),
        Needs::Domain { is_managed } => missing.extend(for_domain(cx, pool, is_managed).await),
    }
    missing
}

/// Whether the pool has a domain, and whether its pages are those of managed login.
async fn domain_of(cx: &Cx, pool: &str) -> Option<(bool, bool)> {
    let request = cx.cognito().describe_user_pool().user_pool_id(pool);
    let described = request.send().await.ok()?.user_pool?;
    let Some(name) = described.custom_domain.or(described.domain) else {
        return Some((false, false));
    };
    let request = cx.cognito().describe_user_pool_domain().domain(name);
    let described = request.send().await.ok();
    let described = described.and_then(|described| described.domain_description);
    let version = described.and_then(|described| described.managed_login_version);
    Some((true, version == Some(2)))
}

/// The app clients of a pool, at most [`CLIENTS`].
async fn clients(cx: &Cx, pool: &str) -> Option<Vec<UserPoolClientType>> {
    let request = cx.cognito().list_user_pool_clients().user_pool_id(pool);
    let listed = request.max_results(60).send().await.ok()?;
    let mut clients = Vec::new();
    for named in listed.user_pool_clients().iter().take(CLIENTS) {
        let request = cx.cognito().describe_user_pool_client();
        let request = request
            .user_pool_id(pool)
            .set_client_id(named.client_id.clone());
        clients.extend(request.send().await.ok()?.user_pool_client);
    }
    Some(clients)
}

/// Whether a client signs users in at the pages.
fn signs_in(client: &UserPoolClientType) -> bool {
    let mut flows = client.allowed_o_auth_flows().iter();
    client.allowed_o_auth_flows_user_pool_client == Some(true)
        && flows.any(|flow| matches!(flow.as_str(), "code" | "implicit"))
}

async fn for_provider(cx: &Cx, pool: &str, name: &str) -> Option<String> {
    let clients = clients(cx, pool).await?;
    // A loop, because the compiler does not accept the closure of a filter in this future.
    let mut offering = Vec::new();
    for client in &clients {
        let mut names = client.supported_identity_providers().iter();
        if names.any(|offered| offered == name) {
            offering.push(client);
        }
    }
    if offering.is_empty() {
        return Some(format!(
            "No app client offers {name}: add it to `SupportedIdentityProviders` in the `settings` \
             of `update_client`, beside those that the client already has"
        ));
    }
    if offering.iter().any(|client| signs_in(client)) {
        return None;
    }
    let id = offering[0].client_id().unwrap_or_default();
    Some(format!(
        "App client {id} offers {name}, but OAuth is off: give it `oauth_flows`, `scopes` and \
         `callback_urls` with `update_client`"
    ))
}

async fn for_domain(cx: &Cx, pool: &str, is_managed: bool) -> Option<String> {
    let clients = clients(cx, pool).await?;
    let mut ids = Vec::new();
    for client in &clients {
        if signs_in(client) {
            ids.extend(client.client_id());
        }
    }
    if ids.is_empty() {
        return Some(
            "No app client can use it: create one with `create_client`, or give one `oauth_flows`, \
             `scopes` and `callback_urls` with `update_client`"
                .to_owned(),
        );
    }
    if !is_managed {
        return None;
    }
    let mut without = Vec::new();
    for id in ids {
        if !has_style(cx, pool, id).await {
            without.push(id);
        }
    }
    (!without.is_empty()).then(|| style(&without))
}

/// Whether a client has a style of managed login; true if it cannot be read.
async fn has_style(cx: &Cx, pool: &str, client: &str) -> bool {
    let request = cx.cognito().describe_managed_login_branding_by_client();
    let request = request.user_pool_id(pool).client_id(client);
    match request.send().await {
        Ok(_) => true,
        Err(error) => {
            let error = Box::<crate::error::ToolError>::from(error);
            error.code != "ResourceNotFoundException"
        }
    }
}

fn style(clients: &[&str]) -> String {
    let named = match clients {
        [only] => format!("app client {only} has a style"),
        clients => format!("app clients {} have styles", clients.join(", ")),
    };
    format!(
        "Managed login shows `Login pages unavailable` until {named}: create it with `put_branding`"
    )
}
