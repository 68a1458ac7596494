//! Log delivery in a pool file.

use serde_json::{Value, json};

use super::entry::{Entry, words};
use super::loading::Loading;
use super::mistake::Mistake;
use crate::error::Error;
use crate::settings::log_delivery::{self, LogConfiguration};
use crate::state::pool::Pool;
use crate::wire::Scope;

/// Sets the log delivery of `pool` in `region` to `given`, a member of `entry`.
pub(super) fn load(
    loading: &mut Loading<'_>,
    entry: &Entry<'_>,
    pool: &mut Pool,
    region: String,
    given: Value,
) -> Result<(), Mistake> {
    let member = "LogConfigurations";
    let logs: Vec<LogConfiguration> = serde_json::from_value(given)
        .map_err(|error| entry.refuse_member(member, format!("{error}.")))?;
    let scope = Scope {
        region: region.clone(),
        account: pool.scope.account.clone(),
    };
    let checked = log_delivery::validate(&logs, &pool.settings.user_pool_tier, &scope);
    match checked {
        // The tier may have been lowered after the configuration was set.
        Err(error @ Error::FeatureUnavailable { .. }) => {
            log_delivery::validate(&logs, "PLUS", &scope)
                .map_err(|error| entry.refused_member(member, &error))?;
            loading.notes.push(entry.note(member, words(&error)));
        }
        Err(error) => return Err(entry.refused_member(member, &error)),
        Ok(()) => {}
    }
    pool.log_delivery.insert(region, logs);
    Ok(())
}

/// The log delivery of `pool` in `region`.
pub(super) fn export(pool: &Pool, region: &str) -> Option<Value> {
    let logs = pool.log_delivery.get(region)?;
    (!logs.is_empty()).then(|| json!(logs))
}
