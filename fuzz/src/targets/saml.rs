//! Metadata of SAML providers.

use std::collections::BTreeMap;

use cognito_emulator::settings::identity_provider::ProviderType;

/// Checks that accepted metadata describes an identity provider, and names the
/// binding of its address.
pub(crate) fn run(data: &[u8]) {
    let Some(text) = crate::text(data) else {
        return;
    };
    let details = BTreeMap::from([("MetadataFile".to_owned(), text.to_owned())]);
    let Ok(complete) = ProviderType::Saml.complete(details, "certificate") else {
        return;
    };
    assert!(text.contains("IDPSSODescriptor"), "{text}");
    let redirects = complete.contains_key("SSORedirectBindingURI");
    assert!(!redirects || text.contains("HTTP-Redirect"), "{complete:?}");
}
