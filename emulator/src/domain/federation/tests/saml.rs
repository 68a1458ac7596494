//! SAML: round trips, replay, sign-in that the provider begins, and sign-out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{BASE, authorize, details, enable, fixture, sign_in, submit, user};
use crate::auth::certificate::certificate;
use crate::auth::keys::{Keyring, SigningKey};
use crate::saml::Certificate;
use crate::saml::issue::{self, Response, Signed};
use crate::saml::tests::interoperability::encrypted_for;
use crate::testing::Fixture;
use crate::testing::browser::{Browser, CALLBACK, Shown};
use crate::wire::web::Request;
use crate::world::Time;
use crate::world::fetch::{Incoming, NoResponse, Outgoing, Transport};

const LOST: &str =
    "302 http://localhost:9229/error?error=Invalid+relayState+from+identity+provider";
const UNSOLICITED: &str = "302 http://localhost:9229/error?error=Invalid+samlResponse+or+relayState\
                           +from+identity+provider";

/// Sends a response of a provider to the user pool.
fn send(browser: &mut Browser, fixture: &Fixture, response: &str, state: &str) -> Shown {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("SAMLResponse", response)
        .append_pair("RelayState", state);
    let request = Request::new("POST", "/saml2/idpresponse").with_form(&form.finish());
    browser.send(fixture, request)
}

/// The form that the simulated provider sends to the user pool.
fn returned(browser: &mut Browser, fixture: &Fixture) -> (String, String) {
    let url = format!("{}&login_hint=ana", authorize(fixture, "Ida"));
    let page = browser.get(fixture, &url).location();
    let shown = browser.get(fixture, &page);
    (shown.field("SAMLResponse"), shown.field("RelayState"))
}

