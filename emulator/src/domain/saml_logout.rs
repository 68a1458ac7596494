//! `POST /saml2/logout`: the end of a sign-out at a SAML provider (O137).
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/saml-logout-endpoint.html>

use super::authorization::Refusal;
use super::federation::saml;
use super::params::{Params, encode};
use super::reply::Answer;
use super::sentences;
use crate::cx::Cx;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let form = Params::of_form(request);
    let state = form.get("RelayState").unwrap_or_default();
    let response = form.get("SAMLResponse").unwrap_or_default();
    saml::signed_out(cx, state, response).unwrap_or_else(|| {
        let query = encode([("error", sentences::BAD_RELAY_STATE)]);
        Refusal::ErrorPage(query).answer(request)
    })
}
