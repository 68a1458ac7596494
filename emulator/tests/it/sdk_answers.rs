//! Responses of all operations, parsed by the AWS SDK without loss.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::{
    BehaviorVersion, Builder, ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
};
use aws_sdk_cognitoidentityprovider::error::{BoxError, DisplayErrorContext};
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_types::body::SdkBody;
use cognito_emulator::connector::sdk_http_client;
use cognito_emulator::model::Model;
use cognito_emulator::stack::Stack;
use serde_json::Value;
use tokio::runtime::{self, Runtime};

use crate::sdk_oracle::find;
use crate::town::operation;

/// Operations that the SDK does not have yet.
const NEWER: &[&str] = &[
    "AdminListUserSessions",
    "AdminRevokeUserSession",
    "GetDerivedToken",
    "GetUserPoolClientSessionConfiguration",
    "GetUserPoolSessionConfiguration",
    "ListUserSessions",
    "RevokeUserSession",
    "SetUserPoolClientSessionConfiguration",
    "SetUserPoolSessionConfiguration",
];

/// The body that replaces the body of every response.
#[derive(Clone, Debug, Default)]
struct Answer(Arc<Mutex<String>>);

impl Intercept for Answer {
    fn name(&self) -> &'static str {
        "Answer"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        *response.status_mut() = 200.try_into()?;
        *response.body_mut() = SdkBody::from(self.0.lock().unwrap().as_str());
        Ok(())
    }
}

/// A client that parses given responses.
pub(crate) struct Reader {
    answer: Answer,
    client: Client,
    runtime: Runtime,
}

impl Reader {
    pub(crate) fn new() -> Self {
        let answer = Answer::default();
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(sdk_http_client(&Stack::builder().build()))
            .interceptor(answer.clone())
            .build();
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        Self {
            answer,
            client: Client::from_conf(config),
            runtime: runtime.unwrap(),
        }
    }

    /// Parses `body` as the response of an operation, if the SDK has the
    /// operation. The result must contain each value.
    pub(crate) fn read(&self, name: &str, body: &Value) {
        if NEWER.contains(&name) {
            return;
        }
        *self.answer.0.lock().unwrap() = body.to_string();
        let read = self.runtime.block_on(read(&self.client, name));
        for unknown in read.split("UnknownVariantValue(\"").skip(1) {
            let newer = NEWER_VALUES.iter().any(|value| unknown.starts_with(value));
            assert!(newer, "{name}: {read}");
        }
        if let Some(output) = operation(name).output() {
            find(output, body, &read, name);
        }
    }
}

/// Prefixes of flows that the SDK does not have yet.
const NEWER_VALUES: [&str; 2] = ["ALLOW_CLIENT_TOKEN_", "ALLOW_TOKEN_EXCHANGE_"];

#[test]
fn every_operation_is_listed() {
    let mut here: BTreeSet<&str> = KNOWN.iter().chain(NEWER).copied().collect();
    for operation in Model::get().operations() {
        assert!(here.remove(operation.name), "{}", operation.name);
    }
    assert_eq!(here, BTreeSet::new());
}

macro_rules! operations {
    ($($name:literal: $method:ident,)*) => {
        /// The operations that the SDK has.
        const KNOWN: &[&str] = &[$($name),*];

        /// The SDK's result for the response of `operation`.
        async fn read(client: &Client, operation: &str) -> String {
            match operation {
                $($name => match client.$method().send().await {
                    Ok(read) => format!("{read:?}"),
                    Err(error) => panic!("{}: {}", $name, DisplayErrorContext(error)),
                },)*
                other => panic!("the SDK has no {other}"),
            }
        }
    };
}