/// Several values become a list, and the name id identifies the user.
#[test]
fn attributes() {
    let pool = json!({ "Schema": [{ "Name": "team", "AttributeDataType": "String" }] });
    let mapping = json!({ "email": "urn:mail", "custom:team": "groups" });
    let mut fixture = fixture(pool, "Ida", "SAML", mapping);
    let fields = [
        ("sub", "Ana.Li"),
        ("email", "ana@x.example"),
        ("claims", r#"{"groups":["a","b c"]}"#),
    ];
    let shown = super::sign_in_with(&fixture, "Ida", &fields);
    assert!(shown.parameter("code").is_some(), "{shown}");
    let made = user(&mut fixture, "ida_ana.li");
    assert_eq!(made["Attributes"]["email"], "ana@x.example");
    assert_eq!(made["Attributes"]["custom:team"], "[a,b+c]");
}

/// A response counts once, in the browser that requested it.
#[test]
fn replay_and_other_browsers() {
    let fixture = fixture(json!({}), "Ida", "SAML", json!({}));
    let mut browser = Browser::new();
    let (response, state) = returned(&mut browser, &fixture);
    let mut victim = Browser::new();
    assert_eq!(
        send(&mut victim, &fixture, &response, &state).to_string(),
        LOST
    );
    let csrf = browser.cookie("csrf-state").to_owned();
    let shown = send(&mut browser, &fixture, &response, &state);
    assert!(shown.parameter("code").is_some(), "{shown}");
    browser.set_cookie("csrf-state", &csrf);
    assert_eq!(
        send(&mut browser, &fixture, &response, &state).to_string(),
        LOST
    );
    // With the state of another request.
    let mut browser = Browser::new();
    let (_, state) = returned(&mut browser, &fixture);
    assert_eq!(
        send(&mut browser, &fixture, &response, &state).location(),
        format!(
            "{CALLBACK}?error_description=Invalid+SAML+response+received%3A+SAML+response+\
             InResponseTo+is+invalid.+&state=S&error=server_error"
        )
    );
}

/// O142: a signature that is not valid.
#[test]
fn forged_responses() {
    let fixture = fixture(json!({}), "Ida", "SAML", json!({}));
    let mut browser = Browser::new();
    let (response, state) = returned(&mut browser, &fixture);
    let xml = String::from_utf8(STANDARD.decode(&response).unwrap()).unwrap();
    let forged = STANDARD.encode(xml.replace(">ana<", ">eva<"));
    assert_ne!(forged, response);
    assert_eq!(
        send(&mut browser, &fixture, &forged, &state).location(),
        format!(
            "{CALLBACK}?error_description=Invalid+SAML+response+received%3A+SAML+Assertion+\
             signature+is+invalid.+&state=S&error=server_error"
        )
    );
}

/// The state of a SAML sign-in is of no use at the other path, and the other way round.
#[test]
fn states_of_the_other_protocol() {
    let saml = fixture(json!({}), "Ida", "SAML", json!({}));
    let mut browser = Browser::new();
    let (_, state) = returned(&mut browser, &saml);
    let shown = browser.get(&saml, &format!("/oauth2/idpresponse?code=x&state={state}"));
    assert_eq!(
        shown.to_string(),
        "302 http://localhost:9229/error?error=invalid_request"
    );
    let oidc = fixture(json!({}), "Corp", "OIDC", json!({}));
    let mut browser = Browser::new();
    let shown = browser.get(&oidc, &authorize(&oidc, "Corp"));
    let state = shown.parameter("state").unwrap();
    assert_eq!(send(&mut browser, &oidc, "x", &state).to_string(), LOST);
}

/// Requests are signed if the provider is configured so (O136).
#[test]
fn signed_requests() {
    let mut fixture = fixture(json!({}), "Ida", "SAML", json!({}));
    let shown = Browser::new().get(&fixture, &authorize(&fixture, "Ida"));
    assert_eq!(shown.parameter("Signature"), None);
    update(
        &mut fixture,
        json!({ "RequestSigningAlgorithm": "rsa-sha256" }),
    );
    let location = Browser::new()
        .get(&fixture, &authorize(&fixture, "Ida"))
        .location();
    let (_, query) = location.split_once('?').unwrap();
    let (signed, signature) = query.split_once("&Signature=").unwrap();
    assert!(
        signed.ends_with("&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256")
    );
    let signature = signature
        .replace("%2B", "+")
        .replace("%2F", "/")
        .replace("%3D", "=");
    let signature = STANDARD.decode(signature).unwrap();
    let handle = fixture.pool_handle();
    assert!(handle.keys.id().verifies(signed.as_bytes(), &signature));
}

/// Changes the details of the provider.
fn update(fixture: &mut Fixture, more: Value) {
    let mut details = details("SAML");
    if let (Value::Object(details), Value::Object(more)) = (&mut details, more) {
        details.extend(more);
    }
    let provider = json!({
        "UserPoolId": fixture.get("pool"), "ProviderName": "Ida", "ProviderDetails": details,
    });
    fixture.must("UpdateIdentityProvider", provider);
}

/// A response without a request.
fn unsolicited(fixture: &Fixture, id: &str, now: Time) -> String {
    let handle = fixture.pool_handle();
    let audience = format!("urn:amazon:cognito:sp:{}", fixture.get("pool"));
    let response = Response {
        id: "_r",
        assertion_id: id,
        issuer: "https://idp.example/metadata",
        acs: &format!("{BASE}/saml2/idpresponse"),
        audience: &audience,
        in_response_to: None,
        now,
        lifetime: Duration::from_mins(30),
        name_id: "ana",
        name_id_format: None,
        session_index: None,
        attributes: &BTreeMap::new(),
    };
    let key = handle.keys.id();
    response
        .sign(Signed::Assertion, &|message: &[u8]| key.sign(message))
        .unwrap()
}

/// A sign-in that the provider begins (O135): it must be allowed, its `RelayState` is an
/// authorization request, and it counts once.
#[test]
fn sign_in_that_the_provider_begins() {
    let now = Time(1_700_000_000_000);
    let mut fixture = fixture(json!({}), "Ida", "SAML", json!({}));
    let state = format!(
        "identity_provider=Ida&client_id={}&redirect_uri={CALLBACK}&response_type=code&scope=openid",
        fixture.get("client")
    );
    let at = |fixture: &Fixture, id: &str, state: &str| {
        let response = unsolicited(fixture, id, now);
        send(&mut Browser::new(), fixture, &response, state).to_string()
    };
    assert_eq!(at(&fixture, "_1", &state), UNSOLICITED, "not allowed");
    enable(&mut fixture, &["Ida"], json!({}));
    assert_eq!(at(&fixture, "_1", &state), UNSOLICITED, "not allowed");
    update(&mut fixture, json!({ "IDPInit": "true" }));
    enable(&mut fixture, &["Ida", "COGNITO"], json!({}));
    assert_eq!(at(&fixture, "_1", &state), UNSOLICITED, "not only SAML");
    enable(&mut fixture, &["Ida"], json!({}));
    let signed_in = format!("302 {CALLBACK}?code=$code");
    assert_eq!(at(&fixture, "_1", &state), signed_in);
    let used = format!(
        "302 {CALLBACK}?error_description=Invalid+SAML+response+received%3A+SAML+Assertion+has+been+\
         used+already.+&error=server_error"
    );
    assert_eq!(at(&fixture, "_1", &state), used);
    assert_eq!(at(&fixture, "_2", &state), signed_in);
    // Redirects only to registered addresses.
    let open = state.replace(CALLBACK, "https://evil.example/");
    let mismatch = format!(
        "302 {BASE}/error?error=redirect_mismatch&client_id={}",
        fixture.get("client")
    );
    assert_eq!(at(&fixture, "_3", &open), mismatch);
    for relay in [
        "https://evil.example/",
        "//evil.example",
        "",
        "%0d%0aLocation:x",
    ] {
        let missing = format!("302 {BASE}/error?error=Required+parameters+missing");
        assert_eq!(at(&fixture, "_3", relay), missing, "{relay}");
    }
    // At most six minutes old.
    fixture.run("advance 361");
    let old = at(&fixture, "_3", &state);
    assert!(old.contains("SAML+Assertion+is+too+old"), "{old}");
}

/// The response to a request is not accepted as one without a request.
#[test]
fn answers_are_not_unsolicited() {
    let mut fixture = fixture(json!({}), "Ida", "SAML", json!({}));
    update(&mut fixture, json!({ "IDPInit": "true" }));
    enable(&mut fixture, &["Ida"], json!({}));
    let (response, _) = returned(&mut Browser::new(), &fixture);
    let state = format!(
        "identity_provider=Ida&client_id={}&redirect_uri={CALLBACK}&response_type=code",
        fixture.get("client")
    );
    let shown = send(&mut Browser::new(), &fixture, &response, &state).to_string();
    assert!(shown.contains("InResponseTo+is+invalid"), "{shown}");
}

/// The metadata of a provider on the network. Counts the requests.
struct Server {
    metadata: String,
    requests: Arc<AtomicUsize>,
}

impl Transport for Server {
    fn reaches(&self, host: &str, _: u16) -> bool {
        host == "idp.real.org"
    }

    fn send(&self, _: &Outgoing) -> Result<Incoming, NoResponse> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(Incoming {
            status: 200,
            location: None,
            body: self.metadata.clone().into_bytes(),
        })
    }
}

