//! Layers around the emulator, outermost first: [`journal`], [`faults`],
//! [`throttle`], [`signature`]. Each layer contains the inner
//! [`Service`](crate::wire::Service) and either refuses a call or passes it on.
//! No operation depends on them.

pub mod faults;
pub mod journal;
pub mod signature;
pub mod throttle;

use std::fmt;

use crate::error::Error;
use crate::wire::Reply;
use crate::world::World;

/// An invalid setting of a layer, with a sentence that names valid ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(pub String);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}

/// A refusal by a layer. It gets a request id like the emulator's replies.
fn refuse(world: &World, error: &Error) -> Reply {
    Reply {
        request_id: world.chance.uuid(),
        ..Reply::error(error)
    }
}

/// Serialization of a duration as a whole number of milliseconds.
mod milliseconds {
    use std::time::Duration;

    use serde::Deserialize;

    pub(super) fn serialize<S: serde::Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