operations! {
    "AddCustomAttributes": add_custom_attributes,
    "AddUserPoolClientSecret": add_user_pool_client_secret,
    "AdminAddUserToGroup": admin_add_user_to_group,
    "AdminConfirmSignUp": admin_confirm_sign_up,
    "AdminCreateUser": admin_create_user,
    "AdminDeleteSoftwareToken": admin_delete_software_token,
    "AdminDeleteUser": admin_delete_user,
    "AdminDeleteUserAttributes": admin_delete_user_attributes,
    "AdminDisableProviderForUser": admin_disable_provider_for_user,
    "AdminDisableUser": admin_disable_user,
    "AdminEnableUser": admin_enable_user,
    "AdminForgetDevice": admin_forget_device,
    "AdminGetDevice": admin_get_device,
    "AdminGetUser": admin_get_user,
    "AdminGetUserAuthFactors": admin_get_user_auth_factors,
    "AdminInitiateAuth": admin_initiate_auth,
    "AdminLinkProviderForUser": admin_link_provider_for_user,
    "AdminListDevices": admin_list_devices,
    "AdminListGroupsForUser": admin_list_groups_for_user,
    "AdminListUserAuthEvents": admin_list_user_auth_events,
    "AdminRemoveUserFromGroup": admin_remove_user_from_group,
    "AdminResetUserPassword": admin_reset_user_password,
    "AdminRespondToAuthChallenge": admin_respond_to_auth_challenge,
    "AdminSetUserMFAPreference": admin_set_user_mfa_preference,
    "AdminSetUserPassword": admin_set_user_password,
    "AdminSetUserSettings": admin_set_user_settings,
    "AdminUpdateAuthEventFeedback": admin_update_auth_event_feedback,
    "AdminUpdateDeviceStatus": admin_update_device_status,
    "AdminUpdateUserAttributes": admin_update_user_attributes,
    "AdminUserGlobalSignOut": admin_user_global_sign_out,
    "AssociateSoftwareToken": associate_software_token,
    "ChangePassword": change_password,
    "CompleteWebAuthnRegistration": complete_web_authn_registration,
    "ConfirmDevice": confirm_device,
    "ConfirmForgotPassword": confirm_forgot_password,
    "ConfirmSignUp": confirm_sign_up,
    "CreateGroup": create_group,
    "CreateIdentityProvider": create_identity_provider,
    "CreateManagedLoginBranding": create_managed_login_branding,
    "CreateResourceServer": create_resource_server,
    "CreateTerms": create_terms,
    "CreateUserImportJob": create_user_import_job,
    "CreateUserPool": create_user_pool,
    "CreateUserPoolClient": create_user_pool_client,
    "CreateUserPoolDomain": create_user_pool_domain,
    "CreateUserPoolReplica": create_user_pool_replica,
    "DeleteGroup": delete_group,
    "DeleteIdentityProvider": delete_identity_provider,
    "DeleteManagedLoginBranding": delete_managed_login_branding,
    "DeleteResourceServer": delete_resource_server,
    "DeleteTerms": delete_terms,
    "DeleteUser": delete_user,
    "DeleteUserAttributes": delete_user_attributes,
    "DeleteUserPool": delete_user_pool,
    "DeleteUserPoolClient": delete_user_pool_client,
    "DeleteUserPoolClientSecret": delete_user_pool_client_secret,
    "DeleteUserPoolDomain": delete_user_pool_domain,
    "DeleteUserPoolReplica": delete_user_pool_replica,
    "DeleteWebAuthnCredential": delete_web_authn_credential,
    "DescribeIdentityProvider": describe_identity_provider,
    "DescribeManagedLoginBranding": describe_managed_login_branding,
    "DescribeManagedLoginBrandingByClient": describe_managed_login_branding_by_client,
    "DescribeResourceServer": describe_resource_server,
    "DescribeRiskConfiguration": describe_risk_configuration,
    "DescribeTerms": describe_terms,
    "DescribeTermsByClient": describe_terms_by_client,
    "DescribeUserImportJob": describe_user_import_job,
    "DescribeUserPool": describe_user_pool,
    "DescribeUserPoolClient": describe_user_pool_client,
    "DescribeUserPoolDomain": describe_user_pool_domain,
    "ForgetDevice": forget_device,
    "ForgotPassword": forgot_password,
    "GetCSVHeader": get_csv_header,
    "GetClientToken": get_client_token,
    "GetDevice": get_device,
    "GetGroup": get_group,
    "GetIdentityProviderByIdentifier": get_identity_provider_by_identifier,
    "GetLogDeliveryConfiguration": get_log_delivery_configuration,
    "GetProvisionedLimit": get_provisioned_limit,
    "GetSigningCertificate": get_signing_certificate,
    "GetTokensFromRefreshToken": get_tokens_from_refresh_token,
    "GetUICustomization": get_ui_customization,
    "GetUser": get_user,
    "GetUserAttributeVerificationCode": get_user_attribute_verification_code,
    "GetUserAuthFactors": get_user_auth_factors,
    "GetUserPoolMfaConfig": get_user_pool_mfa_config,
    "GlobalSignOut": global_sign_out,
    "InitiateAuth": initiate_auth,
    "ListDevices": list_devices,
    "ListGroups": list_groups,
    "ListIdentityProviders": list_identity_providers,
    "ListResourceServers": list_resource_servers,
    "ListTagsForResource": list_tags_for_resource,
    "ListTerms": list_terms,
    "ListUserImportJobs": list_user_import_jobs,
    "ListUserPoolClientSecrets": list_user_pool_client_secrets,
    "ListUserPoolClients": list_user_pool_clients,
    "ListUserPoolReplicas": list_user_pool_replicas,
    "ListUserPools": list_user_pools,
    "ListUsers": list_users,
    "ListUsersInGroup": list_users_in_group,
    "ListWebAuthnCredentials": list_web_authn_credentials,
    "ResendConfirmationCode": resend_confirmation_code,
    "RespondToAuthChallenge": respond_to_auth_challenge,
    "RevokeToken": revoke_token,
    "SetLogDeliveryConfiguration": set_log_delivery_configuration,
    "SetRiskConfiguration": set_risk_configuration,
    "SetUICustomization": set_ui_customization,
    "SetUserMFAPreference": set_user_mfa_preference,
    "SetUserPoolMfaConfig": set_user_pool_mfa_config,
    "SetUserSettings": set_user_settings,
    "SignUp": sign_up,
    "StartUserImportJob": start_user_import_job,
    "StartWebAuthnRegistration": start_web_authn_registration,
    "StopUserImportJob": stop_user_import_job,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "UpdateAuthEventFeedback": update_auth_event_feedback,
    "UpdateDeviceStatus": update_device_status,
    "UpdateGroup": update_group,
    "UpdateIdentityProvider": update_identity_provider,
    "UpdateManagedLoginBranding": update_managed_login_branding,
    "UpdateProvisionedLimit": update_provisioned_limit,
    "UpdateResourceServer": update_resource_server,
    "UpdateTerms": update_terms,
    "UpdateUserAttributes": update_user_attributes,
    "UpdateUserPool": update_user_pool,
    "UpdateUserPoolClient": update_user_pool_client,
    "UpdateUserPoolDomain": update_user_pool_domain,
    "UpdateUserPoolReplica": update_user_pool_replica,
    "VerifySoftwareToken": verify_software_token,
    "VerifyUserAttribute": verify_user_attribute,
}
