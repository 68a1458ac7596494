//! The AWS backend: gates, and Cognito's answers over real HTTP.

use std::fmt::Write;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cognitoidentityprovider::config::{
    AsyncSleep, Credentials, SharedAsyncSleep, SharedCredentialsProvider, Sleep,
};
use cognito_mcp::backend::aws;
use cognito_mcp::config::{BackendKind, Config};
use serde_json::{Value, json};
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{Client, answer, call, connect, refusal};

const POOL: &str = "us-east-1_AbCdEfGhI";

async fn client(cognito: &MockServer, config: Config) -> Client {
    client_of(&cognito.uri(), config).await
}

async fn client_of(address: &str, config: Config) -> Client {
    let credentials = Credentials::new("AKIAEXAMPLE", "example", None, None, "test");
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(address)
        .sleep_impl(SharedAsyncSleep::new(Hasty))
        .build();
    let config = Config {
        backend: BackendKind::Aws,
        user_pool_id: Some(POOL.to_owned()),
        client_id: Some("1example23456789".to_owned()),
        ..config
    };
    connect(&config, aws::over(&sdk)).await
}

/// Lets the SDK's waits between attempts, two seconds at most, take no time;
/// its timeouts are longer and never come.
#[derive(Clone, Debug)]
struct Hasty;

impl AsyncSleep for Hasty {
    fn sleep(&self, duration: Duration) -> Sleep {
        if duration <= Duration::from_secs(2) {
            return Sleep::new(std::future::ready(()));
        }
        Sleep::new(std::future::pending())
    }
}

