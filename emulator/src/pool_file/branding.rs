//! Styles of managed login in a pool file.

use serde_json::{Value, json};

use super::clients;
use super::entry::Entry;
use super::loading::Loading;
use super::members::{Members, Without};
use super::mistake::Mistake;
use crate::state::branding::{Look, Style, StyleView};
use crate::state::pool::Pool;

/// Adds a style to `pool`.
pub(super) fn load(
    loading: &Loading<'_>,
    mut entry: Entry<'_>,
    pool: &mut Pool,
) -> Result<(), Mistake> {
    let client_id = clients::referred(&mut entry, pool)?;
    let (created_at, modified_at) = entry.dates("CreationDate", "LastModifiedDate", loading.now);
    let chance = loading.seed.chance(&["style", &pool.id, &client_id]);
    let id = entry.text("ManagedLoginBrandingId");
    if id.as_deref().is_some_and(|id| pool.style(id).is_ok()) {
        let message = "Another style of the pool has this id.";
        return Err(entry.refuse_member("ManagedLoginBrandingId", message));
    }
    let look: Look = entry.rest_as()?;
    look.validate().map_err(|error| entry.refused(&error))?;
    let style = Style {
        id: id.unwrap_or_else(|| chance.uuid()),
        client_id,
        look,
        created_at,
        modified_at,
    };
    pool.insert_style(style)
        .map_err(|error| entry.refused_member("ClientId", &error))
}

/// The styles of `pool`.
pub(super) fn export(pool: &Pool, without: Without) -> Vec<Members> {
    let styles = pool.styles.iter().map(|style| {
        let mut members = Members::new(without);
        members.add("ManagedLoginBrandingId", &style.id);
        members.add("ClientId", &style.client_id);
        let view = json!(StyleView::new(&pool.id, style));
        if view["UseCognitoProvidedValues"] == true {
            members.add("UseCognitoProvidedValues", true);
        }
        for name in ["Settings", "Assets"] {
            let value = view.get(name).filter(|value| **value != json!([]));
            members.add_some(name, value.filter(|value| **value != Value::Null));
        }
        members.date("CreationDate", style.created_at);
        members.date("LastModifiedDate", style.modified_at);
        members
    });
    styles.collect()
}
