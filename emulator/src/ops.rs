//! One page per operation, and the table that knows them.
//!
//! A page is `Request`, `Response` and `call`; the model has judged the
//! request before the page sees it. Pages share state and shapes and never
//! call one another.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Issuer;
use crate::auth::jwt;
use crate::error::{Error, Result};
use crate::model::{Model, Operation};
use crate::state::pool::Pool;
use crate::state::session;
use crate::state::token::SignIn;
use crate::state::users::UserId;
use crate::state::verified::{AccessClaims, Verified};
use crate::state::{PoolRead, PoolWrite, Slot, State};
use crate::wire::{Body, Call, Scope};
use crate::world::{Time, World};
use crate::{threat, validate};

/// Declares the table: each operation's name and its page.
macro_rules! operations {
    ($($name:ident => $page:ident,)+) => {
        /// The operations that are built, in alphabetical order.
        pub const BUILT: &[&str] = &[$(stringify!($name)),+];

        fn dispatch(cx: &Cx<'_>, operation: &str, input: &Value) -> Result<Body> {
            match operation {
                $(stringify!($name) => run(cx, input, $page::call),)+
                _ => Err(Error::NotImplemented { operation: operation.to_owned() }),
            }
        }
    };
}

mod add_custom_attributes;
mod add_user_pool_client_secret;
mod admin_add_user_to_group;
mod admin_confirm_sign_up;
mod admin_create_user;
mod admin_delete_software_token;
mod admin_delete_user;
mod admin_delete_user_attributes;
mod admin_disable_provider_for_user;
mod admin_disable_user;
mod admin_enable_user;
mod admin_forget_device;
mod admin_get_device;
mod admin_get_user;
mod admin_get_user_auth_factors;
mod admin_initiate_auth;
mod admin_link_provider_for_user;
mod admin_list_devices;
mod admin_list_groups_for_user;
mod admin_list_user_auth_events;
mod admin_list_user_sessions;
mod admin_remove_user_from_group;
mod admin_reset_user_password;
mod admin_respond_to_auth_challenge;
mod admin_revoke_user_session;
mod admin_set_user_mfa_preference;
mod admin_set_user_password;
mod admin_set_user_settings;
mod admin_update_auth_event_feedback;
mod admin_update_device_status;
mod admin_update_user_attributes;
mod admin_user_global_sign_out;
mod associate_software_token;
mod change_password;
mod complete_web_authn_registration;
mod confirm_device;
mod confirm_forgot_password;
mod confirm_sign_up;
mod create_group;
mod create_identity_provider;
mod create_managed_login_branding;
mod create_resource_server;
mod create_terms;
mod create_user_import_job;
mod create_user_pool;
mod create_user_pool_client;
mod create_user_pool_domain;
mod create_user_pool_replica;
mod delete_group;
mod delete_identity_provider;
mod delete_managed_login_branding;
mod delete_resource_server;
mod delete_terms;
mod delete_user;
mod delete_user_attributes;
mod delete_user_pool;
mod delete_user_pool_client;
mod delete_user_pool_client_secret;
mod delete_user_pool_domain;
mod delete_user_pool_replica;
mod delete_web_authn_credential;
mod describe_identity_provider;
mod describe_managed_login_branding;
mod describe_managed_login_branding_by_client;
mod describe_resource_server;
mod describe_risk_configuration;
mod describe_terms;
mod describe_terms_by_client;
mod describe_user_import_job;
mod describe_user_pool;
mod describe_user_pool_client;
mod describe_user_pool_domain;
mod forget_device;
mod forgot_password;
mod get_client_token;
mod get_csv_header;
mod get_derived_token;
mod get_device;
mod get_group;
mod get_identity_provider_by_identifier;
mod get_log_delivery_configuration;
mod get_provisioned_limit;
mod get_signing_certificate;
mod get_tokens_from_refresh_token;
mod get_ui_customization;
mod get_user;
mod get_user_attribute_verification_code;
mod get_user_auth_factors;
mod get_user_pool_client_session_configuration;
mod get_user_pool_mfa_config;
mod get_user_pool_session_configuration;
mod global_sign_out;
mod initiate_auth;
mod list_devices;
mod list_groups;
mod list_identity_providers;
mod list_resource_servers;
mod list_tags_for_resource;
mod list_terms;
mod list_user_import_jobs;
mod list_user_pool_client_secrets;
mod list_user_pool_clients;
mod list_user_pool_replicas;
mod list_user_pools;
mod list_user_sessions;
mod list_users;
mod list_users_in_group;
mod list_web_authn_credentials;
mod resend_confirmation_code;
mod respond_to_auth_challenge;
mod revoke_token;
mod revoke_user_session;
mod set_log_delivery_configuration;
mod set_risk_configuration;
mod set_ui_customization;
mod set_user_mfa_preference;
mod set_user_pool_client_session_configuration;
mod set_user_pool_mfa_config;
mod set_user_pool_session_configuration;
mod set_user_settings;
mod sign_up;
mod start_user_import_job;
mod start_web_authn_registration;
mod stop_user_import_job;
mod tag_resource;
mod untag_resource;
mod update_auth_event_feedback;
mod update_device_status;
mod update_group;
mod update_identity_provider;
mod update_managed_login_branding;
mod update_provisioned_limit;
mod update_resource_server;
mod update_terms;
mod update_user_attributes;
mod update_user_pool;
mod update_user_pool_client;
mod update_user_pool_domain;
mod update_user_pool_replica;
mod verify_software_token;
mod verify_user_attribute;

