//! The SAML messages of an identity provider that the emulator simulates: signed responses, and the
//! parsing of requests.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

#[cfg(test)]
use super::SIGNATURE;
use super::xml::{self, element, escaped};
use super::{ASSERTION, BEARER, Error, PROTOCOL, SUCCESS, Signer, signature};
use crate::world::{Time, instant};

#[cfg(test)]
const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
#[cfg(test)]
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
#[cfg(test)]
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
const URI: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";

/// A response to a sign-in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Response<'a> {
    /// The id of the response. Ids are XML names: a letter or `_` comes first.
    pub(crate) id: &'a str,
    /// The id of the assertion.
    pub(crate) assertion_id: &'a str,
    /// The entity id of the identity provider.
    pub(crate) issuer: &'a str,
    /// The URL of the assertion consumer service.
    pub(crate) acs: &'a str,
    /// The entity id of the service provider.
    pub(crate) audience: &'a str,
    /// The id of the request; `None` if the identity provider begins the sign-in.
    pub(crate) in_response_to: Option<&'a str>,
    /// The time of the response and of the authentication.
    pub(crate) now: Time,
    /// How long the assertion is valid.
    pub(crate) lifetime: Duration,
    /// The subject.
    pub(crate) name_id: &'a str,
    /// The format of the subject's name.
    pub(crate) name_id_format: Option<&'a str>,
    /// The session.
    pub(crate) session_index: Option<&'a str>,
    /// Attributes by name.
    pub(crate) attributes: &'a BTreeMap<String, Vec<String>>,
}

/// The signed elements of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    /// The assertion alone.
    Assertion,
    /// The response alone.
    Response,
    /// The assertion, then the response around it.
    #[cfg_attr(not(test), expect(dead_code, reason = "used only by tests"))]
    Both,
}

impl Response<'_> {
    /// The signed response in base64: the `SAMLResponse` of a form.
    pub(crate) fn sign(&self, parts: Signed, signer: Signer<'_>) -> Result<String, Error> {
        let mut assertion = self.assertion();
        if parts != Signed::Response {
            assertion = signature::sign(&assertion, signer)?;
        }
        let mut response = self.response(&status(SUCCESS, None), &assertion);
        if parts != Signed::Assertion {
            response = signature::sign(&response, signer)?;
        }
        Ok(STANDARD.encode(response))
    }

    /// A signed response that reports a failure, in base64. `code` is a second-level
    /// status code such as `AuthnFailed` or `RequestDenied` (core, section 3.2.2.2).
    pub(crate) fn refuse(&self, code: &str, signer: Signer<'_>) -> Result<String, Error> {
        let inner = format!("urn:oasis:names:tc:SAML:2.0:status:{code}");
        let status = status("urn:oasis:names:tc:SAML:2.0:status:Responder", Some(&inner));
        Ok(STANDARD.encode(signature::sign(&self.response(&status, ""), signer)?))
    }

    fn response(&self, status: &str, assertion: &str) -> String {
        let instant = instant::write(self.now);
        let attributes = [
            ("xmlns:samlp", Some(PROTOCOL)),
            ("ID", Some(self.id)),
            ("Version", Some("2.0")),
            ("IssueInstant", Some(&*instant)),
            ("Destination", Some(self.acs)),
            ("InResponseTo", self.in_response_to),
        ];
        let issuer = self.issuer();
        element(
            "samlp:Response",
            &attributes,
            &format!("{issuer}{status}{assertion}"),
        )
    }

    fn issuer(&self) -> String {
        let attributes = [("xmlns:saml", Some(ASSERTION))];
        element("saml:Issuer", &attributes, &escaped(self.issuer))
    }

    fn assertion(&self) -> String {
        let instant = instant::write(self.now);
        let attributes = [
            ("xmlns:saml", Some(ASSERTION)),
            ("ID", Some(self.assertion_id)),
            ("Version", Some("2.0")),
            ("IssueInstant", Some(&*instant)),
        ];
        let content = [
            element("saml:Issuer", &[], &escaped(self.issuer)),
            self.subject(),
            self.conditions(),
            self.statement(),
            self.attributes(),
        ];
        element("saml:Assertion", &attributes, &content.concat())
    }

    fn subject(&self) -> String {
        let end = instant::write(self.now.plus(self.lifetime));
        let name = element(
            "saml:NameID",
            &[("Format", self.name_id_format)],
            &escaped(self.name_id),
        );
        let data = element(
            "saml:SubjectConfirmationData",
            &[
                ("InResponseTo", self.in_response_to),
                ("NotOnOrAfter", Some(&end)),
                ("Recipient", Some(self.acs)),
            ],
            "",
        );
        let method = [("Method", Some(BEARER))];
        let confirmation = element("saml:SubjectConfirmation", &method, &data);
        element("saml:Subject", &[], &format!("{name}{confirmation}"))
    }

    fn conditions(&self) -> String {
        let (start, end) = (self.now, self.now.plus(self.lifetime));
        let (start, end) = (instant::write(start), instant::write(end));
        let attributes = [("NotBefore", Some(&*start)), ("NotOnOrAfter", Some(&*end))];
        let audience = element("saml:Audience", &[], &escaped(self.audience));
        let restriction = element("saml:AudienceRestriction", &[], &audience);
        element("saml:Conditions", &attributes, &restriction)
    }

    fn statement(&self) -> String {
        let instant = instant::write(self.now);
        let attributes = [
            ("AuthnInstant", Some(&*instant)),
            ("SessionIndex", self.session_index),
        ];
        let class = element("saml:AuthnContextClassRef", &[], PASSWORD);
        let context = element("saml:AuthnContext", &[], &class);
        element("saml:AuthnStatement", &attributes, &context)
    }

    /// A statement without attributes is not permitted (core, section 2.7.3).
    fn attributes(&self) -> String {
        if self.attributes.is_empty() {
            return String::new();
        }
        let attributes = self.attributes.iter().map(|(name, values)| {
            let values = values.iter();
            let values: String = values
                .map(|value| element("saml:AttributeValue", &[], &escaped(value)))
                .collect();
            let named = [("Name", Some(&**name)), ("NameFormat", Some(URI))];
            element("saml:Attribute", &named, &values)
        });
        element(
            "saml:AttributeStatement",
            &[],
            &attributes.collect::<String>(),
        )
    }
}

