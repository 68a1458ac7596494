//! Layer that checks that calls of signed operations have an `Authorization` header.
//!
//! The signature itself is not verified: any credentials are accepted. Operations that
//! need no signature accept one and ignore it (fact 1a).
//!
//! The model does not show that two operations accept a client's secret in place of a
//! signature: live Cognito answered an unsigned `GetClientToken`, and `GetDerivedToken`
//! is documented to accept either.

use std::sync::Arc;

use crate::error::Error;
use crate::layers::refuse;
use crate::model::Model;
use crate::wire::{Call, Reply, Service, Signature};
use crate::world::World;

/// Operations that a client's secret authorizes, although the model marks them as signed.
const BY_SECRET: &[&str] = &["GetClientToken", "GetDerivedToken"];

/// Whether calls of the operation `name` need a signature. Its account then decides which pools
/// exist for the call.
pub(crate) fn needs_signature(name: &str) -> bool {
    let found = Model::get().operation(name);
    found.is_some_and(|found| found.signed) && !BY_SECRET.contains(&name)
}

/// The layer that checks for signatures.
#[derive(Debug)]
pub struct Signatures<S> {
    pub(crate) inner: S,
    world: Arc<World>,
}

impl<S> Signatures<S> {
    /// Creates a layer around `inner`.
    pub fn new(world: Arc<World>, inner: S) -> Self {
        Self { inner, world }
    }
}

impl<S: Service> Service for Signatures<S> {
    /// A malformed body and an unknown operation are reported before a missing signature
    /// (fact 2.17), so this layer passes such calls on.
    fn call(&self, call: &Call) -> Reply {
        let must_be_signed = || call.input.is_some() && needs_signature(&call.operation);
        match call.signature {
            Signature::Absent if must_be_signed() => {
                refuse(&self.world, &Error::MissingAuthenticationToken)
            }
            Signature::Malformed(malformed) if must_be_signed() => {
                refuse(&self.world, &malformed.error())
            }
            _ => self.inner.call(call),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::{Body, Scope};
    use crate::world::Clock;

    struct Yes;

    impl Service for Yes {
        fn call(&self, _: &Call) -> Reply {
            Reply::ok(Body::of(&json!({})))
        }
    }

    fn answer(operation: &str, authorization: Option<&str>, body: &str) -> String {
        let layer = Signatures::new(Arc::new(World::new(Clock::fixed(0), 7)), Yes);
        let target = format!("{}{operation}", crate::wire::TARGET_PREFIX);
        let fallback = Arc::<Scope>::default();
        layer
            .call(&Call::from_http(
                Some(&target),
                authorization,
                false,
                body.to_owned().into(),
                &fallback,
            ))
            .to_string()
    }

    #[test]
    fn signed_operations_need_a_signature() {
        let missing = "400 MissingAuthenticationTokenException: Missing Authentication Token";
        assert_eq!(answer("ListUsers", None, "{}"), missing);
        // Live: radkawar/stackd, 2026-09-24. The hash in that response is the hash of
        // this header.
        assert_eq!(
            answer(
                "DescribeUserPool",
                Some("intentionally-invalid-probe"),
                "{}"
            ),
            "400 IncompleteSignatureException: Authorization header requires 'Credential' parameter. \
             Authorization header requires 'Signature' parameter. \
             Authorization header requires 'SignedHeaders' parameter. \
             Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. \
             (Hashed with SHA-256 and encoded with Base64) Authorization=H1h1vhCGZwXdc98SZDlNeViH9hVartzM/Vy4kUYRVtA="
        );
        let signed = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/cognito-idp/aws4_request, \
                      SignedHeaders=host, Signature=0";
        assert_eq!(answer("ListUsers", Some(signed), "{}"), "200 {}");
    }

    #[test]
    fn other_operations_accept_any_signature_or_none() {
        assert_eq!(answer("InitiateAuth", None, "{}"), "200 {}");
        assert_eq!(answer("InitiateAuth", Some("Bearer x"), "{}"), "200 {}");
        assert_eq!(answer("GetClientToken", None, "{}"), "200 {}");
    }

    #[test]
    fn bad_bodies_and_unknown_operations_pass_without_a_signature() {
        assert_eq!(answer("ListUsers", None, "{"), "200 {}");
        assert_eq!(answer("NoSuchOperation", None, "{}"), "200 {}");
    }
}
