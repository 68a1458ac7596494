//! Metadata of a SAML provider, as far as a user pool stores it.

use crate::error::{Error, Result};

const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/// The provider's endpoints for sign-in and sign-out by redirect.
#[derive(Debug)]
pub(super) struct Endpoints {
    pub(super) sign_on: Option<String>,
    pub(super) sign_out: Option<String>,
}

impl Endpoints {
    /// Parses `metadata`, an XML document that describes an identity provider with a
    /// sign-in endpoint. That every other document is refused with the same sentence is
    /// inferred.
    pub(super) fn read(metadata: &str) -> Result<Self> {
        let document =
            roxmltree::Document::parse(metadata).map_err(|_| Error::MetadataUnreadable)?;
        let provider = document
            .descendants()
            .find(|node| node.has_tag_name((METADATA, "IDPSSODescriptor")))
            .ok_or(Error::MetadataUnreadable)?;
        let services = |name: &'static str| {
            provider
                .children()
                .filter(move |node| node.has_tag_name((METADATA, name)))
        };
        if services("SingleSignOnService").next().is_none() {
            return Err(Error::MetadataUnreadable);
        }
        let redirect = |name| {
            services(name)
                .find(|node| node.attribute("Binding") == Some(REDIRECT))
                .and_then(|node| node.attribute("Location"))
                .map(str::to_owned)
        };
        Ok(Self {
            sign_on: redirect("SingleSignOnService"),
            sign_out: redirect("SingleLogoutService"),
        })
    }
}
