//! SAML 2.0: the service provider of a user pool, and an identity provider for tests.
//!
//! The module is pure. Bytes, times and keys come in as arguments; data or an
//! [`Error`] comes out. References to the specifications:
//!
//! - core: <https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf>
//! - bindings: <https://docs.oasis-open.org/security/saml/v2.0/saml-bindings-2.0-os.pdf>
//! - profiles: <https://docs.oasis-open.org/security/saml/v2.0/saml-profiles-2.0-os.pdf>
//! - xmldsig: <https://www.w3.org/TR/xmldsig-core1/>
//! - xmlenc: <https://www.w3.org/TR/xmlenc-core1/>
//! - exc-c14n: <https://www.w3.org/TR/xml-exc-c14n/>
//!
//! | file | content |
//! | --- | --- |
//! | `metadata` | the endpoints and certificates of an identity provider |
//! | `request` | messages of the service provider: sign-in and sign-out |
//! | `response` | the checks of a response to a sign-in |
//! | `issue` | messages of an identity provider |
//! | `signature`, `canonical` | XML signatures over canonical XML |
//! | `encryption` | encrypted assertions |
//! | `certificate`, `xml` | X.509 and XML as SAML uses them |

mod canonical;
mod certificate;
pub(crate) mod encryption;
mod error;
pub(crate) mod issue;
pub(crate) mod metadata;
pub(crate) mod request;
pub(crate) mod response;
mod signature;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod xml;

pub(crate) use self::certificate::Certificate;
pub(crate) use self::error::Error;

/// Returns the RSASSA-PKCS1-v1_5 signature with SHA-256 of a message.
pub(crate) type Signer<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

/// Namespace of assertions (core, section 2).
const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// Namespace of protocol messages (core, section 3).
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// Namespace of XML signatures (xmldsig, section 1.3).
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The RSA signature method that Cognito uses, and its id in the redirect binding.
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// The status of a successful request (core, section 3.2.2.2).
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
/// Confirmation of a subject by possession of the assertion (profiles, section 3.3).
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// The entity id of a user pool (O133).
pub(crate) fn entity_id(pool: &str) -> String {
    format!("urn:amazon:cognito:sp:{pool}")
}
