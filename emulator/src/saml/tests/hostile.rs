//! Forged responses.

use proptest::prelude::*;

use super::*;

const EVIL: &str = "admin@example.com";

/// The element `name` of `xml`: its first start tag to its last end tag.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let start = xml.find(&format!("<{name}")).unwrap();
    let end = format!("</{name}>");
    &xml[start..xml.rfind(&end).unwrap() + end.len()]
}

/// A forged copy: another user, and the id `id`.
fn forged(element: &str, old_id: &str, id: &str) -> String {
    let old_id = format!(" ID=\"{old_id}\"");
    let copy = replaced(element, &old_id, &format!(" ID=\"{id}\""));
    replaced(&copy, "user@example.com", EVIL)
}

/// Asserts that `xml` is refused.
#[track_caller]
fn refused(xml: impl AsRef<[u8]>) -> Error {
    check(xml).expect_err("the response is refused")
}

/// A response with a signed assertion: the document, the assertion, its signature,
/// the assertion without it, and a forged assertion without a signature.
struct Parts {
    xml: String,
    assertion: String,
    signature: String,
    unsigned: String,
    evil: String,
}

impl Parts {
    fn of(xml: String) -> Self {
        let assertion = element(&xml, "saml:Assertion").to_owned();
        let signature = element(&assertion, "ds:Signature").to_owned();
        let unsigned = replaced(&assertion, &signature, "");
        let evil = forged(&unsigned, "_assertion", "_evil");
        Self {
            xml,
            assertion,
            signature,
            unsigned,
            evil,
        }
    }

    /// The response with other content in place of its assertion.
    fn with(&self, content: &str) -> String {
        replaced(&self.xml, &self.assertion, content)
    }

    /// The forged assertion with `content` after its issuer.
    fn evil_with(&self, content: &str) -> String {
        let end = "</saml:Issuer>";
        self.evil.replacen(end, &format!("{end}{content}"), 1)
    }
}

/// The signature with more content at its end.
fn with_object(signature: &str, content: &str) -> String {
    replaced(
        signature,
        "</ds:Signature>",
        &format!("{content}</ds:Signature>"),
    )
}

/// Asserts that `xml` is refused because it has an assertion in another place. Without this check,
/// the variants below are refused by later ones, so the fault is compared.
#[track_caller]
fn wrapped(xml: impl AsRef<[u8]>) {
    assert_eq!(refused(xml), Error::Malformed("more than one assertion"));
}

/// The eight variants of SAML Raider. The first two are about a signed response.
#[test]
fn signature_wrapping_1_and_2() {
    let xml = signed(&response(), Signed::Response);
    let signature = element(&xml, "ds:Signature");
    let unsigned = replaced(&xml, signature, "");
    let evil = forged(&unsigned, "_response", "_evil");
    let evil = replaced(&evil, " ID=\"_assertion\"", " ID=\"_evil_assertion\"");
    let at_issuer = |content: &str| {
        let end = "</saml:Issuer>";
        evil.replacen(end, &format!("{end}{content}"), 1)
    };
    wrapped(at_issuer(&with_object(signature, &unsigned)));
    wrapped(at_issuer(&format!("{unsigned}{signature}")));
}

#[test]
fn signature_wrapping_3() {
    let parts = Parts::of(document());
    wrapped(parts.with(&format!("{}{}", parts.evil, parts.assertion)));
    wrapped(parts.with(&format!("{}{}", parts.assertion, parts.evil)));
}

#[test]
fn signature_wrapping_4() {
    let parts = Parts::of(document());
    let end = "</saml:Assertion>";
    wrapped(parts.with(&replaced(
        &parts.evil,
        end,
        &format!("{}{end}", parts.assertion),
    )));
}

#[test]
fn signature_wrapping_5() {
    let parts = Parts::of(document());
    let evil = parts.evil_with(&parts.signature);
    wrapped(parts.with(&format!("{evil}{}", parts.unsigned)));
}

#[test]
fn signature_wrapping_6() {
    let parts = Parts::of(document());
    let signature = with_object(&parts.signature, &parts.unsigned);
    wrapped(parts.with(&parts.evil_with(&signature)));
}

#[test]
fn signature_wrapping_7() {
    let parts = Parts::of(document());
    let extensions = format!("<samlp:Extensions>{}</samlp:Extensions>", parts.evil);
    wrapped(parts.with(&format!("{extensions}{}", parts.assertion)));
}

