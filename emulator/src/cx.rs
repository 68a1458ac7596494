//! The context in which an operation runs.

use crate::Issuer;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::state::contact::Contact;
use crate::state::pool::Pool;
use crate::state::session;
use crate::state::{PoolHandle, PoolRead, PoolWrite, State};
use crate::validate;
use crate::wire::Scope;
use crate::world::{Time, World};

/// Everything that an operation can use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cx<'a> {
    /// Clock, randomness, courier and functions.
    pub(crate) world: &'a World,
    /// The user pools.
    pub(crate) state: &'a State,
    /// The issuer of this emulator's tokens.
    pub(crate) issuer: &'a Issuer,
    /// The address that the client used, if the issuer follows the client.
    pub(crate) followed: Option<&'a str>,
    /// Region and account of the caller.
    pub(crate) scope: &'a Scope,
    /// Whether the request is signed with IAM credentials. Some operations accept
    /// a signature in place of a client's secret.
    pub(crate) signed: bool,
    /// Name of the operation.
    pub(crate) operation: &'a str,
    /// The request's id: the value of the response's `x-amzn-requestid`.
    pub(crate) request_id: &'a str,
}

impl Cx<'_> {
    /// The present time.
    #[must_use]
    pub(crate) fn now(&self) -> Time {
        self.world.now()
    }

    /// The user pool `id` of the caller's account, with its keys. The pool is in the
    /// caller's Region, or has a replica in that Region that allows the operation.
    pub(crate) fn pool_handle(&self, id: &str) -> Result<PoolHandle> {
        let Scope { region, account } = self.scope;
        let handle = self
            .state
            .pool_handle(id)
            .filter(|handle| handle.scope.account == *account);
        let not_found = || Error::PoolNotFound {
            pool: id.to_owned(),
        };
        let handle = handle.ok_or_else(not_found)?;
        if handle.scope.region == *region {
            return Ok(handle);
        }
        let allowed = handle
            .read()
            .check_secondary(region, self.operation, self.now());
        // Five operations do not declare `OperationNotEnabledException`, the exception
        // for a Region in which an operation is not available.
        allowed.map_err(|refusal| self.declared(refusal, not_found()))?;
        Ok(handle)
    }

    /// `refusal`, or `otherwise` if the operation does not declare the exception of
    /// `refusal`.
    pub(crate) fn declared(&self, refusal: Error, otherwise: Error) -> Error {
        match Model::get().operation(self.operation) {
            Some(operation) if validate::declares(operation, refusal.code()) => refusal,
            _ => otherwise,
        }
    }

    /// Locks the user pool `id` for reading.
    pub(crate) fn pool(&self, id: &str) -> Result<PoolRead> {
        Ok(self.pool_handle(id)?.read())
    }

    /// Locks the user pool `id` for writing.
    pub(crate) fn pool_mut(&self, id: &str) -> Result<PoolWrite> {
        Ok(self.pool_handle(id)?.write())
    }

    /// The user pool of app client `id`. Unsigned requests name only the client, not the
    /// pool (R72).
    pub(crate) fn pool_handle_of_client(&self, id: &str) -> Result<PoolHandle> {
        let handle = self.state.pool_handle_of_client(id);
        handle.ok_or_else(|| Error::ClientNotFound {
            client: id.to_owned(),
        })
    }

    /// Locks the user pool of app client `id` for writing, after a check of
    /// `SECRET_HASH`.
    ///
    /// The hash is checked for the `username` as the caller wrote it, before any
    /// user is looked up.
    pub(crate) fn client_pool_mut(
        &self,
        id: &str,
        username: &str,
        secret_hash: Option<&str>,
    ) -> Result<PoolWrite> {
        let pool = self.pool_handle_of_client(id)?.write();
        pool.client(id)?.check_secret_hash(username, secret_hash)?;
        Ok(pool)
    }

    /// The address of the pages at which a link to `contact` confirms a sign-up. `None` if the pool
    /// sends codes.
    ///
    /// Programs of this machine do not resolve the hosts of domains, so an emulator with an
    /// address of its own names that, as discovery does.
    pub(crate) fn link_pages(&self, pool: &Pool, contact: &Contact) -> Result<Option<String>> {
        if !pool.sends_link(contact) {
            return Ok(None);
        }
        let domain = pool.domains.preferred().ok_or(Error::NoDomainForLink)?;
        let address = match self.issuer {
            Issuer::Base(base) | Issuer::Followed(base) => base.trim_end_matches('/').to_owned(),
            Issuer::Aws => domain.address(&pool.scope.region),
        };
        Ok(Some(address))
    }

    /// The user pool of a sign-in session. Some unsigned requests have only the session
    /// (R83).
    pub(crate) fn pool_handle_of_session(&self, session: &str) -> Result<PoolHandle> {
        let pool = session::pool_of(session).ok_or(Error::SessionInvalid)?;
        self.state.pool_handle(&pool).ok_or(Error::SessionInvalid)
    }
}
