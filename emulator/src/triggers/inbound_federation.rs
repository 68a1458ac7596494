//! `InboundFederation`: changes the claims of a provider before they become attributes.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-inbound-federation.html>

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Event, EventUser, Trigger};
use crate::error::Result;
use crate::settings::identity_provider::IdentityProvider;
use crate::state::pool::Pool;
use crate::world::World;

/// The event for a user of `provider` with the id `subject` there. `attributes` are the claims, by
/// their sources. That `userName` is the id without the provider's name is from a public test of a
/// function.
pub(crate) fn event(
    pool: &Pool,
    provider: &IdentityProvider,
    subject: &str,
    client_id: &str,
    attributes: &Value,
) -> Option<Event> {
    let about = EventUser {
        pool,
        username: subject,
        client_id: Some(client_id),
    };
    let request = || {
        json!({
            "providerName": provider.provider_name,
            "providerType": provider.provider_type,
            "attributes": attributes,
        })
    };
    let source = "InboundFederation_ExternalProvider";
    let response = || json!({ "userAttributesToMap": {} });
    Event::new(about, Trigger::InboundFederation, source, request, response)
}

#[derive(Deserialize)]
struct Response {
    #[serde(rename = "userAttributesToMap")]
    attributes: Option<Map<String, Value>>,
}

/// The claims that replace those of the provider. `None` keeps them all: an empty object, or no
/// function.
pub(crate) fn run(event: Option<Event>, world: &World) -> Result<Option<Map<String, Value>>> {
    let Some(event) = event else {
        return Ok(None);
    };
    let response: Response = event.run(world)?;
    Ok(response.attributes.filter(|claims| !claims.is_empty()))
}
