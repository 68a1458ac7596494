//! Responses to sign-in requests: the checks of a service provider.
//!
//! The order: limits, XML, structure, decryption, signature, and then the contents,
//! which are read from the canonical bytes that the signature covers. Parts outside of
//! these bytes (the response around a signed assertion) can only lead to a refusal.
//! Replay is the caller's check, by [`Assertion::id`].

use std::collections::BTreeMap;
use std::time::Duration;

use roxmltree::{Document, Node};

use super::certificate::base64;
use super::encryption::{self, Decrypter};
use super::metadata::Metadata;
use super::xml::{self, child, children, required};
use super::{ASSERTION, BEARER, Error, PROTOCOL, SIGNATURE, SUCCESS, signature};
use crate::world::{Time, instant};

/// Difference that clocks may have. Cognito does not document one: inferred from
/// `OpenSAML`.
pub(crate) const SKEW: Duration = Duration::from_mins(3);
/// Greatest age of a response without a request (O134).
pub(crate) const UNSOLICITED_AGE: Duration = Duration::from_mins(6);

/// The values that a response must have.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// The identity provider.
    pub(crate) metadata: &'a Metadata,
    /// The audience: the entity id of the user pool.
    pub(crate) entity_id: &'a str,
    /// The recipient: the URL of the assertion consumer service.
    pub(crate) acs: &'a str,
    /// The id of the request; `None` if the identity provider begins the sign-in.
    pub(crate) request: Option<&'a str>,
    /// The present time.
    pub(crate) now: Time,
    /// The key of a provider with `EncryptedResponses`. With it, an assertion that is
    /// not encrypted is refused (documented).
    pub(crate) decrypter: Option<Decrypter<'a>>,
}

/// A verified assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assertion {
    /// The id. A provider uses it once: refuse an id that was received before, until
    /// [`Assertion::replayable_until`].
    pub(crate) id: String,
    /// The entity id of the identity provider.
    pub(crate) issuer: String,
    /// The subject.
    pub(crate) name_id: String,
    /// The format of the subject's name.
    pub(crate) name_id_format: Option<String>,
    /// The provider's session, for sign-out.
    pub(crate) session_index: Option<String>,
    /// Attributes by name. An attribute can have any number of values.
    pub(crate) attributes: BTreeMap<String, Vec<String>>,
    /// The first time at which the assertion is not valid.
    pub(crate) not_on_or_after: Time,
    /// The request that the subject's confirmation is for.
    pub(crate) in_response_to: Option<String>,
    /// Time of the user's authentication. An assertion without a statement of it is
    /// accepted (inferred).
    pub(crate) authn_instant: Option<Time>,
}

impl Assertion {
    /// The first time at which the assertion is refused because of its age.
    pub(crate) fn replayable_until(&self) -> Time {
        self.not_on_or_after.plus(SKEW)
    }
}

/// Verifies `response`, the `SAMLResponse` of a form (bindings, section 3.5).
pub(crate) fn verify(response: &str, expected: &Expected<'_>) -> Result<Assertion, Error> {
    let text = decode(response)?;
    let document = parse(&text)?;
    let root = document.root_element();
    let is_signed = check_structure(&document)?;
    check_response(root, expected)?;
    // A signature of the response covers the assertion in its encrypted form.
    let verified = if is_signed {
        signature::verify(root, &expected.metadata.certificates)?
    } else {
        text.clone()
    };
    let decrypted = decrypt(&verified, expected)?;
    let document = parse(&decrypted)?;
    // The plaintext is new: its structure and its ids are not checked yet.
    check_structure(&document)?;
    let root = document.root_element();
    if is_signed {
        check_response(root, expected)?;
    }
    let assertion = required(root, ASSERTION, "Assertion")?;
    let signed = child(assertion, SIGNATURE, "Signature")?.is_some();
    if signed || !is_signed {
        let verified = signature::verify(assertion, &expected.metadata.certificates)?;
        let document = parse(&verified)?;
        return read(document.root_element(), expected);
    }
    read(assertion, expected)
}

/// The XML of a message in base64.
pub(super) fn decode(message: &str) -> Result<String, Error> {
    if message.chars().count() > xml::MAX_CHARACTERS {
        return Err(Error::TooLong);
    }
    let bytes = base64(message).ok_or(Error::Unreadable("not base64"))?;
    String::from_utf8(bytes).map_err(|_| Error::Unreadable("not UTF-8"))
}

fn parse(text: &str) -> Result<Document<'_>, Error> {
    let document = xml::parse(text)?;
    xml::refuse_four_byte_characters(&document)?;
    xml::refuse_duplicate_ids(&document)?;
    Ok(document)
}

