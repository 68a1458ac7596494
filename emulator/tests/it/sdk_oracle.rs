//! Responses of the emulator, parsed by the AWS SDK without loss.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_cognitoidentityprovider::config::retry::RetryPartition;
use aws_sdk_cognitoidentityprovider::config::{
    AsyncSleep, BehaviorVersion, Builder, ConfigBag, Credentials, Intercept, Region,
    RuntimeComponents, Sleep, StalledStreamProtectionConfig,
};
use aws_sdk_cognitoidentityprovider::error::{BoxError, DisplayErrorContext};
use aws_sdk_cognitoidentityprovider::primitives::{Blob, DateTime};
use aws_sdk_cognitoidentityprovider::types::builders::AttributeTypeBuilder;
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, AuthFlowType, ChallengeNameType, DeliveryMediumType, DeviceConfigurationType,
    ExplicitAuthFlowsType, LambdaConfigType, MessageActionType, OAuthFlowType,
    PreventUserExistenceErrorTypes, SmsConfigurationType, SmsMfaConfigType,
    SoftwareTokenMfaConfigType, SoftwareTokenMfaSettingsType, TimeUnitsType,
    TokenValidityUnitsType, UserPoolMfaType, UserStatusType, VerifiedAttributeType,
};
use aws_sdk_cognitoidentityprovider::{Client, types};
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cognito_emulator::auth::totp;
use cognito_emulator::connector::sdk_http_client;
use cognito_emulator::layers::faults::{Fault, FaultEffect, Target, When};
use cognito_emulator::model::{Kind, Model, Shape};
use cognito_emulator::stack::{OutboxFilter, Stack};
use cognito_emulator::world::Clock;
use serde_json::Value;

/// The clock of an SDK client and its emulator, in milliseconds since the
/// epoch. Only a sleep advances it.
#[derive(Clone, Debug)]
struct Manual(Arc<AtomicU64>);

impl Manual {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000_000)))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed) - 1_800_000_000_000)
    }
}

impl TimeSource for Manual {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

impl AsyncSleep for Manual {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.0.clone();
        // The clock advances when the sleep is polled, so a timeout that is not
        // reached takes no time.
        Sleep::new(async move {
            let milliseconds = u64::try_from(duration.as_millis()).unwrap();
            clock.fetch_add(milliseconds, Ordering::Relaxed);
        })
    }
}

/// The body of the last response, as received.
#[derive(Clone, Debug, Default)]
struct Seen(Arc<Mutex<Value>>);

impl Intercept for Seen {
    fn name(&self) -> &'static str {
        "Seen"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap();
        // An operation without output has no body.
        *self.0.lock().unwrap() = match body {
            [] => Value::Null,
            body => serde_json::from_slice(body)?,
        };
        Ok(())
    }
}

/// An SDK client and an emulator with the same clock.
struct Oracle {
    stack: Stack,
    clock: Manual,
    client: Client,
    seen: Seen,
}

impl Oracle {
    fn new(partition: &'static str) -> Self {
        let clock = Manual::new();
        let stack = Stack::builder().clock(Clock::new(clock.clone())).build();
        let seen = Seen::default();
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(sdk_http_client(&stack))
            .time_source(clock.clone())
            .sleep_impl(clock.clone())
            .interceptor(seen.clone())
            // Tests that share a partition would use up each other's retries.
            .retry_partition(RetryPartition::new(partition))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Self {
            stack,
            clock,
            client: Client::from_conf(config),
            seen,
        }
    }

    /// Checks that `read` contains every value of the response that the SDK
    /// shows, and that the SDK knows the values of enumerations.
    #[track_caller]
    fn compare(&self, read: &impl Debug) {
        let body = self.seen.0.lock().unwrap().clone();
        let read = format!("{read:?}");
        let latest = self.stack.journal_after(self.stack.journal_len() - 1);
        let operation = Model::get().operation(&latest[0].operation).unwrap();
        assert!(
            !read.contains("UnknownVariantValue"),
            "{}: {read}",
            operation.name
        );
        if let Some(output) = operation.output() {
            find(output, &body, &read, operation.name);
        }
    }