operations! {
    AddCustomAttributes => add_custom_attributes,
    AddUserPoolClientSecret => add_user_pool_client_secret,
    AdminAddUserToGroup => admin_add_user_to_group,
    AdminConfirmSignUp => admin_confirm_sign_up,
    AdminCreateUser => admin_create_user,
    AdminDeleteSoftwareToken => admin_delete_software_token,
    AdminDeleteUser => admin_delete_user,
    AdminDeleteUserAttributes => admin_delete_user_attributes,
    AdminDisableProviderForUser => admin_disable_provider_for_user,
    AdminDisableUser => admin_disable_user,
    AdminEnableUser => admin_enable_user,
    AdminForgetDevice => admin_forget_device,
    AdminGetDevice => admin_get_device,
    AdminGetUser => admin_get_user,
    AdminGetUserAuthFactors => admin_get_user_auth_factors,
    AdminInitiateAuth => admin_initiate_auth,
    AdminLinkProviderForUser => admin_link_provider_for_user,
    AdminListDevices => admin_list_devices,
    AdminListGroupsForUser => admin_list_groups_for_user,
    AdminListUserAuthEvents => admin_list_user_auth_events,
    AdminListUserSessions => admin_list_user_sessions,
    AdminRemoveUserFromGroup => admin_remove_user_from_group,
    AdminResetUserPassword => admin_reset_user_password,
    AdminRespondToAuthChallenge => admin_respond_to_auth_challenge,
    AdminRevokeUserSession => admin_revoke_user_session,
    AdminSetUserMFAPreference => admin_set_user_mfa_preference,
    AdminSetUserPassword => admin_set_user_password,
    AdminSetUserSettings => admin_set_user_settings,
    AdminUpdateAuthEventFeedback => admin_update_auth_event_feedback,
    AdminUpdateDeviceStatus => admin_update_device_status,
    AdminUpdateUserAttributes => admin_update_user_attributes,
    AdminUserGlobalSignOut => admin_user_global_sign_out,
    AssociateSoftwareToken => associate_software_token,
    ChangePassword => change_password,
    CompleteWebAuthnRegistration => complete_web_authn_registration,
    ConfirmDevice => confirm_device,
    ConfirmForgotPassword => confirm_forgot_password,
    ConfirmSignUp => confirm_sign_up,
    CreateGroup => create_group,
    CreateIdentityProvider => create_identity_provider,
    CreateManagedLoginBranding => create_managed_login_branding,
    CreateResourceServer => create_resource_server,
    CreateTerms => create_terms,
    CreateUserImportJob => create_user_import_job,
    CreateUserPool => create_user_pool,
    CreateUserPoolClient => create_user_pool_client,
    CreateUserPoolDomain => create_user_pool_domain,
    CreateUserPoolReplica => create_user_pool_replica,
    DeleteGroup => delete_group,
    DeleteIdentityProvider => delete_identity_provider,
    DeleteManagedLoginBranding => delete_managed_login_branding,
    DeleteResourceServer => delete_resource_server,
    DeleteTerms => delete_terms,
    DeleteUser => delete_user,
    DeleteUserAttributes => delete_user_attributes,
    DeleteUserPool => delete_user_pool,
    DeleteUserPoolClient => delete_user_pool_client,
    DeleteUserPoolClientSecret => delete_user_pool_client_secret,
    DeleteUserPoolDomain => delete_user_pool_domain,
    DeleteUserPoolReplica => delete_user_pool_replica,
    DeleteWebAuthnCredential => delete_web_authn_credential,
    DescribeIdentityProvider => describe_identity_provider,
    DescribeManagedLoginBranding => describe_managed_login_branding,
    DescribeManagedLoginBrandingByClient => describe_managed_login_branding_by_client,
    DescribeResourceServer => describe_resource_server,
    DescribeRiskConfiguration => describe_risk_configuration,
    DescribeTerms => describe_terms,
    DescribeTermsByClient => describe_terms_by_client,
    DescribeUserImportJob => describe_user_import_job,
    DescribeUserPool => describe_user_pool,
    DescribeUserPoolClient => describe_user_pool_client,
    DescribeUserPoolDomain => describe_user_pool_domain,
    ForgetDevice => forget_device,
    ForgotPassword => forgot_password,
    GetCSVHeader => get_csv_header,
    GetClientToken => get_client_token,
    GetDerivedToken => get_derived_token,
    GetDevice => get_device,
    GetGroup => get_group,
    GetIdentityProviderByIdentifier => get_identity_provider_by_identifier,
    GetLogDeliveryConfiguration => get_log_delivery_configuration,
    GetProvisionedLimit => get_provisioned_limit,
    GetSigningCertificate => get_signing_certificate,
    GetTokensFromRefreshToken => get_tokens_from_refresh_token,
    GetUICustomization => get_ui_customization,
    GetUser => get_user,
    GetUserAttributeVerificationCode => get_user_attribute_verification_code,
    GetUserAuthFactors => get_user_auth_factors,
    GetUserPoolClientSessionConfiguration => get_user_pool_client_session_configuration,
    GetUserPoolMfaConfig => get_user_pool_mfa_config,
    GetUserPoolSessionConfiguration => get_user_pool_session_configuration,
    GlobalSignOut => global_sign_out,
    InitiateAuth => initiate_auth,
    ListDevices => list_devices,
    ListGroups => list_groups,
    ListIdentityProviders => list_identity_providers,
    ListResourceServers => list_resource_servers,
    ListTagsForResource => list_tags_for_resource,
    ListTerms => list_terms,
    ListUserImportJobs => list_user_import_jobs,
    ListUserPoolClientSecrets => list_user_pool_client_secrets,
    ListUserPoolClients => list_user_pool_clients,
    ListUserPoolReplicas => list_user_pool_replicas,
    ListUserPools => list_user_pools,
    ListUserSessions => list_user_sessions,
    ListUsers => list_users,
    ListUsersInGroup => list_users_in_group,
    ListWebAuthnCredentials => list_web_authn_credentials,
    ResendConfirmationCode => resend_confirmation_code,
    RespondToAuthChallenge => respond_to_auth_challenge,
    RevokeToken => revoke_token,
    RevokeUserSession => revoke_user_session,
    SetLogDeliveryConfiguration => set_log_delivery_configuration,
    SetRiskConfiguration => set_risk_configuration,
    SetUICustomization => set_ui_customization,
    SetUserMFAPreference => set_user_mfa_preference,
    SetUserPoolClientSessionConfiguration => set_user_pool_client_session_configuration,
    SetUserPoolMfaConfig => set_user_pool_mfa_config,
    SetUserPoolSessionConfiguration => set_user_pool_session_configuration,
    SetUserSettings => set_user_settings,
    SignUp => sign_up,
    StartUserImportJob => start_user_import_job,
    StartWebAuthnRegistration => start_web_authn_registration,
    StopUserImportJob => stop_user_import_job,
    TagResource => tag_resource,
    UntagResource => untag_resource,
    UpdateAuthEventFeedback => update_auth_event_feedback,
    UpdateDeviceStatus => update_device_status,
    UpdateGroup => update_group,
    UpdateIdentityProvider => update_identity_provider,
    UpdateManagedLoginBranding => update_managed_login_branding,
    UpdateProvisionedLimit => update_provisioned_limit,
    UpdateResourceServer => update_resource_server,
    UpdateTerms => update_terms,
    UpdateUserAttributes => update_user_attributes,
    UpdateUserPool => update_user_pool,
    UpdateUserPoolClient => update_user_pool_client,
    UpdateUserPoolDomain => update_user_pool_domain,
    UpdateUserPoolReplica => update_user_pool_replica,
    VerifySoftwareToken => verify_software_token,
    VerifyUserAttribute => verify_user_attribute,
}