/// A provider on the network, by the URL of its metadata or by the document. Only its own key
/// counts. The document is fetched again after six hours (O134).
#[test]
fn providers_on_the_network() {
    let keyring = Keyring::default();
    let keys = (0..9).map(|_| keyring.next()).last().unwrap();
    let certificate = certificate(keys.id(), "idp", Time(1_690_000_000_000));
    let sign_on = "https://idp.real.org/sso?a=1";
    let metadata = issue::metadata("urn:idp", sign_on, None, &certificate);
    for by_url in [true, false] {
        let mut fixture = fixture(json!({}), "Ida", "SAML", json!({}));
        let requests: Arc<AtomicUsize> = Arc::default();
        fixture.emulator().world().fetch.set(Server {
            metadata: metadata.clone(),
            requests: Arc::clone(&requests),
        });
        let details = if by_url {
            json!({ "MetadataURL": "https://idp.real.org/metadata" })
        } else {
            json!({ "MetadataFile": metadata })
        };
        let provider = json!({
            "UserPoolId": fixture.get("pool"), "ProviderName": "Ida", "ProviderDetails": details,
        });
        fixture.must("UpdateIdentityProvider", provider);
        let pool = fixture.get("pool").to_owned();
        let handle = fixture.emulator().state().pool_handle(&pool).unwrap();
        let at = |fixture: &Fixture, key: &SigningKey, id: &str| {
            let mut browser = Browser::new();
            let start = browser.get(fixture, &authorize(fixture, "Ida"));
            assert!(
                start
                    .location()
                    .starts_with("https://idp.real.org/sso?a=1&SAMLRequest=")
            );
            let message = start.parameter("SAMLRequest").unwrap();
            let request = issue::Request::from_redirect(&message).unwrap();
            let response = Response {
                id: "_r",
                assertion_id: id,
                issuer: "urn:idp",
                acs: &request.acs.unwrap(),
                audience: &request.issuer,
                in_response_to: Some(&request.id),
                now: fixture.emulator().world().clock.unadvanced(),
                lifetime: Duration::from_mins(5),
                name_id: "ana",
                name_id_format: None,
                session_index: None,
                attributes: &BTreeMap::new(),
            };
            let signed = response.sign(Signed::Both, &|message: &[u8]| key.sign(message));
            let state = start.parameter("RelayState").unwrap();
            send(&mut browser, fixture, &signed.unwrap(), &state)
        };
        let shown = at(&fixture, keys.id(), "_1");
        assert!(shown.parameter("code").is_some(), "{shown}");
        let entries = user(&mut fixture, "ida_ana")["Attributes"]["identities"].to_string();
        assert!(entries.contains("urn:idp"), "{entries}");
        // The key of the pool, with which the emulator simulates providers.
        let shown = at(&fixture, handle.keys.id(), "_2");
        assert!(shown.location().contains("signature+is+invalid"), "{shown}");
        let seen = |expected: usize| {
            let expected = if by_url { expected } else { 0 };
            assert_eq!(requests.load(Ordering::Relaxed), expected);
        };
        seen(1);
        fixture.run("advance 21600");
        at(&fixture, keys.id(), "_3");
        seen(2);
    }
}

