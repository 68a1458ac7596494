//! The user pool.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::branding::Style;
use super::client::Client;
use super::code::Limit;
use super::decoy::Decoys;
use super::domain::Domains;
use super::group::Group;
use super::import::Jobs;
use super::limit::check_room;
use super::link::Identity;
use super::replica::Replica;
use super::resource_server::ResourceServer;
use super::risk::Risk;
use super::rows::{Rows, Tracked};
use super::session::Sessions;
use super::terms::Terms;
use super::token::DeletedUsersToken;
use super::ui_customization::UiCustomization;
use super::user::User;
use super::users::{Naming, UserId, Users};
use super::web::Web;
use crate::auth::password::{PasswordWay, Verifier, used_before};
use crate::error::{Error, Result};
use crate::settings::identity_provider::IdentityProvider;
use crate::settings::log_delivery::LogConfiguration;
use crate::settings::pool::{MfaSettings, Settings};
use crate::settings::schema::Schema;
use crate::settings::session::Tracking;
use crate::shared_map::SharedMap;
use crate::wire::Scope;
use crate::world::{Time, World};

/// The feature's name in the sentences about tiers.
pub const MANAGED_LOGIN: &str = "Managed Login Version 2";

/// Limit of clients in a pool (fact 8d).
const CLIENT_LIMIT: usize = 1000;

/// A user pool with all of its parts. A clone shares their memory.
#[derive(Clone, Debug)]
pub struct Pool {
    /// As in `us-east-1_o9y9Yq5pO`.
    pub id: String,
    /// Region and account.
    pub scope: Scope,
    /// The name.
    pub name: String,
    /// Date of creation.
    pub created_at: Time,
    /// Date of the last change.
    pub modified_at: Time,
    /// [`Self::modified_at`] in the data file.
    pub(super) recorded_at: Time,
    /// Settings that create and update write.
    pub settings: Tracked<Settings>,
    /// Settings that `SetUserPoolMfaConfig` writes.
    pub mfa: Tracked<MfaSettings>,
    /// Settings that `SetUserPoolSessionConfiguration` writes.
    pub tracking: Tracked<Tracking>,
    /// Whether the request that created the pool had `UsernameConfiguration`.
    /// `DescribeUserPool` shows it only then.
    pub shows_case_sensitivity: bool,
    /// The attributes of users.
    pub schema: Tracked<Schema>,
    /// The domains.
    pub domains: Tracked<Domains>,
    /// App clients by id.
    pub clients: Rows<String, Client>,
    /// Groups by name.
    pub groups: Rows<String, Group>,
    /// Identity providers by name.
    pub identity_providers: Tracked<BTreeMap<String, IdentityProvider>>,
    /// Linked identities, with the user of each.
    pub links: Rows<Identity, UserId>,
    /// Resource servers by identifier.
    pub resource_servers: Tracked<BTreeMap<String, ResourceServer>>,
    /// Import jobs.
    pub imports: Tracked<Jobs>,
    /// Styles of managed login, in order of creation.
    pub styles: Tracked<Vec<Style>>,
    /// Customizations of the classic hosted UI by client id or `ALL`.
    pub ui_customizations: Tracked<BTreeMap<String, UiCustomization>>,
    /// Terms documents in order of creation.
    pub terms: Tracked<BTreeMap<u64, Terms>>,
    /// Settings of threat protection by client id. The pool's own settings have
    /// an empty id.
    pub risks: Tracked<BTreeMap<String, (Risk, Time)>>,
    /// Log delivery, by Region of the pool and its replica.
    pub log_delivery: Tracked<BTreeMap<String, Vec<LogConfiguration>>>,
    /// The replica.
    pub replica: Tracked<Option<Box<Replica>>>,
    /// Users.
    pub users: Users,
    /// Records about unknown usernames, for clients that hide users.
    pub decoys: Tracked<Decoys>,
    /// Open challenges.
    pub sessions: Tracked<Sessions>,
    /// Refresh tokens by digest: the user and the sign-in of each.
    pub refresh_tokens: SharedMap<[u8; 32], (UserId, Box<str>)>,
    /// Refresh tokens of deleted users by digest.
    pub deleted_users_tokens: Rows<[u8; 32], DeletedUsersToken>,
    /// The state of the domain's pages.
    pub web: Tracked<Web>,
}

