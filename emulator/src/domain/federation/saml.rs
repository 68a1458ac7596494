//! SAML providers: requests, responses and sign-out (O133 to O137), and the provider that the
//! emulator simulates.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp.html>

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    Arrival, Departure, Failed, Identity, PROVIDER_PAGE, SAML_RETURN, Start, form, secret,
};
use crate::cx::Cx;
use crate::domain::params::Params;
use crate::domain::reply::{Answer, redirect};
use crate::domain::site::Site;
use crate::saml::issue::{self, Signed};
use crate::saml::metadata::{Binding, Endpoint, Metadata};
use crate::saml::request::{
    AuthnRequest, Header, LogoutRequest, LogoutResponse, Parameter, post, redirect as to_provider,
    verify_logout,
};
use crate::saml::response::{Expected, verify};
use crate::saml::{Certificate, entity_id};
use crate::settings::identity_provider::IdentityProvider;
use crate::state::PoolHandle;
use crate::state::web::{
    BrowserSession, FEDERATION_LIFETIME, Federation, FetchedMetadata, ProviderEndpoints,
    SamlSession, SignOut,
};
use crate::wire::web::Response;
use crate::world::fetch::{Origin, Outgoing};

/// The path of the end of a sign-out.
const SIGNED_OUT: &str = "/saml2/logout";
/// The time after which metadata is fetched again (O134).
const REFRESHED: Duration = Duration::from_hours(6);
/// Lifetime of the assertions of a provider that is simulated.
const LIFETIME: Duration = Duration::from_mins(5);

/// The request to the provider, by redirection. If its metadata has no such endpoint, by a form.
pub(super) fn begin(start: &Start<'_>) -> Result<Departure, Failed> {
    let Start {
        cx,
        site,
        provider,
        secret,
        ..
    } = start;
    let is_simulated = is_simulated(cx, provider);
    let metadata = metadata(cx, &site.handle, provider, &site.base, is_simulated)?;
    let id = format!("_{}", cx.world.chance.uuid());
    let acs = site.url(SAML_RETURN, "");
    let issuer = entity_id(&site.handle.read().id);
    let binding = match metadata.sign_on(Binding::Redirect) {
        Some(_) => Binding::Redirect,
        None => Binding::Post,
    };
    let destination = metadata.sign_on(binding).unwrap_or_default();
    let message = AuthnRequest {
        header: Header {
            id: &id,
            issue_instant: cx.world.clock.unadvanced(),
            destination,
            issuer: &issuer,
        },
        acs: &acs,
        force_authn: false,
    };
    let key = site.handle.keys.id();
    let signer = |message: &[u8]| key.sign(message);
    // O136.
    let is_signed = provider.detail("RequestSigningAlgorithm") == Some("rsa-sha256");
    let signer = is_signed.then_some(&signer as &dyn Fn(&[u8]) -> Vec<u8>);
    let (xml, state) = (message.xml(), Some(*secret));
    let response = match binding {
        Binding::Redirect => {
            let url = to_provider(destination, Parameter::Request, &xml, state, signer);
            redirect(&with_hint(start, url, is_simulated))
        }
        Binding::Post => {
            let request = post(&xml, signer)?;
            let fields = [("SAMLRequest", request.as_str()), ("RelayState", secret)];
            form::page(destination, &fields)
        }
    };
    Ok(Departure {
        response,
        nonce: id,
        is_simulated,
        endpoints: ProviderEndpoints::default(),
    })
}

/// `login_hint` is never sent to a SAML provider (O37). The page of one that is simulated reads it.
fn with_hint(start: &Start<'_>, url: String, is_simulated: bool) -> String {
    match start.authorization.params.given("login_hint") {
        Some(hint) if is_simulated => {
            let hint: String = form_urlencoded::byte_serialize(hint.as_bytes()).collect();
            format!("{url}&login_hint={hint}")
        }
        _ => url,
    }
}

/// Whether the emulator simulates `provider`: its metadata or its sign-in page cannot be reached.
pub(super) fn is_simulated(cx: &Cx<'_>, provider: &IdentityProvider) -> bool {
    let reaches = |url: &str| cx.world.fetch.reaches(url);
    match (
        provider.detail("MetadataFile"),
        provider.detail("MetadataURL"),
    ) {
        (Some(file), _) => {
            let metadata = Metadata::parse(file).ok();
            let first = metadata.as_ref().and_then(|it| it.sign_on.first());
            !first.is_some_and(|endpoint| reaches(&endpoint.location))
        }
        (None, Some(url)) => !reaches(url),
        (None, None) => true,
    }
}

