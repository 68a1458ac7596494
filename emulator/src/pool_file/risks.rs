//! Settings of threat protection in a pool file.

use serde_json::{Value, json};

use super::clients;
use super::entry::{Entry, words};
use super::loading::Loading;
use super::members::{Members, Without};
use super::mistake::Mistake;
use crate::state::pool::Pool;
use crate::state::risk::Risk;

/// Sets the settings of an app client or of the pool.
pub(super) fn load(
    loading: &mut Loading<'_>,
    mut entry: Entry<'_>,
    pool: &mut Pool,
) -> Result<(), Mistake> {
    let client = match clients::reference(&mut entry, pool)? {
        Some(id) => Some(clients::check(&entry, pool, id)?),
        None => None,
    };
    if pool
        .risks
        .contains_key(client.as_deref().unwrap_or_default())
    {
        let whose = client.as_deref().unwrap_or("The pool");
        return Err(entry.refuse(format!("{whose} has two risk configurations: remove one.")));
    }
    let date = entry.date("LastModifiedDate").unwrap_or(loading.now);
    let risk: Risk = entry.rest_as()?;
    risk.validate(&pool.scope)
        .map_err(|error| entry.refused(&error))?;
    if let Err(error) = pool.check_threat_protection() {
        // Threat protection may have been turned off after the settings were made.
        loading.notes.push(entry.refuse(words(&error)));
    }
    pool.set_risk(client.as_deref(), risk, date);
    Ok(())
}

/// The settings of `pool` and its clients.
pub(super) fn export(pool: &Pool, without: Without) -> Vec<Members> {
    let all = pool.risks.iter().map(|(client, (risk, date))| {
        let mut members = Members::new(without);
        if !client.is_empty() {
            members.add("ClientId", client);
        }
        if let Value::Object(risk) = json!(risk) {
            members.extend(risk);
        }
        members.date("LastModifiedDate", *date);
        members
    });
    all.collect()
}