impl Pool {
    /// A pool with default settings and without users.
    #[must_use]
    pub fn new(id: String, scope: Scope, name: String, naming: Naming, now: Time) -> Self {
        Self {
            id,
            scope,
            name,
            created_at: now,
            modified_at: now,
            recorded_at: now,
            settings: Tracked::default(),
            mfa: Tracked::default(),
            tracking: Tracked::default(),
            shows_case_sensitivity: false,
            schema: Tracked::default(),
            domains: Tracked::default(),
            clients: Rows::default(),
            groups: Rows::default(),
            identity_providers: Tracked::default(),
            links: Rows::default(),
            resource_servers: Tracked::default(),
            imports: Tracked::default(),
            styles: Tracked::default(),
            ui_customizations: Tracked::default(),
            terms: Tracked::default(),
            risks: Tracked::default(),
            log_delivery: Tracked::default(),
            replica: Tracked::default(),
            users: Users::new(naming),
            decoys: Tracked::default(),
            sessions: Tracked::default(),
            refresh_tokens: SharedMap::default(),
            deleted_users_tokens: Rows::default(),
            web: Tracked::default(),
        }
    }

    /// `arn:aws:cognito-idp:…` (fact 10.1).
    #[must_use]
    pub fn arn(&self) -> String {
        self.arn_in(&self.scope.region)
    }

    /// The ARN of this pool's replica in `region`.
    #[must_use]
    pub fn arn_in(&self, region: &str) -> String {
        let Self { id, scope, .. } = self;
        let account = &scope.account;
        format!("arn:aws:cognito-idp:{region}:{account}:userpool/{id}")
    }

    /// Whether the issuer of tokens has the type `UPDATED`.
    #[must_use]
    pub fn has_updated_issuer(&self) -> bool {
        self.settings.issuer_configuration["Type"] == "UPDATED"
    }