/// The metadata of `provider`, or that of the provider that is simulated in its place.
fn metadata(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    provider: &IdentityProvider,
    base: &str,
    is_simulated: bool,
) -> Result<Metadata, Failed> {
    let unusable = || Failed::new("Invalid SAML metadata");
    let file = provider.detail("MetadataFile");
    if is_simulated {
        return Ok(simulated_metadata(handle, provider, base));
    }
    let text: Arc<str> = match (file, provider.detail("MetadataURL")) {
        (Some(file), _) => file.into(),
        (None, Some(url)) => fetched(cx, handle, &provider.provider_name, url)?,
        (None, None) => return Err(unusable()),
    };
    Metadata::parse(&text).map_err(|_| unusable())
}

/// The document at a metadata URL. It is fetched at most every six hours.
fn fetched(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    provider: &str,
    url: &str,
) -> Result<Arc<str>, Failed> {
    let now = cx.now();
    {
        let pool = handle.read();
        let kept = pool.web.metadata.get(provider);
        let kept = kept.filter(|it| it.url == url && now < it.fetched_at.plus(REFRESHED));
        if let Some(kept) = kept {
            return Ok(Arc::clone(&kept.text));
        }
    }
    let request = Outgoing {
        method: "GET",
        url: url.to_owned(),
        headers: super::provider_client::headers(cx),
        body: String::new(),
    };
    let allowed: Vec<Origin> = Origin::of(url).into_iter().collect();
    let unusable = || Failed::new("Invalid SAML metadata");
    let response = cx.world.fetch.send(request, &allowed);
    let response = response.map_err(|_| Failed::new("Connection reset"))?;
    let text = String::from_utf8(response.body).map_err(|_| unusable())?;
    // A document that cannot be used is not stored.
    if response.status != 200 || Metadata::parse(&text).is_err() {
        return Err(unusable());
    }
    let text: Arc<str> = text.into();
    let kept = FetchedMetadata {
        url: url.to_owned(),
        text: Arc::clone(&text),
        fetched_at: now,
    };
    handle
        .write()
        .web
        .metadata
        .insert(provider.to_owned(), kept);
    Ok(text)
}

/// The metadata of a provider that is simulated: its own entity id, the emulator's page, and the key
/// of the pool.
fn simulated_metadata(handle: &PoolHandle, provider: &IdentityProvider, base: &str) -> Metadata {
    let endpoint = || Endpoint {
        binding: Binding::Redirect,
        location: format!("{base}{PROVIDER_PAGE}"),
        response_location: None,
    };
    Metadata {
        entity_id: simulated_entity_id(provider),
        sign_on: vec![endpoint()],
        sign_out: vec![endpoint()],
        certificates: vec![Certificate {
            public_key: handle.keys.id().public_der().to_vec(),
            not_after: crate::world::Time(i64::MAX),
        }],
        wants_signed_requests: false,
    }
}

/// The entity id of a provider that is simulated: that of its metadata, or the metadata's URL.
fn simulated_entity_id(provider: &IdentityProvider) -> String {
    let file = provider.detail("MetadataFile");
    let own = file.and_then(|file| Metadata::parse(file).ok());
    let url = || provider.detail("MetadataURL").unwrap_or_default();
    own.map_or_else(|| url().to_owned(), |own| own.entity_id)
}

