//! Sign-in through external identity providers: its start, its return and its end.
//!
//! The start keeps the authorization request under a random secret, which is `state` or
//! `RelayState` of the request to the provider, and ties it to the browser by the cookie
//! `csrf-state`. The return takes it again, once. The protocols ([`oidc`], [`saml`]) end in an
//! [`Identity`]: the claims of the user at the provider. From there both are the same ([`user`]).
//!
//! A provider that cannot be reached is simulated by the emulator ([`provider`]). Its requests and
//! responses pass the same checks.

mod claims;
mod failure;
pub(crate) mod form;
mod id_token;
pub(crate) mod oidc;
pub(crate) mod provider;
mod provider_client;
pub(crate) mod saml;
pub(crate) mod secret;
mod simulated;
#[cfg(test)]
mod tests;
mod user;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

pub(crate) use self::failure::Failed;
use super::authorization::{Authorization, Refusal, provider_of, validate};
use super::params::{Params, encode};
use super::reply::Answer;
use super::site::Site;
use super::{authorization_response, cookies, sentences};
use crate::bounds::FEDERATION_QUERY;
use crate::cx::Cx;
use crate::settings::identity_provider::{IdentityProvider, ProviderType};
use crate::state::web::{
    BrowserSession, FEDERATION_LIFETIME, Federation, ProviderEndpoints, SamlSession,
};
use crate::wire::web::{Request, Response};

/// The path at which providers return codes.
pub(crate) const OIDC_RETURN: &str = "/oauth2/idpresponse";
/// The path at which SAML providers return assertions.
pub(crate) const SAML_RETURN: &str = "/saml2/idpresponse";
/// The path of the page of providers that the emulator simulates.
pub(crate) const PROVIDER_PAGE: &str = "/provider/sign-in";

/// A sign-in that starts.
pub(crate) struct Start<'a> {
    cx: &'a Cx<'a>,
    site: &'a Site,
    authorization: &'a Authorization,
    provider: &'a IdentityProvider,
    /// `state` or `RelayState`.
    secret: &'a str,
}

/// The request to the provider, and what its response is compared with.
pub(crate) struct Departure {
    response: Response,
    nonce: String,
    is_simulated: bool,
    endpoints: ProviderEndpoints,
}

/// The user at a provider.
pub(crate) struct Identity {
    /// The claims by the names of the provider.
    claims: Map<String, Value>,
    /// Tokens of the provider, which can be mapped like claims.
    tokens: Map<String, Value>,
    /// `attributes` of the event of the inbound federation trigger.
    sources: Value,
    /// `NameID` of a SAML provider. Other providers identify the user by a claim.
    name_id: Option<String>,
    /// The issuer in `identities`: the entity id of a SAML provider.
    issuer: Option<String>,
    /// The session at a SAML provider.
    session: Option<SamlSession>,
}

/// Sends the browser to the provider `name`.
pub(crate) fn begin(
    cx: &Cx<'_>,
    request: &Request,
    site: &Site,
    authorization: &Authorization,
    name: &str,
) -> Result<Answer, Refusal> {
    let (pool_id, provider) = {
        let pool = site.handle.read();
        let provider = pool.identity_providers.get(name).cloned();
        (pool.id.clone(), provider)
    };
    let provider = provider.ok_or(Refusal::Page(400, sentences::NO_LOGIN_OPTION))?;
    if request.query.len() > FEDERATION_QUERY {
        return Err(authorization.refusal("invalid_request", None));
    }
    let secret = secret::new(&cx.world.chance, &pool_id, name, &authorization.client_id);
    let start = Start {
        cx,
        site,
        authorization,
        provider: &provider,
        secret: &secret,
    };
    let departure = match provider.provider_type {
        ProviderType::Saml => saml::begin(&start),
        _ => oidc::begin(&start),
    };
    let departure = departure.map_err(|failed| failed.refusal(authorization))?;
    let csrf = cookies::federation(cx, request);
    let federation = Federation {
        provider: name.into(),
        query: request.query.as_str().into(),
        base: site.base.as_str().into(),
        nonce: departure.nonce.into(),
        csrf: csrf.as_str().into(),
        is_simulated: departure.is_simulated,
        endpoints: departure.endpoints,
        expires_at: cx.now().plus(FEDERATION_LIFETIME),
    };
    site.handle
        .write()
        .keep_federation(&secret, federation, cx.now());
    let mut answer = Answer::from(departure.response);
    let headers = &mut answer.response.headers;
    headers.extend(cookies::set_federation(request, &csrf).map(|it| ("set-cookie", it.into())));
    Ok(answer)
}

/// A browser that returns from a provider.
pub(crate) struct Arrival<'a> {
    pub(crate) cx: &'a Cx<'a>,
    request: &'a Request,
    pub(crate) site: Site,
    pub(crate) authorization: Authorization,
    pub(crate) provider: IdentityProvider,
    /// The sign-in that was started; `None` if the provider began it.
    pub(crate) federation: Option<Federation>,
}

