//! Enveloped XML signatures, as far as SAML permits them (core, section 5.4).
//!
//! Verification returns the canonical bytes that the digest covers. Callers read these
//! bytes only, so that what is signed and what is read cannot differ. The certificates
//! come from metadata; `KeyInfo` is ignored.

use aws_lc_rs::digest::{self, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use super::canonical::{EXCLUSIVE, Method, canonicalize};
use super::certificate::base64;
use super::{ASSERTION, Certificate, Error, RSA_SHA256, SIGNATURE, Signer, xml};

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#sha384";
const SHA512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";

/// Verifies the signature of `element`, which is a child of it, with any of the
/// certificates. Returns the canonical form of what is signed: the element without its
/// signature.
pub(super) fn verify(element: Node<'_, '_>, certificates: &[Certificate]) -> Result<String, Error> {
    let signature = xml::child(element, SIGNATURE, "Signature")?
        .ok_or(Error::Signature("element without a signature"))?;
    let [signed_info, value] = parts(signature)?;
    let method = signed_info
        .first_element_child()
        .filter(|child| child.has_tag_name((SIGNATURE, "CanonicalizationMethod")))
        .and_then(Method::of)
        .ok_or(Error::Signature("canonicalization method"))?;
    let signed = canonicalize(signed_info, &method, None);
    // Comments or processing instructions cannot hide parts of what is verified,
    // because the parameters are read from the bytes that are verified.
    let document = xml::parse(&signed)?;
    let parameters = Parameters::of(document.root_element())?;
    if parameters.canonicalization != method {
        return Err(Error::Signature("canonicalization method"));
    }
    let value = xml::text(value).and_then(|value| base64(&value));
    let value = value.ok_or(Error::Signature("signature value"))?;
    let verified = certificates.iter().any(|certificate| {
        UnparsedPublicKey::new(parameters.algorithm, &certificate.public_key)
            .verify(signed.as_bytes(), &value)
            .is_ok()
    });
    if !verified {
        return Err(Error::Signature("no certificate verifies the signature"));
    }
    parameters.check_uri(element)?;
    let content = canonicalize(element, &parameters.transform, Some(signature.id()));
    let hash = digest(parameters.digest, content.as_bytes());
    if hash.as_ref() != parameters.value {
        return Err(Error::Signature("digest"));
    }
    Ok(content)
}

/// `SignedInfo` and `SignatureValue`. Only `KeyInfo` may follow them; an `Object` could
/// contain other signed data.
fn parts<'a, 'i>(signature: Node<'a, 'i>) -> Result<[Node<'a, 'i>; 2], Error> {
    let children: Vec<_> = signature.children().filter(Node::is_element).collect();
    let (found, rest) = match children.as_slice() {
        [info, value, rest @ ..] => ([*info, *value], rest),
        _ => return Err(Error::Signature("incomplete signature")),
    };
    let names = ["SignedInfo", "SignatureValue"];
    let matches = |(node, name): (&Node<'_, '_>, &str)| node.has_tag_name((SIGNATURE, name));
    let is_key_info = |node: &Node<'_, '_>| node.has_tag_name((SIGNATURE, "KeyInfo"));
    if !found.iter().zip(names).all(matches) || rest.len() > 1 || !rest.iter().all(is_key_info) {
        return Err(Error::Signature("unexpected element in the signature"));
    }
    Ok(found)
}

/// The parameters of `SignedInfo` (xmldsig, section 4.4).
struct Parameters {
    canonicalization: Method,
    algorithm: &'static dyn VerificationAlgorithm,
    uri: String,
    transform: Method,
    digest: &'static digest::Algorithm,
    value: Vec<u8>,
}

impl Parameters {
    fn of(signed_info: Node<'_, '_>) -> Result<Self, Error> {
        let [canonicalization, method, reference] = elements(
            signed_info,
            ["CanonicalizationMethod", "SignatureMethod", "Reference"],
        )
        .ok_or(Error::Signature(
            "signed info without exactly one reference",
        ))?;
        let [transforms, digest, value] =
            elements(reference, ["Transforms", "DigestMethod", "DigestValue"])
                .ok_or(Error::Signature("reference"))?;
        let digest = leaf(digest).and_then(digest_algorithm);
        let value = xml::text(value).and_then(|value| base64(&value));
        Ok(Self {
            canonicalization: Method::of(canonicalization)
                .ok_or(Error::Signature("canonicalization method"))?,
            algorithm: leaf(method)
                .and_then(signature_algorithm)
                .ok_or(Error::Signature("signature method"))?,
            uri: reference
                .attribute("URI")
                .ok_or(Error::Signature("reference without a URI"))?
                .to_owned(),
            transform: transform(transforms).ok_or(Error::Signature("transforms"))?,
            digest: digest.ok_or(Error::Signature("digest method"))?,
            value: value.ok_or(Error::Signature("digest value"))?,
        })
    }

    /// Checks that the reference is to `element` (core, section 5.4.2): by its id, or
    /// empty if it is the whole document.
    fn check_uri(&self, element: Node<'_, '_>) -> Result<(), Error> {
        let is_root = element == element.document().root_element();
        // Instructions outside of the root element would be signed as well.
        let alone = || {
            element
                .document()
                .root()
                .children()
                .all(|node| !node.is_pi())
        };
        let is_own = match self.uri.strip_prefix('#') {
            Some(id) => !id.is_empty() && element.attribute("ID") == Some(id),
            None => self.uri.is_empty() && is_root && alone(),
        };
        if is_own {
            Ok(())
        } else {
            Err(Error::Signature("reference to another element"))
        }
    }
}

/// The child elements of `node`, if these are the only ones.
fn elements<'a, 'i, const N: usize>(
    node: Node<'a, 'i>,
    names: [&str; N],
) -> Option<[Node<'a, 'i>; N]> {
    let children: Vec<_> = node.children().filter(Node::is_element).collect();
    let found: [Node<'a, 'i>; N] = children.try_into().ok()?;
    let matches = |(node, name): (&Node<'_, '_>, &str)| node.has_tag_name((SIGNATURE, name));
    found.iter().zip(names).all(matches).then_some(found)
}

/// The algorithm of an element without parameters.
fn leaf<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let has_parameters = node.children().any(|child| child.is_element());
    node.attribute("Algorithm").filter(|_| !has_parameters)
}

