//! Terms documents in a pool file.

use super::clients;
use super::entry::Entry;
use super::loading::Loading;
use super::members::{Members, Without};
use super::mistake::Mistake;
use crate::error::Error;
use crate::state::pool::Pool;
use crate::state::terms::Terms;

/// Adds a document to `pool`.
pub(super) fn load(
    loading: &Loading<'_>,
    mut entry: Entry<'_>,
    pool: &mut Pool,
) -> Result<(), Mistake> {
    let client_id = clients::referred(&mut entry, pool)?;
    let terms_name = entry.text("TermsName").unwrap_or_default();
    let chance = loading
        .seed
        .chance(&["terms", &pool.id, &client_id, &terms_name]);
    let terms_id = entry.text("TermsId");
    if terms_id
        .as_deref()
        .is_some_and(|id| pool.terms_of(id).is_ok())
    {
        let message = "Another document of the pool has this id.";
        return Err(entry.refuse_member("TermsId", message));
    }
    let links = entry.map("Links");
    let links = links.ok_or_else(|| entry.refused(&Error::TermsLinksMissing))?;
    let (creation_date, last_modified_date) =
        entry.dates("CreationDate", "LastModifiedDate", loading.now);
    let terms = Terms {
        terms_id: terms_id.unwrap_or_else(|| chance.uuid()),
        user_pool_id: pool.id.clone(),
        client_id,
        terms_name,
        terms_source: entry.text("TermsSource").unwrap_or_default(),
        enforcement: entry.text("Enforcement").unwrap_or_default(),
        links,
        creation_date,
        last_modified_date,
    };
    pool.insert_terms(terms)
        .map_err(|error| entry.refused_member("TermsName", &error))
}

/// The documents of `pool`.
pub(super) fn export(pool: &Pool, without: Without) -> Vec<Members> {
    let documents = pool.terms.values().map(|terms| {
        let mut members = Members::new(without);
        members.add("TermsId", &terms.terms_id);
        members.add("ClientId", &terms.client_id);
        members.add("TermsName", &terms.terms_name);
        members.add("TermsSource", &terms.terms_source);
        members.add("Enforcement", &terms.enforcement);
        members.add("Links", &terms.links);
        members.date("CreationDate", terms.creation_date);
        members.date("LastModifiedDate", terms.last_modified_date);
        members
    });
    documents.collect()
}
