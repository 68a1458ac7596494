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
    /// A client of pool `pool_id` in the response of create and update. Sets are in the
    /// order of Cognito's hash sets (live: radkawar/stackd, 2026-09-24; AWS's example
    /// of create, 2024-09; imo-tikuwa/cognito-demo, 2025-07).
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

    /// A client of pool `pool_id` in the response of describe. Sets are in
    /// alphabetical order (live: go-to-k/cdk-real-drift#303 and #875, 2026; a log of
    /// the AWS CLI, 2025-08; AWS's example of describe, 2019-01).
    #[must_use]
    pub fn described(pool_id: &str, client: &Client) -> Self {
        let mut view = Self::new(pool_id, client);
        view.settings.sets().for_each(|set| set.sort_unstable());
        view
    }
}

/// `ClientSecretDescriptorType`: a secret in the responses of the operations on
/// secrets.
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

    /// The secret with its value. Only the response that creates a secret has the
    /// value.
    #[must_use]
    pub fn with_value(secret: &Secret) -> Self {
        Self {
            value: Some(secret.value.clone()),
            ..Self::new(secret)
        }
    }
}
