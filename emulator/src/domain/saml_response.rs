//! `POST /saml2/idpresponse`: the return from a SAML provider.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/saml2-idpresponse-endpoint.html>

use super::federation::{Arrival, saml, secret};
use super::params::Params;
use super::reply::Answer;
use crate::cx::Cx;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let form = Params::of_form(request);
    let state = form.get("RelayState").unwrap_or_default();
    let arrival = if secret::pool_of(state).is_some() {
        Arrival::take(cx, request, state, true)
    } else {
        // A provider that begins the sign-in sends an authorization request (O135).
        Arrival::unsolicited(cx, request, Params::of_query(state))
    };
    match arrival {
        Ok(arrival) => {
            let response = form.get("SAMLResponse").unwrap_or_default();
            let identity = saml::identity(&arrival, response);
            arrival.finish(identity)
        }
        Err(refusal) => refusal.answer(request),
    }
}
