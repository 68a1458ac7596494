//! Metadata and the messages of a service provider.

use percent_encoding::percent_decode_str;

use super::super::issue::{self, Request};
use super::super::request::{
    AuthnRequest, Header, LogoutRequest, LogoutResponse, Parameter, post, redirect, verify_logout,
};
use super::*;

fn header() -> Header<'static> {
    Header {
        id: "_id",
        issue_instant: NOW,
        destination: "https://idp.example/sso?a=1&b=2",
        issuer: POOL,
    }
}

fn authn() -> String {
    AuthnRequest {
        header: header(),
        acs: ACS,
        force_authn: false,
    }
    .xml()
}

/// The parameters of a URL's query, percent-decoded.
fn query(url: &str) -> Vec<(String, String)> {
    let (_, query) = url.split_once('?').unwrap();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    pairs
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

#[test]
fn authn_request() {
    assert_eq!(
        authn(),
        "<saml2p:AuthnRequest xmlns:saml2p=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         Destination=\"https://idp.example/sso?a=1&amp;b=2\" ID=\"_id\" \
         IssueInstant=\"2026-01-01T00:00:00.000Z\" Version=\"2.0\" \
         AssertionConsumerServiceURL=\"https://pool.example/saml2/idpresponse\" \
         ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\">\
         <saml2:Issuer xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\">\
         urn:amazon:cognito:sp:us-east-1_EXAMPLE</saml2:Issuer></saml2p:AuthnRequest>"
    );
}

#[test]
fn redirection() {
    let url = redirect(
        "https://idp.example/sso",
        Parameter::Request,
        &authn(),
        Some("a b+c=&\u{e9}"),
        Some(&sign),
    );
    assert!(
        url.starts_with("https://idp.example/sso?SAMLRequest="),
        "{url}"
    );
    let parameters = query(&url);
    let names: Vec<_> = parameters.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["SAMLRequest", "RelayState", "SigAlg", "Signature"]);
    assert_eq!(parameters[1].1, "a b+c=&\u{e9}");
    assert_eq!(
        parameters[2].1,
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    );
    let (_, octets) = url.split_once('?').unwrap();
    let (signed, _) = octets.split_once("&Signature=").unwrap();
    assert_eq!(
        STANDARD.decode(&parameters[3].1).unwrap(),
        sign(signed.as_bytes())
    );
    let request = Request::from_redirect(&parameters[0].1).unwrap();
    let expected = Request {
        is_logout: false,
        id: "_id".to_owned(),
        issuer: POOL.to_owned(),
        acs: Some(ACS.to_owned()),
    };
    assert_eq!(request, expected);

    let url = redirect("https://a/?x=1", Parameter::Response, "<a/>", None, None);
    assert!(url.starts_with("https://a/?x=1&SAMLResponse="), "{url}");
    assert!(!url.contains("RelayState") && !url.contains("Sig"), "{url}");
}

#[test]
fn form() {
    let plain = post(&authn(), None).unwrap();
    assert_eq!(STANDARD.decode(&plain).unwrap(), authn().as_bytes());
    assert_eq!(Request::from_post(&plain).unwrap().id, "_id");
    let signed = post(&authn(), Some(&sign)).unwrap();
    let text = String::from_utf8(STANDARD.decode(signed).unwrap()).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let root = document.root_element();
    let verified = super::super::signature::verify(root, &[certificate(0)]).unwrap();
    // Canonical XML orders the attributes.
    assert_eq!(verified.len(), authn().len());
    // The schema requires the signature to follow the issuer.
    let names: Vec<_> = root
        .children()
        .map(|child| child.tag_name().name())
        .collect();
    assert_eq!(names, ["Issuer", "Signature"]);
}

#[test]
fn compressed_bomb() {
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b'a'; 10_000_000], 6);
    let refused = Request::from_redirect(&STANDARD.encode(bomb));
    assert_eq!(refused, Err(Error::Unreadable("not DEFLATE")));
}

#[test]
fn logout_request() {
    let xml = LogoutRequest {
        header: header(),
        name_id: "a<b",
        name_id_format: Some("urn:format"),
        session_index: Some("_session"),
    };
    let xml = xml.xml();
    let end = "</saml2:Issuer><saml2:NameID xmlns:saml2=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
               Format=\"urn:format\">a&lt;b</saml2:NameID>\
               <saml2p:SessionIndex>_session</saml2p:SessionIndex></saml2p:LogoutRequest>";
    assert!(xml.ends_with(end), "{xml}");
    let signed = post(&xml, Some(&sign)).unwrap();
    assert!(Request::from_post(&signed).unwrap().is_logout);
}

