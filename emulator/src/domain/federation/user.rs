//! The user of an identity: created at the first sign-in, updated at each later one.
//!
//! The order of triggers (O127). First sign-in: `InboundFederation`, `PreSignUp`,
//! `PostConfirmation`. Later: `InboundFederation`, `PreAuthentication`, `PostAuthentication`. A
//! user that the identity is linked to signs in as at a later sign-in.

use smol_str::SmolStr;

use super::claims;
use super::{Arrival, Failed, Identity};
use crate::cx::Cx;
use crate::error::Error;
use crate::settings::attribute::Attribute;
use crate::settings::identity_provider::IdentityProvider;
use crate::state::PoolHandle;
use crate::state::pool::Pool;
use crate::state::user::{Attributes, Status, User};
use crate::state::users::UserId;
use crate::triggers::sign_up::{self, Confirmed};
use crate::triggers::{Metadata, authentication, inbound_federation};

/// An identity with its attributes in the pool.
struct FederatedUser<'a> {
    cx: &'a Cx<'a>,
    handle: &'a PoolHandle,
    client_id: &'a str,
    provider: &'a IdentityProvider,
    /// The id at the provider.
    subject: String,
    issuer: Option<String>,
    /// The attributes of the mapping.
    attributes: Vec<Attribute>,
}

/// Signs in the user of `identity`. Returns the id.
pub(super) fn sign_in(arrival: &Arrival<'_>, identity: Identity) -> Result<UserId, Failed> {
    let (cx, handle) = (arrival.cx, &arrival.site.handle);
    let client_id = arrival.authorization.client_id.as_str();
    let provider = &arrival.provider;
    let known = identity.name_id.clone();
    let known = known.or_else(|| claims::subject(provider, &identity.claims));
    let event = {
        let pool = handle.read();
        let name = known.as_deref().unwrap_or_default();
        inbound_federation::event(&pool, provider, name, client_id, &identity.sources)
    };
    let mut all = identity.claims;
    if let Some(changed) = inbound_federation::run(event, cx.world)? {
        all = changed;
    }
    // The function may replace the claim, and need not repeat it (inferred).
    let replaced = claims::subject(provider, &all).filter(|_| identity.name_id.is_none());
    let subject = replaced.or(known);
    // O145.
    let subject = subject.ok_or_else(|| Failed::new("username attribute mapping required"))?;
    all.extend(identity.tokens);
    let attributes = {
        let pool = handle.read();
        claims::mapped(provider, pool.client(client_id)?, &all)?
    };
    let user = FederatedUser {
        cx,
        handle,
        client_id,
        provider,
        subject,
        issuer: identity.issuer,
        attributes,
    };
    let found = user.find(&handle.read())?;
    match found {
        Some(id) => user.later(id),
        None => user.first(),
    }
}