#[test]
fn signature_wrapping_8() {
    let parts = Parts::of(document());
    let object = format!("<ds:Object>{}</ds:Object>", parts.unsigned);
    wrapped(parts.with(&parts.evil_with(&with_object(&parts.signature, &object))));
}

/// The signed element is in a place that is not read.
#[test]
fn signed_assertion_elsewhere() {
    let parts = Parts::of(document());
    let extensions = format!("<samlp:Extensions>{}</samlp:Extensions>", parts.assertion);
    wrapped(parts.with(&extensions));
    wrapped(parts.with(&format!("{extensions}{}", parts.evil)));
}

#[test]
fn two_assertions() {
    let parts = Parts::of(document());
    let second = replaced(&parts.unsigned, " ID=\"_assertion\"", " ID=\"_second\"");
    let second = super::super::signature::sign(&second, &sign).unwrap();
    let error = refused(parts.with(&format!("{}{second}", parts.assertion)));
    assert_eq!(error, Error::Malformed("more than one assertion"));
}

#[test]
fn no_assertion_and_no_signature() {
    let parts = Parts::of(document());
    assert_eq!(refused(parts.with("")), Error::Malformed("Assertion"));
    let error = refused(parts.with(&parts.unsigned));
    assert_eq!(error, Error::Signature("element without a signature"));
}

#[test]
fn duplicate_ids() {
    let xml = replaced(&document(), "ID=\"_response\"", "ID=\"_assertion\"");
    assert_eq!(refused(xml), Error::Unreadable("duplicate ID"));
    let xml = replaced(
        &document(),
        "<ds:SignatureValue",
        "<ds:SignatureValue Id=\"_response\"",
    );
    assert_eq!(refused(xml), Error::Unreadable("duplicate ID"));
}

/// Any other message of the provider that contains a signed assertion.
#[test]
fn another_message_is_refused() {
    let xml = replaced(&document(), "samlp:Response", "samlp:ArtifactResponse");
    assert_eq!(refused(xml), Error::Malformed("Response"));
}

/// A signature that belongs to neither the response nor the assertion.
#[test]
fn a_signature_in_another_place_is_refused() {
    let parts = Parts::of(document());
    let error = refused(extended(&parts.signature));
    assert_eq!(error, Error::Signature("signature of another element"));
}

#[test]
fn a_subject_without_a_name_is_refused() {
    for name in ["", " \n", "<!-- admin -->"] {
        let edited = edited(
            "user@example.com</saml:NameID>",
            &format!("{name}</saml:NameID>"),
        );
        assert_eq!(refused(edited), Error::Malformed("NameID"), "{name:?}");
    }
}

#[test]
fn two_signatures() {
    let parts = Parts::of(document());
    let twice = format!("{0}{0}", parts.signature);
    let xml = replaced(&parts.xml, &parts.signature, &twice);
    assert_eq!(refused(xml), Error::Malformed("repeated element"));
}

/// A signature with more than its key after its value, where other data could be.
#[test]
fn objects_in_signatures() {
    let parts = Parts::of(document());
    for content in [
        "<ds:Object/>",
        "<ds:KeyInfo/><ds:KeyInfo/>",
        "<ds:SignedInfo/>",
        "<other/>",
    ] {
        let signature = with_object(&parts.signature, content);
        let error = refused(replaced(&parts.xml, &parts.signature, &signature));
        assert_eq!(
            error,
            Error::Signature("unexpected element in the signature")
        );
    }
}

/// The response is signed correctly, but its assertion is not, or the reverse.
#[test]
fn one_of_two_signatures_is_wrong() {
    let assertion = response().sign(Signed::Assertion, &|message| sign_with(1, message));
    let xml = String::from_utf8(STANDARD.decode(assertion.unwrap()).unwrap()).unwrap();
    let xml = super::super::signature::sign(&xml, &sign).unwrap();
    refused(xml);
    let xml = super::super::signature::sign(&document(), &|message| sign_with(1, message));
    refused(xml.unwrap());
}

#[test]
fn another_key() {
    let signed = response().sign(Signed::Assertion, &|message| sign_with(1, message));
    let error = verify(&signed.unwrap(), &expected()).unwrap_err();
    assert_eq!(
        error,
        Error::Signature("no certificate verifies the signature")
    );
}