#[test]
fn logout_response() {
    let destination = "https://pool.example/saml2/logout";
    let response = |issuer, in_response_to| {
        let header = Header {
            destination,
            issuer,
            ..header()
        };
        LogoutResponse {
            header,
            in_response_to,
        }
        .xml()
    };
    let check = |xml: &str, signer: super::super::Signer<'_>| {
        let message = post(xml, Some(signer)).unwrap();
        verify_logout(&message, metadata(), destination, REQUEST)
    };
    let valid = response(ISSUER, REQUEST);
    assert_eq!(check(&valid, &sign), Ok(()));
    assert!(check(&valid, &|message| sign_with(1, message)).is_err());
    let unsigned = post(&valid, None).unwrap();
    assert!(verify_logout(&unsigned, metadata(), destination, REQUEST).is_err());
    assert_eq!(
        check(&response("other", REQUEST), &sign),
        Err(Error::Issuer)
    );
    assert_eq!(
        check(&response(ISSUER, "_other"), &sign),
        Err(Error::InResponseTo)
    );
    let elsewhere = replaced(&valid, destination, "https://other.example");
    assert_eq!(check(&elsewhere, &sign), Err(Error::Destination));
    let failed = replaced(&valid, "status:Success", "status:Responder");
    let status = Error::Status {
        code: "Responder".to_owned(),
    };
    assert_eq!(check(&failed, &sign), Err(status));
    let twice = replaced(
        &valid,
        "</saml2p:Status>",
        "</saml2p:Status><a ID=\"_id\"/>",
    );
    assert_eq!(check(&twice, &sign), Err(Error::Unreadable("duplicate ID")));
    // Another message of the provider, such as a response to a sign-in.
    let other = replaced(&valid, "LogoutResponse", "Response");
    assert_eq!(
        check(&other, &sign),
        Err(Error::Malformed("LogoutResponse"))
    );
}

#[test]
fn metadata_of_an_issuer() {
    let certificate = include_str!("../fixtures/idp-rsa.txt");
    let text = issue::metadata(
        ISSUER,
        "https://idp.example/sso",
        Some("https://a/out"),
        certificate,
    );
    let metadata = Metadata::parse(&text).unwrap();
    assert_eq!(metadata.entity_id, ISSUER);
    assert_eq!(
        metadata.sign_on(Binding::Redirect),
        Some("https://idp.example/sso")
    );
    assert_eq!(
        metadata.sign_on(Binding::Post),
        Some("https://idp.example/sso")
    );
    assert_eq!(metadata.sign_out(Binding::Redirect), Some("https://a/out"));
    assert_eq!(metadata.certificates.len(), 1);
    let without = issue::metadata(ISSUER, "https://idp.example/sso", None, certificate);
    assert_eq!(Metadata::parse(&without).unwrap().sign_out, []);
}

#[test]
fn metadata_documents() {
    let certificate = include_str!("../fixtures/idp-rsa.txt");
    let key = |attributes: &str, certificate: &str| {
        format!(
            "<md:KeyDescriptor{attributes}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n  \
             {certificate}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        )
    };
    let keys = [
        key(" use=\"signing\"", certificate),
        key(" use=\"encryption\"", certificate),
        key("", certificate),
        key("", "AAAA"),
    ];
    let text = format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
         <md:EntityDescriptor entityID=\"urn:sp\"><md:SPSSODescriptor/></md:EntityDescriptor>\
         <md:EntityDescriptor entityID=\"urn:idp\"><md:Extensions><a/></md:Extensions>\
         <md:IDPSSODescriptor WantAuthnRequestsSigned=\"true\">{}\
         <md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:SOAP\" Location=\"s\"/>\
         <md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" \
         Location=\"o\" ResponseLocation=\"r\"/>\
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"p\"/>\
         </md:IDPSSODescriptor></md:EntityDescriptor></md:EntitiesDescriptor>",
        keys.concat()
    );
    let metadata = Metadata::parse(&text).unwrap();
    assert_eq!(metadata.entity_id, "urn:idp");
    assert!(metadata.wants_signed_requests);
    assert_eq!(metadata.certificates.len(), 2);
    assert_eq!(metadata.sign_on(Binding::Redirect), None);
    assert_eq!(metadata.sign_on(Binding::Post), Some("p"));
    assert_eq!(metadata.sign_out.len(), 1);
    assert_eq!(metadata.sign_out[0].response_location.as_deref(), Some("r"));
    let without = replaced(&text, "SingleSignOnService", "Other");
    assert_eq!(
        Metadata::parse(&without),
        Err(Error::Malformed("SingleSignOnService"))
    );
    let without = replaced(&text, "md:EntityDescriptor", "md:Other");
    assert_eq!(Metadata::parse(&without), Err(Error::Malformed("entityID")));
    let nodes = |count: usize| {
        let end = "</md:EntitiesDescriptor>";
        replaced(&text, end, &format!("{}{end}", "<a/>".repeat(count)))
    };
    assert!(Metadata::parse(&nodes(90_000)).is_ok());
    assert_eq!(
        Metadata::parse(&nodes(100_000)),
        Err(Error::Unreadable("not XML"))
    );
    let with_type = format!("<!DOCTYPE a>{text}");
    assert_eq!(
        Metadata::parse(&with_type),
        Err(Error::Unreadable("not XML"))
    );
}
