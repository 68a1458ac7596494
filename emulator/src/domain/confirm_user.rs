//! `GET /confirmUser`: the link in a message that confirms a sign-up (O16).

use serde_json::{Value, json};

use super::authorization::{Authorization, Refusal};
use super::page::show;
use super::params::Params;
use super::reply::{self, Answer};
use super::sentences;
use super::site::Site;
use super::view::{Page, Text};
use crate::auth::secret_hash;
use crate::cx::Cx;
use crate::ops;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let params = Params::of_query(&request.query);
    let client_id = params.get("client_id").unwrap_or_default();
    let site = match Site::of_client(cx, request, client_id) {
        Ok(site) => site,
        Err(why) => return Refusal::from(why).answer(request),
    };
    let username = params.get("user_name").unwrap_or_default();
    let mut input = with_hash(&site, client_id, username);
    input["ConfirmationCode"] = json!(params.get("confirmation_code").unwrap_or_default());
    match ops::perform(cx, "ConfirmSignUp", &input) {
        Ok(_) => confirmed(cx, request, &site, client_id),
        Err(error) => {
            let sentence = error.sentence().unwrap_or_default();
            let response = reply::html(400, &sentence);
            Answer::refusal(response, error.code(), Some(&sentence))
        }
    }
}

/// The page after a confirmation (its text is inferred). A client of managed login without a style
/// has no pages, so that it gets the sentence alone.
fn confirmed(cx: &Cx<'_>, request: &Request, site: &Site, client_id: &str) -> Answer {
    let has_pages = !site.is_managed || site.handle.read().style_of(client_id).is_ok();
    if !has_pages {
        return Answer::from(reply::html(200, sentences::CONFIRMED));
    }
    let params = Params::of_query(&request.query);
    let authorization = Authorization::of_page(client_id, "", params);
    let page = Page::Message {
        heading: Text::Key("message.done"),
        text: Text::Key("message.confirmed"),
        link: None,
    };
    show(cx, request, site, &authorization, page, None)
}