/// `KeyInfo` has the key that verifies the signature.
#[test]
fn key_info_of_another_key() {
    let signed = response().sign(Signed::Assertion, &|message| sign_with(1, message));
    let xml = String::from_utf8(STANDARD.decode(signed.unwrap()).unwrap()).unwrap();
    let key = STANDARD.encode(certificate(1).public_key);
    let info = format!("<ds:KeyInfo><ds:KeyValue>{key}</ds:KeyValue></ds:KeyInfo>");
    let xml = replaced(&xml, "</ds:Signature>", &format!("{info}</ds:Signature>"));
    let error = refused(xml);
    assert_eq!(
        error,
        Error::Signature("no certificate verifies the signature")
    );
    // In a valid signature, it is ignored.
    let info = "<ds:KeyInfo><ds:KeyName>other</ds:KeyName></ds:KeyInfo></ds:Signature>";
    assert!(check(replaced(&document(), "</ds:Signature>", info)).is_ok());
}

/// Signs `xml`, whose signature has other parameters, again.
fn resigned(xml: &str, old: &str, new: &str) -> String {
    resigned_with(xml, old, new, &sign)
}

fn resigned_with(xml: &str, old: &str, new: &str, signer: super::super::Signer<'_>) -> String {
    let xml = replaced(xml, old, new);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let info = document
        .descendants()
        .find(|node| node.has_tag_name("Signature"))
        .and_then(|signature| signature.first_element_child())
        .unwrap();
    let method = super::super::canonical::Method::exclusive();
    let canonical = super::super::canonical::canonicalize(info, &method, None);
    let value = STANDARD.encode(signer(canonical.as_bytes()));
    let old = element(&xml, "ds:SignatureValue");
    replaced(
        &xml,
        old,
        &format!("<ds:SignatureValue>{value}</ds:SignatureValue>"),
    )
}

#[test]
fn signature_methods() {
    // HMAC, with the public key as the secret.
    let hmac = |message: &[u8]| {
        use aws_lc_rs::hmac;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &certificate(0).public_key);
        hmac::sign(&key, message).as_ref().to_vec()
    };
    let method = super::super::RSA_SHA256;
    let prefix = "http://www.w3.org/2001/04/xmldsig-more#";
    let xml = resigned_with(&document(), method, &format!("{prefix}hmac-sha256"), &hmac);
    assert_eq!(refused(xml), Error::Signature("signature method"));
    for other in [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "",
        &format!("{prefix}rsa-md5"),
    ] {
        let error = refused(resigned(&document(), method, other));
        assert_eq!(error, Error::Signature("signature method"));
    }
    // The method of a signature that is valid by another.
    let error = refused(resigned(
        &document(),
        method,
        &format!("{prefix}rsa-sha512"),
    ));
    assert_eq!(
        error,
        Error::Signature("no certificate verifies the signature")
    );
    let tag = format!("Algorithm=\"{method}\">");
    let parameter = format!("{tag}<ds:HMACOutputLength>1</ds:HMACOutputLength>");
    let error = refused(resigned(&document(), &tag, &parameter));
    assert_eq!(error, Error::Signature("signature method"));
}

#[test]
fn digest_methods() {
    let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    for other in ["http://www.w3.org/2000/09/xmldsig#sha1", "urn:other"] {
        let error = refused(resigned(&document(), sha256, other));
        assert_eq!(error, Error::Signature("digest method"));
    }
}

#[test]
fn digest_values() {
    let xml = document();
    let value = element(&xml, "ds:DigestValue");
    let with = |content: &str| format!("<ds:DigestValue>{content}</ds:DigestValue>");
    let error = refused(resigned(&xml, value, &with("")));
    assert_eq!(error, Error::Signature("digest"));
    let error = refused(resigned(&xml, value, &with("AAAA")));
    assert_eq!(error, Error::Signature("digest"));
    // The signature covers the digest.
    assert_eq!(
        refused(replaced(&xml, value, &with("AAAA"))),
        Error::Signature("no certificate verifies the signature")
    );
    // A comment before the true digest: canonical XML removes it.
    let digest = value.replace("<ds:DigestValue>", "<ds:DigestValue><!--AAAA-->");
    assert!(check(replaced(&xml, value, &digest)).is_ok());
    let twice = format!("{}{value}", with("AAAA"));
    assert_eq!(
        refused(resigned(&xml, value, &twice)),
        Error::Signature("reference")
    );
}