/// What an operation may touch.
#[derive(Clone, Copy, Debug)]
pub struct Cx<'a> {
    /// Clock, chance and courier.
    pub world: &'a World,
    /// The pools.
    pub state: &'a State,
    /// Who signs this emulator's tokens, by name.
    pub issuer: &'a Issuer,
    /// Region and account of the caller.
    pub scope: &'a Scope,
    /// Whether the caller has IAM credentials: an operation may take them in
    /// place of a client's secret.
    pub signed: bool,
    /// What is called.
    pub operation: &'a str,
}

/// Judges a call by the model and runs its page.
///
/// Checks come in Cognito's order: operation, JSON, constraints, then what the
/// page says (fact 2.17).
pub(crate) fn answer(cx: &Cx<'_>, call: &Call) -> Result<Body> {
    let operation = Model::get()
        .operation(&call.operation)
        .ok_or(Error::UnknownOperation)?;
    let input = call.input.as_ref().ok_or(Error::NotJson)?;
    let input = validate::accept(operation, input)?;
    cx.state.work_on_imports(cx.world);
    let run = || dispatch(cx, &call.operation, &input);
    let answer = threat::watched(cx, &call.operation, &input, run);
    judge(operation, &answer);
    answer
}

/// In debug builds: an answer has its operation's shape, and a refusal is one
/// that the operation declares.
fn judge(operation: &Operation, answer: &Result<Body>) {
    if !cfg!(debug_assertions) {
        return;
    }
    match answer {
        Ok(body) => {
            let faults = validate::response_faults(operation, body);
            debug_assert!(faults.is_empty(), "{}: {faults:?}", operation.name);
        }
        Err(error) => debug_assert!(
            validate::declares(operation, error.code()),
            "{} does not declare {error}",
            operation.name
        ),
    }
}

