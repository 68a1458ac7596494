//! Tests of SAML messages: helpers, round trips and the checks of a response.

mod hostile;
pub(crate) mod interoperability;
mod messages;

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::issue::{Response, Signed};
use super::metadata::{Binding, Endpoint, Metadata};
use super::response::{Assertion, Expected, SKEW, UNSOLICITED_AGE, verify};
use super::{Certificate, Error};
use crate::world::Time;

const NOW: Time = Time(1_767_225_600_000);
const ISSUER: &str = "https://idp.example/metadata";
const ACS: &str = "https://pool.example/saml2/idpresponse";
const POOL: &str = "urn:amazon:cognito:sp:us-east-1_EXAMPLE";
const REQUEST: &str = "_request";

/// An RSA key, generated once for each process.
fn key(index: usize) -> &'static RsaKeyPair {
    static KEYS: [OnceLock<RsaKeyPair>; 2] = [const { OnceLock::new() }; 2];
    KEYS[index].get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn sign_with(index: usize, message: &[u8]) -> Vec<u8> {
    let key = key(index);
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message,
        &mut signature,
    )
    .unwrap();
    signature
}

fn sign(message: &[u8]) -> Vec<u8> {
    sign_with(0, message)
}

fn certificate(index: usize) -> Certificate {
    Certificate {
        public_key: key(index).public_key().as_der().unwrap().as_ref().to_vec(),
        not_after: NOW,
    }
}

fn metadata() -> &'static Metadata {
    static METADATA: OnceLock<Metadata> = OnceLock::new();
    METADATA.get_or_init(|| Metadata {
        entity_id: ISSUER.to_owned(),
        sign_on: vec![Endpoint {
            binding: Binding::Redirect,
            location: "https://idp.example/sso".to_owned(),
            response_location: None,
        }],
        sign_out: Vec::new(),
        certificates: vec![certificate(0)],
        wants_signed_requests: false,
    })
}

fn expected() -> Expected<'static> {
    Expected {
        metadata: metadata(),
        entity_id: POOL,
        acs: ACS,
        request: Some(REQUEST),
        now: NOW,
        decrypter: None,
    }
}

fn attributes() -> &'static BTreeMap<String, Vec<String>> {
    static ATTRIBUTES: OnceLock<BTreeMap<String, Vec<String>>> = OnceLock::new();
    let attributes = [
        ("email", vec!["user@example.com"]),
        ("groups", vec!["a & b", "<c> \"d\" é"]),
        ("none", vec![]),
    ];
    let owned = |values: &Vec<&str>| values.iter().map(|&value| value.to_owned()).collect();
    ATTRIBUTES.get_or_init(|| {
        let attributes = attributes.iter();
        attributes
            .map(|(name, values)| ((*name).to_owned(), owned(values)))
            .collect()
    })
}

fn response() -> Response<'static> {
    Response {
        id: "_response",
        assertion_id: "_assertion",
        issuer: ISSUER,
        acs: ACS,
        audience: POOL,
        in_response_to: Some(REQUEST),
        now: NOW,
        lifetime: Duration::from_mins(5),
        name_id: "user@example.com",
        name_id_format: Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"),
        session_index: Some("_session"),
        attributes: attributes(),
    }
}

/// The XML of a signed response.
fn signed(response: &Response<'_>, signed: Signed) -> String {
    let message = response.sign(signed, &sign).unwrap();
    String::from_utf8(STANDARD.decode(message).unwrap()).unwrap()
}

/// The XML of a response with a signed assertion.
fn document() -> String {
    signed(&response(), Signed::Assertion)
}

fn check(xml: impl AsRef<[u8]>) -> Result<Assertion, Error> {
    check_with(xml, &expected())
}

fn check_with(xml: impl AsRef<[u8]>, expected: &Expected<'_>) -> Result<Assertion, Error> {
    verify(&STANDARD.encode(xml), expected)
}

/// Replaces `old`, which `text` has, by `new`.
fn replaced(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old} is not in {text}");
    text.replace(old, new)
}