/// A request of an app client for `username`, with `SecretHash` if the client is confidential.
pub(crate) fn with_hash(site: &Site, client_id: &str, username: &str) -> Value {
    let mut input = json!({ "ClientId": client_id, "Username": username });
    let pool = site.handle.read();
    let secret = pool
        .client(client_id)
        .ok()
        .and_then(|client| client.shown_secret());
    if let Some(secret) = secret {
        let hash = secret_hash::secret_hash(secret, username, client_id);
        input["SecretHash"] = json!(hash);
    }
    input
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::browser::Browser;
    use crate::testing::{Fixture, PASSWORD, respond};
    use crate::world::Message;

    fn with_link() -> serde_json::Value {
        json!({
            "AutoVerifiedAttributes": ["email"],
            "VerificationMessageTemplate": { "DefaultEmailOption": "CONFIRM_WITH_LINK" },
        })
    }

    fn sign_up(fixture: &mut Fixture, username: &str) -> String {
        let input = json!({
            "ClientId": fixture.get("client"), "Username": username, "Password": PASSWORD,
            "UserAttributes": [{ "Name": "email", "Value": "dora@example.com" }],
        });
        fixture.call("SignUp", input).to_string()
    }

    fn latest(fixture: &Fixture) -> Message {
        let outbox = fixture.emulator().world().courier.outbox();
        outbox.last().unwrap().clone()
    }

    /// The path and query of the link in the latest message.
    fn link(fixture: &Fixture) -> String {
        let link = latest(fixture).link.unwrap();
        let host = "https://login.auth.us-east-1.amazoncognito.com";
        link.strip_prefix(host).unwrap().to_owned()
    }

    fn status(fixture: &mut Fixture, username: &str) -> serde_json::Value {
        let user = json!({ "UserPoolId": fixture.get("pool"), "Username": username });
        let user = fixture.must("AdminGetUser", user);
        json!([user["UserStatus"], user["UserAttributes"]])
    }

    /// In both versions. The link has to be a sign-up's latest one, and counts once.
    #[test]
    fn a_link_confirms_a_sign_up() {
        for mut fixture in [
            Fixture::with_site(with_link(), json!({})),
            Fixture::with_managed_site(with_link(), json!({})),
        ] {
            sign_up(&mut fixture, "dora&co");
            let first = link(&fixture);
            let message = latest(&fixture);
            assert_eq!(message.subject, "Your verification link");
            let anchor = format!("<a href=\"{}\">Verify Email</a>", message.link.unwrap());
            assert!(message.body.ends_with(&anchor), "{}", message.body);
            assert!(first.contains("&user_name=dora%26co&"), "{first}");
            let user = json!({ "ClientId": fixture.get("client"), "Username": "dora&co" });
            fixture.must("ResendConfirmationCode", user);
            let second = link(&fixture);
            let mut browser = Browser::new();
            let shown = browser.get(&fixture, &first);
            let unknown = "400 Invalid verification code provided, please try again.";
            assert_eq!(shown.to_string(), unknown);
            let shown = browser.get(&fixture, &second);
            assert!(shown.text().contains("confirmed"), "{shown}");
            assert_eq!(status(&mut fixture, "dora&co")[0], "CONFIRMED");
            let again = browser.get(&fixture, &second);
            let confirmed = "400 User cannot be confirmed. Current status is CONFIRMED";
            assert_eq!(again.to_string(), confirmed);
            assert!(
                status(&mut fixture, "dora&co")
                    .to_string()
                    .contains(r#""email_verified","Value":"true""#)
            );
        }
    }

    #[test]
    fn links_expire_after_a_day() {
        let mut fixture = Fixture::with_site(with_link(), json!({}));
        sign_up(&mut fixture, "dora");
        let link = link(&fixture).replace("/confirmUser?", "/confirmUser/?");
        fixture.run("advance 86400");
        let shown = Browser::new().get(&fixture, &link);
        let expired = "400 Invalid code provided, please request a code again.";
        assert_eq!(shown.to_string(), expired);
        assert_eq!(status(&mut fixture, "dora")[0], "UNCONFIRMED");
    }

    /// Without a domain there is no address for the link. No user is created (inferred).
    #[test]
    fn a_link_needs_a_domain() {
        let mut fixture = Fixture::with_pool_and_client(with_link(), json!({}));
        let refused = "400 InvalidParameterException: Cannot perform specific action because there \
                       does not exist a valid use pool domain associated with the user pool";
        assert_eq!(sign_up(&mut fixture, "dora"), refused);
        let user = json!({ "UserPoolId": fixture.get("pool"), "Username": "dora" });
        let reply = fixture.call("AdminGetUser", user);
        assert_eq!(reply.code.as_deref(), Some("UserNotFoundException"));
        let domain = json!({ "UserPoolId": fixture.get("pool"), "Domain": "auth.example.com",
            "CustomDomainConfig": { "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c9f0e1d2-0000-4000-8000-000000000000" } });
        fixture.must("CreateUserPoolDomain", domain);
        sign_up(&mut fixture, "dora");
        let link = latest(&fixture).link.unwrap();
        assert!(
            link.starts_with("https://auth.example.com/confirmUser?"),
            "{link}"
        );
    }

    /// Other messages of the pool have codes.
    #[test]
    fn only_sign_ups_have_links() {
        let mut fixture = Fixture::with_site(with_link(), json!({}));
        let user = json!({ "ClientId": fixture.get("client"), "Username": "ana" });
        fixture.must("ForgotPassword", user);
        let message = latest(&fixture);
        assert_eq!(message.link, None);
        assert!(message.body.contains(&message.code), "{}", message.body);
    }

    /// The function's text needs the placeholder of the link.
    #[test]
    fn custom_messages_with_links() {
        let mut shown = String::new();
        for text in ["Open {##this page##}, or type {####}", "Welcome"] {
            let mut fixture = Fixture::with_site(with_link(), json!({}))
                .and_trigger("CustomMessage", move |event| {
                    respond(event, json!({ "emailMessage": text }))
                });
            let reply = sign_up(&mut fixture, "dora");
            let outbox = fixture.emulator().world().courier.outbox();
            let sent = outbox.last().map(|message| {
                let link = message.link.clone().unwrap_or_default();
                message
                    .body
                    .replace(&link, "LINK")
                    .replace(&message.code, "CODE")
            });
            let status = reply.split_once(" {").map_or(&*reply, |(status, _)| status);
            writeln!(shown, "{status} {sent:?}").unwrap();
        }
        assert_snapshot!(shown, @r#"
        200 Some("Open <a href=\"LINK\">this page</a>, or type CODE")
        400 InvalidParameterException: 1 validation error detected: Value 'Welcome' at 'emailBody' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{##[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*##\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]* None
        "#);
    }

    /// The page after a sign-up asks for no code, and the browser signs in later.
    #[test]
    fn the_page_after_a_sign_up_asks_to_open_the_link() {
        let fixture = Fixture::with_managed_site(with_link(), json!({}));
        let mut browser = Browser::new();
        let login = browser.get(&fixture, fixture.get("authorize")).location();
        let sign_up = login.replace("/login", "/signup");
        browser.get(&fixture, &sign_up);
        let fields = [
            ("username", "dora"),
            ("password", PASSWORD),
            ("requiredAttributes[email]", "dora@example.com"),
        ];
        let page = browser.post(&fixture, &sign_up, &fields);
        let sent = "We have sent a link to d***@e***.";
        assert!(page.text().contains(sent), "{page}");
        assert!(!page.text().contains("verification_code"));
        let sign_in = [("username", "dora"), ("password", PASSWORD)];
        let waiting = browser.post(&fixture, &login, &sign_in);
        assert_eq!(waiting.to_string(), "200 User is not confirmed.");
        assert!(waiting.text().contains("Send a new link"));
        let resend = login.replace("/login", "/resendcode");
        let page = browser.post(&fixture, &resend, &[("username", "dora")]);
        assert!(page.text().contains(sent), "{page}");
        Browser::new().get(&fixture, &link(&fixture));
        let shown = browser.post(&fixture, &login, &sign_in);
        assert!(shown.parameter("code").is_some(), "{shown}");
    }
}
