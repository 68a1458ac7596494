//! `GET /logout`: ends the browser session, and sends the browser to the app or to the sign-in
//! page.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html>

use super::authorization::Refusal;
use super::cookies;
use super::federation::saml;
use super::params::{Params, encode};
use super::reply::{Answer, redirect};
use super::site::Site;
use crate::cx::Cx;
use crate::state::pool::Pool;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let params = Params::of_query(&request.query);
    let site = match Site::of_client(cx, request, params.get("client_id").unwrap_or_default()) {
        Ok(site) => site,
        Err(why) => return Refusal::from(why).answer(request),
    };
    // The session ends even if the request is wrong (O91).
    let session = cookies::session(&site, request)
        .and_then(|secret| site.handle.write().web.sessions.remove(secret));
    let target = target(&site.handle.read(), &params);
    let url = target.map(|target| match target {
        Target::App(url) => url,
        Target::Login(query) => site.url("/login", &query),
    });
    let mut answer = match url {
        Some(url) => {
            // The session at a SAML provider ends first (O95).
            let client_id = params.get("client_id").unwrap_or_default();
            let at_provider =
                session.and_then(|session| saml::sign_out(cx, &site, &session, client_id, &url));
            at_provider.unwrap_or_else(|| Answer::from(redirect(&url)))
        }
        None => mistaken(&site, request),
    };
    let cookie = cookies::clear(&site.session_cookie(), request);
    answer.response.headers.push(("set-cookie", cookie.into()));
    answer
}

/// Where the browser goes.
enum Target {
    /// A registered sign-out URL.
    App(String),
    /// The sign-in page, with this query.
    Login(String),
}

/// `logout_uri` wins over `redirect_uri` (O89, O90).
fn target(pool: &Pool, params: &Params) -> Option<Target> {
    let client = pool.client(params.get("client_id")?).ok()?;
    let listed = |urls: &Option<Vec<String>>, url: &str| {
        urls.iter().flatten().any(|registered| registered == url)
    };
    if let Some(url) = params.given("logout_uri") {
        let is_registered = listed(&client.settings.logout_urls, url);
        return is_registered.then(|| Target::App(url.to_owned()));
    }
    let redirect_uri = params.given("redirect_uri")?;
    params.given("response_type")?;
    if !listed(&client.settings.callback_urls, redirect_uri) {
        return None;
    }
    let scopes = client.settings.allowed_oauth_scopes.iter().flatten();
    let all: Vec<&str> = scopes.map(String::as_str).collect();
    let all = all.join(" ");
    let scope = params.given("scope").unwrap_or(&all);
    let names = [
        "client_id",
        "redirect_uri",
        "response_type",
        "state",
        "nonce",
    ];
    let pairs = names
        .into_iter()
        .filter_map(|name| Some((name, params.get(name)?)));
    let query = encode(pairs.chain([("scope", scope)]));
    Some(Target::Login(query))
}

/// A URL that is not registered, or an incomplete request: the error page in the classic version
/// (O91), the sign-in page without its parameters in managed login (O92).
fn mistaken(site: &Site, request: &Request) -> Answer {
    let path = if site.is_managed { "/login" } else { "/error" };
    let query = if site.is_managed { "" } else { &request.query };
    let response = redirect(&site.url(path, query));
    Answer::refusal(response, "invalid_request", None)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Fixture;
    use crate::testing::browser::{Browser, CALLBACK};

    /// Only registered URLs are redirected to. The session ends in every case (O89 to O92).
    #[test]
    fn targets() {
        for is_managed in [false, true] {
            let fixture = if is_managed {
                Fixture::with_managed_site(json!({}), json!({}))
            } else {
                Fixture::with_site(json!({}), json!({}))
            };
            let client = fixture.get("client");
            let mistaken = |query: &str| {
                if is_managed {
                    "http://localhost:9229/login".to_owned()
                } else {
                    format!("http://localhost:9229/error?client_id={client}{query}")
                }
            };
            let out = "https%3A%2F%2Fapp.example%2Fout";
            let login = format!(
                "http://localhost:9229/login?client_id={client}&redirect_uri={}&response_type=code",
                "https%3A%2F%2Fapp.example%2Fcb"
            );
            for (query, expected) in [
                (
                    format!("&logout_uri={out}"),
                    "https://app.example/out".to_owned(),
                ),
                (
                    format!("&logout_uri={out}&redirect_uri=x"),
                    "https://app.example/out".to_owned(),
                ),
                (
                    format!("&redirect_uri={CALLBACK}&response_type=code&state=S"),
                    format!("{login}&state=S&scope=openid+profile+email"),
                ),
                (
                    format!("&redirect_uri={CALLBACK}&response_type=code&scope=openid"),
                    format!("{login}&scope=openid"),
                ),
                (String::new(), mistaken("")),
                (
                    format!("&logout_uri={out}%2F"),
                    mistaken(&format!("&logout_uri={out}%2F")),
                ),
                (
                    "&logout_uri=https%3A%2F%2Fevil.example".to_owned(),
                    mistaken("&logout_uri=https%3A%2F%2Fevil.example"),
                ),
                (
                    "&redirect_uri=https%3A%2F%2Fevil.example&response_type=code".to_owned(),
                    mistaken("&redirect_uri=https%3A%2F%2Fevil.example&response_type=code"),
                ),
                (
                    "&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fout".to_owned(),
                    mistaken("&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fout"),
                ),
            ] {
                let mut browser = Browser::new();
                browser.sign_in(&fixture, fixture.get("authorize"), "ana");
                let secret = browser.clone();
                let shown = browser.get(&fixture, &format!("/logout?client_id={client}{query}"));
                assert_eq!(shown.to_string(), format!("302 {expected}"), "{query}");
                // Neither this browser nor a copy of its cookie is signed in.
                for mut browser in [browser, secret] {
                    let shown = browser.get(&fixture, fixture.get("authorize"));
                    assert!(shown.location().contains("/login?"), "{query}: {shown}");
                }
            }
        }
    }
}