/// Deserializes, calls, serializes.
fn run<Request: DeserializeOwned, Response: Serialize>(
    cx: &Cx<'_>,
    input: &Value,
    call: fn(&Cx<'_>, Request) -> Result<Response>,
) -> Result<Body> {
    let request = Request::deserialize(input).map_err(|_| Error::NotJson)?;
    Ok(Body::of(&call(cx, request)?))
}

impl Cx<'_> {
    /// The present.
    #[must_use]
    pub fn now(&self) -> Time {
        self.world.now()
    }

    /// The pool `id` of the caller's account, with its keys: a pool of the
    /// caller's Region, or one whose replica there allows the operation.
    pub fn slot(&self, id: &str) -> Result<Slot> {
        let Scope { region, account } = self.scope;
        let slot = self
            .state
            .slot(id)
            .filter(|slot| slot.scope.account == *account);
        let not_found = || Error::PoolNotFound {
            pool: id.to_owned(),
        };
        let slot = slot.ok_or_else(not_found)?;
        if slot.scope.region == *region {
            return Ok(slot);
        }
        let judged = slot
            .read()
            .judge_secondary(region, self.operation, self.now());
        // Five operations do not declare that a Region lacks them.
        judged.map_err(|refusal| match Model::get().operation(self.operation) {
            Some(operation) if validate::declares(operation, refusal.code()) => refusal,
            _ => not_found(),
        })?;
        Ok(slot)
    }

    /// The pool `id`, to read.
    pub fn pool(&self, id: &str) -> Result<PoolRead> {
        Ok(self.slot(id)?.read())
    }

    /// The pool `id`, to change.
    pub fn pool_mut(&self, id: &str) -> Result<PoolWrite> {
        Ok(self.slot(id)?.write())
    }

    /// The pool of client `id`: unsigned calls name nothing else (R72).
    pub fn slot_of_client(&self, id: &str) -> Result<Slot> {
        let slot = self.state.slot_of_client(id);
        slot.ok_or_else(|| Error::ClientNotFound {
            client: id.to_owned(),
        })
    }

    /// The pool of client `id`, to change, once `SECRET_HASH` is judged for the
    /// `username` that the caller typed (section 5b): before anybody is looked up.
    pub fn client_pool_mut(
        &self,
        id: &str,
        username: &str,
        secret_hash: Option<&str>,
    ) -> Result<PoolWrite> {
        let pool = self.slot_of_client(id)?.write();
        pool.client(id)?.check_secret_hash(username, secret_hash)?;
        Ok(pool)
    }

    /// The pool of a session: some unsigned calls name nothing else (R83).
    pub fn slot_of_session(&self, session: &str) -> Result<Slot> {
        let pool = session::pool_of(session).ok_or(Error::SessionInvalid)?;
        self.state.slot(&pool).ok_or(Error::SessionInvalid)
    }

    /// Whom an access token speaks for, once its signature, issuer, lifetime
    /// and scope are judged (R98 to R102).
    pub fn bearer(&self, token: &str) -> Result<Bearer> {
        let (slot, verified) = self.verified(token)?;
        let claims = &verified.claims;
        if self.now().seconds() >= claims.exp {
            return Err(Error::AccessTokenExpired);
        }
        if !claims.scope.split(' ').any(|scope| scope == ADMIN_SCOPE) {
            return Err(Error::AccessTokenScopes);
        }
        Ok(Bearer {
            sub: claims.sub.clone(),
            client_id: claims.client_id.clone(),
            sign_in: claims.origin_jti.clone(),
            signed_in_at: claims.auth_time,
            slot,
        })
    }

    /// An access token of a pool that there is, and that pool.
    ///
    /// The signature is judged before the pool is locked. What is no JWT at all
    /// fails as a bad signature does: live `invalidtoken` is answered so (R101).
    fn verified(&self, token: &str) -> Result<(Slot, Arc<Verified>)> {
        let issuer = |claims: &AccessClaims| {
            let slot = self.state.slot_of_client(&claims.client_id);
            slot.ok_or(Error::AccessTokenInvalid)
        };
        if let Some(known) = self.state.verified.find(token) {
            let slot = issuer(&known.claims)?;
            if known.is_by(&slot.keys) {
                return Ok((slot, known));
            }
        }
        let decoded = jwt::decode_as::<AccessClaims>(token);
        let decoded = decoded.map_err(|_| Error::AccessTokenForged)?;
        let slot = issuer(&decoded.claims)?;
        if &*decoded.claims.token_use != "access" {
            return Err(Error::AccessTokenInvalid);
        }
        decoded
            .verify(&slot.keys)
            .map_err(|_| Error::AccessTokenForged)?;
        let verified = Verified::new(token, &slot.keys, decoded.claims);
        self.state.verified.keep(Arc::clone(&verified));
        Ok((slot, verified))
    }
}

