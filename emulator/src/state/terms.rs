//! Terms documents: links to an app's terms of use or privacy policy, by
//! language.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::limit::check_room;
use super::pool::Pool;
use crate::error::{Error, Result};
use crate::world::Time;

/// Limit of documents in a pool (fact 8d).
const LIMIT: usize = 40;

/// `TermsType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Terms {
    /// A UUID.
    pub terms_id: String,
    /// The id of the user pool.
    pub user_pool_id: String,
    /// The app client that shows the document.
    pub client_id: String,
    /// `terms-of-use` or `privacy-policy`.
    pub terms_name: String,
    /// `LINK`.
    pub terms_source: String,
    /// `NONE`.
    pub enforcement: String,
    /// URLs by language.
    pub links: Map<String, Value>,
    /// Date of creation.
    pub creation_date: Time,
    /// Date of the last change.
    pub last_modified_date: Time,
}

/// `TermsDescriptionType`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TermsDescription {
    terms_id: String,
    terms_name: String,
    enforcement: String,
    creation_date: Time,
    last_modified_date: Time,
}

impl From<&Terms> for TermsDescription {
    fn from(terms: &Terms) -> Self {
        Self {
            terms_id: terms.terms_id.clone(),
            terms_name: terms.terms_name.clone(),
            enforcement: terms.enforcement.clone(),
            creation_date: terms.creation_date,
            last_modified_date: terms.last_modified_date,
        }
    }
}

impl Pool {
    /// The document `id`.
    pub fn terms_of(&self, id: &str) -> Result<&Terms> {
        let found = self.terms.values().find(|terms| terms.terms_id == id);
        found.ok_or(Error::TermsNotFound)
    }

    /// The document with this name of an app client of this pool.
    pub fn terms_of_client(&self, client_id: &str, name: &str) -> Result<&Terms> {
        self.client(client_id)?;
        let mut terms = self.terms.values();
        let found = terms.find(|terms| terms.client_id == client_id && terms.terms_name == name);
        found.ok_or_else(|| Error::TermsOfClientNotFound {
            terms: name.to_owned(),
            client: client_id.to_owned(),
        })
    }

    /// Adds a new document, unless the client has one with this name or the
    /// pool is full (fact 8d).
    pub fn insert_terms(&mut self, terms: Terms) -> Result<()> {
        self.validate_terms_name(&terms)?;
        check_room("Terms documents", self.terms.len(), LIMIT)?;
        let last = self
            .terms
            .last_key_value()
            .map_or(0, |(position, _)| *position);
        self.terms.insert(last + 1, terms);
        Ok(())
    }

    /// Replaces the document with the same id.
    pub fn replace_terms(&mut self, changed: Terms) -> Result<()> {
        self.validate_terms_name(&changed)?;
        let mut terms = self.terms.values_mut();
        let place = terms.find(|terms| terms.terms_id == changed.terms_id);
        *place.ok_or(Error::TermsNotFound)? = changed;
        Ok(())
    }

    /// Validates that the name is unique for the app client, according to the
    /// API Reference of `TermsExistsException`.
    fn validate_terms_name(&self, terms: &Terms) -> Result<()> {
        match self.terms_of_client(&terms.client_id, &terms.terms_name) {
            Ok(other) if other.terms_id != terms.terms_id => Err(Error::TermsExist {
                terms: terms.terms_name.clone(),
                client: terms.client_id.clone(),
            }),
            _ => Ok(()),
        }
    }
}
