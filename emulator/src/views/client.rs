//! App clients and their secrets, as responses show them.

use serde::Serialize;

use crate::settings::client::Settings;
use crate::state::client::{Client, Secret};
use crate::world::Time;

/// `UserPoolClientType`: a client, with its secret, in the responses of create,
/// describe and update (facts 10.11, 10.12).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ClientView {
    user_pool_id: String,
    client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<Box<str>>,
    last_modified_date: Time,
    creation_date: Time,
    #[serde(flatten)]
    settings: Settings,
}

impl ClientView {
    /// A client of pool `pool_id`.
    #[must_use]
    pub fn new(pool_id: &str, client: &Client) -> Self {
        Self {
            user_pool_id: pool_id.to_owned(),
            client_id: client.id.clone(),
            client_secret: client.shown_secret().map(Into::into),
            last_modified_date: client.modified_at,
            creation_date: client.created_at,
            settings: client.settings.clone(),
        }
    }
}

/// `ClientSecretDescriptorType`: a secret in the responses of its own
/// operations.
#[derive(Serialize)]
pub struct SecretView {
    #[serde(rename = "ClientSecretId")]
    id: String,
    #[serde(rename = "ClientSecretValue", skip_serializing_if = "Option::is_none")]
    value: Option<Box<str>>,
    #[serde(rename = "ClientSecretCreateDate")]
    created_at: Time,
}

impl SecretView {
    /// The secret without its value.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self {
            id: secret.id.clone(),
            value: None,
            created_at: secret.created_at,
        }
    }

    /// The secret with its value. Only the response to its creation has it.
    #[must_use]
    pub fn with_value(secret: &Secret) -> Self {
        Self {
            value: Some(secret.value.clone()),
            ..Self::new(secret)
        }
    }
}