impl FederatedUser<'_> {
    /// The username: `<provider>_<id>`, in lower case in pools whose names are not case-sensitive
    /// (O123).
    fn username(&self, pool: &Pool) -> SmolStr {
        let name = format!("{}_{}", self.provider.provider_name, self.subject);
        pool.users.naming().fold(name)
    }

    /// The user that the identity is linked to, or the user of an earlier sign-in.
    fn find(&self, pool: &Pool) -> Result<Option<UserId>, Failed> {
        let name = &self.provider.provider_name;
        if let Some(id) = pool.linked(name, &self.subject, &self.attributes) {
            return Ok(Some(id));
        }
        let username = self.username(pool);
        let found = pool.users.find(&username);
        let user = found.and_then(|id| Some((id, pool.users.get(id)?)));
        let fold = |name: &SmolStr| pool.users.naming().fold(name.clone());
        // An alias of another user may have the same text.
        let Some((id, user)) = user.filter(|(_, user)| fold(&user.username) == username) else {
            return Ok(None);
        };
        if user.has_identity(name, &self.subject, pool.users.naming()) {
            return Ok(Some(id));
        }
        // A user of the pool has this username. The sentence is historic (O143); that it is still
        // used for this case is inferred.
        Err(Failed::new(format!(
            "Already found an entry for username {username}"
        )))
    }

    /// A sign-in of a user who exists.
    fn later(&self, id: UserId) -> Result<UserId, Failed> {
        let metadata = Metadata::new();
        let before = {
            let pool = self.handle.read();
            let user = enabled(&pool, id)?;
            let name = &user.username;
            authentication::pre_authentication(&pool, name, Some(user), self.client_id, &metadata)
        };
        authentication::run(before, self.cx.world)?;
        let after = {
            let mut pool = self.handle.write();
            enabled(&pool, id)?;
            self.refresh(&mut pool, id)?;
            let user = enabled(&pool, id)?;
            authentication::post_authentication(&pool, user, self.client_id, false, &metadata)
        };
        authentication::run(after, self.cx.world)?;
        // The user may have been deleted or disabled while the function ran.
        enabled(&self.handle.read(), id)?;
        Ok(id)
    }

    /// Sets the attributes of the mapping again. An attribute that is not mutable is refused, also
    /// if its value does not change (O140).
    fn refresh(&self, pool: &mut Pool, id: UserId) -> Result<(), Failed> {
        for attribute in &self.attributes {
            pool.schema.check_update(attribute)?;
        }
        let set = |user: &mut User| {
            self.set_attributes(&mut user.attributes);
            Ok(())
        };
        Ok(pool.edit_id(id, self.cx.now(), set)?)
    }

    /// Sets the attributes. An address is not verified, unless the mapping has its flag (O123).
    fn set_attributes(&self, attributes: &mut Attributes) {
        for address in ["email", "phone_number"] {
            let given = |name: &str| self.attributes.iter().any(|it| it.name == name);
            let flag = format!("{address}_verified");
            if given(address) && !given(&flag) {
                attributes.set(&flag, "false");
            }
        }
        for attribute in &self.attributes {
            attributes.set(&attribute.name, &attribute.value);
        }
        // A cleared address has no flag.
        for address in ["email", "phone_number"] {
            if attributes.get(address).is_none() {
                attributes.remove(&format!("{address}_verified"));
            }
        }
    }

    /// The first sign-in of an identity: creates its user.
    fn first(&self) -> Result<UserId, Failed> {
        let sub = self.cx.world.chance.sub();
        let event = {
            let pool = self.handle.read();
            let user = self.new_user(&pool, &sub)?;
            let attributes = &self.attributes;
            sign_up::external_sign_up(&pool, &user.username, attributes, self.client_id)
        };
        sign_up::run_external(event, self.cx.world)?;
        let mut pool = self.handle.write();
        // The function may have linked the identity to a user.
        if let Some(id) = self.find(&pool)? {
            drop(pool);
            return self.later(id);
        }
        let mut user = self.new_user(&pool, &sub)?;
        // O124.
        let group = pool.provider_group(&self.provider.provider_name, self.cx.now());
        user.groups.insert(group.into());
        let id = pool.users.insert(user);
        let client_id = Some(self.client_id);
        let how = Confirmed::SignUp;
        sign_up::post_confirmation(self.cx.world, pool, id, client_id, how, &Metadata::new())?;
        enabled(&self.handle.read(), id)?;
        Ok(id)
    }

    fn new_user(&self, pool: &Pool, sub: &str) -> Result<User, Failed> {
        let has = |name: &str| {
            let mut given = self.attributes.iter();
            given.any(|it| it.name == name && !it.value.is_empty())
        };
        let required = pool
            .schema
            .iter()
            .filter(|it| it.required && it.name != "sub");
        let missing: Vec<&str> = required
            .map(|it| it.name.as_str())
            .filter(|name| !has(name))
            .collect();
        if !missing.is_empty() {
            // O139.
            let missing = missing.join(", ");
            return Err(Failed::new(format!("attributes required: [{missing}]")));
        }
        pool.schema.check_new(&self.attributes)?;
        let username = self.username(pool);
        let now = self.cx.now();
        let mut user = User::new(&username, sub, Status::ExternalProvider, now);
        self.set_attributes(&mut user.attributes);
        user.set_primary_identity(self.provider, &self.subject, self.issuer.as_deref(), now);
        Ok(user)
    }
}

fn enabled(pool: &Pool, id: UserId) -> Result<&User, Failed> {
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    if user.enabled {
        Ok(user)
    } else {
        Err(Error::UserDisabled.into())
    }
}
