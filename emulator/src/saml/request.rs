//! Messages of a service provider: sign-in requests, sign-out requests and responses.
//!
//! The form of Cognito's messages is not published: that they have the prefixes of
//! `OpenSAML` and no `NameIDPolicy` is inferred.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::compress_to_vec;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::xml::{self, element, escaped};
use super::{ASSERTION, Error, PROTOCOL, RSA_SHA256, SUCCESS, Signer, response, signature};
use crate::world::{Time, instant};

/// The binding of responses: HTTP-POST.
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
/// All that is not unreserved in a URI (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// The level of compression: zlib's default.
const LEVEL: u8 = 6;

/// The parts that all messages have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header<'a> {
    /// The id, an XML name that is unique: a letter or `_` comes first.
    pub(crate) id: &'a str,
    /// The present time.
    pub(crate) issue_instant: Time,
    /// The URL of the receiver.
    pub(crate) destination: &'a str,
    /// The entity id of the sender.
    pub(crate) issuer: &'a str,
}

/// `AuthnRequest` (core, section 3.4.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthnRequest<'a> {
    /// Common parts.
    pub(crate) header: Header<'a>,
    /// The URL of the assertion consumer service.
    pub(crate) acs: &'a str,
    /// Whether the user has to authenticate again.
    pub(crate) force_authn: bool,
}

/// `LogoutRequest` (core, section 3.7.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogoutRequest<'a> {
    /// Common parts.
    pub(crate) header: Header<'a>,
    /// The user, as the assertion names it.
    pub(crate) name_id: &'a str,
    /// The format of the name.
    pub(crate) name_id_format: Option<&'a str>,
    /// The provider's session.
    pub(crate) session_index: Option<&'a str>,
}

/// `LogoutResponse` (core, section 3.7.2) with the status of success.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogoutResponse<'a> {
    /// Common parts.
    pub(crate) header: Header<'a>,
    /// The id of the request.
    pub(crate) in_response_to: &'a str,
}

impl Header<'_> {
    /// The message `name` with these parts, more attributes and more content.
    fn message(&self, name: &str, attributes: &[(&str, Option<&str>)], content: &str) -> String {
        let instant = instant::write(self.issue_instant);
        let common = [
            ("xmlns:saml2p", Some(PROTOCOL)),
            ("Destination", Some(self.destination)),
            ("ID", Some(self.id)),
            ("IssueInstant", Some(&*instant)),
            ("Version", Some("2.0")),
        ];
        let issuer = element(
            "saml2:Issuer",
            &[("xmlns:saml2", Some(ASSERTION))],
            &escaped(self.issuer),
        );
        element(
            name,
            &[&common, attributes].concat(),
            &format!("{issuer}{content}"),
        )
    }
}

impl AuthnRequest<'_> {
    /// The message without a signature.
    pub(crate) fn xml(&self) -> String {
        let attributes = [
            ("AssertionConsumerServiceURL", Some(self.acs)),
            ("ForceAuthn", self.force_authn.then_some("true")),
            ("ProtocolBinding", Some(POST)),
        ];
        self.header.message("saml2p:AuthnRequest", &attributes, "")
    }
}

impl LogoutRequest<'_> {
    /// The message without a signature.
    pub(crate) fn xml(&self) -> String {
        let attributes = [
            ("xmlns:saml2", Some(ASSERTION)),
            ("Format", self.name_id_format),
        ];
        let name = element("saml2:NameID", &attributes, &escaped(self.name_id));
        let index = self.session_index.map(escaped);
        let index = index.map(|index| element("saml2p:SessionIndex", &[], &index));
        let content = name + &index.unwrap_or_default();
        self.header.message("saml2p:LogoutRequest", &[], &content)
    }
}

impl LogoutResponse<'_> {
    /// The message without a signature.
    pub(crate) fn xml(&self) -> String {
        let code = element("saml2p:StatusCode", &[("Value", Some(SUCCESS))], "");
        let status = element("saml2p:Status", &[], &code);
        let attributes = [("InResponseTo", Some(self.in_response_to))];
        self.header
            .message("saml2p:LogoutResponse", &attributes, &status)
    }
}

/// The parameter of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    #[cfg_attr(not(test), expect(dead_code, reason = "Cognito sends no responses"))]
    Response,
}

impl Parameter {
    /// The name in a query or a form.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// The URL that sends a message by HTTP-Redirect (bindings, section 3.4.4.1). With a
/// signer, the signature covers the octets of the query before it.
pub(crate) fn redirect(
    location: &str,
    parameter: Parameter,
    message: &str,
    relay_state: Option<&str>,
    signer: Option<Signer<'_>>,
) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let deflated = STANDARD.encode(compress_to_vec(message.as_bytes(), LEVEL));
    let mut query = format!("{}={}", parameter.as_str(), encoded(&deflated));
    if let Some(state) = relay_state {
        query = format!("{query}&RelayState={}", encoded(state));
    }
    if let Some(signer) = signer {
        query = format!("{query}&SigAlg={}", encoded(RSA_SHA256));
        let signature = STANDARD.encode(signer(query.as_bytes()));
        query = format!("{query}&Signature={}", encoded(&signature));
    }
    // The location may have a query of its own.
    let separator = if location.contains('?') { '&' } else { '?' };
    format!("{location}{separator}{query}")
}

/// The value of a form's field that sends a message by HTTP-POST (bindings, section
/// 3.5.4). With a signer, the message has an enveloped signature.
pub(crate) fn post(message: &str, signer: Option<Signer<'_>>) -> Result<String, Error> {
    Ok(match signer {
        Some(signer) => STANDARD.encode(signature::sign(message, signer)?),
        None => STANDARD.encode(message),
    })
}

/// Checks a `LogoutResponse` that was sent by HTTP-POST: its signature, issuer,
/// destination, request and status (profiles, section 4.4.4.2).
pub(crate) fn verify_logout(
    message: &str,
    metadata: &super::metadata::Metadata,
    destination: &str,
    request: &str,
) -> Result<(), Error> {
    let text = response::decode(message)?;
    let document = xml::parse(&text)?;
    xml::refuse_duplicate_ids(&document)?;
    let verified = signature::verify(document.root_element(), &metadata.certificates)?;
    let document = xml::parse(&verified)?;
    let root = document.root_element();
    if !root.has_tag_name((PROTOCOL, "LogoutResponse")) {
        return Err(Error::Malformed("LogoutResponse"));
    }
    let issuer = xml::required(root, ASSERTION, "Issuer")?;
    if xml::text(issuer).as_deref() != Some(&*metadata.entity_id) {
        return Err(Error::Issuer);
    }
    if root
        .attribute("Destination")
        .is_some_and(|given| given != destination)
    {
        return Err(Error::Destination);
    }
    if root.attribute("InResponseTo") != Some(request) {
        return Err(Error::InResponseTo);
    }
    response::check_status(root)
}