/// The scope of tokens that may act on their own user (fact 6.6).
pub const ADMIN_SCOPE: &str = "aws.cognito.signin.user.admin";

/// The holder of a valid access token.
#[derive(Debug)]
pub struct Bearer {
    /// The pool.
    pub slot: Slot,
    /// The user's `sub`.
    pub sub: Box<str>,
    /// The client that signed in.
    pub client_id: Box<str>,
    /// The sign-in's `origin_jti`; absent where the client does not revoke tokens.
    pub sign_in: Option<Box<str>>,
    /// `auth_time`: seconds since the epoch.
    pub signed_in_at: i64,
}

impl Bearer {
    /// The pool to read, and the user: who exists, is enabled, and has not
    /// signed out (R55, R56, R99).
    pub fn read(&self) -> Result<(PoolRead, UserId)> {
        let pool = self.slot.read();
        let id = self.judge(&pool)?;
        Ok((pool, id))
    }

    /// The pool to change, and the user.
    pub fn write(&self) -> Result<(PoolWrite, UserId)> {
        let pool = self.slot.write();
        let id = self.judge(&pool)?;
        Ok((pool, id))
    }

    /// As [`Bearer::read`], for operations that declare no `UserNotFoundException`.
    pub fn read_unless_deleted(&self) -> Result<(PoolRead, UserId)> {
        self.read().map_err(without_user)
    }

    /// As [`Bearer::write`], for operations that declare no
    /// `UserNotFoundException`: what they say of a deleted user is inferred.
    pub fn write_unless_deleted(&self) -> Result<(PoolWrite, UserId)> {
        self.write().map_err(without_user)
    }

