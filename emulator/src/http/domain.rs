//! The web endpoints of domains over HTTP: every path that no other route has.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use smol_str::SmolStr;

use super::authority::Authority;
use super::listener::Peer;
use super::{Mounted, are_header_names, nothing_here, unread};
use crate::bounds::FORM_BYTES;
use crate::domain;
use crate::stack::Stack;
use crate::wire::{Reply, Service, web};

/// Answers a request for a page.
pub(super) async fn page(State(mounted): State<Mounted>, request: Request) -> Response {
    let Mounted {
        stack,
        bodies,
        scheme,
        ..
    } = mounted;
    let (parts, body) = request.into_parts();
    let Ok(authority) = Authority::of(&parts.uri, &parts.headers) else {
        return nothing_here(StatusCode::NOT_FOUND);
    };
    if !domain::is_endpoint(parts.uri.path()) && !domain::site::is_domain_host(&authority.host) {
        return nothing_here(StatusCode::NOT_FOUND);
    }
    if parts.method == Method::OPTIONS && domain::is_shared(parts.uri.path()) {
        return preflight(&parts.headers);
    }
    let body = match bodies.read(body, FORM_BYTES).await {
        Ok(body) => body,
        Err(why) => return unread(why),
    };
    let request = read(
        &parts,
        authority.url(scheme),
        &authority,
        body.bytes.clone(),
    );
    let scope = stack.scope().at_host(&authority.host);
    let mut call = domain::call(request, &scope);
    call.address = super::address(&stack, scheme, &parts.uri, &parts.headers).map(SmolStr::from);
    let stack = stack.world_of(&call).unwrap_or(stack);
    let web = call.web.clone();
    let run = move |stack: &Stack| stack.call(&call);
    // Only some endpoints send requests to identity providers.
    let waits = domain::may_fetch(parts.uri.path()) && stack.world().fetch.waits();
    let reply = if waits {
        super::blocking(&stack, run).await
    } else {
        super::spawn_blocking_if_needed(&stack, run).await
    };
    match web {
        Some(web) => answer(&web, reply).await,
        None => nothing_here(StatusCode::NOT_FOUND),
    }
}

/// The request in the emulator's own form.
fn read(parts: &Parts, base: String, authority: &Authority, body: bytes::Bytes) -> web::Request {
    let peer = parts.extensions.get::<Peer>();
    let text = |name: HeaderName| {
        let value = parts.headers.get(name)?;
        value.to_str().ok().map(ToOwned::to_owned)
    };
    web::Request {
        method: parts.method.as_str().to_owned(),
        base,
        host: authority.host.clone(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        content_type: text(header::CONTENT_TYPE),
        authorization: text(header::AUTHORIZATION),
        cookies: cookies(&parts.headers),
        user_agent: text(header::USER_AGENT),
        peer: peer.map(|Peer(ip)| ip.to_canonical().to_string()),
        body,
        form: web::Form::default(),
    }
}

/// The cookies of all `Cookie` headers (RFC 6265, section 5.4; HTTP/2 may split them).
fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let values = headers.get_all(header::COOKIE).iter();
    let pairs = values.filter_map(|value| value.to_str().ok());
    let pairs = pairs.flat_map(|value| value.split(';'));
    let pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
        .collect()
}

