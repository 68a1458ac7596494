//! `OpenID` Connect and social providers: the authorization code flow.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html>

use serde_json::{Map, Value, json};

use super::id_token::{self, Checks};
use super::provider_client::ProviderClient;
use super::{Arrival, Departure, Failed, Identity, OIDC_RETURN, PROVIDER_PAGE, Start};
use crate::bounds::DISCOVERED_URL;
use crate::cx::Cx;
use crate::domain::params::{Params, encode};
use crate::domain::reply::{redirect, with_query};
use crate::settings::identity_provider::{IdentityProvider, ProviderType};
use crate::state::web::{Federation, ProviderEndpoints};
use crate::world::fetch::{NoResponse, Origin, Outgoing};

/// Values of `prompt` that are passed on. `none` is not (O33).
const PROMPTS: [&str; 3] = ["login", "select_account", "consent"];

/// The request to the provider (O119). Its `nonce` is inferred (O38).
pub(super) fn begin(start: &Start<'_>) -> Result<Departure, Failed> {
    let Start {
        cx,
        site,
        authorization,
        provider,
        secret,
    } = start;
    let is_simulated = is_simulated(cx, provider);
    let endpoints = if is_simulated {
        simulated_endpoints(provider)
    } else {
        discover(cx, provider)?
    };
    let nonce = cx.world.chance.opaque(64);
    let redirect_uri = site.url(OIDC_RETURN, "");
    let params = &authorization.params;
    let kind = provider.provider_type;
    let takes_hint = is_simulated || matches!(kind, ProviderType::Oidc | ProviderType::Google);
    let prompts = params.get("prompt").unwrap_or_default().split(' ');
    let prompts: Vec<&str> = prompts.filter(|one| PROMPTS.contains(one)).collect();
    let prompt = prompts.join(" ");
    let is_apple = kind == ProviderType::SignInWithApple;
    let mapping = provider.acr_mapping.as_ref();
    let levels = authorization.targets.iter();
    let levels = levels.filter_map(|level| Some(mapping?.get(level.key())?.as_str()));
    let acr_values = levels.collect::<Vec<_>>().join(" ");
    let pairs = [
        ("client_id", provider.detail("client_id")),
        ("redirect_uri", Some(redirect_uri.as_str())),
        ("response_type", Some("code")),
        ("scope", provider.detail("authorize_scopes")),
        // Apple sends scopes only to forms.
        ("response_mode", is_apple.then_some("form_post")),
        ("state", Some(secret)),
        ("nonce", Some(nonce.as_str())),
        // O37. A provider that is simulated accepts a hint in place of a choice.
        (
            "login_hint",
            params.given("login_hint").filter(|_| takes_hint),
        ),
        // The API Reference of `AcrMapping`: requested levels are translated for the provider.
        (
            "acr_values",
            Some(acr_values.as_str()).filter(|it| !it.is_empty()),
        ),
        // The classic pages ignore `prompt` (O33).
        (
            "prompt",
            Some(prompt.as_str()).filter(|it| site.is_managed && !it.is_empty()),
        ),
    ];
    let pairs = pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let authorize = if is_simulated {
        site.url(PROVIDER_PAGE, "")
    } else {
        endpoints.authorize.clone()
    };
    Ok(Departure {
        response: redirect(&with_query(&authorize, pairs)),
        nonce,
        is_simulated,
        endpoints,
    })
}

/// Whether the emulator simulates `provider`: all social ones, and those that cannot be reached.
fn is_simulated(cx: &Cx<'_>, provider: &IdentityProvider) -> bool {
    let address = provider.detail("token_url");
    let address = address.or_else(|| provider.detail("oidc_issuer"));
    provider.provider_type.is_social() || !address.is_some_and(|url| cx.world.fetch.reaches(url))
}

/// The endpoints of a provider that is simulated. Nothing is sent to them.
fn simulated_endpoints(provider: &IdentityProvider) -> ProviderEndpoints {
    let issuer = provider.detail("oidc_issuer");
    let given = |name: &str, path: &str| {
        let made = issuer.map(|issuer| format!("{}{path}", issuer.trim_end_matches('/')));
        provider.detail(name).map(ToOwned::to_owned).or(made)
    };
    ProviderEndpoints {
        authorize: given("authorize_url", "/authorize").unwrap_or_default(),
        token: given("token_url", "/token").unwrap_or_default(),
        user_info: given("attributes_url", "/userinfo"),
        keys: given("jwks_uri", "/jwks"),
    }
}