/// The URL of metadata leads only to its own host.
#[test]
fn metadata_of_another_host_is_refused() {
    struct Redirecting(Arc<AtomicUsize>);
    impl Transport for Redirecting {
        fn reaches(&self, _: &str, _: u16) -> bool {
            true
        }

        fn send(&self, request: &Outgoing) -> Result<Incoming, NoResponse> {
            assert!(request.url.starts_with("https://idp.real.org/"));
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Incoming {
                status: 302,
                location: Some("https://evil.real.org/metadata".to_owned()),
                body: Vec::new(),
            })
        }
    }
    let mut fixture = fixture(json!({}), "Ida", "SAML", json!({}));
    let requests: Arc<AtomicUsize> = Arc::default();
    fixture
        .emulator()
        .world()
        .fetch
        .set(Redirecting(Arc::clone(&requests)));
    let provider = json!({
        "UserPoolId": fixture.get("pool"), "ProviderName": "Ida",
        "ProviderDetails": { "MetadataURL": "https://idp.real.org/metadata" },
    });
    fixture.must("UpdateIdentityProvider", provider);
    let shown = Browser::new().get(&fixture, &authorize(&fixture, "Ida"));
    assert!(shown.location().contains("Connection+reset"), "{shown}");
    assert_eq!(requests.load(Ordering::Relaxed), 1);
}

/// A response whose assertion is encrypted for a certificate (O136).
fn encrypted(signed: &str, certificate: &str) -> String {
    let xml = String::from_utf8(STANDARD.decode(signed).unwrap()).unwrap();
    let start = xml.find("<saml:Assertion").unwrap();
    let end = xml.find("</samlp:Response>").unwrap();
    let certificate = Certificate::from_base64(certificate).unwrap();
    let sealed = encrypted_for(&xml[start..end], "aes256-cbc", &certificate.public_key);
    STANDARD.encode(format!("{}{sealed}{}", &xml[..start], &xml[end..]))
}