#[test]
fn transforms() {
    let tag = |algorithm: &str| format!("<ds:Transform Algorithm=\"{algorithm}\"></ds:Transform>");
    let enveloped = tag("http://www.w3.org/2000/09/xmldsig#enveloped-signature");
    let exclusive = tag("http://www.w3.org/2001/10/xml-exc-c14n#");
    let both = format!("{enveloped}{exclusive}");
    for algorithm in [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "http://www.w3.org/2006/12/xml-c14n11",
    ] {
        let other = tag(algorithm);
        for transforms in [
            other.clone(),
            format!("{other}{exclusive}"),
            format!("{enveloped}{other}"),
            format!("{both}{other}"),
            format!("{enveloped}{other}{exclusive}"),
        ] {
            let error = refused(resigned(&document(), &both, &transforms));
            assert_eq!(error, Error::Signature("transforms"), "{transforms}");
        }
    }
    for transforms in ["", &exclusive, &format!("{exclusive}{enveloped}")] {
        let error = refused(resigned(&document(), &both, transforms));
        assert_eq!(error, Error::Signature("transforms"), "{transforms}");
    }
}

/// Elements with other names in the place of those that are expected.
#[test]
fn names_in_signatures() {
    for (name, fault) in [
        ("SignedInfo", "unexpected element in the signature"),
        ("SignatureValue", "unexpected element in the signature"),
        ("CanonicalizationMethod", "canonicalization method"),
        (
            "SignatureMethod",
            "signed info without exactly one reference",
        ),
        ("Reference", "signed info without exactly one reference"),
        ("Transforms", "reference"),
        ("Transform", "transforms"),
        ("DigestMethod", "reference"),
        ("DigestValue", "reference"),
    ] {
        // The end of the tag or a space follows a whole name.
        let mut xml = document();
        for end in [">", " "] {
            for start in ["<ds:", "</ds:"] {
                xml = xml.replace(
                    &format!("{start}{name}{end}"),
                    &format!("{start}Other{end}"),
                );
            }
        }
        assert!(xml.contains("ds:Other"), "{name}");
        if name != "SignatureValue" {
            xml = resigned(&xml, "ds:Other", "ds:Other");
        }
        assert_eq!(refused(xml), Error::Signature(fault), "{name}");
    }
}

#[test]
fn references() {
    let xml = document();
    let uri = "URI=\"#_assertion\"";
    for other in [
        "URI=\"#_response\"",
        "URI=\"\"",
        "URI=\"#\"",
        "URI=\"#xpointer(/)\"",
        "URI=\"http://idp.example/\"",
    ] {
        let error = refused(resigned(&xml, uri, other));
        assert_eq!(
            error,
            Error::Signature("reference to another element"),
            "{other}"
        );
    }
    let error = refused(resigned(&xml, uri, ""));
    assert_eq!(error, Error::Signature("reference without a URI"));
    // An id without characters is not an id.
    let parts = Parts::of(document());
    let empty = replaced(&parts.unsigned, " ID=\"_assertion\"", " ID=\"\"");
    let empty = super::super::signature::sign(&empty, &sign).unwrap();
    assert!(empty.contains("URI=\"#\""));
    let error = refused(parts.with(&empty));
    assert_eq!(error, Error::Signature("reference to another element"));
    let reference = element(&xml, "ds:Reference");
    let error = refused(resigned(
        &xml,
        reference,
        &format!("{reference}{reference}"),
    ));
    assert_eq!(
        error,
        Error::Signature("signed info without exactly one reference")
    );
    // An empty URI means the document, so it is valid for the response.
    let xml = signed(&response(), Signed::Response);
    let empty = resigned(&xml, "URI=\"#_response\"", "URI=\"\"");
    assert!(check(&empty).is_ok());
    let error = refused(format!("<?pi?>{empty}"));
    assert_eq!(error, Error::Signature("reference to another element"));
}