/// Checks that the document is a response with one assertion, which is a child of it,
/// and with no signatures but those of the two. Returns whether the response is signed.
///
/// Signature wrapping needs a second assertion or a signature elsewhere
/// (<https://www.usenix.org/conference/usenixsecurity12/technical-sessions/presentation/somorovsky>).
fn check_structure(document: &Document<'_>) -> Result<bool, Error> {
    let root = document.root_element();
    if !root.has_tag_name((PROTOCOL, "Response")) {
        return Err(Error::Malformed("Response"));
    }
    let is_plain = |node: &Node<'_, '_>| node.has_tag_name((ASSERTION, "Assertion"));
    let is_encrypted = |node: &Node<'_, '_>| node.has_tag_name((ASSERTION, "EncryptedAssertion"));
    let is_signature = |node: &Node<'_, '_>| node.has_tag_name((SIGNATURE, "Signature"));
    for signature in document.descendants().filter(is_signature) {
        let parent = signature.parent();
        if parent != Some(root) && !parent.is_some_and(|node| is_plain(&node)) {
            return Err(Error::Signature("signature of another element"));
        }
    }
    let is_assertion = |node: &Node<'_, '_>| is_plain(node) || is_encrypted(node);
    let assertions: Vec<_> = document.descendants().filter(is_assertion).collect();
    if assertions.len() > 1 || assertions.iter().any(|node| node.parent() != Some(root)) {
        return Err(Error::Malformed("more than one assertion"));
    }
    Ok(child(root, SIGNATURE, "Signature")?.is_some())
}

/// Checks the response itself (core, section 3.2.2; profiles, section 4.1.4.3).
fn check_response(response: Node<'_, '_>, expected: &Expected<'_>) -> Result<(), Error> {
    check_version(response)?;
    if let Some(issuer) = child(response, ASSERTION, "Issuer")? {
        check_issuer(issuer, expected)?;
    }
    let destination = response.attribute("Destination");
    if destination.is_some_and(|destination| destination != expected.acs) {
        return Err(Error::Destination);
    }
    check_status(response)?;
    check_request(response.attribute("InResponseTo"), expected)
}

/// Checks that the status of a response is success.
pub(super) fn check_status(response: Node<'_, '_>) -> Result<(), Error> {
    let status = required(response, PROTOCOL, "Status")?;
    let code = required(status, PROTOCOL, "StatusCode")?;
    if code.attribute("Value") == Some(SUCCESS) {
        return Ok(());
    }
    // The inner code is the more specific one.
    let inner = child(code, PROTOCOL, "StatusCode")?.unwrap_or(code);
    let value = inner.attribute("Value").unwrap_or_default();
    let code = value.rsplit(':').next().unwrap_or_default();
    Err(Error::Status {
        code: code.to_owned(),
    })
}

fn check_version(node: Node<'_, '_>) -> Result<(), Error> {
    match node.attribute("Version") {
        Some("2.0") => Ok(()),
        _ => Err(Error::Malformed("Version")),
    }
}

fn check_issuer(issuer: Node<'_, '_>, expected: &Expected<'_>) -> Result<(), Error> {
    match xml::text(issuer) {
        Some(issuer) if issuer == expected.metadata.entity_id => Ok(()),
        _ => Err(Error::Issuer),
    }
}

/// Checks an `InResponseTo`. Cognito requires it in the response and in the
/// confirmation (mail of AWS in c6fc/npk#87).
fn check_request(in_response_to: Option<&str>, expected: &Expected<'_>) -> Result<(), Error> {
    match (in_response_to, expected.request) {
        (None, Some(_)) => Err(Error::Unsolicited),
        (given, request) if given == request => Ok(()),
        _ => Err(Error::InResponseTo),
    }
}

/// The response with its assertion in plain text.
///
/// The plaintext replaces the `EncryptedAssertion`, as xmlenc, section 4.4, requires, so
/// that it has the namespaces of its context.
fn decrypt(text: &str, expected: &Expected<'_>) -> Result<String, Error> {
    let document = parse(text)?;
    let encrypted = child(document.root_element(), ASSERTION, "EncryptedAssertion")?;
    match (encrypted, expected.decrypter) {
        (None, None) => Ok(text.to_owned()),
        (None, Some(_)) => Err(Error::Encryption("assertion is not encrypted")),
        (Some(_), None) => Err(Error::Encryption("provider without EncryptedResponses")),
        (Some(encrypted), Some(decrypter)) => {
            let plaintext = encryption::decrypt(encrypted, decrypter)?;
            let range = encrypted.range();
            let (before, after) = (text.get(..range.start), text.get(range.end..));
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            Ok(format!("{before}{plaintext}{after}"))
        }
    }
}

