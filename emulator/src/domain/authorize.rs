//! `GET /oauth2/authorize`: starts a sign-in for an app.
//!
//! Without a session it sends the browser to the sign-in page or to an external provider. With
//! one it returns to the app at once, with a code or tokens.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html>

use super::authorization::{Authorization, Refusal, provider_of, session_of, validate};
use super::params::Params;
use super::reply::{Answer, redirect};
use super::site::Site;
use super::{authorization_response, federation};
use crate::cx::Cx;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let params = Params::of_query(&request.query);
    let (site, authorization) = match validate(cx, request, params) {
        Ok(valid) => valid,
        Err(refusal) => return refusal.answer(request),
    };
    match proceed(cx, request, &site, &authorization) {
        Ok(answer) => answer,
        Err(refusal) => refusal.answer(request),
    }
}

/// Signs in by the browser's session, or sends the browser to the page that signs in.
fn proceed(
    cx: &Cx<'_>,
    request: &Request,
    site: &Site,
    authorization: &Authorization,
) -> Result<Answer, Refusal> {
    let params = &authorization.params;
    let provider = provider_of(&site.handle.read(), authorization)?;
    let prompts: Vec<&str> = params
        .get("prompt")
        .unwrap_or_default()
        .split(' ')
        .collect();
    // The classic pages ignore `prompt` (O33).
    let prompts = |name: &str| site.is_managed && prompts.contains(&name);
    let session = session_of(cx, request, site, authorization, provider.as_deref());
    let session = session.filter(|session| authorization.is_met_by(&site.handle.read(), session));
    match session {
        Some(session) if !prompts("login") && !prompts("select_account") => {
            return Ok(authorization_response::finish(
                cx,
                site,
                authorization,
                &session,
            ));
        }
        None if prompts("none") => {
            return Err(authorization.refusal("login_required", None));
        }
        _ => {}
    }
    if let Some(provider) = provider {
        return federation::begin(cx, request, site, authorization, &provider);
    }
    let login = site.url("/login", &request.query);
    Ok(Answer::from(redirect(&login)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Fixture;
    use crate::testing::browser::{Browser, CALLBACK};

    /// Each request fixes one fault of the request above it.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn precedence() {
        let mut fixture = Fixture::with_site(json!({}), json!({ "AllowedOAuthFlows": ["code"] }));
        let other = json!({ "UserPoolId": fixture.get("pool"), "ClientName": "no-oauth" });
        let other = fixture.must("CreateUserPoolClient", other);
        let other = other["UserPoolClient"]["ClientId"]
            .as_str()
            .unwrap()
            .to_owned();
        let client = fixture.get("client").to_owned();
        let ok = "https%3A%2F%2Fapp.example%2Fcb";
        let table = [
            (
                String::new(),
                "302 http://localhost:9229/error?error=Required+parameters+missing",
            ),
            (
                format!("client_id={client}"),
                "302 http://localhost:9229/error?error=Required+parameters+missing",
            ),
            (
                "client_id=unknown&redirect_uri=x".to_owned(),
                "302 http://localhost:9229/error?error=invalid_request",
            ),
            (
                format!("client_id={other}&redirect_uri={ok}"),
                "400 Client is not enabled for OAuth2.0 flows.",
            ),
            (
                format!("client_id={client}&redirect_uri={ok}%2F"),
                "302 http://localhost:9229/error?error=redirect_mismatch&client_id=$client",
            ),
            (
                format!("client_id={client}&redirect_uri=https%3A%2F%2FAPP.example%2Fcb"),
                "302 http://localhost:9229/error?error=redirect_mismatch&client_id=$client",
            ),
            (
                format!("client_id={client}&redirect_uri={ok}&state=S"),
                "302 https://app.example/cb?state=S&error=invalid_request",
            ),
            (
                format!("client_id={client}&redirect_uri={ok}&response_type=id_token"),
                "302 https://app.example/cb?error=invalid_request",
            ),
            (
                format!("client_id={client}&redirect_uri={ok}&response_type=token&state=S"),
                "302 https://app.example/cb#state=S&error=unauthorized_client",
            ),
            (
                format!("client_id={client}&redirect_uri={ok}&response_type=code&code_challenge=c"),
                "302 https://app.example/cb?error=invalid_request",
            ),
            (
                format!(
                    "client_id={client}&redirect_uri={ok}&response_type=code&code_challenge=c&code_challenge_method=plain"
                ),
                "302 https://app.example/cb?error=invalid_request",
            ),
            (
                format!(
                    "client_id={client}&redirect_uri={ok}&response_type=code&code_challenge_method=S256"
                ),
                "302 https://app.example/cb?error=invalid_request",
            ),
            (
                format!(
                    "client_id={client}&redirect_uri={ok}&response_type=code&scope=openid+phone&state=S"
                ),
                "302 https://app.example/cb?error_description=invalid_scope&state=S&error=invalid_request",
            ),
            (
                format!(
                    "client_id={client}&redirect_uri={ok}&response_type=code&scope=openid%252Bemail"
                ),
                "302 https://app.example/cb?error_description=invalid_scope&error=invalid_request",
            ),
            (
                format!("client_id={client}&redirect_uri={ok}&response_type=code&scope=email"),
                "302 https://app.example/cb?error_description=invalid_scope&error=invalid_request",
            ),
            (
                format!(
                    "client_id={client}&redirect_uri={ok}&response_type=code&identity_provider=Google"
                ),
                "400 Login option is not available. Please try another one",
            ),
            (
                format!("client_id={client}&redirect_uri={ok}&response_type=code&idp_identifier=x"),
                "400 Login option is not available. Please try another one",
            ),
            (
                format!(
                    "client_id={client}&redirect_uri={ok}&response_type=code&identity_provider=COGNITO&unknown=1"
                ),
                "302 http://localhost:9229/login?$query",
            ),
        ];
        for (query, expected) in table {
            let path = format!("/oauth2/authorize?{query}");
            let shown = Browser::new().get(&fixture, &path).to_string();
            let shown = shown.replace(&client, "$client");
            let expected = expected.replace("$query", &query.replace(&client, "$client"));
            assert_eq!(shown, expected, "{query}");
        }
    }

    /// `state` is returned as it was sent, and in its place.
    #[test]
    fn state_is_returned() {
        let fixture = Fixture::with_site(json!({}), json!({}));
        let base = fixture.get("authorize").replace("&state=S", "");
        for (sent, returned) in [
            ("", "code=$code"),
            ("&state=", "code=$code&state="),
            (
                "&state=a%26b%3Dc%20d%23e",
                "code=$code&state=a%26b%3Dc+d%23e",
            ),
        ] {
            let shown = Browser::new().sign_in(&fixture, &format!("{base}{sent}"), "ana");
            assert_eq!(shown.to_string(), format!("302 {CALLBACK}?{returned}"));
        }
    }

    /// A browser session signs in without a page for an hour. It does not begin again.
    #[test]
    fn sessions() {
        let mut fixture = Fixture::with_managed_site(json!({}), json!({}));
        let authorize = fixture.get("authorize").to_owned();
        let mut browser = Browser::new();
        let to_app = format!("302 {CALLBACK}?code=$code&state=S");
        assert_eq!(
            browser.sign_in(&fixture, &authorize, "ana").to_string(),
            to_app
        );
        let at = |fixture: &mut Fixture, browser: &mut Browser, advance: &str, more: &str| {
            fixture.run(&format!("advance {advance}"));
            browser
                .get(fixture, &format!("{authorize}{more}"))
                .to_string()
        };
        assert_eq!(at(&mut fixture, &mut browser, "3599", ""), to_app);
        let no_session = format!("302 {CALLBACK}?state=S&error=login_required");
        for (more, signs_in) in [
            ("&prompt=none", true),
            ("&identity_provider=COGNITO", true),
            ("&max_age=3599", true),
            ("&max_age=3598", false),
            ("&prompt=login", false),
            ("&prompt=login+consent", false),
        ] {
            let shown = at(&mut fixture, &mut browser, "0", more);
            assert_eq!(shown == to_app, signs_in, "{more}: {shown}");
        }
        // Another browser is not signed in.
        let other = Browser::new().get(&fixture, &format!("{authorize}&prompt=none"));
        assert_eq!(other.to_string(), no_session);
        let mut forged = Browser::new();
        let name = format!("cognito.{}", fixture.get("pool"));
        forged.set_cookie(&name, "H4sIforged.forged.3");
        let shown = forged.get(&fixture, &format!("{authorize}&prompt=none"));
        assert_eq!(shown.to_string(), no_session);
        assert_eq!(
            at(&mut fixture, &mut browser, "1", "&prompt=none"),
            no_session
        );
    }

    /// A disabled user's session does not sign in.
    #[test]
    fn sessions_of_users_who_are_disabled() {
        let mut fixture = Fixture::with_managed_site(json!({}), json!({}));
        let authorize = format!("{}&prompt=none", fixture.get("authorize"));
        let mut browser = Browser::new();
        browser.sign_in(&fixture, fixture.get("authorize"), "ana");
        for (operation, signs_in) in [
            ("AdminUserGlobalSignOut", true),
            ("AdminDisableUser", false),
            ("AdminEnableUser", true),
            ("AdminDeleteUser", false),
        ] {
            let user = json!({ "UserPoolId": fixture.get("pool"), "Username": "ana" });
            fixture.must(operation, user);
            let shown = browser.get(&fixture, &authorize);
            let expected = if signs_in {
                "code=$code&state=S"
            } else {
                "state=S&error=login_required"
            };
            assert_eq!(
                shown.to_string(),
                format!("302 {CALLBACK}?{expected}"),
                "{operation}"
            );
        }
    }

    /// The host of a domain serves the clients of its pool only.
    #[test]
    fn hosts() {
        let mut fixture = Fixture::with_site(json!({}), json!({}));
        let other = fixture.must("CreateUserPool", json!({ "PoolName": "other" }));
        let pool = other["UserPool"]["Id"].as_str().unwrap().to_owned();
        let domain = json!({ "UserPoolId": pool, "Domain": "other" });
        fixture.must("CreateUserPoolDomain", domain);
        let authorize = fixture.get("authorize").to_owned();
        for (host, expected) in [
            ("login.auth.us-east-1.amazoncognito.com", "/login"),
            ("login.auth.us-east-1.localhost", "/login"),
            ("127.0.0.1", "/login"),
            (
                "other.auth.us-east-1.localhost",
                "/error?error=invalid_request",
            ),
            ("login.auth.eu-west-1.localhost", ""),
            ("unknown.auth.us-east-1.amazoncognito.com", ""),
        ] {
            let mut request = crate::wire::web::Request::new("GET", &authorize);
            host.clone_into(&mut request.host);
            request.base = format!("http://{host}");
            let shown = Browser::new().send(&fixture, request);
            let location = shown.location();
            if expected.is_empty() {
                assert_eq!(
                    shown.to_string(),
                    "404 {\"error\":\"This URL doesn't exist on the authorization server.\"}",
                    "{host}"
                );
            } else {
                assert!(
                    location.starts_with(&format!("http://{host}{expected}")),
                    "{location}"
                );
            }
        }
    }
}
