//! Ids of pools and app clients: random ones, and ids that a request chooses.
//!
//! Cognito chooses all ids itself. As an extension, a request can choose them in the way
//! that `LocalStack` documents: a pool's id as the tag `_custom_id_`, and a client's id in
//! its name, `_custom_id_:<id>`. Tag and name are kept as they were sent.
//! <https://docs.localstack.cloud/aws/services/cognito-idp/>

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::world::World;

/// The tag whose value is the id of a pool.
pub(crate) const TAG: &str = "_custom_id_";
/// The beginning of a client's name whose rest is the id of the client. The model does not
/// allow its colon in names.
pub(crate) const NAME: &str = "_custom_id_:";

/// The longest id of a pool, and of a client, in requests.
const LONGEST: (usize, usize) = (55, 128);

/// The id that the tags of a new pool choose, if the emulator allows it.
#[must_use]
pub fn of_tags<'a>(world: &World, tags: &'a Map<String, Value>) -> Option<&'a str> {
    let id = tags.get(TAG)?.as_str()?;
    world.allows_custom_ids().then_some(id)
}

/// The id that the name of a new client chooses, if the emulator allows it.
#[must_use]
pub fn of_name<'a>(world: &World, name: &'a str) -> Option<&'a str> {
    let id = name.strip_prefix(NAME)?;
    world.allows_custom_ids().then_some(id)
}

/// The request `input` of `operation` as the model describes it: the name of a client without
/// the prefix that chooses its id, if the emulator allows it.
#[must_use]
pub fn without_prefix<'v>(world: &World, operation: &str, input: &'v Value) -> Cow<'v, Value> {
    if !matches!(operation, "CreateUserPoolClient" | "UpdateUserPoolClient") {
        return Cow::Borrowed(input);
    }
    let name = input.get("ClientName").and_then(Value::as_str);
    let Some(id) = name.and_then(|name| of_name(world, name)) else {
        return Cow::Borrowed(input);
    };
    let mut checked = input.clone();
    checked["ClientName"] = id.into();
    Cow::Owned(checked)
}

/// Validates the id of a pool in `region`: requests must be able to contain it.
pub fn validate_pool_id(id: &str, region: &str) -> Result<()> {
    let suffix = id.strip_prefix(region).and_then(|id| id.strip_prefix('_'));
    let fits = suffix.is_some_and(|suffix| {
        !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if fits && id.len() <= LONGEST.0 {
        return Ok(());
    }
    Err(Error::CustomPoolId {
        id: id.to_owned(),
        region: region.to_owned(),
    })
}

/// Validates the id of a client: requests must be able to contain it.
pub fn validate_client_id(id: &str) -> Result<()> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+');
    if (1..=LONGEST.1).contains(&id.len()) && id.bytes().all(is_allowed) {
        return Ok(());
    }
    Err(Error::CustomClientId { id: id.to_owned() })
}