/// The refusal of a return whose `state` is unknown, used, expired, or of another browser. There
/// is no app that it could be reported to. The form is inferred from that of other errors (O19).
fn lost(is_saml: bool) -> Refusal {
    let error = if is_saml {
        sentences::BAD_RELAY_STATE
    } else {
        "invalid_request"
    };
    Refusal::ErrorPage(encode([("error", error)]))
}

impl<'a> Arrival<'a> {
    /// Takes the sign-in that `secret` names: it counts once, in the browser that started it.
    pub(crate) fn take(
        cx: &'a Cx<'a>,
        request: &'a Request,
        secret: &str,
        is_saml: bool,
    ) -> Result<Self, Refusal> {
        let handle = secret::pool_of(secret).and_then(|pool| cx.state.pool_handle(&pool));
        let handle = handle.ok_or_else(|| lost(is_saml))?;
        let csrf = cookies::returned(request).ok_or_else(|| lost(is_saml))?;
        let federation = {
            let mut pool = handle.write();
            let waiting = pool.federation(secret, cx.now());
            let provider = waiting.and_then(|it| pool.identity_providers.get(&*it.provider));
            // Each protocol has its own path.
            let fits =
                provider.is_some_and(|it| (it.provider_type == ProviderType::Saml) == is_saml);
            let taken = fits.then(|| pool.take_federation(secret, csrf, cx.now()));
            taken.flatten().ok_or_else(|| lost(is_saml))?
        };
        let params = Params::of_query(&federation.query);
        let (mut site, authorization) = validate(cx, request, params)?;
        site.base = federation.base.to_string();
        // The client or the provider may have changed meanwhile.
        let name = provider_of(&site.handle.read(), &authorization)?;
        if name.as_deref() != Some(&*federation.provider) {
            return Err(lost(is_saml));
        }
        let provider = site
            .handle
            .read()
            .identity_provider(&federation.provider)
            .cloned();
        Ok(Self {
            cx,
            request,
            site,
            authorization,
            provider: provider.map_err(|_| lost(is_saml))?,
            federation: Some(federation),
        })
    }

    /// A sign-in that the SAML provider began.
    pub(crate) fn unsolicited(
        cx: &'a Cx<'a>,
        request: &'a Request,
        params: Params,
    ) -> Result<Self, Refusal> {
        let refused = || Refusal::ErrorPage(encode([("error", sentences::NOT_SOLICITED)]));
        let (site, authorization) = validate(cx, request, params)?;
        let provider = {
            let pool = site.handle.read();
            let name = provider_of(&pool, &authorization)?.ok_or_else(refused)?;
            let provider = pool.identity_provider(&name).cloned();
            let provider = provider.map_err(|_| refused())?;
            let is_saml = |name: &String| {
                let provider = pool.identity_providers.get(name);
                provider.is_some_and(|it| it.provider_type == ProviderType::Saml)
            };
            let client = pool.client(&authorization.client_id);
            let names = client
                .ok()
                .and_then(|it| it.settings.supported_identity_providers.as_ref());
            let only_saml = names.is_some_and(|names| names.iter().all(is_saml));
            if !only_saml || !provider.is_on("IDPInit") {
                return Err(refused());
            }
            provider
        };
        Ok(Self {
            cx,
            request,
            site,
            authorization,
            provider,
            federation: None,
        })
    }

    /// Signs in the user of `identity`, and returns to the app.
    pub(crate) fn finish(mut self, identity: Result<Identity, Failed>) -> Answer {
        let signed_in = identity.and_then(|mut identity| {
            let session = identity.session.take().map(Box::new);
            let assurance = claims::assurance(&self.provider, &identity.sources["idToken"]);
            Ok((user::sign_in(&self, identity)?, session, assurance))
        });
        let is_saml = self.provider.provider_type == ProviderType::Saml;
        let mut answer = match signed_in {
            Ok((user, saml, assurance)) => {
                // Without a nonce of the app, the ID token has one that Cognito invents (O38).
                let invented = || URL_SAFE_NO_PAD.encode(self.cx.world.chance.bytes::<128>());
                let nonce = &mut self.authorization.grant.nonce;
                nonce.get_or_insert_with(|| invented().into());
                let session = BrowserSession {
                    user,
                    signed_in_at: self.cx.now(),
                    provider: Some(self.provider.provider_name.as_str().into()),
                    saml,
                    assurance,
                };
                let (site, authorization) = (&self.site, &self.authorization);
                authorization_response::sign_in(self.cx, self.request, site, authorization, session)
            }
            Err(failed) if is_saml => failed.of_saml().answer(&self.authorization),
            Err(failed) => failed.answer(&self.authorization),
        };
        let headers = &mut answer.response.headers;
        headers.extend(cookies::clear_federation(self.request).map(|it| ("set-cookie", it.into())));
        answer
    }

    /// Whether the emulator simulates the provider.
    pub(crate) fn is_simulated(&self) -> bool {
        match &self.federation {
            Some(federation) => federation.is_simulated,
            None => saml::is_simulated(self.cx, &self.provider),
        }
    }

    /// The present time for documents of the provider: a real one does not follow the advances of
    /// the emulator's clock.
    pub(crate) fn provider_time(&self) -> crate::world::Time {
        if self.is_simulated() {
            self.cx.now()
        } else {
            self.cx.world.clock.unadvanced()
        }
    }
}