    /// Judges the user and the sign-in, in the bearer's pool.
    pub(crate) fn judge(&self, pool: &Pool) -> Result<UserId> {
        let id = pool.users.find_sub(&self.sub).ok_or(Error::UserNotFound)?;
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        // Before the sign-in, which disabling has ended (R56).
        // Disabling ends every sign-in too; that the state is told first is inferred.
        if !user.enabled {
            return Err(Error::UserDisabled);
        }
        // The newest first: tokens in use are mostly of a late one.
        let sign_ins = user.sign_ins.iter().rev();
        let mut stands = sign_ins.filter(|sign_in| !sign_in.revoked);
        if !stands.any(|sign_in| self.is_of(sign_in)) {
            return Err(Error::AccessTokenRevoked);
        }
        Ok(id)
    }

    /// Whether the token descends from `sign_in`; one without `origin_jti`
    /// from a sign-in of its client and `auth_time`.
    #[must_use]
    pub fn is_of(&self, sign_in: &SignIn) -> bool {
        match &self.sign_in {
            Some(id) => sign_in.id == *id,
            None => {
                sign_in.client_id == self.client_id && sign_in.at.seconds() == self.signed_in_at
            }
        }
    }
}

fn without_user(error: Error) -> Error {
    match error {
        Error::UserNotFound => Error::AccessTokenInvalid,
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::BUILT;
    use crate::auth::jwt;
    use crate::model::Model;
    use crate::testing::Story;

    /// Each way in which an access token fails (R98 to R102, R55, R56).
    #[test]
    fn bearers() {
        let mut story = Story::with_user("ana").and_user("bob", json!([]));
        let sign_in = r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;
        story.run(sign_in);
        let access = story.get("access").to_owned();
        let claims = jwt::decode(&access).unwrap().claims;
        let slot = story.emulator().state().slot(story.get("pool")).unwrap();
        let forge = |name: &str, value: serde_json::Value| {
            let mut claims = claims.clone();
            claims.insert(name.to_owned(), value);
            jwt::sign(slot.keys.access(), &claims)
        };
        let other = forge("scope", json!("openid"));
        let (message, _) = access.rsplit_once('.').unwrap();
        let (_, signature) = other.rsplit_once('.').unwrap();
        story.name("forged", &format!("{message}.{signature}"));
        story.name("openid", &other);
        story.name("foreign", &forge("client_id", json!("nobody")));
        story.name("unknown", &forge("origin_jti", json!("another")));
        story.name("gone", &forge("sub", json!("another")));
        assert_snapshot!(story.run(r#"
            SetUserMFAPreference {"AccessToken":"invalidtoken"}
            SetUserMFAPreference {"AccessToken":"$forged"}
            SetUserMFAPreference {"AccessToken":"$id"}
            SetUserMFAPreference {"AccessToken":"$foreign"}
            SetUserMFAPreference {"AccessToken":"$openid"}
            SetUserMFAPreference {"AccessToken":"$unknown"}
            SetUserMFAPreference {"AccessToken":"$gone"}
            advance 3599
            SetUserMFAPreference {"AccessToken":"$access"}
            SetUserMFAPreference {"AccessToken":"$forged"}
            advance 1
            SetUserMFAPreference {"AccessToken":"$access"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            SetUserMFAPreference {"AccessToken":"$access"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            SetUserMFAPreference {"AccessToken":"$access"}
        "#), @r#"
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 NotAuthorizedException: Invalid Access Token
        400 NotAuthorizedException: Invalid Access Token
        400 NotAuthorizedException: Access Token does not have required scopes
        400 NotAuthorizedException: Access Token has been revoked
        400 UserNotFoundException: User does not exist.
        200 {}
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 NotAuthorizedException: Access Token has expired
        200 {"ChallengeParameters":{},"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"TokenType":"Bearer","IdToken":"$id"}}
        200 {}
        200 {}
        400 NotAuthorizedException: User is disabled.
        "#);
    }

    /// The ratchet: an operation leaves this file when its page stands, and
    /// none comes back.
    #[test]
    fn unbuilt_operations_are_listed() {
        let listed = include_str!("../../snapshots/unimplemented.txt");
        let unbuilt: Vec<_> = Model::get()
            .operations()
            .map(|operation| operation.name)
            .filter(|name| !BUILT.contains(name))
            .collect();
        let listed: Vec<_> = listed.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(unbuilt, listed, "strike what is built; add nothing");
    }

    #[test]
    fn the_table_is_sorted_and_known() {
        assert!(BUILT.is_sorted());
        for name in BUILT {
            assert!(Model::get().operation(name).is_some(), "{name}");
        }
    }
}
