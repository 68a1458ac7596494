//! Plans: changes of many users that are confirmed once, by their number.
//!
//! The confirmation of a plan covers as many users as the plan has. A call that is interrupted
//! returns a cursor, and the calls that continue it are covered until the number is used up.

use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::victims::Victim;
use super::{ConfirmationInput, phrase, sorted};
use crate::bounds::{OPEN_PLANS, PLAN_LIFETIME, PRINCIPALS};
use crate::call::context::Cx;
use crate::counted::counted;
use crate::record::audit::ConfirmedBy;
use crate::shared_state::{State, StoreResult, Table};

/// Confirmed plans that are not finished.
pub(super) struct Plans(Arc<State>);

const TABLE: Table = Table {
    name: "plan",
    lifetime: PLAN_LIFETIME,
    renews: false,
    items: OPEN_PLANS,
    bytes: usize::MAX,
    owners: PRINCIPALS,
    one_run: true,
};

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Open {
    by: ConfirmedBy,
    /// Users that may still be changed.
    left: u32,
    ends: SystemTime,
}

impl Plans {
    pub(super) fn new(state: Arc<State>) -> Self {
        Self(state)
    }

    /// Who confirmed the plan that the call of `principal` continues, and how many users it still
    /// covers. The plan is taken away until [`Plans::keep`], so that two calls at the same time
    /// cannot both use it.
    ///
    /// # Errors
    /// If the state of the server cannot be used.
    pub(super) async fn take(
        &self,
        principal: &str,
        key: &str,
        now: SystemTime,
    ) -> StoreResult<Option<(ConfirmedBy, u32)>> {
        let taken = self.0.take::<Open>(&TABLE, principal, key).await?;
        let plan = taken.filter(|plan| plan.ends > now && plan.left > 0);
        Ok(plan.map(|plan| (plan.by, plan.left)))
    }

    /// Remembers that the plan `key` still covers `left` users. If the state of the server cannot be
    /// used, the next call is confirmed again.
    pub(super) async fn keep(
        &self,
        principal: &str,
        key: &str,
        by: ConfirmedBy,
        left: u32,
        now: SystemTime,
    ) {
        let ends = now + PLAN_LIFETIME;
        if left == 0 {
            let _ = self.0.take::<Open>(&TABLE, principal, key).await;
            return;
        }
        let _ = self
            .0
            .put(&TABLE, principal, key, &Open { by, left, ends })
            .await;
    }
}

/// The key of the plan of a call: everything that its calls share.
pub(super) fn key(cx: &Cx, input: &ConfirmationInput) -> String {
    let mut arguments = cx.arguments.clone();
    for own in ["cursor", "batch_size"] {
        arguments.shift_remove(own);
    }
    let arguments = sorted(&Value::Object(arguments));
    let key = json!([input.principal, input.client, cx.tool(), arguments]);
    phrase::digest(&key.to_string())
}

/// The users of the plan in the answer to a rehearsal, as one victim, and their number.
pub(super) fn victim(answer: &Value) -> Option<(Victim, u32)> {
    let plan = &answer["plan"];
    let users = u32::try_from(plan["users"].as_u64()?).ok()?;
    let digest = plan["digest"].as_str()?;
    let victim = Victim {
        described: plan["described"].as_str()?.to_owned(),
        name: format!("{} {digest}", counted(users, "user")),
        sub: None,
    };
    Some((victim, users))
}
