//! Refusals of Cognito and of gateways in front of it: the error that the caller reads,
//! and the number of requests to Cognito.

use std::fmt::Write;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_cognitoidentityprovider::config::SharedCredentialsProvider;
use cognito_mcp::config::Config;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wiremock::ResponseTemplate;

use super::{client_of, cognito, connected, exception, operation, page, sdk};
use crate::Client;
use crate::answer;
use crate::call;
use crate::refusal;

/// A refusal of one operation, and a call of a tool that gets it.
struct Family {
    name: &'static str,
    tool: &'static str,
    arguments: Value,
    operation: &'static str,
    answer: ResponseTemplate,
}

impl Family {
    fn new(
        name: &'static str,
        (tool, operation, arguments): (&'static str, &'static str, Value),
        answer: ResponseTemplate,
    ) -> Self {
        Self {
            name,
            tool,
            arguments,
            operation,
            answer,
        }
    }

    fn get(name: &'static str, answer: ResponseTemplate) -> Self {
        let arguments = json!({ "username": "ana" });
        Self::new(name, ("get_user", "AdminGetUser", arguments), answer)
    }

    fn set(name: &'static str, answer: ResponseTemplate) -> Self {
        let arguments = json!({ "username": "ana", "new_password": "S3cret password" });
        let set = ("reset_password", "AdminSetUserPassword", arguments);
        Self::new(name, set, answer)
    }

    fn reset(name: &'static str, answer: ResponseTemplate) -> Self {
        let arguments = json!({ "username": "ana" });
        let reset = (
            "require_password_reset",
            "AdminResetUserPassword",
            arguments,
        );
        Self::new(name, reset, answer)
    }

    fn sign_in(name: &'static str, answer: ResponseTemplate) -> Self {
        let arguments = json!({ "username": "ana", "password": "S3cret-password" });
        Self::new(name, ("sign_in", "AdminInitiateAuth", arguments), answer)
    }
}

/// Exceptions of Cognito itself.
fn modelled() -> Vec<Family> {
    let code = exception;
    vec![
        Family::set(
            "validation",
            code(
                "InvalidParameterException",
                "1 validation error detected: Value at 'password' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$",
            ),
        ),
        Family::set(
            "password policy",
            code(
                "InvalidPasswordException",
                "Password does not conform to policy: Password must have uppercase characters",
            ),
        ),
        Family::get(
            "no such user",
            code("UserNotFoundException", "User does not exist."),
        ),
        Family::get(
            "no such pool",
            code(
                "ResourceNotFoundException",
                "User pool us-east-1_AbCdEfGhI does not exist.",
            ),
        ),
        Family::sign_in(
            "wrong password",
            code("NotAuthorizedException", "Incorrect username or password."),
        ),
    ]
}