/// The endpoints in the provider's details, and for those that are missing, in its discovery
/// document (O122).
fn discover(cx: &Cx<'_>, provider: &IdentityProvider) -> Result<ProviderEndpoints, Failed> {
    let name = &provider.provider_name;
    let detail = |name: &str| provider.detail(name).map(ToOwned::to_owned);
    let manual = (
        detail("authorize_url"),
        detail("token_url"),
        detail("jwks_uri"),
    );
    if let (Some(authorize), Some(token), Some(keys)) = manual {
        return Ok(ProviderEndpoints {
            authorize,
            token,
            user_info: detail("attributes_url"),
            keys: Some(keys),
        });
    }
    let issuer = provider.detail("oidc_issuer").unwrap_or_default();
    let url = format!(
        "{}/.well-known/openid-configuration",
        issuer.trim_end_matches('/')
    );
    let request = Outgoing {
        method: "GET",
        headers: super::provider_client::headers(cx),
        url,
        body: String::new(),
    };
    let origin = Origin::of(issuer);
    let allowed: Vec<Origin> = origin.clone().into_iter().collect();
    let response = cx.world.fetch.send(request, &allowed);
    // The sentences are inferred from those of the other endpoints (O148).
    let response = response.map_err(|why| match why {
        NoResponse::TimedOut => Failed::new("Timeout in calling well-known endpoint"),
        _ => Failed::new("Connection reset"),
    })?;
    let otherwise = "error getting well-known configuration";
    let failed = || Failed::of_endpoint(name, response.status, &response.body, otherwise);
    if response.status != 200 {
        return Err(failed());
    }
    let document: Value = serde_json::from_slice(&response.body).map_err(|_| failed())?;
    // The document of another issuer must not be used (OpenID Connect Discovery, section 4.3).
    if document["issuer"] != issuer {
        return Err(failed());
    }
    // A document from the network does not lead to this machine.
    let allows_local = origin.is_some_and(|origin| origin.is_local());
    let is_allowed = |url: &&str| {
        let is_local = Origin::of(url).is_some_and(|it| it.is_local());
        let is_safe = url.starts_with("https://") && !is_local;
        url.len() <= DISCOVERED_URL && (is_safe || allows_local && Origin::of(url).is_some())
    };
    let found = |given: &str, member: &str| {
        let named = document[member].as_str().filter(is_allowed);
        detail(given).or_else(|| named.map(ToOwned::to_owned))
    };
    Ok(ProviderEndpoints {
        authorize: found("authorize_url", "authorization_endpoint").ok_or_else(failed)?,
        token: found("token_url", "token_endpoint").ok_or_else(failed)?,
        user_info: found("attributes_url", "userinfo_endpoint"),
        keys: found("jwks_uri", "jwks_uri"),
    })
}

/// The identity behind the provider's response: the code is exchanged, the ID token verified, and
/// the userInfo endpoint read. Claims of the ID token win (O121).
pub(crate) fn identity(arrival: &Arrival<'_>, params: &Params) -> Result<Identity, Failed> {
    let provider = &arrival.provider;
    if let Some(error) = params.given("error") {
        return Err(Failed::of_provider(
            error,
            params.given("error_description"),
        ));
    }
    let federation = arrival.federation.as_ref();
    let (Some(federation), Some(code)) = (federation, params.given("code")) else {
        return Err(Failed::new("invalid_request"));
    };
    let provider_client = ProviderClient {
        cx: arrival.cx,
        handle: &arrival.site.handle,
        provider,
        federation,
    };
    let response = token(&provider_client, code)?;
    let text = |name: &str| response.get(name).and_then(Value::as_str);
    let id_claims = match text("id_token") {
        Some(token) => verified(arrival, &provider_client, token)?,
        None => Map::new(),
    };
    // A provider with ID tokens must send one (OpenID Connect Core, section 3.1.3.3).
    if provider.provider_type.has_id_token() && id_claims.is_empty() {
        return Err(Failed::new("Bad token response: no id_token"));
    }
    let user_info = match text("access_token") {
        Some(token) => user_info(&provider_client, token, &id_claims)?,
        None => Map::new(),
    };
    let sources = json!({
        "tokenResponse": response, "idToken": id_claims, "userInfo": user_info,
    });
    let mut claims = user_info;
    claims.extend(id_claims);
    let tokens = ["access_token", "id_token"].into_iter();
    let tokens = tokens.filter_map(|name| Some((name.to_owned(), response.get(name)?.clone())));
    Ok(Identity {
        claims,
        tokens: tokens.collect(),
        sources,
        name_id: None,
        issuer: None,
        session: None,
    })
}