/// The identity behind the provider's response.
pub(crate) fn identity(arrival: &Arrival<'_>, response: &str) -> Result<Identity, Failed> {
    let (cx, site, provider) = (arrival.cx, &arrival.site, &arrival.provider);
    let metadata = metadata(
        cx,
        &site.handle,
        provider,
        &site.base,
        arrival.is_simulated(),
    )?;
    let now = arrival.provider_time();
    let pool_id = site.handle.read().id.clone();
    let decrypter = |ciphertext: &[u8]| site.handle.keys.access().decrypt(ciphertext);
    let is_encrypted = provider.is_on("EncryptedResponses") && !arrival.is_simulated();
    let expected = Expected {
        metadata: &metadata,
        entity_id: &entity_id(&pool_id),
        acs: &site.url(SAML_RETURN, ""),
        request: arrival.federation.as_ref().map(|it| &*it.nonce),
        now,
        decrypter: is_encrypted.then_some(&decrypter),
    };
    let assertion = verify(response, &expected)?;
    let until = assertion.replayable_until();
    let name = &provider.provider_name;
    let is_first = site
        .handle
        .write()
        .use_assertion(name, &assertion.id, until, now);
    if !is_first {
        // The sentence is inferred.
        return Err(Failed::new("SAML Assertion has been used already. "));
    }
    let mut claims = Map::new();
    for (name, values) in assertion.attributes {
        let value = match values.as_slice() {
            [] => continue,
            [one] => json!(one),
            several => json!(several),
        };
        claims.insert(name, value);
    }
    let mut sources = claims.clone();
    sources.insert("nameId".to_owned(), json!(assertion.name_id));
    Ok(Identity {
        claims,
        tokens: Map::new(),
        sources: json!({ "samlResponse": sources }),
        issuer: Some(assertion.issuer),
        session: Some(SamlSession {
            name_id: assertion.name_id.as_str().into(),
            format: assertion.name_id_format.map(Into::into),
            index: assertion.session_index.map(Into::into),
        }),
        name_id: Some(assertion.name_id),
    })
}

/// The form that returns `response` to the user pool.
pub(crate) fn post_back(site: &Site, response: &str, state: &str) -> Response {
    let fields = [("SAMLResponse", response), ("RelayState", state)];
    form::page(&site.url(SAML_RETURN, ""), &fields)
}

/// The response of a provider that is simulated, for an account with `claims`.
pub(crate) fn simulated_response(
    cx: &Cx<'_>,
    site: &Site,
    provider: &IdentityProvider,
    federation: &Federation,
    claims: &Map<String, Value>,
) -> String {
    let texts = |value: &Value| match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => vec![text(value)],
    };
    let named = claims.iter().filter(|(name, _)| *name != "sub");
    let attributes = named.map(|(name, value)| (name.clone(), texts(value)));
    let attributes: BTreeMap<String, Vec<String>> = attributes.collect();
    let subject = claims.get("sub").map(text).unwrap_or_default();
    simulated(
        cx,
        site,
        provider,
        federation,
        &subject,
        &attributes,
        |response, signer| response.sign(Signed::Assertion, signer),
    )
}

/// The response of a provider that is simulated, after its user cancelled.
pub(crate) fn simulated_refusal(
    cx: &Cx<'_>,
    site: &Site,
    provider: &IdentityProvider,
    federation: &Federation,
) -> String {
    let none = BTreeMap::new();
    simulated(
        cx,
        site,
        provider,
        federation,
        "",
        &none,
        |response, signer| response.refuse("RequestDenied", signer),
    )
}

