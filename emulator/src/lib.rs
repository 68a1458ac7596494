//! Amazon Cognito user pools without AWS.
//!
//! The emulator refuses what Cognito refuses, in Cognito's words. It is one
//! synchronous [`wire::Service`]; mounts put it beneath the AWS SDK for Rust
//! (`connector`) or behind HTTP (`http`).

pub mod auth;
#[cfg(feature = "connector")]
pub mod connector;
pub mod error;
#[cfg(feature = "http")]
pub mod http;
pub mod layers;
pub mod model;
pub mod ops;
mod page;
mod pattern;
mod shapes;
pub mod stack;
pub mod state;
pub mod validate;
pub mod wire;
pub mod world;

use std::sync::Arc;

use crate::ops::Cx;
use crate::wire::{Call, Reply, Service};
use crate::world::World;

/// Cognito itself: judges a call by the service model and runs its operation.
///
/// Policies (journal, faults, throttling, signatures) are [`layers`] around it.
#[derive(Debug)]
pub struct Emulator {
    world: Arc<World>,
    state: state::State,
}

impl Emulator {
    /// An empty emulator in `world`.
    #[must_use]
    pub fn new(world: Arc<World>) -> Self {
        Self {
            world,
            state: state::State::default(),
        }
    }

    /// Its world.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Its pools.
    #[must_use]
    pub fn state(&self) -> &state::State {
        &self.state
    }
}

impl Service for Emulator {
    fn call(&self, call: &Call) -> Reply {
        let cx = Cx {
            world: &self.world,
            state: &self.state,
            scope: &call.scope,
        };
        let mut reply = match ops::answer(&cx, call) {
            Ok(body) => Reply::ok(body),
            Err(error) => Reply::error(&error),
        };
        reply.request_id = self.world.chance.uuid();
        reply
    }
}
