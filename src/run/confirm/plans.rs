//! Plans: changes of many users that are confirmed once, by their number.
//!
//! The confirmation of a plan covers as many users as the plan has. A call that is interrupted
//! returns a cursor, and the calls that continue it are covered until the number is used up.

use std::collections::BTreeMap;
use std::time::SystemTime;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::victims::Victim;
use super::{ConfirmationInput, phrase, sorted};
use crate::bounds::{OPEN_PLANS, PLAN_LIFETIME};
use crate::call::context::Cx;
use crate::record::audit::ConfirmedBy;

/// Confirmed plans that are not finished.
#[derive(Default)]
pub(super) struct Plans {
    open: Mutex<BTreeMap<String, Open>>,
}

#[derive(Clone, Copy)]
struct Open {
    by: ConfirmedBy,
    /// Users that may still be changed.
    left: u32,
    ends: SystemTime,
}

impl Plans {
    /// Who confirmed the plan that the call continues, and how many users it still covers.
    pub(super) fn covered(&self, key: &str, now: SystemTime) -> Option<(ConfirmedBy, u32)> {
        let open = self.open.lock();
        let plan = open
            .get(key)
            .filter(|plan| plan.ends > now && plan.left > 0)?;
        Some((plan.by, plan.left))
    }

    /// Remembers that the plan `key` still covers `left` users.
    pub(super) fn keep(&self, key: String, by: ConfirmedBy, left: u32, now: SystemTime) {
        let mut open = self.open.lock();
        open.retain(|_, plan| plan.ends > now);
        if left == 0 {
            open.remove(&key);
            return;
        }
        let ends = now + PLAN_LIFETIME;
        open.insert(key, Open { by, left, ends });
        if open.len() > OPEN_PLANS {
            let oldest = open.iter().min_by_key(|(_, plan)| plan.ends);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                open.remove(&oldest);
            }
        }
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
    let noun = if users == 1 { "user" } else { "users" };
    let digest = plan["digest"].as_str()?;
    let victim = Victim {
        described: plan["described"].as_str()?.to_owned(),
        name: format!("{users} {noun} {digest}"),
        sub: None,
    };
    Some((victim, users))
}
