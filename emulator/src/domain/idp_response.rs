//! `GET` and `POST /oauth2/idpresponse`: the return from an `OpenID` Connect or social provider.
//!
//! Apple returns by `POST`, and all others by `GET`.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/idpresponse-endpoint.html>

use super::federation::{Arrival, oidc};
use super::params::Params;
use super::reply::Answer;
use crate::cx::Cx;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let params = if request.method == "POST" {
        Params::of_form(request)
    } else {
        Params::of_query(&request.query)
    };
    let state = params.get("state").unwrap_or_default();
    match Arrival::take(cx, request, state, false) {
        Ok(arrival) => {
            let identity = oidc::identity(&arrival, &params);
            arrival.finish(identity)
        }
        Err(refusal) => refusal.answer(request),
    }
}
