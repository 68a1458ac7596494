//! Secrets that the person who runs the server reads with `cognito-mcp secret`.
//!
//! A server that hides secrets answers with references. The person reads the secret behind a
//! reference once, on the same machine and account, through the socket of [`super::operator`].
//! The audit log has a line for it. Without a socket, tools that make a secret which only a
//! person can use refuse to make it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::call::server_context::ServerContext;
use crate::guard::secrets::NotKept;

/// Hands over the secrets of a server.
pub(crate) struct HandOver(Arc<ServerContext>);

/// Why a secret is not handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NotHandedOver {
    /// The server does not know the reference.
    Unknown,
    /// The secret was handed over before.
    Read,
    /// The audit log cannot be written.
    NotLogged(String),
    /// The store that the server shares with its replicas cannot be used.
    Unavailable(String),
}

impl HandOver {
    pub(crate) fn of(shared: &Arc<ServerContext>) -> Self {
        Self(Arc::clone(shared))
    }

    /// The secret behind `reference`, of any principal. The second time, it is refused.
    ///
    /// # Errors
    /// The reason why the secret is not handed over.
    pub(crate) async fn secret(&self, reference: &str) -> Result<String, NotHandedOver> {
        let place = self.0.place(None).await;
        let (vault, audit) = (&self.0.vault, &self.0.audit);
        // The line is written first: no secret is read without it.
        let log = |refused: Option<&str>| match audit {
            Some(log) => log.handed_over(reference, &place, refused),
            None => Ok(()),
        };
        match vault.hand_over(reference, || log(None)).await {
            Ok(secret) => Ok(secret),
            Err(NotKept::Unknown) => Err(NotHandedOver::Unknown),
            Err(NotKept::Read) => {
                let logged = log(Some("SecretAlreadyRead"));
                Err(logged.map_or_else(NotHandedOver::NotLogged, |()| NotHandedOver::Read))
            }
            Err(NotKept::NotLogged(why)) => Err(NotHandedOver::NotLogged(why)),
            Err(NotKept::Unavailable(why)) => Err(NotHandedOver::Unavailable(why.to_string())),
        }
    }
}