    fn code(&self) -> String {
        let outbox = self.stack.outbox(&OutboxFilter::default());
        outbox.last().unwrap().code.clone()
    }

    fn attempts(&self, operation: &str) -> usize {
        self.stack
            .journal()
            .iter()
            .filter(|entry| entry.operation == operation)
            .count()
    }

    fn inject(&self, operation: &str, when: When, effect: FaultEffect) {
        let on = Target::Operation(operation.to_owned());
        self.stack.inject(Fault { on, when, effect }).unwrap();
    }
}

/// Members that the SDK drops, because they are newer.
const NEWER_MEMBERS: [&str; 1] = ["DcrConfiguration"];

/// Whether the `Debug` output `read` contains `text`, either escaped or
/// compared by letters and digits only.
fn shows(read: &str, text: &str) -> bool {
    let escaped = format!("{text:?}");
    let escaped = &escaped[1..escaped.len() - 1];
    read.contains(escaped) || folded(read).contains(&folded(text))
}

/// Treats `CONFIRMED` and `Confirmed` as equal.
fn folded(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Checks that `read` contains each value of `body`, except sensitive ones,
/// which the SDK hides.
#[track_caller]
pub(crate) fn find(shape: &Shape, body: &Value, read: &str, at: &str) {
    if shape.sensitive {
        return;
    }
    match (&shape.kind, body) {
        (Kind::Structure(_), Value::Object(members)) => {
            for (name, value) in members {
                if NEWER_MEMBERS.contains(&name.as_str()) {
                    continue;
                }
                let member = shape.member(name).unwrap().shape();
                find(member, value, read, &format!("{at}.{name}"));
            }
        }
        (Kind::List(element), Value::Array(elements)) => {
            for value in elements {
                find(element.get(), value, read, at);
            }
        }
        (Kind::Map { value: entry, .. }, Value::Object(entries)) => {
            for (key, value) in entries {
                assert!(shows(read, key), "{at}: no {key} in {read}");
                find(entry.get(), value, read, at);
            }
        }
        (Kind::Document, Value::Object(members)) => {
            for (name, value) in members {
                assert!(shows(read, name), "{at}: no {name} in {read}");
                find(shape, value, read, at);
            }
        }
        (Kind::Document, Value::Array(elements)) => {
            for value in elements {
                find(shape, value, read, at);
            }
        }
        // The SDK prints null in a document in its own form.
        (Kind::Document, Value::Null) => {}
        (Kind::Blob, Value::String(text)) => {
            let bytes = STANDARD.decode(text).unwrap();
            let blob = format!("{:?}", Blob::new(bytes));
            assert!(read.contains(&blob), "{at}: no {blob} in {read}");
        }
        (Kind::Timestamp, Value::Number(number)) => {
            let time = format!("{:?}", DateTime::from_secs_f64(number.as_f64().unwrap()));
            assert!(read.contains(&time), "{at}: no {time} in {read}");
        }
        (_, Value::String(text)) => {
            assert!(shows(read, text), "{at}: no {text} in {read}");
        }
        (_, other) => {
            assert!(
                read.contains(&other.to_string()),
                "{at}: no {other} in {read}"
            );
        }
    }
}

/// Makes a call, compares the result with the response, and returns it.
macro_rules! call {
    ($oracle:ident.$operation:ident($($setter:ident: $value:expr $(=> $entry:expr)?),* $(,)?)) => {{
        let answer = $oracle.client.$operation()$(.$setter($value $(, $entry)?))*.send().await;
        let answer = answer.unwrap_or_else(|error| panic!("{}", DisplayErrorContext(error)));
        $oracle.compare(&answer);
        answer
    }};
}

fn attribute(name: &str, value: &str) -> AttributeType {
    AttributeTypeBuilder::default()
        .name(name)
        .value(value)
        .build()
        .unwrap()
}

fn value<'a>(attributes: &'a [AttributeType], name: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|attribute| attribute.name() == name)?
        .value()
}