fn status(code: &str, inner: Option<&str>) -> String {
    let code_element =
        |value, content: &str| element("samlp:StatusCode", &[("Value", Some(value))], content);
    let inner = inner.map(|inner| code_element(inner, ""));
    element(
        "samlp:Status",
        &[],
        &code_element(code, &inner.unwrap_or_default()),
    )
}

/// The metadata of an identity provider, for tests of `saml::metadata`. `certificate` is base64 of its DER form.
#[cfg(test)]
pub(crate) fn metadata(
    entity_id: &str,
    sign_on: &str,
    sign_out: Option<&str>,
    certificate: &str,
) -> String {
    let certificate = element("ds:X509Certificate", &[], &escaped(certificate));
    let data = element("ds:X509Data", &[], &certificate);
    let info = element("ds:KeyInfo", &[("xmlns:ds", Some(SIGNATURE))], &data);
    let key = element("KeyDescriptor", &[("use", Some("signing"))], &info);
    let services = |name: &str, location: &str| {
        let service = |binding| {
            let attributes = [("Binding", Some(binding)), ("Location", Some(location))];
            element(name, &attributes, "")
        };
        [REDIRECT, POST].map(service).concat()
    };
    let out = sign_out.map(|location| services("SingleLogoutService", location));
    // The schema of SAML metadata requires this order.
    let content = [
        key,
        out.unwrap_or_default(),
        services("SingleSignOnService", sign_on),
    ];
    let attributes = [("protocolSupportEnumeration", Some(PROTOCOL))];
    let provider = element("IDPSSODescriptor", &attributes, &content.concat());
    let attributes = [("xmlns", Some(METADATA)), ("entityID", Some(entity_id))];
    element("EntityDescriptor", &attributes, &provider)
}

/// A received request for sign-in or sign-out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Whether it is a `LogoutRequest`.
    pub(crate) is_logout: bool,
    /// The id, which the response repeats.
    pub(crate) id: String,
    /// The entity id of the service provider.
    pub(crate) issuer: String,
    /// The URL for the response to a sign-in.
    pub(crate) acs: Option<String>,
}

impl Request {
    /// Parses the `SAMLRequest` of a query, with its percent-encoding removed. Its signature is not
    /// checked.
    pub(crate) fn from_redirect(parameter: &str) -> Result<Self, Error> {
        let deflated = super::certificate::base64(parameter);
        let deflated = deflated.ok_or(Error::Unreadable("not base64"))?;
        let text = decompress_to_vec_with_limit(&deflated, xml::MAX_CHARACTERS)
            .map_err(|_| Error::Unreadable("not DEFLATE"))?;
        let text = String::from_utf8(text).map_err(|_| Error::Unreadable("not UTF-8"))?;
        Self::parse(&text)
    }

    /// Parses the `SAMLRequest` of a form. Its signature is not checked.
    #[cfg(test)]
    pub(crate) fn from_post(parameter: &str) -> Result<Self, Error> {
        Self::parse(&super::response::decode(parameter)?)
    }

    fn parse(text: &str) -> Result<Self, Error> {
        let document = xml::parse(text)?;
        let root = document.root_element();
        let is_logout = root.has_tag_name((PROTOCOL, "LogoutRequest"));
        if !is_logout && !root.has_tag_name((PROTOCOL, "AuthnRequest")) {
            return Err(Error::Malformed("AuthnRequest"));
        }
        let issuer = xml::required(root, ASSERTION, "Issuer")?;
        Ok(Self {
            is_logout,
            id: root
                .attribute("ID")
                .ok_or(Error::Malformed("ID"))?
                .to_owned(),
            issuer: xml::text(issuer).ok_or(Error::Malformed("Issuer"))?,
            acs: root
                .attribute("AssertionConsumerServiceURL")
                .map(str::to_owned),
        })
    }
}
