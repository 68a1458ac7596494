//! The web endpoints of a user pool's domain: OAuth 2.0, `OpenID` Connect, and the sign-in pages.
//!
//! An endpoint is a file: the request, the checks in Cognito's order, the response, and
//! transcripts. Requests arrive as calls, so that journal, faults and throttle apply to them;
//! the operation of such a call is `domain/` and the name of the endpoint. Endpoints know no
//! rules of sign-in: they call `sign_in` and the operations, and one table maps each challenge
//! to a page.

mod add_passkey;
mod authorization;
mod authorization_response;
mod authorize;
mod confirm;
mod confirm_forgot_password;
mod confirm_user;
mod cookies;
mod device;
mod error_page;
mod federation;
mod forgot_password;
mod help;
mod idp_response;
mod language;
mod login;
mod logout;
mod names;
mod page;
mod params;
mod qr;
mod render;
mod reply;
mod resend_code;
mod revoke;
mod saml_logout;
mod saml_response;
mod sentences;
mod sign_up;
pub mod site;
mod step_up;
mod steps;
#[cfg(test)]
mod tests;
mod token;
mod user_info;
mod view;

use std::sync::Arc;

use serde_json::{Value, json};

use self::federation::provider;
use self::reply::Answer;
use crate::cx::Cx;
use crate::wire::web::{Request, Response};
use crate::wire::{Body, Call, Reply, Scope};

/// Declares the table of endpoints: the path, the methods, the name, and the file.
macro_rules! endpoints {
    ($($path:literal [$($method:literal)|+] $name:literal => $page:ident,)+) => {
        /// The paths of the endpoints, with their methods and the operation that they are in the
        /// journal. Paths are case-sensitive (O14).
        pub const ENDPOINTS: &[(&str, &[&str], &str)] =
            &[$(($path, &[$($method),+], concat!("domain/", $name))),+];

        fn dispatch(cx: &Cx<'_>, request: &Request) -> Answer {
            match (request.path.as_str(), request.method.as_str()) {
                $(($path, $($method)|+) => $page::answer(cx, request),)+
                _ => unknown(request),
            }
        }
    };
}

endpoints! {
    "/oauth2/authorize" ["GET"] "Authorize" => authorize,
    "/oauth2/token" ["POST"] "Token" => token,
    "/oauth2/userInfo" ["GET" | "POST"] "UserInfo" => user_info,
    "/oauth2/revoke" ["POST"] "Revoke" => revoke,
    "/oauth2/idpresponse" ["GET" | "POST"] "IdpResponse" => idp_response,
    "/saml2/idpresponse" ["POST"] "SamlResponse" => saml_response,
    "/saml2/logout" ["POST"] "SamlLogout" => saml_logout,
    "/provider/sign-in" ["GET" | "POST"] "Provider" => provider,
    "/login" ["GET" | "POST"] "Login" => login,
    "/logout" ["GET"] "Logout" => logout,
    "/signup" ["GET" | "POST"] "SignUp" => sign_up,
    "/confirm" ["GET" | "POST"] "Confirm" => confirm,
    "/confirmUser" ["GET"] "ConfirmUser" => confirm_user,
    // The link of the guide's page on messages ends with a slash; links that were seen do not.
    "/confirmUser/" ["GET"] "ConfirmUser" => confirm_user,
    "/resendcode" ["POST"] "ResendCode" => resend_code,
    "/forgotPassword" ["GET" | "POST"] "ForgotPassword" => forgot_password,
    "/confirmforgotPassword" ["GET" | "POST"] "ConfirmForgotPassword" => confirm_forgot_password,
    // Browsers were seen at these two, which the guide does not list (O13).
    "/confirmForgotPassword" ["GET" | "POST"] "ConfirmForgotPassword" => confirm_forgot_password,
    "/mfa" ["GET" | "POST"] "Login" => login,
    "/passkeys/add" ["GET" | "POST"] "AddPasskey" => add_passkey,
    "/error" ["GET"] "Error" => error_page,
}