/// Exchanges the code (O120).
fn token(provider_client: &ProviderClient<'_>, code: &str) -> Result<Map<String, Value>, Failed> {
    let ProviderClient {
        provider,
        federation,
        ..
    } = provider_client;
    let redirect_uri = format!("{}{OIDC_RETURN}", federation.base);
    let pairs = [
        ("grant_type", Some("authorization_code")),
        ("client_id", provider.detail("client_id")),
        ("redirect_uri", Some(redirect_uri.as_str())),
        ("client_secret", provider.detail("client_secret")),
        ("code", Some(code)),
    ];
    let pairs = pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let form = encode(pairs);
    let url = &federation.endpoints.token;
    let response = if provider.detail("token_request_method") == Some("GET") {
        provider_client.get(&format!("{url}?{form}"), None)
    } else {
        provider_client.post(url, form, None)
    };
    let response = response.map_err(|why| match why {
        // O148.
        NoResponse::TimedOut => Failed::new("Timeout occurred in calling IdP token endpoint"),
        _ => Failed::new("Connection reset"),
    })?;
    let name = &provider.provider_name;
    let failed = || {
        let otherwise = "error getting token";
        Failed::of_endpoint(name, response.status, &response.body, otherwise)
    };
    let parsed = serde_json::from_slice(&response.body).ok();
    parsed.filter(|_| response.status == 200).ok_or_else(failed)
}

/// The claims of the ID token.
fn verified(
    arrival: &Arrival<'_>,
    provider_client: &ProviderClient<'_>,
    token: &str,
) -> Result<Map<String, Value>, Failed> {
    let Federation {
        endpoints, nonce, ..
    } = provider_client.federation;
    let keys = endpoints.keys.as_deref().unwrap_or_default();
    // The keys are fetched at each sign-in (O121).
    let response = provider_client.get(keys, None).map_err(|why| match why {
        NoResponse::TimedOut => Failed::new("Timeout in calling jwks uri"),
        _ => Failed::new("Connection reset"),
    })?;
    let keys: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let checks = Checks {
        issuer: provider_client
            .provider
            .detail("oidc_issuer")
            .unwrap_or_default(),
        client_id: provider_client
            .provider
            .detail("client_id")
            .unwrap_or_default(),
        nonce,
        now: arrival.provider_time().seconds(),
    };
    id_token::verify(token, &keys, &checks)
}

/// The claims of the userInfo endpoint, if the provider has one.
fn user_info(
    provider_client: &ProviderClient<'_>,
    token: &str,
    id_claims: &Map<String, Value>,
) -> Result<Map<String, Value>, Failed> {
    let ProviderClient {
        provider,
        federation,
        ..
    } = provider_client;
    let Some(url) = federation.endpoints.user_info.as_deref() else {
        return Ok(Map::new());
    };
    let response = if provider.detail("attributes_request_method") == Some("POST") {
        provider_client.post(url, String::new(), Some(token))
    } else if provider.is_on("attributes_url_add_attributes") {
        let names = provider.attribute_mapping.values();
        let names: Vec<&str> = names.map(String::as_str).collect();
        let list = encode([("", names.join(",").as_str())]);
        provider_client.get(
            &format!("{url}{}", list.trim_start_matches('=')),
            Some(token),
        )
    } else {
        provider_client.get(url, Some(token))
    };
    // The sentences are inferred from those of the token endpoint (O148).
    let response = response.map_err(|why| match why {
        NoResponse::TimedOut => Failed::new("Timeout occurred in calling IdP userInfo endpoint"),
        _ => Failed::new("Connection reset"),
    })?;
    let name = &provider.provider_name;
    let otherwise = "error getting user info";
    let failed = || Failed::of_endpoint(name, response.status, &response.body, otherwise);
    let parsed: Option<Map<String, Value>> = serde_json::from_slice(&response.body).ok();
    let claims = parsed
        .filter(|_| response.status == 200)
        .ok_or_else(failed)?;
    // The response of another user must not be used (OpenID Connect Core, section 5.3.2).
    match (id_claims.get("sub"), claims.get("sub")) {
        (Some(expected), Some(given)) if expected != given => Err(failed()),
        _ => Ok(claims),
    }
}