/// The response of the page, or that of the layer that refused the request.
async fn answer(request: &web::Request, reply: Reply) -> Response {
    if reply.cut.is_some() {
        return super::answer(reply).await;
    }
    if !reply.delay.is_zero() {
        #[expect(
            clippy::disallowed_methods,
            reason = "a mount waits for the delays of replies"
        )]
        tokio::time::sleep(reply.delay).await;
    }
    let page = match reply.web {
        Some(page) => *page,
        None => domain::refused(request, &reply),
    };
    let mut response = Response::new(Body::from(page.body));
    *response.status_mut() =
        StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.reserve(page.headers.len());
    for (name, value) in page.headers {
        let value = match value {
            Cow::Borrowed(value) => Ok(HeaderValue::from_static(value)),
            Cow::Owned(value) => HeaderValue::try_from(value),
        };
        if let Ok(value) = value {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    response
}

/// The response to a browser's preflight request for an endpoint that programs use. Amplify sends
/// a header of its own to the token endpoint. What Cognito allows is not known, so the headers
/// that the browser names are repeated, as on the API.
fn preflight(headers: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    let added = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_MAX_AGE, "172800"),
    ] {
        added.insert(name, HeaderValue::from_static(value));
    }
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    if let Some(asked) = asked.filter(|asked| are_header_names(asked)) {
        added.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};
    use tokio::net::TcpListener;
    use ureq::Agent;

    use crate::Issuer;
    use crate::http::serve;
    use crate::network::Network;
    use crate::stack::Stack;
    use crate::testing::PASSWORD;
    use crate::wire::{Call, Service};
    use crate::world::Clock;

    const CALLBACK: &str = "https://app.example/cb";

    fn must(stack: &Stack, operation: &str, input: Value) -> Value {
        let reply = stack.call(&Call::new(operation, input));
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }

    /// A pool with a domain and a client whose callback is `callback`: their ids, and the client's
    /// secret.
    fn pool(stack: &Stack, name: &str, callback: &str) -> [String; 3] {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let pool = must(stack, "CreateUserPool", json!({ "PoolName": name }));
        let pool = text(&pool["UserPool"]["Id"]);
        must(
            stack,
            "CreateUserPoolDomain",
            json!({ "UserPoolId": pool, "Domain": name }),
        );
        let client = json!({
            "UserPoolId": pool, "ClientName": "app", "GenerateSecret": true,
            "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid", "email"], "CallbackURLs": [callback],
            "SupportedIdentityProviders": ["COGNITO"],
        });
        let client = must(stack, "CreateUserPoolClient", client);
        let client = &client["UserPoolClient"];
        [
            pool,
            text(&client["ClientId"]),
            text(&client["ClientSecret"]),
        ]
    }

    /// A browser: it keeps cookies, and returns the status, `Location` and the body.
    #[derive(Default)]
    struct Browser(BTreeMap<String, String>);

    impl Browser {
        fn send(&mut self, url: &str, form: Option<&[(&str, &str)]>) -> (u16, String, String) {
            let agent: Agent = Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .proxy(None)
                .build()
                .into();
            let cookies = self.0.iter().map(|(name, value)| format!("{name}={value}"));
            let cookies = cookies.collect::<Vec<_>>().join("; ");
            let response = match form {
                None => agent.get(url).header("cookie", &cookies).call(),
                Some(fields) => {
                    let request = agent.post(url).header("cookie", &cookies);
                    request.send_form(fields.iter().copied())
                }
            };
            let mut response = response.unwrap();
            for cookie in response.headers().get_all("set-cookie") {
                let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = cookie.split_once('=').unwrap();
                self.0.insert(name.to_owned(), value.to_owned());
            }
            let location = response.headers().get("location");
            let location = location.map_or("", |it| it.to_str().unwrap()).to_owned();
            let status = response.status().as_u16();
            (
                status,
                location,
                response.body_mut().read_to_string().unwrap(),
            )
        }
    }

    /// A pool signs in through another pool of the same server, as an `OpenID` Connect provider on
    /// the network: by discovery, with the code, the keys and the userInfo endpoint.
    #[expect(clippy::too_many_lines, reason = "two pools and a browser")]
    #[tokio::test(flavor = "multi_thread")]
    async fn a_pool_is_the_provider_of_another() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stack = Stack::builder()
            .clock(Clock::fixed(1_800_000_000))
            .issuer(Issuer::Base(base.clone()))
            .network(Network::default())
            .build();
        let back = format!("{base}/oauth2/idpresponse");
        let [provider, app, secret] = pool(&stack, "theirs", "http://localhost/x");
        let client = json!({
            "UserPoolId": provider, "ClientId": app, "AllowedOAuthFlowsUserPoolClient": true,
            "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid", "email"],
            // The API accepts other addresses than `localhost` only with TLS.
            "CallbackURLs": [back.replace("127.0.0.1", "localhost")],
            "SupportedIdentityProviders": ["COGNITO"],
        });
        must(&stack, "UpdateUserPoolClient", client);
        let user = json!({
            "UserPoolId": provider, "Username": "ana", "MessageAction": "SUPPRESS",
            "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }],
        });
        must(&stack, "AdminCreateUser", user);
        let password = json!({
            "UserPoolId": provider, "Username": "ana", "Password": PASSWORD, "Permanent": true,
        });
        must(&stack, "AdminSetUserPassword", password);
        let [own, client, _] = pool(&stack, "ours", CALLBACK);
        let details = json!({
            "client_id": app, "client_secret": secret, "authorize_scopes": "openid email",
            "oidc_issuer": format!("{base}/{provider}"), "attributes_request_method": "GET",
        });
        let idp = json!({
            "UserPoolId": own, "ProviderName": "Theirs", "ProviderType": "OIDC",
            "ProviderDetails": details, "AttributeMapping": { "email": "email" },
        });
        must(&stack, "CreateIdentityProvider", idp);
        let settings = json!({
            "UserPoolId": own, "ClientId": client, "AllowedOAuthFlowsUserPoolClient": true,
            "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid", "email"],
            "CallbackURLs": [CALLBACK], "SupportedIdentityProviders": ["Theirs"],
        });
        must(&stack, "UpdateUserPoolClient", settings);

        let server = tokio::spawn(serve(listener, stack.clone(), std::future::pending()));
        let browser_base = base.replace("127.0.0.1", "localhost");
        let start = format!(
            "{browser_base}/oauth2/authorize?client_id={client}&redirect_uri={CALLBACK}\
             &response_type=code&identity_provider=Theirs&state=S"
        );
        let end = tokio::task::spawn_blocking(move || {
            let mut browser = Browser::default();
            let (_, to_provider, _) = browser.send(&start, None);
            let to_provider = to_provider.replace("127.0.0.1", "localhost");
            let (_, login, _) = browser.send(&to_provider, None);
            let (status, _, _) = browser.send(&login, None);
            assert_eq!(status, 200, "{login}");
            let csrf = browser.0["XSRF-TOKEN"].clone();
            let fields = [
                ("_csrf", csrf.as_str()),
                ("username", "ana"),
                ("password", PASSWORD),
            ];
            let (_, returned, body) = browser.send(&login, Some(&fields));
            assert!(
                returned.contains("/oauth2/idpresponse?code="),
                "{returned} {body}"
            );
            browser.send(&returned, None).1
        });
        let end = end.await.unwrap();
        assert!(end.starts_with(&format!("{CALLBACK}?code=")), "{end}");
        assert!(end.ends_with("&state=S"), "{end}");
        let users = must(&stack, "ListUsers", json!({ "UserPoolId": own }));
        assert_eq!(users["Users"][0]["UserStatus"], "EXTERNAL_PROVIDER");
        let attributes = users["Users"][0]["Attributes"].to_string();
        assert!(attributes.contains("ana@example.com"), "{attributes}");
        server.abort();
    }
}
