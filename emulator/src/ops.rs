//! The operations of Cognito: one page (file) per operation, and the table of all
//! pages.
//!
//! A page is a `Request`, a `Response` and a function `call`. The request has been
//! validated against the service model before the page receives it. Pages share
//! state, settings and views, and never call each other.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::model::{Model, Operation};
use crate::state::pinned;
use crate::wire::{Body, Call};
use crate::{threat, validate};

/// Declares the table of operations: each name with its page.
macro_rules! operations {
    ($($name:ident => $page:ident,)+) => {
        /// The operations that the emulator implements, in alphabetical order.
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

/// Validates a call against the service model and runs its operation.
///
/// The order of the checks is Cognito's: the operation, JSON, constraints, then the
/// checks of the operation itself (fact 2.17).
pub(crate) fn answer(cx: &Cx<'_>, call: &Call) -> Result<Body> {
    let operation = Model::get()
        .operation(&call.operation)
        .ok_or(Error::UnknownOperation)?;
    let input = call.input.as_ref().ok_or(Error::NotJson)?;
    let checked = pinned::without_prefix(cx.world, &call.operation, input);
    let input = validate::accept_as(operation, input, &checked)?;
    cx.state.work_on_imports(cx.world);
    let run = || dispatch(cx, &call.operation, &input);
    let answer = threat::watched(cx, &call.operation, &input, run);
    assert_declared(operation, &answer);
    match answer {
        // The body of an operation without an output is empty. An output without
        // members is `{}` (fact 1.15).
        Ok(_) if operation.output().is_none() => Ok(Body::empty()),
        answer => answer,
    }
}

/// Runs `operation` for a page of the domain, as if the app had called it: with validation,
/// triggers and threat protection, but without layers.
pub(crate) fn perform(cx: &Cx<'_>, operation: &str, input: &Value) -> Result<Body> {
    let cx = &Cx { operation, ..*cx };
    let model = Model::get()
        .operation(operation)
        .ok_or(Error::UnknownOperation)?;
    let input = validate::accept(model, input)?;
    let run = || dispatch(cx, operation, &input);
    let answer = threat::watched(cx, operation, &input, run);
    assert_declared(model, &answer);
    answer
}

/// Asserts in debug builds that a response has the shape that the model declares, or
/// that the operation declares the exception.
fn assert_declared(operation: &Operation, answer: &Result<Body>) {
    if !cfg!(debug_assertions) {
        return;
    }
    match answer {
        Ok(body) => {
            let faults = validate::response_faults(operation, body);
            debug_assert!(faults.is_empty(), "{}: {faults:?}", operation.name);
            debug_assert!(in_order(body), "{}: members out of order", operation.name);
        }
        Err(error) => debug_assert!(
            validate::declares(operation, error.code()),
            "{} does not declare {error}",
            operation.name
        ),
    }
}

/// Whether the members of every object are in alphabetical order.
fn in_order(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.keys().is_sorted() && members.values().all(in_order),
        Value::Array(elements) => elements.iter().all(in_order),
        _ => true,
    }
}

/// Deserializes the request, calls the page and serializes the response.
fn run<Request: DeserializeOwned, Response: Serialize>(
    cx: &Cx<'_>,
    input: &Value,
    call: fn(&Cx<'_>, Request) -> Result<Response>,
) -> Result<Body> {
    let request = Request::deserialize(input).map_err(|_| Error::NotJson)?;
    Ok(Body::of(&call(cx, request)?))
}

#[cfg(test)]
mod tests {
    use super::BUILT;
    use crate::model::Model;

    /// `snapshots/unimplemented.txt` lists the operations without a page. The list may
    /// only become shorter.
    #[test]
    fn unimplemented_operations_are_listed() {
        let listed = include_str!("../../snapshots/unimplemented.txt");
        let unimplemented: Vec<_> = Model::get()
            .operations()
            .map(|operation| operation.name)
            .filter(|name| !BUILT.contains(name))
            .collect();
        let listed: Vec<_> = listed.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(
            unimplemented, listed,
            "remove implemented operations from the list; never add one"
        );
    }

    #[test]
    fn the_table_is_sorted_and_in_the_model() {
        assert!(BUILT.is_sorted());
        for name in BUILT {
            assert!(Model::get().operation(name).is_some(), "{name}");
        }
    }
}