/// The result for a response and an expectation that `change` has changed.
fn result(
    change: impl FnOnce(&mut Response<'static>, &mut Expected<'static>),
) -> Result<(), Error> {
    let (mut response, mut expected) = (response(), expected());
    change(&mut response, &mut expected);
    let message = response.sign(Signed::Assertion, &sign).unwrap();
    verify(&message, &expected).map(|_| ())
}

#[test]
fn round_trip() {
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        let message = response().sign(signed, &sign).unwrap();
        let assertion = verify(&message, &expected()).unwrap();
        let expected = Assertion {
            id: "_assertion".to_owned(),
            issuer: ISSUER.to_owned(),
            name_id: "user@example.com".to_owned(),
            name_id_format: response().name_id_format.map(str::to_owned),
            session_index: Some("_session".to_owned()),
            attributes: attributes().clone(),
            not_on_or_after: NOW.plus(Duration::from_mins(5)),
            in_response_to: Some(REQUEST.to_owned()),
            authn_instant: Some(NOW),
        };
        assert_eq!(assertion, expected);
        assert_eq!(
            assertion.replayable_until(),
            NOW.plus(Duration::from_mins(8))
        );
    }
}

#[test]
fn white_space_in_base64() {
    let message = response().sign(Signed::Assertion, &sign).unwrap();
    let lines: String = message
        .as_bytes()
        .chunks(76)
        .flat_map(|line| [std::str::from_utf8(line).unwrap(), "\r\n"])
        .collect();
    assert!(verify(&lines, &expected()).is_ok());
}

#[test]
fn any_certificate_of_the_metadata() {
    let mut metadata = metadata().clone();
    metadata.certificates = vec![certificate(1), certificate(0)];
    let expected = Expected {
        metadata: &metadata,
        ..expected()
    };
    assert!(check_with(document(), &expected).is_ok());
}

#[test]
fn issuer() {
    let refused = result(|response, _| response.issuer = "https://other.example");
    assert_eq!(refused, Err(Error::Issuer));
    // Only the response has another issuer.
    let xml = document().replacen(ISSUER, "https://other.example", 1);
    assert_eq!(check(xml), Err(Error::Issuer));
}

#[test]
fn issuer_of_the_assertion_alone() {
    let mut response = response();
    response.issuer = "https://other.example";
    let xml = signed(&response, Signed::Assertion).replacen("https://other.example", ISSUER, 1);
    assert_eq!(check(xml), Err(Error::Issuer));
}

#[test]
fn destination() {
    let destination = format!("Destination=\"{ACS}\"");
    let xml = replaced(
        &document(),
        &destination,
        "Destination=\"https://other.example\"",
    );
    assert_eq!(check(xml), Err(Error::Destination));
    assert!(check(replaced(&document(), &destination, "")).is_ok());
}

#[test]
fn recipient() {
    let mut response = response();
    response.acs = "https://other.example";
    let xml = signed(&response, Signed::Assertion);
    let xml = xml.replacen("Destination=\"https://other.example\"", "", 1);
    assert_eq!(check(xml), Err(Error::Recipient));
}

#[test]
fn audience() {
    let refused = result(|response, _| response.audience = "urn:amazon:cognito:sp:other");
    assert_eq!(refused, Err(Error::Audience));
}

/// A signed response whose assertion has been edited before it was signed.
fn edited(old: &str, new: &str) -> String {
    let xml = signed(&response(), Signed::Response);
    let start = xml.find("<ds:Signature").unwrap();
    let end = xml.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let unsigned = format!("{}{}", &xml[..start], &xml[end..]);
    super::signature::sign(&replaced(&unsigned, old, new), &sign).unwrap()
}

