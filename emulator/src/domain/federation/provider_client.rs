//! Requests to the endpoints of an identity provider: over the network, or within the emulator for
//! a provider that it simulates.

use super::simulated;
use crate::cx::Cx;
use crate::settings::identity_provider::IdentityProvider;
use crate::state::PoolHandle;
use crate::state::web::Federation;
use crate::world::fetch::{Incoming, NoResponse, Origin, Outgoing};

/// The members of `ProviderDetails` that are addresses.
const ADDRESSES: [&str; 5] = [
    "oidc_issuer",
    "authorize_url",
    "token_url",
    "attributes_url",
    "jwks_uri",
];

/// Sends requests to the endpoints of one provider.
pub(super) struct ProviderClient<'a> {
    pub(super) cx: &'a Cx<'a>,
    pub(super) handle: &'a PoolHandle,
    pub(super) provider: &'a IdentityProvider,
    pub(super) federation: &'a Federation,
}

/// The headers of every request (O120).
pub(super) fn headers(cx: &Cx<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("user-agent", "Amazon/Cognito".to_owned()),
        ("x-amz-cognito-request-id", cx.request_id.to_owned()),
    ]
}

impl ProviderClient<'_> {
    /// Sends a `GET`, with an access token of the provider.
    pub(super) fn get(&self, url: &str, token: Option<&str>) -> Result<Incoming, NoResponse> {
        self.send("GET", url, String::new(), token)
    }

    /// Sends a form, with an access token of the provider.
    pub(super) fn post(
        &self,
        url: &str,
        form: String,
        token: Option<&str>,
    ) -> Result<Incoming, NoResponse> {
        self.send("POST", url, form, token)
    }

    fn send(
        &self,
        method: &'static str,
        url: &str,
        body: String,
        token: Option<&str>,
    ) -> Result<Incoming, NoResponse> {
        let mut headers = headers(self.cx);
        if method == "POST" {
            let form = "application/x-www-form-urlencoded; charset=UTF-8";
            headers.push(("content-type", form.to_owned()));
        }
        headers.extend(token.map(|token| ("authorization", format!("Bearer {token}"))));
        let request = Outgoing {
            method,
            url: url.to_owned(),
            headers,
            body,
        };
        if self.federation.is_simulated {
            let endpoints = &self.federation.endpoints;
            return Ok(simulated::serve(
                self.cx,
                self.handle,
                self.provider,
                endpoints,
                &request,
            ));
        }
        self.cx.world.fetch.send(request, &self.allowed())
    }

    /// The origins to which requests may go: those in the provider's details, and those in its
    /// discovery document.
    fn allowed(&self) -> Vec<Origin> {
        let endpoints = &self.federation.endpoints;
        let found = [
            Some(&endpoints.token),
            endpoints.user_info.as_ref(),
            endpoints.keys.as_ref(),
        ];
        let found = found.into_iter().flatten().map(String::as_str);
        let details = ADDRESSES.iter();
        let details = details.filter_map(|name| self.provider.detail(name));
        details.chain(found).filter_map(Origin::of).collect()
    }
}