#[test]
fn canonicalization_methods() {
    let xml = document();
    let tag = "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    for other in ["urn:other", "http://www.w3.org/2006/12/xml-c14n11"] {
        let other = format!("<ds:CanonicalizationMethod Algorithm=\"{other}\">");
        let error = refused(resigned(&xml, tag, &other));
        assert_eq!(error, Error::Signature("canonicalization method"));
    }
    let namespace = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let prefixes = format!("<x:InclusiveNamespaces xmlns:x=\"{namespace}\" PrefixList=\"\"/>");
    for parameters in ["<ds:Other/>", &prefixes.repeat(2)] {
        let error = refused(resigned(&xml, tag, &format!("{tag}{parameters}")));
        assert_eq!(error, Error::Signature("canonicalization method"));
    }
}

/// Text with a comment is read as a whole, whatever the canonicalization is.
#[test]
fn comments_in_text() {
    for signed_as in [Signed::Assertion, Signed::Response] {
        let mut response = response();
        response.name_id = "admin@example.com.evil.example";
        let xml = signed(&response, signed_as);
        // An attacker adds a comment: the signature stays valid.
        let xml = replaced(
            &xml,
            "admin@example.com.evil",
            "admin@example.com<!---->.evil",
        );
        let assertion = check(xml).unwrap();
        assert_eq!(assertion.name_id, "admin@example.com.evil.example");
    }
    let value = "<saml:AttributeValue>user@example.com<";
    let xml = replaced(
        &document(),
        value,
        "<saml:AttributeValue>user<!-- x -->@example.com<",
    );
    assert_eq!(
        check(xml).unwrap().attributes["email"],
        ["user@example.com"]
    );
}

/// A processing instruction is part of the signed bytes, and divides text as well.
#[test]
fn instructions_in_text() {
    let name = "admin@example.com<?x?>.evil.example</saml:NameID>";
    let assertion = check(edited("user@example.com</saml:NameID>", name)).unwrap();
    assert_eq!(assertion.name_id, "admin@example.com.evil.example");
    let name = "<a>b</a>admin@example.com</saml:NameID>";
    let error = refused(edited("user@example.com</saml:NameID>", name));
    assert_eq!(error, Error::Malformed("NameID"));
}

#[test]
fn document_types() {
    let xml = document();
    let name = "user@example.com</saml:NameID>";
    let entity = format!(
        "<!DOCTYPE r [<!ENTITY e \"user@example.com\">]>{}",
        replaced(&xml, name, "&e;</saml:NameID>")
    );
    let laughs = format!(
        "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>{}",
        replaced(&xml, name, "&b;</saml:NameID>")
    );
    let external = format!("<!DOCTYPE r SYSTEM \"file:///etc/passwd\">{xml}");
    let empty = format!("<!DOCTYPE r>{xml}");
    for xml in [entity, laughs, external, empty] {
        assert_eq!(refused(xml), Error::Unreadable("not XML"));
    }
}

/// A response with `extensions`, which are not signed.
fn extended(extensions: &str) -> String {
    let extensions = format!("<samlp:Extensions>{extensions}</samlp:Extensions>");
    document().replacen("<samlp:Status>", &format!("{extensions}<samlp:Status>"), 1)
}

#[test]
fn depth() {
    let nested = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
    assert!(check(extended(&nested(62))).is_ok());
    let error = refused(extended(&nested(63)));
    assert_eq!(error, Error::Unreadable("too many levels"));
    assert_eq!(
        refused(nested(10_000)),
        Error::Unreadable("too many levels")
    );
    let unclosed = "<a>".repeat(20_000);
    assert_eq!(refused(unclosed), Error::Unreadable("too many levels"));
    // Tags in other markup, and tags that are not open.
    for other in [
        "<!--<a>-->",
        "<![CDATA[<a>]]>",
        "<?x <a>?>",
        "<a/>",
        "<a b='/>' c=\">\"></a>",
    ] {
        assert!(check(extended(&other.repeat(100))).is_ok(), "{other}");
    }
}

#[test]
fn namespaces() {
    let declared = |count: usize| {
        let declarations = (0..count).map(|index| format!(" xmlns:n{index}=\"urn:{index}\""));
        declarations.collect::<Vec<_>>().concat()
    };
    let with = |count: usize| extended(&format!("<a{}/>", declared(count)));
    assert!(check(with(63)).is_ok());
    let error = refused(with(64));
    assert_eq!(error, Error::Unreadable("too many namespaces"));
    // The parser needs half a minute for these.
    let nested: Vec<_> = (0..2600)
        .map(|index| format!("<a xmlns:n{index}=\"u\">"))
        .collect();
    let nested = nested.concat() + &"</a>".repeat(2600);
    assert_eq!(refused(nested), Error::Unreadable("too many namespaces"));
    let error = refused(extended("<a xmlns:n=\"\"/>"));
    assert_eq!(error, Error::Unreadable("prefix without a namespace"));
}