/// Whether an endpoint has the path `path`.
#[must_use]
pub fn is_endpoint(path: &str) -> bool {
    ENDPOINTS.iter().any(|(known, ..)| *known == path)
}

/// The operation of a request that no endpoint answers.
const UNKNOWN: &str = "domain/Unknown";

/// The operation of a request for `path`.
#[must_use]
pub fn operation(path: &str) -> &'static str {
    let found = ENDPOINTS.iter().find(|(known, ..)| *known == path);
    found.map_or(UNKNOWN, |(.., name)| name)
}

/// The call of `request`, for the layers. Its input is the request without secrets.
#[must_use]
pub fn call(request: Request, scope: &Arc<Scope>) -> Call {
    let input = params::described(&request);
    let mut call = Call::with_body(operation(&request.path), input);
    call.scope = Arc::clone(scope);
    call.web = Some(Arc::new(request));
    call
}

/// The names in a request by which its user pool is found, the most specific one first.
pub(crate) use self::names::names;

/// Whether pages of any origin may read the responses of the endpoint at `path` (O54).
#[must_use]
pub fn is_shared(path: &str) -> bool {
    matches!(
        path,
        "/oauth2/token" | "/oauth2/userInfo" | "/oauth2/revoke"
    )
}

/// Whether the endpoint at `path` may send requests to external identity providers.
#[must_use]
pub fn may_fetch(path: &str) -> bool {
    matches!(
        path,
        "/oauth2/authorize"
            | "/oauth2/idpresponse"
            | "/saml2/idpresponse"
            | "/saml2/logout"
            | "/provider/sign-in"
            | "/logout"
    )
}

/// Answers a request for an endpoint.
pub(crate) fn answer(cx: &Cx<'_>, request: &Request) -> Reply {
    let answer = dispatch(cx, request);
    let Answer {
        mut response,
        refusal,
    } = answer;
    if let Some((_, Some(sentence))) = &refusal
        && response.body == reply::html(response.status, sentence).body
    {
        let help = help::of_page(cx, request, sentence);
        response = reply::plain(response.status, sentence, help.as_deref());
    }
    cookies::renew_csrf(cx, request, &mut response);
    reply::add_headers(request, cx.request_id, &mut response);
    let mut reply = match &refusal {
        Some((code, message)) => Reply::exception(code, message.as_deref(), response.status),
        None => Reply::ok(Body::of(&summary(&response))),
    };
    reply.status = response.status;
    reply.web = Some(Box::new(response));
    reply
}

/// The response to a request that a layer refused: `reply` has no page.
///
/// Cognito answers throttled requests with status 429 (developer guide, "Quotas"). The form of
/// the body is inferred.
#[must_use]
pub fn refused(request: &Request, reply: &Reply) -> Response {
    let code = reply.code.as_deref().unwrap_or_default();
    let status = match code {
        "TooManyRequestsException" => 429,
        _ => reply.status,
    };
    let message = reply.message.as_deref().unwrap_or(code);
    let mut response = reply::json(
        status,
        &json!({ "error": code, "error_description": message }),
    );
    if let Some(wait) = reply.retry_after {
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        response = response.with("retry-after", seconds.to_string());
    }
    reply::add_headers(request, &reply.request_id, &mut response);
    response
}

/// The response for the journal: the status, and the place that the browser is sent to without
/// its query and fragment, which have secrets.
fn summary(response: &Response) -> Value {
    let mut summary = json!({ "status": response.status });
    if let Some(location) = response.header("location") {
        let end = location.find(['?', '#']).unwrap_or(location.len());
        summary["location"] = json!(location[..end]);
    }
    summary
}

/// A path or method without an endpoint: 404 for `GET` (O6), 405 otherwise (O15).
fn unknown(request: &Request) -> Answer {
    if request.method == "GET" && !is_endpoint(&request.path) {
        return Answer::from(reply::no_such_url());
    }
    let allowed = ENDPOINTS.iter().find(|(path, ..)| *path == request.path);
    let methods = allowed.map_or("GET".to_owned(), |(_, methods, _)| methods.join(", "));
    let response = Response::empty(405).with("allow", methods);
    Answer::from(response)
}
