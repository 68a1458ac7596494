//! What surrounds the emulator, outermost first: [`journal`], [`faults`],
//! [`throttle`], [`signature`]. Each layer holds the
//! [`Service`](crate::wire::Service) within it and refuses a call or passes it
//! on; no operation knows of them.

pub mod faults;
pub mod journal;
pub mod signature;
pub mod throttle;

use std::fmt;

use crate::error::Error;
use crate::wire::Reply;
use crate::world::World;

/// A setting that a layer cannot take: one sentence that says what to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(pub String);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}

/// A layer's own refusal; it needs a request id as the emulator's replies do.
fn refuse(world: &World, error: &Error) -> Reply {
    Reply {
        request_id: world.chance.uuid(),
        ..Reply::error(error)
    }
}

/// A duration as a whole number of milliseconds.
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