#[test]
fn conditions() {
    let restriction = format!(
        "<saml:AudienceRestriction><saml:Audience>{POOL}</saml:Audience></saml:AudienceRestriction>"
    );
    let other = restriction.replace(POOL, "urn:other");
    let both = restriction.replace(
        "</saml:AudienceRestriction>",
        "<saml:Audience>urn:other</saml:Audience></saml:AudienceRestriction>",
    );
    assert!(check(edited(&restriction, &both)).is_ok());
    for conditions in ["", &other, &format!("{restriction}{other}")] {
        assert_eq!(
            check(edited(&restriction, conditions)),
            Err(Error::Audience)
        );
    }
    let one_time = format!("{restriction}<saml:OneTimeUse/>");
    assert!(check(edited(&restriction, &one_time)).is_ok());
    let unknown = format!("{restriction}<saml:Condition/>");
    assert_eq!(
        check(edited(&restriction, &unknown)),
        Err(Error::Malformed("Conditions"))
    );
}

#[test]
fn confirmations() {
    let confirmation = "<saml:SubjectConfirmation ";
    let unknown = "<saml:SubjectConfirmation Method=\"urn:other\"></saml:SubjectConfirmation>";
    let two = format!("{unknown}{confirmation}");
    assert!(check(edited(confirmation, &two)).is_ok());
    let wrong = super::BEARER.replace("bearer", "sender-vouches");
    assert_eq!(
        check(edited(super::BEARER, &wrong)),
        Err(Error::Malformed("SubjectConfirmation"))
    );
    let end = format!(" NotOnOrAfter=\"2026-01-01T00:05:00.000Z\" Recipient=\"{ACS}\"");
    let without = format!(" Recipient=\"{ACS}\"");
    assert_eq!(
        check(edited(&end, &without)),
        Err(Error::Malformed("NotOnOrAfter"))
    );
}

#[test]
fn times() {
    let at = |now: Time| result(|_, expected| expected.now = now);
    let end = NOW.plus(Duration::from_mins(5)).plus(SKEW);
    assert_eq!(at(end), Err(Error::Expired));
    assert_eq!(at(Time(end.0 - 1)), Ok(()));
    let start = Time(NOW.0 - i64::try_from(SKEW.as_millis()).unwrap());
    assert_eq!(at(start), Ok(()));
    assert_eq!(at(Time(start.0 - 1)), Err(Error::NotYetValid));

    // Each of the dates alone.
    let early = "2025-12-31T00:00:00.000Z";
    let late = "2026-01-02T00:00:00.000Z";
    let end = "2026-01-01T00:05:00.000Z";
    let now = "2026-01-01T00:00:00.000Z";
    let condition = |start: &str, end: &str| {
        format!("<saml:Conditions NotBefore=\"{start}\" NotOnOrAfter=\"{end}\"")
    };
    let usual = condition(now, end);
    assert_eq!(
        check(edited(&usual, &condition(now, early))),
        Err(Error::Expired)
    );
    assert_eq!(
        check(edited(&usual, &condition(late, late))),
        Err(Error::NotYetValid)
    );
    assert_eq!(
        check(edited(&usual, &condition("yesterday", end))),
        Err(Error::Malformed("NotBefore"))
    );
    let data = |end: &str| format!("NotOnOrAfter=\"{end}\" Recipient");
    assert_eq!(check(edited(&data(end), &data(early))), Err(Error::Expired));
    let delayed = format!("NotBefore=\"{late}\" {}", data(late));
    assert_eq!(check(edited(&data(end), &delayed)), Err(Error::NotYetValid));
    let issued = |time: &str| format!("ID=\"_assertion\" Version=\"2.0\" IssueInstant=\"{time}\"");
    assert_eq!(
        check(edited(&issued(now), &issued(late))),
        Err(Error::NotYetValid)
    );
    // An assertion may end before its confirmation.
    let sooner = condition(now, "2026-01-01T00:01:00Z");
    let assertion = check(edited(&usual, &sooner)).unwrap();
    assert_eq!(assertion.not_on_or_after, NOW.plus(Duration::from_mins(1)));
}

#[test]
fn requests() {
    let refused = result(|response, _| response.in_response_to = None);
    assert_eq!(refused, Err(Error::Unsolicited));
    let refused = result(|response, _| response.in_response_to = Some("_other"));
    assert_eq!(refused, Err(Error::InResponseTo));
    let refused = result(|_, expected| expected.request = None);
    assert_eq!(refused, Err(Error::InResponseTo));
}