/// Signature methods by RFC 9231. HMAC and SHA-1 are refused. Cognito's documentation
/// does not name the methods; that it refuses SHA-1 is inferred.
fn signature_algorithm(name: &str) -> Option<&'static dyn VerificationAlgorithm> {
    let name = name.strip_prefix("http://www.w3.org/2001/04/xmldsig-more#")?;
    Some(match name {
        "rsa-sha256" => &RSA_PKCS1_2048_8192_SHA256,
        "rsa-sha384" => &RSA_PKCS1_2048_8192_SHA384,
        "rsa-sha512" => &RSA_PKCS1_2048_8192_SHA512,
        "ecdsa-sha256" => &ECDSA_P256_SHA256_FIXED,
        "ecdsa-sha384" => &ECDSA_P384_SHA384_FIXED,
        "ecdsa-sha512" => &ECDSA_P521_SHA512_FIXED,
        _ => return None,
    })
}

fn digest_algorithm(name: &str) -> Option<&'static digest::Algorithm> {
    Some(match name {
        SHA256 => &digest::SHA256,
        SHA384 => &digest::SHA384,
        SHA512 => &digest::SHA512,
        _ => return None,
    })
}

/// The canonicalization after the enveloped-signature transform. SAML permits no other
/// transforms (core, section 5.4.4).
fn transform(transforms: Node<'_, '_>) -> Option<Method> {
    let transforms: Vec<_> = transforms.children().filter(Node::is_element).collect();
    let matches = |node: &Node<'_, '_>| node.has_tag_name((SIGNATURE, "Transform"));
    if !transforms.iter().all(matches) {
        return None;
    }
    let (enveloped, method) = match transforms.as_slice() {
        [enveloped] => (enveloped, Method::inclusive()),
        [enveloped, method] => (enveloped, Method::of(*method)?),
        _ => return None,
    };
    (leaf(*enveloped)? == ENVELOPED).then(|| method.without_comments())
}

/// Signs the root element of `document`, XML whose root has an `ID` and begins with an
/// `Issuer`. The signature follows the issuer, as SAML's schemas require.
pub(super) fn sign(document: &str, signer: Signer<'_>) -> Result<String, Error> {
    let parsed = xml::parse(document)?;
    let root = parsed.root_element();
    let id = root.attribute("ID").ok_or(Error::Malformed("ID"))?;
    let issuer = xml::required(root, ASSERTION, "Issuer")?;
    let content = canonicalize(root, &Method::exclusive(), None);
    let hash = STANDARD.encode(digest(&digest::SHA256, content.as_bytes()));
    let signed_info = signed_info(id, &hash);
    let parsed_info = xml::parse(&signed_info)?;
    let octets = canonicalize(parsed_info.root_element(), &Method::exclusive(), None);
    let value = STANDARD.encode(signer(octets.as_bytes()));
    let value = xml::element("ds:SignatureValue", &[], &value);
    let signature = xml::element(
        "ds:Signature",
        &[("xmlns:ds", Some(SIGNATURE))],
        &format!("{signed_info}{value}"),
    );
    let (before, after) = document
        .split_at_checked(issuer.range().end)
        .ok_or(Error::Malformed("Issuer"))?;
    Ok(format!("{before}{signature}{after}"))
}

/// Declares its namespace, so that it has the same canonical form alone and in a
/// signature.
fn signed_info(id: &str, digest: &str) -> String {
    let algorithm =
        |name: &str, algorithm: &str| xml::element(name, &[("Algorithm", Some(algorithm))], "");
    let transforms = [ENVELOPED, EXCLUSIVE].map(|name| algorithm("ds:Transform", name));
    let reference = [
        xml::element("ds:Transforms", &[], &transforms.concat()),
        algorithm("ds:DigestMethod", SHA256),
        xml::element("ds:DigestValue", &[], digest),
    ];
    let uri = format!("#{id}");
    let content = [
        algorithm("ds:CanonicalizationMethod", EXCLUSIVE),
        algorithm("ds:SignatureMethod", RSA_SHA256),
        xml::element("ds:Reference", &[("URI", Some(&uri))], &reference.concat()),
    ];
    xml::element(
        "ds:SignedInfo",
        &[("xmlns:ds", Some(SIGNATURE))],
        &content.concat(),
    )
}