/// Reads a verified assertion and checks it (profiles, section 4.1.4.3).
fn read(assertion: Node<'_, '_>, expected: &Expected<'_>) -> Result<Assertion, Error> {
    check_version(assertion)?;
    let id = assertion.attribute("ID").ok_or(Error::Malformed("ID"))?;
    let issuer = required(assertion, ASSERTION, "Issuer")?;
    check_issuer(issuer, expected)?;
    let created = time(assertion, "IssueInstant")?.ok_or(Error::Malformed("IssueInstant"))?;
    if created > expected.now.plus(SKEW) {
        return Err(Error::NotYetValid);
    }
    if expected.request.is_none() && expected.now.since(created) > UNSOLICITED_AGE {
        return Err(Error::TooOld);
    }
    let conditions = required(assertion, ASSERTION, "Conditions")?;
    let conditions_end = check_times(conditions, expected)?;
    check_conditions(conditions, expected)?;
    let subject = required(assertion, ASSERTION, "Subject")?;
    let (in_response_to, confirmation_end) = confirmation(subject, expected)?;
    let name_id = required(subject, ASSERTION, "NameID")?;
    let name = xml::text(name_id).filter(|name| !name.is_empty());
    let statement = children(assertion, ASSERTION, "AuthnStatement").next();
    let authn_instant = statement.map(|statement| time(statement, "AuthnInstant"));
    Ok(Assertion {
        id: id.to_owned(),
        issuer: expected.metadata.entity_id.clone(),
        name_id: name.ok_or(Error::Malformed("NameID"))?,
        name_id_format: name_id.attribute("Format").map(str::to_owned),
        session_index: statement
            .and_then(|statement| statement.attribute("SessionIndex"))
            .map(str::to_owned),
        attributes: attributes(assertion)?,
        not_on_or_after: conditions_end.map_or(confirmation_end, |end| end.min(confirmation_end)),
        in_response_to,
        authn_instant: authn_instant.transpose()?.flatten(),
    })
}

/// The date in an attribute; an error if it is not a date.
fn time(node: Node<'_, '_>, name: &'static str) -> Result<Option<Time>, Error> {
    node.attribute(name)
        .map(|text| instant::parse(text).ok_or(Error::Malformed(name)))
        .transpose()
}

/// Checks `NotBefore` and `NotOnOrAfter` (core, section 2.5.1.2). Returns the latter.
fn check_times(node: Node<'_, '_>, expected: &Expected<'_>) -> Result<Option<Time>, Error> {
    let (start, end) = (time(node, "NotBefore")?, time(node, "NotOnOrAfter")?);
    if start.is_some_and(|start| expected.now.plus(SKEW) < start) {
        return Err(Error::NotYetValid);
    }
    if end.is_some_and(|end| expected.now >= end.plus(SKEW)) {
        return Err(Error::Expired);
    }
    Ok(end)
}

/// Checks the audience: every restriction must name the user pool. A condition that is
/// not known makes an assertion indeterminate (core, section 2.5.1).
fn check_conditions(conditions: Node<'_, '_>, expected: &Expected<'_>) -> Result<(), Error> {
    const KNOWN: [&str; 3] = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];
    let is_known = |node: Node<'_, '_>| {
        KNOWN
            .iter()
            .any(|name| node.has_tag_name((ASSERTION, *name)))
    };
    if !conditions.children().filter(Node::is_element).all(is_known) {
        return Err(Error::Malformed("Conditions"));
    }
    let names_pool = |restriction: Node<'_, '_>| {
        children(restriction, ASSERTION, "Audience")
            .any(|audience| xml::text(audience).as_deref() == Some(expected.entity_id))
    };
    let mut restrictions = children(conditions, ASSERTION, "AudienceRestriction").peekable();
    if restrictions.peek().is_none() || !restrictions.all(names_pool) {
        return Err(Error::Audience);
    }
    Ok(())
}

/// The first confirmation that is valid: its request and its end. If none is valid, the
/// fault of the first.
fn confirmation(
    subject: Node<'_, '_>,
    expected: &Expected<'_>,
) -> Result<(Option<String>, Time), Error> {
    let mut fault = Error::Malformed("SubjectConfirmation");
    let bearer = children(subject, ASSERTION, "SubjectConfirmation")
        .filter(|confirmation| confirmation.attribute("Method") == Some(BEARER));
    for (index, confirmation) in bearer.enumerate() {
        match check_confirmation(confirmation, expected) {
            Ok(valid) => return Ok(valid),
            Err(error) if index == 0 => fault = error,
            Err(_) => {}
        }
    }
    Err(fault)
}

fn check_confirmation(
    confirmation: Node<'_, '_>,
    expected: &Expected<'_>,
) -> Result<(Option<String>, Time), Error> {
    let data = required(confirmation, ASSERTION, "SubjectConfirmationData")?;
    if data.attribute("Recipient") != Some(expected.acs) {
        return Err(Error::Recipient);
    }
    let end = check_times(data, expected)?.ok_or(Error::Malformed("NotOnOrAfter"))?;
    let in_response_to = data.attribute("InResponseTo");
    check_request(in_response_to, expected)?;
    Ok((in_response_to.map(str::to_owned), end))
}

/// The attributes of all statements. Values that are elements are left out: the
/// attributes of a user pool are texts.
fn attributes(assertion: Node<'_, '_>) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let statements = children(assertion, ASSERTION, "AttributeStatement");
    for attribute in statements.flat_map(|node| children(node, ASSERTION, "Attribute")) {
        let name = attribute
            .attribute("Name")
            .ok_or(Error::Malformed("Name"))?;
        let values = children(attribute, ASSERTION, "AttributeValue").filter_map(xml::text);
        attributes
            .entry(name.to_owned())
            .or_default()
            .extend(values);
    }
    Ok(attributes)
}
