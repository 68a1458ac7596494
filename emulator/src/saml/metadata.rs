//! Metadata of an identity provider.
//!
//! <https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf>

use roxmltree::Node;

use super::xml::{self, children};
use super::{Certificate, Error, SIGNATURE};

const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// The parts of a provider's metadata that a user pool uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// The issuer of the provider's messages.
    pub(crate) entity_id: String,
    /// Endpoints for sign-in, in the order of the document.
    pub(crate) sign_on: Vec<Endpoint>,
    /// Endpoints for sign-out, in the order of the document.
    pub(crate) sign_out: Vec<Endpoint>,
    /// The certificates of the keys that sign. Unreadable ones are left out, so that
    /// their signatures are refused.
    pub(crate) certificates: Vec<Certificate>,
    /// Whether the provider requires signed requests.
    pub(crate) wants_signed_requests: bool,
}

/// An address with its binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// How messages are sent.
    pub(crate) binding: Binding,
    /// The URL for requests.
    pub(crate) location: String,
    /// The URL for responses, if it differs.
    pub(crate) response_location: Option<String>,
}

/// A binding that Cognito supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// The message is in the query (bindings, section 3.4).
    Redirect,
    /// The message is in a form (bindings, section 3.5).
    Post,
}

impl Metadata {
    /// Parses `text`. Of several entities, the first identity provider is used
    /// (inferred). Extensions and signatures of the metadata are ignored.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let document = xml::parse(text)?;
        let provider = document
            .descendants()
            .find(|node| node.has_tag_name((METADATA, "IDPSSODescriptor")))
            .ok_or(Error::Malformed("IDPSSODescriptor"))?;
        let entity_id = provider
            .parent()
            .filter(|entity| entity.has_tag_name((METADATA, "EntityDescriptor")))
            .and_then(|entity| entity.attribute("entityID"))
            .ok_or(Error::Malformed("entityID"))?;
        let sign_on = endpoints(provider, "SingleSignOnService");
        if sign_on.is_empty() {
            return Err(Error::Malformed("SingleSignOnService"));
        }
        let wants = provider.attribute("WantAuthnRequestsSigned");
        Ok(Self {
            entity_id: entity_id.to_owned(),
            sign_on,
            sign_out: endpoints(provider, "SingleLogoutService"),
            certificates: certificates(provider),
            wants_signed_requests: matches!(wants, Some("true" | "1")),
        })
    }

    /// The sign-in URL of a binding.
    pub(crate) fn sign_on(&self, binding: Binding) -> Option<&str> {
        let endpoint = self
            .sign_on
            .iter()
            .find(|endpoint| endpoint.binding == binding)?;
        Some(&endpoint.location)
    }

    /// The sign-out URL of a binding.
    pub(crate) fn sign_out(&self, binding: Binding) -> Option<&str> {
        let endpoint = self
            .sign_out
            .iter()
            .find(|endpoint| endpoint.binding == binding)?;
        Some(&endpoint.location)
    }
}

/// The endpoints with a binding that Cognito supports.
fn endpoints(provider: Node<'_, '_>, name: &'static str) -> Vec<Endpoint> {
    children(provider, METADATA, name)
        .filter_map(|service| {
            let binding = match service.attribute("Binding")? {
                REDIRECT => Binding::Redirect,
                POST => Binding::Post,
                _ => return None,
            };
            Some(Endpoint {
                binding,
                location: service.attribute("Location")?.to_owned(),
                response_location: service.attribute("ResponseLocation").map(str::to_owned),
            })
        })
        .collect()
}

/// The certificates of keys for signatures: a descriptor without `use` is for all uses
/// (metadata, section 2.4.1.1).
fn certificates(provider: Node<'_, '_>) -> Vec<Certificate> {
    children(provider, METADATA, "KeyDescriptor")
        .filter(|key| matches!(key.attribute("use"), None | Some("signing")))
        .flat_map(|key| children(key, SIGNATURE, "KeyInfo"))
        .flat_map(|info| children(info, SIGNATURE, "X509Data"))
        .flat_map(|data| children(data, SIGNATURE, "X509Certificate"))
        .filter_map(|certificate| Certificate::from_base64(&xml::text(certificate)?))
        .collect()
}
