//! Metadata of a SAML provider, as far as a user pool stores it.

use crate::error::{Error, Result};
use crate::saml::xml;

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
    /// inferred, and so are the limits of the XML, which sign-in has as well.
    pub(super) fn read(metadata: &str) -> Result<Self> {
        let document = xml::parse(metadata).map_err(|_| Error::MetadataUnreadable)?;
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

#[cfg(test)]
mod tests {
    use super::{Endpoints, Error, METADATA};

    /// XML that would occupy the parser for half a minute is refused before it is parsed.
    #[test]
    fn expensive_metadata_is_refused() {
        let with = |extension: &str| {
            let document = format!(
                "<EntityDescriptor xmlns='{METADATA}'><IDPSSODescriptor>\
                 <SingleSignOnService/></IDPSSODescriptor>{extension}</EntityDescriptor>"
            );
            Endpoints::read(&document)
        };
        assert!(with("").is_ok());
        let nested: Vec<_> = (0..2600)
            .map(|number| format!("<a xmlns:n{number}='u'>"))
            .collect();
        let nested = nested.concat() + &"</a>".repeat(2600);
        assert!(matches!(with(&nested), Err(Error::MetadataUnreadable)));
    }
}