/// With `EncryptedResponses`, the provider encrypts for the certificate that the pool shows. An
/// assertion for another certificate, or one that is not encrypted, is refused.
#[test]
fn encrypted_assertions() {
    let keyring = Keyring::default();
    let keys = (0..9).map(|_| keyring.next()).last().unwrap();
    let own = certificate(keys.id(), "idp", Time(1_690_000_000_000));
    let metadata = issue::metadata("urn:idp", "https://idp.real.org/sso", None, &own);
    let mut fixture = fixture(json!({}), "Ida", "SAML", json!({}));
    fixture.emulator().world().fetch.set(Server {
        metadata: metadata.clone(),
        requests: Arc::default(),
    });
    let provider = json!({
        "UserPoolId": fixture.get("pool"), "ProviderName": "Ida",
        "ProviderDetails": { "MetadataFile": metadata, "EncryptedResponses": "true" },
    });
    let details = fixture.must("UpdateIdentityProvider", provider);
    let details = &details["IdentityProvider"]["ProviderDetails"];
    let shown = details["ActiveEncryptionCertificate"]
        .as_str()
        .unwrap()
        .to_owned();
    let signing = json!({ "UserPoolId": fixture.get("pool") });
    let signing = fixture.must("GetSigningCertificate", signing);
    let signing = signing["Certificate"].as_str().unwrap().to_owned();
    let at = |id: &str, change: &dyn Fn(&str) -> String| {
        let mut browser = Browser::new();
        let start = browser.get(&fixture, &authorize(&fixture, "Ida"));
        let message = start.parameter("SAMLRequest").unwrap();
        let request = issue::Request::from_redirect(&message).unwrap();
        let response = Response {
            id: "_r",
            assertion_id: id,
            issuer: "urn:idp",
            acs: &request.acs.unwrap(),
            audience: &request.issuer,
            in_response_to: Some(&request.id),
            now: fixture.emulator().world().clock.unadvanced(),
            lifetime: Duration::from_mins(5),
            name_id: "ana",
            name_id_format: None,
            session_index: None,
            attributes: &BTreeMap::new(),
        };
        let signed = response
            .sign(Signed::Assertion, &|message: &[u8]| keys.id().sign(message))
            .unwrap();
        let state = start.parameter("RelayState").unwrap();
        send(&mut browser, &fixture, &change(&signed), &state)
    };
    let right = at("_1", &|signed| encrypted(signed, &shown));
    assert!(right.parameter("code").is_some(), "{right}");
    for (id, other) in [("_2", &signing), ("_3", &own)] {
        let wrong = at(id, &|signed| encrypted(signed, other));
        assert_eq!(wrong.parameter("code"), None);
        let description = wrong.parameter("error_description").unwrap();
        assert!(
            description.starts_with("Invalid SAML response received: "),
            "{description}"
        );
    }
    let plain = at("_4", &|signed| signed.to_owned());
    assert_eq!(plain.parameter("error").as_deref(), Some("server_error"));
}

/// Sign-out at the provider comes before that of the app (O95, O137).
#[test]
fn sign_out() {
    let mut fixture = fixture(json!({}), "Ida", "SAML", json!({}));
    let logout = format!(
        "/logout?client_id={}&logout_uri=https://app.example/out",
        fixture.get("client")
    );
    let mut browser = Browser::new();
    sign_in(&mut browser, &fixture, "Ida", "ana");
    let shown = browser.get(&fixture, &logout);
    assert_eq!(shown.to_string(), "302 https://app.example/out", "off");

    update(&mut fixture, json!({ "IDPSignout": "true" }));
    let mut browser = Browser::new();
    sign_in(&mut browser, &fixture, "Ida", "ana");
    let shown = browser.get(&fixture, &logout);
    assert!(
        shown
            .location()
            .starts_with(&format!("{BASE}/provider/sign-in?SAMLRequest="))
    );
    assert!(shown.parameter("Signature").is_some());
    // The session has ended already.
    let again = browser.get(&fixture, &authorize(&fixture, "Ida"));
    assert!(
        again
            .location()
            .starts_with(&format!("{BASE}/provider/sign-in"))
    );
    let page = browser.get(&fixture, &shown.location());
    let first = page.field("SAMLResponse");
    let mut copy = browser.clone();
    let done = submit(&mut browser, &fixture, &page);
    assert_eq!(done.to_string(), "302 https://app.example/out");
    // It counts once.
    assert_eq!(submit(&mut browser, &fixture, &page).to_string(), LOST);
    // A sign-out that took five minutes has ended.
    let mut late = copy.clone();
    sign_in(&mut late, &fixture, "Ida", "ana");
    let location = late.get(&fixture, &logout).location();
    let page = late.get(&fixture, &location);
    fixture.run("advance 300");
    assert_eq!(submit(&mut late, &fixture, &page).to_string(), LOST);
    // A response that is not signed by the provider does not count.
    sign_in(&mut copy, &fixture, "Ida", "ana");
    let location = copy.get(&fixture, &logout).location();
    let page = copy.get(&fixture, &location);
    let (own, state) = (page.field("SAMLResponse"), page.field("RelayState"));
    let xml = String::from_utf8(STANDARD.decode(&own).unwrap()).unwrap();
    let forged = STANDARD.encode(xml.replace("Version=\"2.0\"", "Version=\"2.0\" Consent=\"x\""));
    let out = "302 https://app.example/out";
    for (response, expected) in [
        (forged.as_str(), LOST),
        (first.as_str(), LOST),
        ("", LOST),
        (own.as_str(), out),
        (own.as_str(), LOST),
    ] {
        let fields = [("SAMLResponse", response), ("RelayState", state.as_str())];
        let shown = copy.post(&fixture, "/saml2/logout", &fields);
        assert_eq!(shown.to_string(), expected);
    }
}