/// Each of the two attributes alone.
#[test]
fn requests_of_response_and_confirmation() {
    let attribute = |id: &str| format!(" InResponseTo=\"{id}\"");
    let usual = attribute(REQUEST);
    let xml = document();
    assert_eq!(check(xml.replacen(&usual, "", 1)), Err(Error::Unsolicited));
    assert_eq!(
        check(xml.replacen(&usual, &attribute("_other"), 1)),
        Err(Error::InResponseTo)
    );
    let data = "<saml:SubjectConfirmationData";
    let usual = format!("{data}{usual}");
    assert_eq!(check(edited(&usual, data)), Err(Error::Unsolicited));
    let other = format!("{data}{}", attribute("_other"));
    assert_eq!(check(edited(&usual, &other)), Err(Error::InResponseTo));
}

#[test]
fn sign_in_by_the_provider() {
    let at = |age: Duration| {
        result(|response, expected| {
            response.in_response_to = None;
            response.lifetime = Duration::from_hours(1);
            expected.request = None;
            expected.now = NOW.plus(age);
        })
    };
    assert_eq!(at(Duration::ZERO), Ok(()));
    assert_eq!(at(UNSOLICITED_AGE), Ok(()));
    assert_eq!(
        at(UNSOLICITED_AGE + Duration::from_millis(1)),
        Err(Error::TooOld)
    );
}

#[test]
fn status() {
    let message = response().refuse("AuthnFailed", &sign).unwrap();
    let refused = verify(&message, &expected()).unwrap_err();
    assert_eq!(
        refused,
        Error::Status {
            code: "AuthnFailed".to_owned()
        }
    );
    assert_eq!(
        refused.description(),
        "Invalid SAML response received: SAML status is AuthnFailed. "
    );
}

#[test]
fn versions() {
    for count in [1, 2] {
        let xml = signed(&response(), Signed::Assertion);
        let version = "Version=\"2.0\"";
        let at = xml.match_indices(version).nth(count - 1).unwrap().0;
        let xml = format!(
            "{}Version=\"1.1\"{}",
            &xml[..at],
            &xml[at + version.len()..]
        );
        assert!(check(xml).is_err());
    }
    let assertion = "ID=\"_assertion\" Version=\"2.0\"";
    let edited = edited(assertion, "ID=\"_assertion\" Version=\"1.1\"");
    assert_eq!(check(edited), Err(Error::Malformed("Version")));
}

#[test]
fn sentences() {
    let description = Error::Signature("digest").description();
    assert_eq!(
        description,
        "Invalid SAML response received: SAML Assertion signature is invalid. "
    );
    assert_eq!(
        Error::Unsolicited.description(),
        "Invalid samlResponse or relayState from identity provider"
    );
}

#[test]
fn attribute_values() {
    let value = "<saml:AttributeValue>user@example.com</saml:AttributeValue>";
    let values = |content: &str| {
        let value = format!("<saml:AttributeValue>{content}</saml:AttributeValue>");
        let edited = edited(
            "<saml:AttributeValue>user@example.com</saml:AttributeValue>",
            &value,
        );
        check(edited).unwrap().attributes.remove("email").unwrap()
    };
    assert_eq!(values("a<![CDATA[<b>]]>&#99;"), ["a<b>c"]);
    assert_eq!(values(" \n a b \t"), ["a b"]);
    assert_eq!(values("\u{a0}a\u{a0}"), ["\u{a0}a\u{a0}"]);
    assert_eq!(values("a<?pi b?>c"), ["ac"]);
    assert_eq!(values("<saml:NameID>a</saml:NameID>"), [""; 0]);
    // The same attribute twice.
    let again = format!("{value}</saml:Attribute><saml:Attribute Name=\"email\">{value}");
    let assertion = check(edited(value, &again)).unwrap();
    assert_eq!(assertion.attributes["email"], ["user@example.com"; 2]);
}