/// Refusals of authentication and authorization before Cognito.
fn gated() -> Vec<Family> {
    vec![
        Family::get(
            "denied",
            gate(
                "AccessDeniedException",
                "User: arn:aws:iam::123456789012:user/dev is not authorized to perform: \
                 cognito-idp:AdminGetUser on resource: \
                 arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI because \
                 no identity-based policy allows the cognito-idp:AdminGetUser action",
            ),
        ),
        Family::set(
            "denied explicitly",
            gate(
                "AccessDeniedException",
                "User: arn:aws:sts::123456789012:assumed-role/ReadOnly/dev is not authorized to \
                 perform: cognito-idp:AdminSetUserPassword on resource: \
                 arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI with an \
                 explicit deny in a service control policy",
            ),
        ),
        Family::get(
            "expired token",
            gate(
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
        ),
        Family::get(
            "unknown key",
            gate(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
        ),
        Family::get(
            "wrong secret key",
            gate(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. Consult the service \
                 documentation for details.",
            ),
        ),
    ]
}

/// Throttles, which are retried, and limits, which are not.
fn limited() -> Vec<Family> {
    let throttled = || exception("TooManyRequestsException", "Rate exceeded");
    let limit = "Attempt limit exceeded, please try after some time.";
    let bare =
        json!({ "__type": "com.amazonaws.cognito#LimitExceededException", "message": limit });
    vec![
        Family::get("throttled", throttled()),
        Family::get(
            "throttled with a wait",
            throttled().insert_header("x-amz-retry-after", "1500"),
        ),
        Family::reset("limit", exception("LimitExceededException", limit)),
        Family::reset(
            "limit without a header",
            ResponseTemplate::new(400).set_body_json(bare),
        ),
    ]
}

/// Failures of Cognito and of gateways in front of it.
fn broken() -> Vec<Family> {
    let html = |status| {
        ResponseTemplate::new(status)
            .set_body_raw("<html>a proxy's page</html>", "text/html; charset=utf-8")
    };
    let internal = json!({ "__type": "InternalErrorException", "message": "Something went wrong" });
    let unnamed = json!({ "__type": "UnknownOperationException" });
    vec![
        Family::get(
            "internal",
            ResponseTemplate::new(500)
                .insert_header("x-amzn-errortype", "InternalErrorException:")
                .set_body_json(internal),
        ),
        Family::get("unavailable", html(503)),
        Family::get("unavailable, nothing said", ResponseTemplate::new(503)),
        Family::get("an answer of another server", html(200)),
        Family::get("a refusal of another server", html(400)),
        Family::get("a login page", html(407)),
        Family::get(
            "no sentence",
            ResponseTemplate::new(400).set_body_json(unnamed),
        ),
    ]
}

/// A refusal by the front end that AWS's services share. Its message is in `Message`.
fn gate(code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(400)
        .insert_header("x-amzn-requestid", "11111111-2222-3333-4444-555555555555")
        .set_body_json(json!({ "__type": code, "Message": message }))
}

fn owner() -> Config {
    Config {
        allow_destructive: true,
        ..Config::default()
    }
}

/// Calls `tool`, which must fail with an error that has no secret.
async fn refused(client: &Client, tool: &str, arguments: Value) -> (String, Value) {
    let (sentence, facts) = refusal(call(client, tool, arguments).await);
    for text in [&sentence, &facts.to_string()] {
        assert!(!text.contains("S3cret"), "{text}");
        assert!(!text.contains("AKIAEXAMPLE"), "{text}");
    }
    (sentence, facts)
}

#[tokio::test]
async fn every_family_is_distinguished() {
    let mut transcript = String::new();
    let families = [modelled(), gated(), limited(), broken()];
    for family in families.into_iter().flatten() {
        let cognito = cognito(family.operation, family.answer).await;
        let client = client_of(&cognito.uri(), owner()).await;
        let (sentence, facts) = refused(&client, family.tool, family.arguments).await;
        let target = format!("AWSCognitoIdentityProviderService.{}", family.operation);
        let requests = cognito.received_requests().await.unwrap();
        let asked = requests
            .iter()
            .filter(|request| request.headers["x-amz-target"] == target)
            .count();
        let shown = format!("{sentence}\n{facts}");
        let shown = match facts.pointer("/retry/arguments/new_password") {
            // The password in the retry satisfies the policy and is random.
            Some(Value::String(new)) => shown.replace(new, "<new>"),
            _ => shown,
        };
        let name = family.name;
        writeln!(transcript, "# {name}, asked {asked}\n{shown}\n").unwrap();
    }
    insta::with_settings!({
        snapshot_path => "../../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        assert_snapshot!("aws_errors", transcript);
    });
}

/// Checks the error of a server that cannot connect to `address`. Returns the reason for
/// the failure, which the operating system words.
async fn disconnected(address: &str) -> String {
    let client = client_of(address, owner()).await;
    let (sentence, facts) = refused(&client, "list_users", json!({})).await;
    let message = facts["message"].as_str().unwrap();
    let why = message
        .strip_prefix("The connection to Cognito failed: ")
        .unwrap()
        .to_owned();
    let shown = format!("{sentence}\n{facts}").replace(&why, "<why>");
    insta::allow_duplicates! {
        assert_snapshot!(shown, @r#"
        Error: The connection to Cognito failed: <why>. Check the network and, if one is configured, the endpoint's address; it is unknown whether the call took effect. Please retry with the same arguments after 1000 ms.
        {"code":"ConnectionFailed","message":"The connection to Cognito failed: <why>","problems":[],"hint":"Check the network and, if one is configured, the endpoint's address; it is unknown whether the call took effect","retryable":true,"retry_after_ms":1000}
        "#);
    }
    why
}

#[tokio::test]
async fn a_cut_connection_is_retried_and_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let accepted = tokio::spawn(async move {
        for _ in 0..3 {
            drop(listener.accept().await.unwrap());
        }
        // A fourth attempt would be refused.
    });
    disconnected(&address).await;
    accepted.await.unwrap();
}

#[tokio::test]
async fn a_refused_connection_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let why = disconnected(&address).await;
    assert!(why.contains("refused"), "{why}");
}

/// A host name with a label that is too long, so no name server is asked.
#[tokio::test]
async fn an_unknown_host_is_reported() {
    let host = "a".repeat(64);
    disconnected(&format!("http://{host}.example")).await;
}

/// The test clock ends timeouts of up to three seconds at once.
#[tokio::test]
async fn a_missing_response_is_reported() {
    let never = page(&[], None).set_delay(Duration::from_hours(1));
    let cognito = cognito("ListUsers", never).await;
    for timeouts in [
        TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(1)),
        TimeoutConfig::builder().operation_timeout(Duration::from_secs(1)),
    ] {
        let sdk = sdk(&cognito.uri())
            .into_builder()
            .timeout_config(timeouts.build())
            .build();
        let client = connected(sdk, owner()).await;
        let (sentence, facts) = refused(&client, "list_users", json!({})).await;
        insta::allow_duplicates! {
            assert_snapshot!(format!("{sentence}\n{facts}"), @r#"
            Error: Cognito did not answer in time. It is unknown whether the call took effect: check before you repeat a write. Please retry with the same arguments after 1000 ms.
            {"code":"RequestTimedOut","message":"Cognito did not answer in time","problems":[],"hint":"It is unknown whether the call took effect: check before you repeat a write","retryable":true,"retry_after_ms":1000}
            "#);
        }
    }
}

/// The credentials are gone, as after a sign-out while the server runs.
#[tokio::test]
async fn missing_credentials_are_reported() {
    let cognito = cognito("ListUsers", page(&[], None)).await;
    let gone = ProfileFileCredentialsProvider::builder()
        .profile_name("there-is-no-such-profile")
        .build();
    let sdk = sdk(&cognito.uri())
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(gone))
        .build();
    let client = connected(sdk, owner()).await;
    let (sentence, facts) = refused(&client, "list_users", json!({})).await;
    assert_snapshot!(format!("{sentence}\n{facts}"), @r#"
    Error: No AWS credentials could be loaded: the credential provider was not enabled. Ask the person who runs the server to set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to run `aws sso login`, or to name a profile.
    {"code":"CredentialsMissing","message":"No AWS credentials could be loaded: the credential provider was not enabled","problems":[],"hint":"Ask the person who runs the server to set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to run `aws sso login`, or to name a profile","retryable":false}
    "#);
    assert_eq!(cognito.received_requests().await.unwrap().len(), 0);
}

/// AWS would say that the pool does not exist, which is misleading.
#[tokio::test]
async fn a_pool_of_another_region_causes_no_request() {
    let cognito = cognito("AdminGetUser", page(&[], None)).await;
    let client = client_of(&cognito.uri(), owner()).await;
    for (tool, arguments) in [
        (
            "get_user",
            json!({ "username": "ana", "user_pool_id": "eu-west-1_AbCdEfGhI" }),
        ),
        (
            "describe_pool",
            json!({ "user_pool_id": "eu-west-1_AbCdEfGhI" }),
        ),
    ] {
        let (sentence, facts) = refused(&client, tool, arguments).await;
        assert_eq!(facts["code"], "WrongRegion");
        assert!(
            sentence.starts_with(
                "Error: The user pool eu-west-1_AbCdEfGhI is in eu-west-1, and this server works \
                 in us-east-1. Name a pool of the server's Region"
            ),
            "{sentence}"
        );
        assert_eq!(facts["retry"]["tool"], "list_pools");
    }
    let requests = cognito.received_requests().await.unwrap();
    let asked: Vec<_> = requests
        .iter()
        .filter(|request| String::from_utf8_lossy(&request.body).contains("eu-west-1_"))
        .collect();
    assert!(asked.is_empty(), "{asked:?}");
}

/// A temporary failure only delays the call. The caller does not see it.
#[tokio::test]
async fn a_temporary_failure_is_not_reported() {
    for failure in [
        exception("TooManyRequestsException", "Rate exceeded"),
        ResponseTemplate::new(500),
        ResponseTemplate::new(503),
    ] {
        let cognito = cognito("ListUsers", page(&[1], None)).await;
        operation("ListUsers")
            .respond_with(failure)
            .up_to_n_times(2)
            .with_priority(1)
            .expect(2)
            .mount(&cognito)
            .await;
        let client = client_of(&cognito.uri(), owner()).await;
        let users = answer(call(&client, "list_users", json!({})).await);
        assert_eq!(users["users"][0]["username"], "u1");
    }
}
