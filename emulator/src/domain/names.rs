//! The identifiers in a request to an endpoint of a domain that select the user pool.

use super::federation::secret;
use super::params::Params;
use super::site::named_by;
use super::token::Credentials;
use crate::named::Named;
use crate::wire::web::Request;

/// The identifiers, in the order in which they are looked up: the host, the app client, the access
/// token, and the secret that an external provider returns.
pub(crate) fn names(request: &Request) -> Vec<Named> {
    let (region, name) = named_by(&request.host);
    let mut names = vec![Named::Host {
        region: region.to_owned(),
        name: name.to_owned(),
    }];
    let (query, form) = (Params::of_query(&request.query), Params::of_form(request));
    if let Some(id) = query.given("client_id") {
        names.push(Named::Client(id.to_owned()));
    }
    if let Ok(credentials) = Credentials::of(request, &form) {
        names.push(Named::Client(credentials.client_id));
    }
    let header = request.authorization.as_deref().unwrap_or_default();
    if let Some((_, token)) = header.split_once(' ') {
        names.extend(Named::of_token(token.trim()));
    }
    let states = [&query, &form].map(|it| ["state", "RelayState"].map(|name| it.given(name)));
    let states = states.into_iter().flatten().flatten();
    names.extend(states.filter_map(secret::pool_of).map(Named::Pool));
    names
}
