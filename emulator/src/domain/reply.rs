//! Responses of the endpoints: redirects, JSON, pages, and the headers that all have.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::json;

use super::params::encode;
use super::sentences;
use crate::auth;
use crate::wire::web::{Request, Response};

/// A response, and its refusal for the journal: a code and a sentence.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The response.
    pub(crate) response: Response,
    /// The code and the sentence, if the request was refused.
    pub(crate) refusal: Option<(String, Option<String>)>,
}

impl From<Response> for Answer {
    /// A response that is not a refusal.
    fn from(response: Response) -> Self {
        Self {
            response,
            refusal: None,
        }
    }
}

impl Answer {
    /// A refusal.
    pub(crate) fn refusal(response: Response, code: &str, message: Option<&str>) -> Self {
        Self {
            response,
            refusal: Some((code.to_owned(), message.map(ToOwned::to_owned))),
        }
    }
}

/// A redirect with status 302 and no body (O30).
pub(crate) fn redirect(location: &str) -> Response {
    Response::empty(302).with("location", location.to_owned())
}

/// `url` with `pairs` added to its query.
pub(crate) fn with_query<'a>(
    url: &str,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let query = encode(pairs);
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{query}")
}

/// A JSON document (O59).
pub(crate) fn json(status: u16, value: &impl Serialize) -> Response {
    let body = serde_json::to_string(value).unwrap_or_default();
    let mut response =
        Response::empty(status).with("content-type", "application/json;charset=UTF-8");
    response.body = body.into();
    response
}

/// The response for a path without an endpoint (O6). Browsers get it too: they show the same
/// words, and no page has been seen.
pub(crate) fn no_such_url() -> Response {
    json(404, &json!({ "error": sentences::NO_SUCH_URL }))
}

/// A page of one sentence, for browsers.
pub(crate) fn html(status: u16, sentence: &str) -> Response {
    plain(status, sentence, None)
}

/// The style of a page of one sentence.
const STYLE: &str = "body{margin:0;font:1rem/1.5 system-ui,sans-serif;background:#f2f3f3;color:#16191f}\
                     main{max-width:32rem;margin:4rem auto;padding:2rem;background:#fff;border-radius:.75rem}\
                     h1{margin:0;font-size:1.25rem;font-weight:600}\
                     aside{max-width:32rem;margin:0 auto;padding:0 2rem;font-size:.875rem}";

/// As [`html`], with the help of the emulator below the sentence.
pub(crate) fn plain(status: u16, sentence: &str, help: Option<&str>) -> Response {
    let digest = STANDARD.encode(auth::digest(STYLE));
    let mut response = Response::empty(status)
        .with("content-type", "text/html;charset=UTF-8")
        .with("content-language", "en-US")
        .with(
            "content-security-policy",
            format!(
                "default-src 'none'; style-src 'sha256-{digest}'; form-action 'none'; \
                 base-uri 'none'; frame-ancestors 'none'"
            ),
        );
    let sentence = escape(sentence);
    let help = help.map(escape).map_or_else(String::new, |help| {
        format!("<aside aria-label=\"Emulator\"><p>This is an emulator. {help}</p></aside>")
    });
    response.body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{sentence}</title><style>{STYLE}\
         </style></head><body><main><h1>{sentence}</h1></main>{help}</body></html>\n"
    )
    .into();
    response
}

/// Escapes text for HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Adds the headers of every response (O52). `strict-transport-security` is only sent over TLS:
/// over HTTP it has no effect (RFC 6797, section 7.2).
pub(crate) fn add_headers(request: &Request, request_id: &str, response: &mut Response) {
    let fixed = [
        (
            "cache-control",
            "no-cache, no-store, max-age=0, must-revalidate",
        ),
        ("pragma", "no-cache"),
        ("expires", "0"),
        ("server", "Server"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("x-xss-protection", "1; mode=block"),
    ];
    for (name, value) in fixed {
        response.headers.push((name, value.into()));
    }
    if request.is_secure() {
        let value = "max-age=31536000 ; includeSubDomains";
        response
            .headers
            .push(("strict-transport-security", value.into()));
    }
    let id = request_id.to_owned();
    response
        .headers
        .push(("x-amz-cognito-request-id", id.into()));
}

/// Lets pages of any origin read the response. Only the three endpoints for programs do (O54).
pub(crate) fn shared(mut answer: Answer) -> Answer {
    let header = ("access-control-allow-origin", "*".into());
    answer.response.headers.push(header);
    answer
}
