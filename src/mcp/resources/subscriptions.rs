//! Subscriptions to changes of resources. They exist only on the emulator: Cognito does
//! not report changes.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::service::{Peer, SubscriptionContext};
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::find;
use crate::bounds::SUBSCRIPTIONS;
use crate::cognito::backend::emulated::Change;
use crate::guard::untrusted;

/// The subscriptions of one connection, under the protocol revisions before 2026-07-28.
#[derive(Default)]
pub(crate) struct Subscriptions(Mutex<BTreeMap<String, DropGuard>>);

/// A clone of the server serves another connection, so it has no subscriptions.
impl Clone for Subscriptions {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Subscriptions {
    /// Notifies `peer` of changes of `uri` until it unsubscribes or disconnects.
    pub(crate) fn add(
        &self,
        uri: String,
        mut changes: Receiver<Change>,
        peer: Peer<RoleServer>,
    ) -> Result<(), ErrorData> {
        let mut subscribed = self.0.lock();
        if subscribed.len() >= SUBSCRIPTIONS && !subscribed.contains_key(&uri) {
            let sentence =
                format!("A connection may subscribe to {SUBSCRIPTIONS} resources at once.");
            return Err(ErrorData::invalid_params(
                sentence,
                Some(json!({ "uri": untrusted::short(&uri) })),
            ));
        }
        let end = CancellationToken::new();
        subscribed.insert(uri.clone(), end.clone().drop_guard());
        drop(subscribed);
        tokio::spawn(async move {
            let notifying = async {
                while let Some(change) = next(&mut changes).await {
                    let update = ResourceUpdatedNotificationParam::new(uri.clone());
                    if concerns(change.as_deref(), &uri)
                        && peer.notify_resource_updated(update).await.is_err()
                    {
                        break;
                    }
                }
            };
            end.run_until_cancelled(notifying).await;
        });
        Ok(())
    }

    /// Ends a subscription.
    pub(crate) fn remove(&self, uri: &str) {
        let mut subscribed = self.0.lock();
        subscribed.remove(uri);
    }
}

/// Notifies the client of changes until it ends the subscription.
pub(crate) async fn notify(context: &SubscriptionContext, mut changes: Receiver<Change>) {
    let uris = context.accepted().resource_subscriptions.clone();
    let uris = uris.unwrap_or_default();
    let notifying = async {
        while let Some(change) = next(&mut changes).await {
            for uri in uris.iter().filter(|uri| concerns(change.as_deref(), uri)) {
                if context.sink().notify_resource_updated(uri).await.is_err() {
                    return;
                }
            }
        }
    };
    let end = &context.request_context().ct;
    end.run_until_cancelled(notifying).await;
}

/// The next change. If changes were missed, everything may have changed.
async fn next(changes: &mut Receiver<Change>) -> Option<Change> {
    match changes.recv().await {
        Ok(change) => Some(change),
        Err(RecvError::Lagged(_)) => Some(None),
        Err(RecvError::Closed) => None,
    }
}

/// Whether `change` may affect the resource at `uri`.
fn concerns(change: Option<&str>, uri: &str) -> bool {
    let Some((resource, variables)) = find(uri) else {
        return false;
    };
    let pool = variables.get("user_pool_id").and_then(Value::as_str);
    match (change, pool) {
        // A resource without a pool in its URI may have data of any pool.
        (_, None) => resource.is_live(),
        (None, Some(_)) => true,
        (Some(changed), Some(pool)) => changed == pool,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_concerns_resources_of_its_pool() {
        let concerned = |change: Option<&str>| {
            let uris = [
                "cognito://pools",
                "cognito://pools/mine/users/ana",
                "cognito://pools/other",
                "cognito://errors",
            ];
            uris.map(|uri| concerns(change, uri))
        };
        assert_eq!(concerned(Some("mine")), [true, true, false, false]);
        assert_eq!(concerned(None), [true, true, true, false]);
    }
}