async fn cognito(operation: &str, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(header(
            "x-amz-target",
            format!("AWSCognitoIdentityProviderService.{operation}").as_str(),
        ))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

fn exception(code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(400)
        .insert_header("x-amzn-errortype", format!("{code}:").as_str())
        .insert_header("x-amzn-requestid", "11111111-2222-3333-4444-555555555555")
        .set_body_json(json!({ "__type": code, "message": message }))
}

#[tokio::test]
async fn writes_need_leave() {
    let cognito = MockServer::start().await;
    let names = async |client: &Client| -> Vec<String> {
        let tools = client.list_all_tools().await.unwrap();
        tools
            .into_iter()
            .map(|tool| tool.name.into_owned())
            .collect()
    };
    let reader = client(&cognito, Config::default()).await;
    let listed = names(&reader).await;
    assert_eq!(
        listed,
        [
            "describe_pool",
            "get_user",
            "list_clients",
            "list_group_members",
            "list_groups",
            "list_pools",
            "list_users"
        ]
    );
    let (sentence, facts) =
        refusal(call(&reader, "create_user", json!({ "username": "ana" })).await);
    assert_eq!(facts["code"], "WritesNotAllowed");
    assert!(
        !sentence.contains("--"),
        "the guard is for a person to open: {sentence}"
    );

    let writer = client(
        &cognito,
        Config {
            allow_writes: true,
            ..Config::default()
        },
    )
    .await;
    let listed = names(&writer).await;
    assert!(listed.contains(&"create_user".to_owned()));
    assert!(!listed.contains(&"delete_user".to_owned()));
    let (_, facts) = refusal(call(&writer, "disable_user", json!({ "username": "ana" })).await);
    assert_eq!(facts["code"], "DestructionNotAllowed");
    let (_, facts) = refusal(call(&writer, "read_outbox", json!({})).await);
    assert_eq!(facts["code"], "EmulatorOnly");

    let owner = client(
        &cognito,
        Config {
            allow_destructive: true,
            ..Config::default()
        },
    )
    .await;
    assert!(names(&owner).await.contains(&"delete_user".to_owned()));
    assert_eq!(cognito.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_user_is_told_in_plain_words() {
    let cognito = cognito(
        "AdminGetUser",
        ResponseTemplate::new(200).set_body_json(json!({
            "Username": "ana",
            "UserStatus": "CONFIRMED",
            "Enabled": true,
            "UserCreateDate": 1_715_836_218.457,
            "UserLastModifiedDate": 1_715_836_218.457,
            "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }],
        })),
    )
    .await;
    Mock::given(header(
        "x-amz-target",
        "AWSCognitoIdentityProviderService.AdminListGroupsForUser",
    ))
    .respond_with(
        ResponseTemplate::new(200).set_body_json(json!({ "Groups": [{ "GroupName": "admins" }] })),
    )
    .mount(&cognito)
    .await;
    let client = client(&cognito, Config::default()).await;
    let user = answer(call(&client, "get_user", json!({ "username": "ana" })).await);
    assert_eq!(
        user,
        json!({
            "username": "ana",
            "status": "CONFIRMED",
            "enabled": true,
            "created_at": "2024-05-16T05:10:18.457Z",
            "modified_at": "2024-05-16T05:10:18.457Z",
            "attributes": { "email": "ana@example.com" },
            "groups": ["admins"],
            "mfa": [],
        })
    );
}

/// One page of the users `from` to `to`, each created at its number of seconds.
fn page(users: &[u32], token: Option<&str>) -> ResponseTemplate {
    let users: Vec<Value> = users
        .iter()
        .map(|n| json!({ "Username": format!("u{n}"), "UserCreateDate": n, "UserStatus": "CONFIRMED", "Enabled": true }))
        .collect();
    ResponseTemplate::new(200).set_body_json(json!({ "Users": users, "PaginationToken": token }))
}

#[tokio::test]
async fn the_last_users_created_are_one_call() {
    let cognito = MockServer::start().await;
    let list = || {
        Mock::given(header(
            "x-amz-target",
            "AWSCognitoIdentityProviderService.ListUsers",
        ))
    };
    list()
        .and(wiremock::matchers::body_partial_json(
            json!({ "PaginationToken": "second" }),
        ))
        .respond_with(page(&[2, 9, 4], None))
        .with_priority(1)
        .mount(&cognito)
        .await;
    list()
        .respond_with(page(&[5, 1, 7], Some("second")))
        .mount(&cognito)
        .await;
    let client = client(&cognito, Config::default()).await;
    let mut names = Vec::new();
    let mut arguments = json!({ "sort": "created", "limit": 2 });
    loop {
        let users = answer(call(&client, "list_users", arguments).await);
        assert_eq!(users["scanned"], 6);
        names.extend(
            users["users"]
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["username"].clone()),
        );
        match users.get("next") {
            Some(next) => arguments = next["arguments"].clone(),
            None => break,
        }
    }
    assert_eq!(names, ["u9", "u7", "u5", "u4", "u2", "u1"]);
}

#[tokio::test]
async fn a_page_goes_on_where_it_stopped() {
    let cognito = MockServer::start().await;
    Mock::given(header(
        "x-amz-target",
        "AWSCognitoIdentityProviderService.ListUsersInGroup",
    ))
    .respond_with(page(&[1, 2, 3, 4, 5], None))
    .mount(&cognito)
    .await;
    let client = client(&cognito, Config::default()).await;
    let mut names = Vec::new();
    let mut arguments = json!({ "group": "admins", "status": "CONFIRMED", "limit": 2 });
    loop {
        let users = answer(call(&client, "list_users", arguments).await);
        names.extend(
            users["users"]
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["username"].clone()),
        );
        match users.get("next") {
            Some(next) => arguments = next["arguments"].clone(),
            None => break,
        }
    }
    assert_eq!(names, ["u1", "u2", "u3", "u4", "u5"]);
}

#[tokio::test]
async fn an_exception_keeps_cognitos_words() {
    let cognito = cognito(
        "AdminGetUser",
        exception("UserNotFoundException", "User does not exist."),
    )
    .await;
    let client = client(&cognito, Config::default()).await;
    let (sentence, facts) =
        refusal(call(&client, "get_user", json!({ "username": "nobody" })).await);
    assert!(
        sentence.starts_with("Error: User does not exist. "),
        "{sentence}"
    );
    assert_eq!(facts["code"], "UserNotFoundException");
    assert_eq!(facts["message"], "User does not exist.");
    assert_eq!(facts["retryable"], false);
    assert_eq!(facts["request_id"], "11111111-2222-3333-4444-555555555555");
}

/// The challenge names a reference, never Cognito's session, and the answer to
/// it carries the session that Cognito gave.
#[tokio::test]
async fn sessions_stay_here() {
    let cognito = cognito(
        "AdminInitiateAuth",
        ResponseTemplate::new(200).set_body_json(json!({
            "ChallengeName": "NEW_PASSWORD_REQUIRED",
            "Session": "S3cret-session-of-cognito",
            "ChallengeParameters": {
                "USER_ID_FOR_SRP": "ana",
                "requiredAttributes": "[\"userAttributes.given_name\"]",
                "userAttributes": "{}",
            },
        })),
    )
    .await;
    let target = |operation: &str| {
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        Mock::given(header("x-amz-target", target.as_str()))
    };
    target("DescribeUserPoolClient")
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "UserPoolClient": { "ClientId": "1example23456789", "ClientSecret": "S3cret-of-client" }
        })))
        .mount(&cognito)
        .await;
    target("AdminRespondToAuthChallenge")
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "AuthenticationResult": { "AccessToken": "S3cret-token", "ExpiresIn": 3600 },
            "ChallengeParameters": {},
        })))
        .mount(&cognito)
        .await;
    let client = client(
        &cognito,
        Config {
            allow_writes: true,
            ..Config::default()
        },
    )
    .await;
    let sign_in = json!({ "username": "ana", "password": "Temporary-1" });
    let state = answer(call(&client, "sign_in", sign_in).await);
    assert_eq!(state["challenge"], "NEW_PASSWORD_REQUIRED");
    assert_eq!(state["required_attributes"], json!(["given_name"]));
    assert_eq!(state["next"]["arguments"]["session"], "session-1");
    assert!(!state.to_string().contains("S3cret"), "{state}");

    let missing = json!({ "session": "session-1" });
    let (_, facts) = refusal(call(&client, "answer_challenge", missing).await);
    assert_eq!(facts["problems"][0]["pointer"], "/new_password");

    let new = json!({
        "session": "session-1",
        "new_password": "Correct-Horse-7",
        "attributes": { "given_name": "Ana" },
    });
    let state = answer(call(&client, "answer_challenge", new.clone()).await);
    assert_eq!(state["outcome"], "signed_in");
    assert!(!state.to_string().contains("S3cret"), "{state}");

    let requests = cognito.received_requests().await.unwrap();
    let last: Value = requests.last().unwrap().body_json().unwrap();
    assert_eq!(last["Session"], "S3cret-session-of-cognito");
    assert_eq!(
        last["ChallengeResponses"]["userAttributes.given_name"],
        "Ana"
    );
    // HMAC-SHA256 of "ana1example23456789" under "S3cret-of-client".
    assert_eq!(
        last["ChallengeResponses"]["SECRET_HASH"],
        "2Y+mwszH6oPy77+m6ChSgie/E2+vbCrs2MDIEmQ8zK0="
    );

    let (_, facts) = refusal(call(&client, "answer_challenge", new).await);
    assert_eq!(facts["code"], "UnknownSession");
}