#[test]
fn attributes_of_an_element() {
    let with = |count: usize| {
        let attributes: Vec<_> = (0..count).map(|index| format!(" n{index}=\"\"")).collect();
        extended(&format!("<a{}/>", attributes.concat()))
    };
    assert!(check(with(256)).is_ok());
    assert_eq!(refused(with(257)), Error::Unreadable("too many attributes"));
}

#[test]
fn characters_of_four_bytes() {
    let mut response = response();
    response.name_id = "user😀";
    let xml = signed(&response, Signed::Assertion);
    assert_eq!(refused(&xml), Error::Unreadable("character of four bytes"));
    let error = refused(replaced(&xml, "😀", "&#x1F600;"));
    assert_eq!(error, Error::Unreadable("character of four bytes"));
    response.name_id = "user\u{fffd}é";
    assert!(check(signed(&response, Signed::Assertion)).is_ok());
}

#[test]
fn lengths() {
    let message = response().sign(Signed::Assertion, &sign).unwrap();
    let spaces = |count: usize| " ".repeat(count - message.len());
    assert!(verify(&format!("{message}{}", spaces(100_000)), &expected()).is_ok());
    let error = verify(&format!("{message}{}", spaces(100_001)), &expected());
    assert_eq!(error, Err(Error::TooLong));
}

#[test]
fn base64_text() {
    let message = response().sign(Signed::Assertion, &sign).unwrap();
    for (length, _) in message.char_indices() {
        assert!(verify(&message[..length], &expected()).is_err());
    }
    for text in ["", "=", "????", "AA==", "/////w=="] {
        assert!(verify(text, &expected()).is_err());
    }
    let value = "</ds:SignatureValue>";
    let error = refused(replaced(&document(), value, &format!("=A{value}")));
    assert_eq!(error, Error::Signature("signature value"));
}

#[test]
fn other_encodings() {
    let utf16: Vec<u8> = document()
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    assert!(check(utf16).is_err());
    let declared = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n{}",
        document()
    );
    assert!(check(declared).is_ok());
}

/// Bytes of the text, changed in their last bit. All 7,800 bytes take 20 seconds, so only
/// every fifth is changed; `changed_bytes` changes any.
#[test]
fn each_changed_byte() {
    for signed_as in [Signed::Assertion, Signed::Response] {
        let xml = signed(&response(), signed_as);
        let usual = check(&xml).unwrap();
        for index in (0..xml.len()).step_by(5) {
            let mut bytes = xml.clone().into_bytes();
            bytes[index] ^= 1;
            if let Ok(assertion) = check(bytes) {
                assert_eq!(assertion, usual, "byte {index}");
            }
        }
    }
}

proptest! {
    #[test]
    fn changed_bytes(
        index in any::<prop::sample::Index>(),
        removed in 0_usize..3,
        added in proptest::collection::vec(any::<u8>(), 0..3),
    ) {
        let xml = document();
        let usual = check(&xml).unwrap();
        let mut bytes = xml.into_bytes();
        let start = index.index(bytes.len());
        let end = bytes.len().min(start + removed);
        bytes.splice(start..end, added);
        if let Ok(assertion) = check(bytes) {
            prop_assert_eq!(assertion, usual);
        }
    }

    /// Pieces of the document in another order never panic and never forge.
    #[test]
    fn moved_parts(
        from in any::<prop::sample::Index>(),
        length in 0_usize..2000,
        to in any::<prop::sample::Index>(),
    ) {
        let xml = document();
        let usual = check(&xml).unwrap();
        let mut bytes = xml.into_bytes();
        let start = from.index(bytes.len());
        let end = bytes.len().min(start + length);
        let part: Vec<u8> = bytes[start..end].to_vec();
        let to = to.index(bytes.len());
        bytes.splice(to..to, part);
        if let Ok(assertion) = check(bytes) {
            prop_assert_eq!(assertion, usual);
        }
    }

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        let _ = verify(&text, &expected());
        let _ = check(&text);
        let _ = Metadata::parse(&text);
        let _ = super::super::issue::Request::from_redirect(&text);
        let _ = Certificate::from_base64(&text);
    }
}
