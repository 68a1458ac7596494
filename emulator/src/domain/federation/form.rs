//! Forms that a script submits: the HTTP POST binding, for SAML messages that are too long for a
//! query (SAML bindings, section 3.5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::reply::escape;
use crate::auth::sha256;
use crate::wire::web::Response;

const SCRIPT: &str = "document.forms[0].submit()";

/// A page whose script submits `fields` to `action`. In a browser without scripts it has a button.
///
/// The content security policy has no `form-action`, because the provider may redirect the request
/// to hosts that the emulator does not know.
pub(crate) fn page(action: &str, fields: &[(&str, &str)]) -> Response {
    let hash = STANDARD.encode(sha256(&[SCRIPT.as_bytes()]));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'"
    );
    let fields = fields.iter().map(|(name, value)| {
        let (name, value) = (escape(name), escape(value));
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
    });
    let fields = fields.collect::<Vec<_>>().concat();
    let mut response = Response::empty(200)
        .with("content-type", "text/html;charset=UTF-8")
        .with("content-language", "en-US")
        .with("content-security-policy", policy);
    response.body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Redirect</title>\
         </head><body><form method=\"post\" action=\"{}\">{fields}<noscript><button type=\"submit\">\
         Continue</button></noscript></form><script>{SCRIPT}</script></body></html>\n",
        escape(action)
    )
    .into();
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The address comes from metadata, which may come from the network. The policy allows only the
    /// script of the page.
    #[test]
    fn values_in_a_form_are_escaped() {
        let hostile = "\"'><script>alert(1)</script>";
        let shown = page(hostile, &[(hostile, hostile)]);
        let text = String::from_utf8(shown.body.to_vec()).unwrap();
        assert!(
            !text.contains(hostile) && !text.contains("<script>alert"),
            "{text}"
        );
        assert_eq!(text.matches("<script>").count(), 1);
        assert_eq!(text.matches(&escape(hostile)).count(), 3);
        let policy = shown.header("content-security-policy").unwrap();
        let hash = STANDARD.encode(sha256(&[SCRIPT.as_bytes()]));
        let expected = format!(
            "default-src 'none'; script-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'"
        );
        assert_eq!(policy, expected);
    }
}
