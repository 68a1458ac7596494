//! Subscriptions to changes of resources. They exist only on the emulator: Cognito does
//! not report changes.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::service::{Peer, SubscriptionContext};
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::find;
use crate::bounds::{NOTIFICATIONS, SUBSCRIPTIONS};
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
                let mut pauses = pauses();
                while let Some(changed) = next(&mut changes, &mut pauses).await {
                    let update = ResourceUpdatedNotificationParam::new(uri.clone());
                    if changed.iter().any(|change| concerns(change, &uri))
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
        let mut pauses = pauses();
        while let Some(changed) = next(&mut changes, &mut pauses).await {
            let is_changed = |uri: &&String| changed.iter().any(|change| concerns(change, uri));
            for uri in uris.iter().filter(is_changed) {
                if context.sink().notify_resource_updated(uri).await.is_err() {
                    return;
                }
            }
        }
    };
    let end = &context.request_context().ct;
    end.run_until_cancelled(notifying).await;
}

/// The times at which notifications may be sent: the first one at once.
fn pauses() -> Interval {
    let mut pauses = interval(NOTIFICATIONS);
    pauses.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pauses
}

/// The next changes, after the time between notifications is over. If changes were missed,
/// everything may have changed.
async fn next(changes: &mut Receiver<Change>, pauses: &mut Interval) -> Option<Vec<Change>> {
    let mut batch = match changes.recv().await {
        Ok(change) => vec![change],
        Err(RecvError::Lagged(_)) => vec![Change::All, Change::Journal],
        Err(RecvError::Closed) => return None,
    };
    pauses.tick().await;
    loop {
        match changes.try_recv() {
            Ok(change) => batch.push(change),
            Err(TryRecvError::Lagged(_)) => batch = vec![Change::All, Change::Journal],
            Err(TryRecvError::Empty | TryRecvError::Closed) => return Some(batch),
        }
    }
}

/// Whether `change` may affect the resource at `uri`.
fn concerns(change: &Change, uri: &str) -> bool {
    let Some((resource, variables)) = find(uri) else {
        return false;
    };
    let pool = variables.get("user_pool_id").and_then(Value::as_str);
    match (change, pool) {
        (Change::Journal, _) => resource.is_journal(),
        // A resource without a pool in its URI may have data of any pool.
        (_, None) => resource.is_live(),
        (Change::All, Some(_)) => true,
        (Change::Pool(changed), Some(pool)) => changed == pool,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_concerns_resources_of_its_pool() {
        let concerned = |change: Change| {
            let uris = [
                "cognito://pools",
                "cognito://pools/mine/users/ana",
                "cognito://pools/other",
                "cognito://errors",
                "cognito://emulator/journal",
            ];
            uris.map(|uri| concerns(&change, uri))
        };
        let mine = Change::Pool("mine".to_owned());
        assert_eq!(concerned(mine), [true, true, false, false, true]);
        assert_eq!(concerned(Change::All), [true, true, true, false, true]);
        let journal = [false, false, false, false, true];
        assert_eq!(concerned(Change::Journal), journal);
    }
}