const PASSWORD: &str = "Correct-Horse-7";

/// A pool and a client for the calls that follow.
async fn pool_and_client(oracle: &Oracle) -> (String, String) {
    let pool = call!(oracle.create_user_pool(pool_name: "p", auto_verified_attributes: VerifiedAttributeType::Email));
    let pool = pool.user_pool().unwrap().id().unwrap().to_owned();
    let client = call!(oracle.create_user_pool_client(
        user_pool_id: &pool,
        client_name: "c",
        explicit_auth_flows: ExplicitAuthFlowsType::AllowUserPasswordAuth,
        explicit_auth_flows: ExplicitAuthFlowsType::AllowAdminUserPasswordAuth,
        explicit_auth_flows: ExplicitAuthFlowsType::AllowRefreshTokenAuth,
    ));
    let client = client
        .user_pool_client()
        .unwrap()
        .client_id()
        .unwrap()
        .to_owned();
    (pool, client)
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one fixture, call by call")]
async fn pools_are_parsed_completely() {
    let oracle = Oracle::new("pools");
    let sms = SmsConfigurationType::builder()
        .sns_caller_arn("arn:aws:iam::123456789012:role/sms")
        .external_id("external")
        .sns_region("us-east-1")
        .build();
    let lambdas = LambdaConfigType::builder()
        .pre_sign_up("arn:aws:lambda:us-east-1:123456789012:function:f")
        .kms_key_id("arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000")
        .build();
    let devices = DeviceConfigurationType::builder()
        .device_only_remembered_on_user_prompt(true)
        .build();
    let created = call!(oracle.create_user_pool(
        pool_name: "everything",
        auto_verified_attributes: VerifiedAttributeType::Email,
        auto_verified_attributes: VerifiedAttributeType::PhoneNumber,
        sms_configuration: sms,
        lambda_config: lambdas,
        device_configuration: devices,
        email_verification_message: "Your code is {####}",
        user_pool_tags: "team" => "blue",
        mfa_configuration: UserPoolMfaType::Optional,
    ));
    let id = created.user_pool().unwrap().id().unwrap().to_owned();
    let described = call!(oracle.describe_user_pool(user_pool_id: &id));
    // The response to `CreateUserPool` has other attributes.
    let without_attributes = |pool: Option<&types::UserPoolType>| {
        let mut pool = pool.unwrap().clone();
        pool.schema_attributes = None;
        pool
    };
    assert_eq!(
        without_attributes(described.user_pool()),
        without_attributes(created.user_pool())
    );
    let pool = described.user_pool().unwrap();
    assert_eq!(
        pool.creation_date(),
        Some(&DateTime::from_secs(1_800_000_000))
    );
    assert_eq!(pool.mfa_configuration(), Some(&UserPoolMfaType::Optional));
    assert_eq!(
        pool.sms_configuration().unwrap().external_id(),
        Some("external")
    );
    let lambdas = pool.lambda_config().unwrap();
    assert!(lambdas.kms_key_id().unwrap().ends_with("000000000000"));
    assert_eq!(pool.user_pool_tags().unwrap()["team"], "blue");
    let policy = pool.policies().unwrap().password_policy().unwrap();
    assert_eq!(
        (policy.minimum_length(), policy.require_symbols()),
        (Some(8), true)
    );
    let email = pool
        .schema_attributes()
        .iter()
        .find(|known| known.name() == Some("email"))
        .unwrap();
    assert_eq!(
        email.string_attribute_constraints().unwrap().max_length(),
        Some("2048")
    );

    let token = SoftwareTokenMfaConfigType::builder().enabled(true).build();
    let texts = SmsMfaConfigType::builder()
        .sms_authentication_message("{####} it is")
        .build();
    call!(oracle.set_user_pool_mfa_config(
        user_pool_id: &id,
        mfa_configuration: UserPoolMfaType::Optional,
        software_token_mfa_configuration: token,
        sms_mfa_configuration: texts,
    ));
    let mfa = call!(oracle.get_user_pool_mfa_config(user_pool_id: &id));
    assert!(mfa.software_token_mfa_configuration().unwrap().enabled());
    assert_eq!(
        mfa.sms_mfa_configuration()
            .unwrap()
            .sms_authentication_message(),
        Some("{####} it is")
    );

    let pools = call!(oracle.list_user_pools(max_results: 5));
    assert_eq!(pools.user_pools()[0].id(), Some(id.as_str()));
    call!(oracle.update_user_pool(user_pool_id: &id, user_pool_tags: "team" => "red", sms_configuration: sms_again(), auto_verified_attributes: VerifiedAttributeType::Email));
    let number = types::SchemaAttributeType::builder()
        .name("level")
        .attribute_data_type(types::AttributeDataType::Number)
        .build();
    call!(oracle.add_custom_attributes(user_pool_id: &id, custom_attributes: number));
    call!(oracle.delete_user_pool(user_pool_id: &id));
}

#[tokio::test]
async fn clients_are_parsed_completely() {
    let oracle = Oracle::new("clients");
    let (id, _) = pool_and_client(&oracle).await;
    let units = TokenValidityUnitsType::builder()
        .access_token(TimeUnitsType::Minutes)
        .build();
    let made = call!(oracle.create_user_pool_client(
        user_pool_id: &id,
        client_name: "web",
        generate_secret: true,
        access_token_validity: 30,
        token_validity_units: units,
        callback_urls: "https://example.com/in",
        logout_urls: "https://example.com/out",
        default_redirect_uri: "https://example.com/in",
        allowed_o_auth_flows: OAuthFlowType::Code,
        allowed_o_auth_scopes: "openid",
        allowed_o_auth_flows_user_pool_client: true,
        prevent_user_existence_errors: PreventUserExistenceErrorTypes::Enabled,
        enable_token_revocation: false,
        read_attributes: "email",
    ));
    let client_id = made
        .user_pool_client()
        .unwrap()
        .client_id()
        .unwrap()
        .to_owned();
    let read = call!(oracle.describe_user_pool_client(user_pool_id: &id, client_id: &client_id));
    assert_eq!(read.user_pool_client(), made.user_pool_client());
    let client = read.user_pool_client().unwrap();
    assert_eq!(client.callback_urls(), ["https://example.com/in"]);
    assert_eq!(client.logout_urls(), ["https://example.com/out"]);
    assert_eq!(
        client.default_redirect_uri(),
        Some("https://example.com/in")
    );
    assert_eq!(client.client_secret().map(str::len), Some(52));
    assert_eq!(client.access_token_validity(), Some(30));
    assert_eq!(
        client.token_validity_units().unwrap().access_token(),
        Some(&TimeUnitsType::Minutes)
    );
    assert_eq!(client.allowed_o_auth_flows(), [OAuthFlowType::Code]);
    assert_eq!(client.enable_token_revocation(), Some(false));

    call!(oracle.update_user_pool_client(user_pool_id: &id, client_id: &client_id, client_name: "renamed"));
    let clients = call!(oracle.list_user_pool_clients(user_pool_id: &id, max_results: 5));
    let mut names: Vec<_> = clients
        .user_pool_clients()
        .iter()
        .map(|client| client.client_name())
        .collect();
    names.sort();
    assert_eq!(names, [Some("c"), Some("renamed")]);
    call!(oracle.delete_user_pool_client(user_pool_id: &id, client_id: &client_id));
}

fn sms_again() -> SmsConfigurationType {
    SmsConfigurationType::builder()
        .sns_caller_arn("arn:aws:iam::123456789012:role/sms")
        .build()
}

#[tokio::test]
async fn users_and_groups_are_parsed_completely() {
    let oracle = Oracle::new("users");
    let (pool, _) = pool_and_client(&oracle).await;
    let created = call!(oracle.admin_create_user(
        user_pool_id: &pool,
        username: "ana",
        user_attributes: attribute("email", "ana@example.com"),
        user_attributes: attribute("email_verified", "true"),
        user_attributes: attribute("name", "Ana Ünïcode"),
        desired_delivery_mediums: DeliveryMediumType::Email,
    ));
    let user = created.user().unwrap();
    assert_eq!(
        user.user_status(),
        Some(&UserStatusType::ForceChangePassword)
    );
    assert_eq!(
        user.user_create_date(),
        Some(&DateTime::from_secs(1_800_000_000))
    );
    assert_eq!(value(user.attributes(), "name"), Some("Ana Ünïcode"));
    oracle.clock.0.fetch_add(1_500, Ordering::Relaxed);
    call!(oracle.admin_set_user_password(user_pool_id: &pool, username: "ana", password: PASSWORD, permanent: true));
    let read = call!(oracle.admin_get_user(user_pool_id: &pool, username: "ana"));
    assert_eq!(read.user_status(), Some(&UserStatusType::Confirmed));
    assert_eq!(
        read.user_last_modified_date(),
        Some(&DateTime::from_millis(1_800_000_001_500))
    );
    assert_eq!(
        value(read.user_attributes(), "email"),
        Some("ana@example.com")
    );
    assert!(read.enabled());

    call!(oracle.create_group(user_pool_id: &pool, group_name: "g", description: "those", precedence: 3, role_arn: "arn:aws:iam::123456789012:role/g"));
    call!(oracle.update_group(user_pool_id: &pool, group_name: "g", precedence: 4));
    let group = call!(oracle.get_group(user_pool_id: &pool, group_name: "g"));
    assert_eq!(group.group().unwrap().precedence(), Some(4));
    call!(oracle.admin_add_user_to_group(user_pool_id: &pool, username: "ana", group_name: "g"));
    let members = call!(oracle.list_users_in_group(user_pool_id: &pool, group_name: "g"));
    assert_eq!(members.users()[0].username(), Some("ana"));
    let groups = call!(oracle.admin_list_groups_for_user(user_pool_id: &pool, username: "ana"));
    assert_eq!(groups.groups()[0].group_name(), Some("g"));
    let groups = call!(oracle.list_groups(user_pool_id: &pool));
    assert_eq!(groups.groups().len(), 1);
    call!(oracle.admin_remove_user_from_group(user_pool_id: &pool, username: "ana", group_name: "g"));
    call!(oracle.delete_group(user_pool_id: &pool, group_name: "g"));

    call!(oracle.admin_update_user_attributes(user_pool_id: &pool, username: "ana", user_attributes: attribute("nickname", "An")));
    call!(oracle.admin_delete_user_attributes(user_pool_id: &pool, username: "ana", user_attribute_names: "nickname"));
    call!(oracle.admin_disable_user(user_pool_id: &pool, username: "ana"));
    let users = call!(oracle.list_users(user_pool_id: &pool, filter: "email ^= \"ana\""));
    assert!(!users.users()[0].enabled());
    call!(oracle.admin_enable_user(user_pool_id: &pool, username: "ana"));
    call!(oracle.admin_reset_user_password(user_pool_id: &pool, username: "ana"));
    call!(oracle.admin_user_global_sign_out(user_pool_id: &pool, username: "ana"));
    // The SDK's own paginator uses the same tokens.
    for n in 0..5 {
        call!(oracle.admin_create_user(user_pool_id: &pool, username: format!("u{n}"), message_action: MessageActionType::Suppress));
    }
    let pages = oracle
        .client
        .list_users()
        .user_pool_id(&pool)
        .into_paginator()
        .page_size(2)
        .items()
        .send();
    let all: Result<Vec<_>, _> = pages.collect().await;
    assert_eq!(all.unwrap().len(), 6);
    call!(oracle.admin_delete_user(user_pool_id: &pool, username: "ana"));
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one fixture, call by call")]
async fn sign_ins_are_parsed_completely() {
    let oracle = Oracle::new("sign-ins");
    let (pool, client) = pool_and_client(&oracle).await;
    let signed_up = call!(oracle.sign_up(
        client_id: &client, username: "ana", password: PASSWORD, user_attributes: attribute("email", "ana@example.com"),
    ));
    let sent = signed_up.code_delivery_details().unwrap();
    assert_eq!(sent.destination(), Some("a***@e***"));
    assert_eq!(sent.delivery_medium(), Some(&DeliveryMediumType::Email));
    assert!(!signed_up.user_confirmed());
    call!(oracle.resend_confirmation_code(client_id: &client, username: "ana"));
    call!(oracle.confirm_sign_up(client_id: &client, username: "ana", confirmation_code: oracle.code()));
    call!(oracle.forgot_password(client_id: &client, username: "ana"));
    call!(oracle.confirm_forgot_password(client_id: &client, username: "ana", confirmation_code: oracle.code(), password: PASSWORD));

    let signed_in = call!(oracle.initiate_auth(
        client_id: &client,
        auth_flow: AuthFlowType::UserPasswordAuth,
        auth_parameters: "USERNAME" => "ana",
        auth_parameters: "PASSWORD" => PASSWORD,
    ));
    let tokens = signed_in.authentication_result().unwrap();
    assert_eq!(
        (tokens.expires_in(), tokens.token_type()),
        (3600, Some("Bearer"))
    );
    let access = tokens.access_token().unwrap();
    assert!(tokens.id_token().is_some() && tokens.refresh_token().is_some());
    let me = call!(oracle.get_user(access_token: access));
    assert_eq!(
        value(me.user_attributes(), "sub"),
        Some(signed_up.user_sub())
    );
    call!(oracle.update_user_attributes(access_token: access, user_attributes: attribute("name", "Ana")));
    call!(oracle.delete_user_attributes(access_token: access, user_attribute_names: "name"));
    let sent = call!(oracle.get_user_attribute_verification_code(access_token: access, attribute_name: "email"));
    assert_eq!(
        sent.code_delivery_details().unwrap().attribute_name(),
        Some("email")
    );
    call!(oracle.verify_user_attribute(access_token: access, attribute_name: "email", code: oracle.code()));
    call!(oracle.change_password(access_token: access, previous_password: PASSWORD, proposed_password: PASSWORD));

    // A second factor. Its list is named `UserMFASettingList`.
    let on = SoftwareTokenMfaConfigType::builder().enabled(true).build();
    call!(oracle.set_user_pool_mfa_config(user_pool_id: &pool, mfa_configuration: UserPoolMfaType::Optional, software_token_mfa_configuration: on));
    let seed = call!(oracle.associate_software_token(access_token: access));
    let secret = totp::Secret::from_code(seed.secret_code().unwrap()).unwrap();
    call!(oracle.verify_software_token(access_token: access, user_code: secret.password_at(oracle.stack.world().now())));
    let preferred = SoftwareTokenMfaSettingsType::builder()
        .enabled(true)
        .preferred_mfa(true)
        .build();
    call!(oracle.admin_set_user_mfa_preference(user_pool_id: &pool, username: "ana", software_token_mfa_settings: preferred));
    let user = call!(oracle.admin_get_user(user_pool_id: &pool, username: "ana"));
    assert_eq!(user.user_mfa_setting_list(), ["SOFTWARE_TOKEN_MFA"]);
    assert_eq!(user.preferred_mfa_setting(), Some("SOFTWARE_TOKEN_MFA"));
    let challenge = call!(oracle.admin_initiate_auth(
        user_pool_id: &pool,
        client_id: &client,
        auth_flow: AuthFlowType::AdminUserPasswordAuth,
        auth_parameters: "USERNAME" => "ana",
        auth_parameters: "PASSWORD" => PASSWORD,
    ));
    assert_eq!(
        challenge.challenge_name(),
        Some(&ChallengeNameType::SoftwareTokenMfa)
    );
    assert_eq!(
        challenge.challenge_parameters().unwrap()["USER_ID_FOR_SRP"],
        "ana"
    );
    oracle.clock.0.fetch_add(60_000, Ordering::Relaxed);
    let answered = call!(oracle.respond_to_auth_challenge(
        client_id: &client,
        challenge_name: ChallengeNameType::SoftwareTokenMfa,
        session: challenge.session().unwrap(),
        challenge_responses: "USERNAME" => "ana",
        challenge_responses: "SOFTWARE_TOKEN_MFA_CODE" => secret.password_at(oracle.stack.world().now()),
    ));
    let access = answered
        .authentication_result()
        .unwrap()
        .access_token()
        .unwrap();
    call!(oracle.global_sign_out(access_token: access));
    let refused = oracle
        .client
        .get_user()
        .access_token(access)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(refused.is_not_authorized_exception());
    assert_eq!(
        refused.meta().message(),
        Some("Access Token has been revoked")
    );
}

#[tokio::test]
async fn exceptions_are_the_sdks_types() {
    let oracle = Oracle::new("exceptions");
    let (pool, client) = pool_and_client(&oracle).await;
    let error = oracle
        .client
        .admin_get_user()
        .user_pool_id(&pool)
        .username("unknown")
        .send()
        .await;
    let error = error.unwrap_err().into_service_error();
    assert!(error.is_user_not_found_exception());
    assert_eq!(error.meta().message(), Some("User does not exist."));
    assert_eq!(error.meta().extra("aws_request_id").map(str::len), Some(36));

    // Injects every exception that these operations declare.
    macro_rules! each_exception {
        ($name:literal, $call:expr) => {
            for code in &Model::get().operation($name).unwrap().errors {
                let effect = FaultEffect::Exception {
                    code: (*code).to_owned(),
                    message: Some("so".to_owned()),
                };
                oracle.inject($name, When::Always, effect);
                let error = $call.send().await.unwrap_err().into_service_error();
                oracle.stack.clear_faults();
                // The variant of the exception, which repeats its name, not
                // `Unhandled`.
                let typed =
                    folded(&format!("{error:?}")).starts_with(&folded(&format!("{code}{code}")));
                assert!(typed, "{} {error:?}", $name);
                assert_eq!(error.meta().message(), Some("so"));
            }
        };
    }
    each_exception!(
        "AdminGetUser",
        oracle
            .client
            .admin_get_user()
            .user_pool_id(&pool)
            .username("ana")
    );
    each_exception!(
        "CreateUserPool",
        oracle.client.create_user_pool().pool_name("p")
    );
    each_exception!(
        "SignUp",
        oracle.client.sign_up().client_id(&client).username("ana")
    );
    each_exception!(
        "InitiateAuth",
        oracle.client.initiate_auth().client_id(&client)
    );
    each_exception!(
        "RespondToAuthChallenge",
        oracle.client.respond_to_auth_challenge().client_id(&client)
    );
    each_exception!(
        "ConfirmForgotPassword",
        oracle.client.confirm_forgot_password().client_id(&client)
    );
    each_exception!(
        "VerifySoftwareToken",
        oracle.client.verify_software_token().user_code("123456")
    );
}

/// The emulator's bucket fills while the SDK waits, because both have the same
/// clock.
#[tokio::test]
async fn clients_wait_for_the_throttle() {
    let oracle = Oracle::new("throttles");
    let (pool, _) = pool_and_client(&oracle).await;
    oracle.stack.set_throttle("1%".parse().unwrap());
    oracle.stack.clear_journal();
    for _ in 0..6 {
        call!(oracle.describe_user_pool(user_pool_id: &pool));
    }
    let refused = oracle
        .stack
        .journal()
        .iter()
        .filter(|entry| entry.code.is_some())
        .count();
    assert!(refused > 0, "nothing was throttled");
    assert_eq!(oracle.attempts("DescribeUserPool"), 6 + refused);
    assert!(
        oracle.clock.elapsed() > Duration::from_secs(5),
        "{:?}",
        oracle.clock.elapsed()
    );
}

/// The SDK treats `LimitExceededException` as a throttle too, and gives up
/// after three attempts.
#[tokio::test]
async fn limits_are_retried_as_throttles_are() {
    let oracle = Oracle::new("limits");
    let (pool, client) = pool_and_client(&oracle).await;
    let (email, verified) = (
        attribute("email", "ana@example.com"),
        attribute("email_verified", "true"),
    );
    call!(oracle.admin_create_user(user_pool_id: &pool, username: "ana", user_attributes: email, user_attributes: verified, message_action: MessageActionType::Suppress));
    call!(oracle.admin_set_user_password(user_pool_id: &pool, username: "ana", password: PASSWORD, permanent: true));
    for _ in 0..20 {
        call!(oracle.forgot_password(client_id: &client, username: "ana"));
    }
    let error = oracle
        .client
        .forgot_password()
        .client_id(&client)
        .username("ana")
        .send()
        .await;
    let error = error.unwrap_err().into_service_error();
    assert!(error.is_limit_exceeded_exception(), "{error:?}");
    assert_eq!(oracle.attempts("ForgotPassword"), 20 + 3);
}

#[tokio::test]
async fn cuts_and_failures_are_retried() {
    let oracle = Oracle::new("failures");
    let (pool, _) = pool_and_client(&oracle).await;
    for (effect, operation) in [
        (FaultEffect::CutBeforeEffects, "DescribeUserPool"),
        (FaultEffect::CutAfterEffects, "DescribeUserPool"),
        (
            FaultEffect::Exception {
                code: "InternalErrorException".to_owned(),
                message: None,
            },
            "DescribeUserPool",
        ),
        (
            FaultEffect::Delay(Duration::from_secs(30)),
            "DescribeUserPool",
        ),
    ] {
        oracle.stack.clear_faults();
        oracle.stack.clear_journal();
        let before = oracle.clock.elapsed();
        let is_delay = matches!(effect, FaultEffect::Delay(_));
        oracle.inject(operation, When::Nth(1), effect);
        call!(oracle.describe_user_pool(user_pool_id: &pool));
        assert_eq!(oracle.attempts(operation), if is_delay { 1 } else { 2 });
        assert_eq!(
            oracle.clock.elapsed() >= before + Duration::from_secs(30),
            is_delay
        );
    }
}

#[tokio::test]
async fn a_challenge_and_tokens_are_distinguished() {
    let oracle = Oracle::new("challenge");
    let (pool, client) = pool_and_client(&oracle).await;
    call!(oracle.admin_create_user(user_pool_id: &pool, username: "ana", temporary_password: PASSWORD, message_action: MessageActionType::Suppress));
    let challenge = call!(oracle.admin_initiate_auth(
        user_pool_id: &pool,
        client_id: &client,
        auth_flow: AuthFlowType::AdminUserPasswordAuth,
        auth_parameters: "USERNAME" => "ana",
        auth_parameters: "PASSWORD" => PASSWORD,
    ));
    assert_eq!(
        challenge.challenge_name(),
        Some(&ChallengeNameType::NewPasswordRequired)
    );
    assert!(challenge.authentication_result().is_none());
    let answered = call!(oracle.admin_respond_to_auth_challenge(
        user_pool_id: &pool,
        client_id: &client,
        challenge_name: ChallengeNameType::NewPasswordRequired,
        session: challenge.session().unwrap(),
        challenge_responses: "USERNAME" => "ana",
        challenge_responses: "NEW_PASSWORD" => "Correct-Horse-8",
    ));
    assert!(answered.challenge_name().is_none());
    assert!(answered.authentication_result().is_some());
}