    /// The part of the id after the underscore: the pool's name in SRP.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.id.split_once('_').map_or(&self.id, |(_, name)| name)
    }

    /// The client `id`.
    pub fn client(&self, id: &str) -> Result<&Client> {
        self.clients.get(id).ok_or_else(|| Error::ClientNotFound {
            client: id.to_owned(),
        })
    }

    /// The client `id`, for the operations that manage clients.
    pub fn managed_client(&self, id: &str) -> Result<&Client> {
        self.clients.get(id).ok_or(Error::ClientOfPoolNotFound)
    }

    /// The client `id`, for changes.
    pub fn client_mut(&mut self, id: &str) -> Result<&mut Client> {
        self.clients
            .get_mut(id)
            .ok_or_else(|| Error::ClientNotFound {
                client: id.to_owned(),
            })
    }

    /// Adds a new client, unless the pool is full (fact 8d).
    pub fn insert_client(&mut self, client: Client) -> Result<()> {
        check_room("User pool clients", self.clients.len(), CLIENT_LIMIT)?;
        self.clients.insert(client.id.clone(), client);
        Ok(())
    }

    /// Removes a client with its pages, sign-ins and refresh tokens.
    pub fn remove_client(&mut self, id: &str) {
        self.clients.remove(id);
        self.styles.retain(|style| style.client_id != id);
        self.ui_customizations.remove(id);
        self.terms.retain(|_, terms| terms.client_id != id);
        self.risks.remove(id);
        let mut ended = BTreeSet::new();
        for (user, found) in self.users.from(UserId::default()) {
            let of_client = found.sign_ins.iter().filter(|at| *at.client_id == *id);
            ended.extend(of_client.map(|at| (user, at.id.clone())));
        }
        self.refresh_tokens.retain(|_, at| !ended.contains(at));
        self.deleted_users_tokens
            .retain(|_, token| *token.client_id != *id);
        for (user, sign_in) in &ended {
            self.users.change_sign_ins(*user, |sign_ins| {
                sign_ins.extract(|at| at.id == *sign_in);
            });
        }
    }

    /// The id of the user named `name`: a username, a `sub`, or an alias (R51,
    /// R52).
    pub fn find(&self, name: &str) -> Result<UserId> {
        self.users.find(name).ok_or(Error::UserNotFound)
    }

    /// The user named `name`.
    pub fn user(&self, name: &str) -> Result<&User> {
        self.users.get(self.find(name)?).ok_or(Error::UserNotFound)
    }

    /// Changes the user named `name`, and the modification date.
    pub fn edit<R>(
        &mut self,
        name: &str,
        now: Time,
        change: impl FnOnce(&mut User) -> Result<R>,
    ) -> Result<R> {
        let id = self.find(name)?;
        self.edit_id(id, now, change)
    }

    /// Changes the user at `id`, and the modification date if the change
    /// succeeds.
    ///
    /// `change` must complete its checks before it writes: a refusal must leave
    /// the user unchanged.
    pub fn edit_id<R>(
        &mut self,
        id: UserId,
        now: Time,
        change: impl FnOnce(&mut User) -> Result<R>,
    ) -> Result<R> {
        let result = self.users.edit(id, |user| {
            let result = change(user);
            if result.is_ok() {
                user.modified_at = now;
            }
            result
        });
        debug_assert!(
            self.users.len() > 64 || self.is_consistent(),
            "indexes are out of step"
        );
        result.unwrap_or(Err(Error::UserNotFound))
    }

    /// Counts a call of the user at `id` against `limit`, or refuses it.
    pub fn take(&mut self, id: UserId, limit: Limit, now: Time) -> Result<()> {
        let taken = self
            .users
            .edit_unindexed(id, |user| user.limits.take(limit, now));
        taken.unwrap_or(Err(Error::UserNotFound))
    }

    /// Creates the verifier of a new password for `user`, if policy and history allow the
    /// password (facts 3.2 to 3.14).
    pub fn new_password(
        &self,
        world: &World,
        user: &User,
        password: &str,
        way: PasswordWay,
    ) -> Result<Verifier> {
        let policy = &self.settings.policies.password_policy;
        let verifier = self.checked_password(world, user, password, way)?;
        let newest_first = user.password.iter().chain(&user.former_passwords);
        let remembered = policy.password_history_size;
        let name = self.short_name();
        if used_before(newest_first, remembered, name, &user.username, password) {
            return Err(Error::PasswordUsedBefore);
        }
        Ok(verifier)
    }

    /// Creates the verifier of a temporary password for `user`. Only the policy
    /// is checked: `AdminCreateUser` declares no exception for the history.
    pub fn new_temporary_password(
        &self,
        world: &World,
        user: &User,
        password: &str,
    ) -> Result<Verifier> {
        self.checked_password(world, user, password, PasswordWay::Temporary)
    }

    fn checked_password(
        &self,
        world: &World,
        user: &User,
        password: &str,
        way: PasswordWay,
    ) -> Result<Verifier> {
        let policy = &self.settings.policies.password_policy;
        policy.check(password, way)?;
        let name = self.short_name();
        Ok(Verifier::new(name, &user.username, password, &world.chance))
    }

    /// Validates the version of a domain's pages (R137). The two versions are documented;
    /// the sentence is inferred.
    pub fn validate_login_version(&self, version: i64) -> Result<()> {
        match version {
            1 => Ok(()),
            2 => self.check_tier(MANAGED_LOGIN),
            _ => Err(Error::LoginVersion),
        }
    }

    /// Checks that the pool's tier is higher than LITE, which does not have
    /// `feature`.
    pub fn check_tier(&self, feature: &str) -> Result<()> {
        if self.settings.user_pool_tier != "LITE" {
            return Ok(());
        }
        Err(Error::FeatureUnavailable {
            tier: self.settings.user_pool_tier.clone(),
            feature: feature.to_owned(),
        })
    }

    /// Whether users can sign in with only a code by e-mail or SMS.
    #[must_use]
    pub fn is_passwordless(&self) -> bool {
        self.first_factor("EMAIL_OTP") || self.first_factor("SMS_OTP")
    }

    /// Whether `factor` is an allowed first factor.
    #[must_use]
    pub fn first_factor(&self, factor: &str) -> bool {
        let allowed = &self
            .settings
            .policies
            .sign_in_policy
            .allowed_first_auth_factors;
        allowed.iter().any(|name| name == factor)
    }

    /// The lifetime of a temporary password (fact 3.18).
    #[must_use]
    pub fn temporary_password_lifetime(&self) -> Duration {
        let days = self
            .settings
            .policies
            .password_policy
            .temporary_password_validity_days;
        Duration::from_hours(24 * u64::from(days))
    }

    /// Attributes that the schema requires and `user` does not have.
    pub fn missing_attributes<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a str> {
        self.schema
            .iter()
            .filter(|attribute| attribute.required && attribute.name != "sub")
            .map(|attribute| attribute.name.as_str())
            .filter(|name| user.attribute(name).is_none())
    }

    /// Removes a user, with sessions and linked identities. The refresh tokens are
    /// remembered as tokens of a deleted user.
    pub fn remove_user(&mut self, id: UserId) {
        self.sessions.forget(id);
        self.forget_links(id);
        if let Some(user) = self.users.remove(id) {
            self.keep_deleted_users_tokens(user.sign_ins.into_all());
        }
    }

    /// Removes a group and its memberships.
    pub fn remove_group(&mut self, name: &str) {
        self.groups.remove(name);
        let members = self.users.members(name, UserId::default());
        for id in members.map(|(id, _)| id).collect::<Vec<_>>() {
            self.users.edit(id, |user| user.groups.remove(name));
        }
    }

    /// The group `name` (R189).
    pub fn group(&self, name: &str) -> Result<&Group> {
        self.groups.get(name).ok_or(Error::GroupNotFound)
    }

    /// Whether the indexes agree with the users, and refresh tokens and links
    /// refer to existing users.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        self.users.is_consistent()
            && self
                .refresh_tokens
                .values()
                .all(|(user, _)| self.users.get(*user).is_some())
            && self
                .links
                .values()
                .all(|user| self.users.get(*user).is_some())
    }
}