/// Each family of refusals: what the caller reads, how often Cognito was asked.
#[tokio::test]
async fn every_family_of_errors_is_told_apart() {
    let denied = "User: arn:aws:iam::123456789012:user/dev is not authorized to perform: \
                  cognito-idp:ListUsers on resource: \
                  arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI";
    let families = [
        (
            "validation",
            exception(
                "InvalidParameterException",
                "1 validation error detected: Value '' at 'filter' failed to satisfy constraint",
            ),
        ),
        ("denied", exception("AccessDeniedException", denied)),
        (
            "expired token",
            exception(
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
        ),
        (
            "unknown key",
            exception(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
        ),
        (
            "throttled",
            exception("TooManyRequestsException", "Rate exceeded")
                .insert_header("x-amz-retry-after", "1500"),
        ),
        (
            "limit",
            exception(
                "LimitExceededException",
                "Attempt limit exceeded, please try after some time.",
            ),
        ),
        (
            "internal",
            ResponseTemplate::new(500).set_body_json(
                json!({ "__type": "InternalErrorException", "message": "Something went wrong" }),
            ),
        ),
        (
            "gateway",
            ResponseTemplate::new(503).set_body_string("<html>Service Unavailable</html>"),
        ),
        (
            "no sentence",
            ResponseTemplate::new(400)
                .set_body_json(json!({ "__type": "UnknownOperationException" })),
        ),
        (
            "garbage",
            ResponseTemplate::new(200).set_body_string("<html>proxy</html>"),
        ),
    ];
    let mut told = String::new();
    for (family, answer) in families {
        let cognito = cognito("ListUsers", answer).await;
        let client = client(&cognito, Config::default()).await;
        let (sentence, facts) = refusal(call(&client, "list_users", json!({})).await);
        let asked = cognito.received_requests().await.unwrap().len();
        writeln!(told, "# {family}, asked {asked}\n{sentence}\n{facts}").unwrap();
    }
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("aws_errors", told);
    });
}

#[tokio::test]
async fn a_connection_that_is_cut_is_tried_again_and_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let accepted = tokio::spawn(async move {
        for _ in 0..3 {
            drop(listener.accept().await.unwrap());
        }
    });
    let client = client_of(&address, Config::default()).await;
    let (sentence, facts) = refusal(call(&client, "list_users", json!({})).await);
    accepted.await.unwrap();
    assert_eq!(facts["code"], "ConnectionFailed", "{sentence}");
    assert_eq!(facts["retryable"], true);
}