fn simulated(
    cx: &Cx<'_>,
    site: &Site,
    provider: &IdentityProvider,
    federation: &Federation,
    subject: &str,
    attributes: &BTreeMap<String, Vec<String>>,
    sign: impl Fn(&issue::Response<'_>, crate::saml::Signer<'_>) -> Result<String, crate::saml::Error>,
) -> String {
    let chance = &cx.world.chance;
    let [id, assertion_id, index] = [(); 3].map(|()| format!("_{}", chance.uuid()));
    let issuer = simulated_entity_id(provider);
    let pool_id = site.handle.read().id.clone();
    let response = issue::Response {
        id: &id,
        assertion_id: &assertion_id,
        issuer: &issuer,
        acs: &site.url(SAML_RETURN, ""),
        audience: &entity_id(&pool_id),
        in_response_to: Some(&federation.nonce),
        now: cx.now(),
        lifetime: LIFETIME,
        name_id: subject,
        name_id_format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
        session_index: Some(&index),
        attributes,
    };
    let key = site.handle.keys.id();
    // An account whose claims cannot be written as XML leads to a response that is refused.
    sign(&response, &|message: &[u8]| key.sign(message)).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// The redirect that signs the browser out at the SAML provider of `session`, before it goes to
/// `target`. `None` if the provider has no sign-out, or it is off (O95, O137).
pub(crate) fn sign_out(
    cx: &Cx<'_>,
    site: &Site,
    session: &BrowserSession,
    client_id: &str,
    target: &str,
) -> Option<Answer> {
    let saml = session.saml.as_deref()?;
    let name = session.provider.as_deref()?;
    let (pool_id, provider) = {
        let pool = site.handle.read();
        (pool.id.clone(), pool.identity_provider(name).ok()?.clone())
    };
    if !provider.is_on("IDPSignout") {
        return None;
    }
    let is_simulated = is_simulated(cx, &provider);
    let metadata = metadata(cx, &site.handle, &provider, &site.base, is_simulated).ok()?;
    let destination = metadata.sign_out(Binding::Redirect)?;
    let chance = &cx.world.chance;
    let id = format!("_{}", chance.uuid());
    let issuer = entity_id(&pool_id);
    let message = LogoutRequest {
        header: Header {
            id: &id,
            issue_instant: cx.world.clock.unadvanced(),
            destination,
            issuer: &issuer,
        },
        name_id: &saml.name_id,
        name_id_format: saml.format.as_deref(),
        session_index: saml.index.as_deref(),
    };
    let secret = secret::new(chance, &pool_id, name, client_id);
    let key = site.handle.keys.id();
    let signer = |message: &[u8]| key.sign(message);
    let (xml, state) = (message.xml(), Some(secret.as_str()));
    let url = to_provider(destination, Parameter::Request, &xml, state, Some(&signer));
    let waiting = SignOut {
        provider: name.into(),
        request: id.as_str().into(),
        base: site.base.as_str().into(),
        target: target.into(),
        expires_at: cx.now().plus(FEDERATION_LIFETIME),
    };
    let now = cx.now();
    let is_over = |kept: &SignOut| now >= kept.expires_at;
    let mut pool = site.handle.write();
    pool.web.sign_outs.insert(&secret, waiting, is_over);
    Some(Answer::from(redirect(&url)))
}

/// The end of a sign-out: the browser goes on if the provider's response is valid. Only a valid
/// response ends it.
pub(crate) fn signed_out(cx: &Cx<'_>, state: &str, response: &str) -> Option<Answer> {
    let handle = cx.state.pool_handle(&secret::pool_of(state)?)?;
    let (waiting, provider) = pending_sign_out(&handle, state)?;
    let is_simulated = is_simulated(cx, &provider);
    let metadata = metadata(cx, &handle, &provider, &waiting.base, is_simulated).ok()?;
    let destination = format!("{}{SIGNED_OUT}", waiting.base);
    verify_logout(response, &metadata, &destination, &waiting.request).ok()?;
    let waiting = handle.write().web.sign_outs.remove(state)?;
    let is_open = cx.now() < waiting.expires_at;
    is_open.then(|| Answer::from(redirect(&waiting.target)))
}

/// The sign-out that waits for the provider's response with this `RelayState`.
fn pending_sign_out(handle: &PoolHandle, state: &str) -> Option<(SignOut, IdentityProvider)> {
    let pool = handle.read();
    let waiting = pool.web.sign_outs.get(state)?.clone();
    let provider = pool.identity_provider(&waiting.provider).ok()?.clone();
    Some((waiting, provider))
}

/// The response of a provider that is simulated to a sign-out; `None` for another request.
pub(crate) fn simulated_sign_out(cx: &Cx<'_>, params: &Params) -> Option<Answer> {
    let state = params.given("RelayState")?;
    let request = issue::Request::from_redirect(params.given("SAMLRequest")?).ok()?;
    if !request.is_logout {
        return None;
    }
    let handle = cx.state.pool_handle(&secret::pool_of(state)?)?;
    let (waiting, provider) = pending_sign_out(&handle, state)?;
    let issuer = simulated_entity_id(&provider);
    let destination = format!("{}{SIGNED_OUT}", waiting.base);
    let id = format!("_{}", cx.world.chance.uuid());
    let message = LogoutResponse {
        header: Header {
            id: &id,
            issue_instant: cx.now(),
            destination: &destination,
            issuer: &issuer,
        },
        in_response_to: &request.id,
    };
    let key = handle.keys.id();
    let response = post(&message.xml(), Some(&|message: &[u8]| key.sign(message))).ok()?;
    let fields = [("SAMLResponse", response.as_str()), ("RelayState", state)];
    Some(Answer::from(form::page(&destination, &fields)))
}
