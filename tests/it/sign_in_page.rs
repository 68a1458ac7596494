//! Sign-ins at the pages of a domain, for tests that need an authorization code.

use std::collections::BTreeMap;

use cognito_emulator::domain;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::Service as _;
use cognito_emulator::wire::web::{Request, Response};

/// A browser that keeps cookies.
#[derive(Default)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    fn send(&mut self, stack: &Stack, mut request: Request) -> Response {
        let cookies = self.0.iter();
        request.cookies = cookies
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let reply = stack.call(&domain::call(request, stack.scope()));
        let response = *reply.web.expect("a page answers with a page");
        for (name, value) in &response.headers {
            let pair = value
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='));
            if let (&"set-cookie", Some((cookie, value))) = (name, pair) {
                self.0.insert(cookie.to_owned(), value.to_owned());
            }
        }
        response
    }
}

/// The authorization code with which the browser is sent back to `redirect`, after `username` has
/// signed in at the page of `client`. `challenge` is that of PKCE; empty if there is none.
pub(crate) fn authorization_code(
    stack: &Stack,
    [client, redirect]: [&str; 2],
    [username, password]: [&str; 2],
    challenge: &str,
) -> String {
    let redirect = encoded(redirect);
    let mut login = format!(
        "/login?client_id={client}&redirect_uri={redirect}&response_type=code&scope=openid"
    );
    if !challenge.is_empty() {
        login.push_str("&code_challenge_method=S256&code_challenge=");
        login.push_str(challenge);
    }
    let mut browser = Browser::default();
    browser.send(stack, Request::new("GET", &login));
    let csrf = browser.0["XSRF-TOKEN"].clone();
    let password = encoded(password);
    let form = format!("_csrf={csrf}&username={username}&password={password}");
    let sent = Request::new("POST", &login).with_form(&form);
    let response = browser.send(stack, sent);
    let location = response.header("location").unwrap_or_default();
    let (_, query) = location.split_once('?').unwrap_or_default();
    let code = query.split('&').find_map(|pair| pair.strip_prefix("code="));
    code.map_or_else(|| panic!("no code in `{location}`"), ToOwned::to_owned)
}

/// `text` as a value of a form.
fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    bytes.collect()
}
