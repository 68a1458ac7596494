//! The AWS backend: gates, and Cognito's responses over real HTTP.

mod refusals;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cognitoidentityprovider::config::{
    AsyncSleep, Credentials, SharedAsyncSleep, SharedCredentialsProvider, Sleep,
    StalledStreamProtectionConfig,
};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource, TimeSource};
use cognito_mcp::cognito::backend::aws;
use cognito_mcp::config::{BackendKind, Config};
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, header, method};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

use crate::Client;
use crate::answer;
use crate::call;
use crate::connect;
use crate::lists;
use crate::refusal;

pub(crate) const POOL: &str = "us-east-1_AbCdEfGhI";
const CLIENT: &str = "1example23456789abcdefghij";

/// A secret of an earlier call is read again once; one that this call has read is not.
#[tokio::test]
async fn a_refused_secret_is_read_again_once() {
    let refused = "Unable to verify secret hash for client 1example23456789abcdefghij";
    let cognito = cognito(
        "AdminInitiateAuth",
        exception("NotAuthorizedException", refused),
    )
    .await;
    let described = json!({ "ClientId": CLIENT, "ClientSecret": "S3cret-of-client" });
    operation("DescribeUserPoolClient")
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({ "UserPoolClient": described })),
        )
        .mount(&cognito)
        .await;
    let config = Config {
        allow_writes: true,
        ..Config::default()
    };
    let client = client(&cognito, config).await;
    let sign_in = json!({ "username": "ana", "password": "S3cret-password" });
    for attempts in [1, 2] {
        let before = cognito.received_requests().await.unwrap().len();
        let (sentence, facts) = refusal(call(&client, "sign_in", sign_in.clone()).await);
        assert_eq!(facts["code"], "NotAuthorizedException", "{sentence}");
        assert_eq!(facts.get("retry_after_ms"), None, "{sentence}");
        let sent = cognito.received_requests().await.unwrap();
        let target = |request: &wiremock::Request| request.headers["x-amz-target"].clone();
        let tried = sent[before..].iter().filter(|request| {
            target(request) == "AWSCognitoIdentityProviderService.AdminInitiateAuth"
        });
        assert_eq!(tried.count(), attempts, "{sent:?}");
    }
}

pub(crate) async fn client(cognito: &MockServer, config: Config) -> Client {
    client_of(&cognito.uri(), config).await
}

async fn client_of(address: &str, config: Config) -> Client {
    connected(sdk(address), config).await
}

/// A configuration as AWS's default chain would load it.
pub(crate) fn sdk(address: &str) -> SdkConfig {
    let credentials = Credentials::new(
        "AKIAEXAMPLE",
        "S3cret-key",
        Some("S3cret-session-token".to_owned()),
        None,
        "test",
    );
    // The clock starts at the machine's time, because the SDK corrects a clock that differs from
    // the dates of responses.
    let now = SystemTimeSource::new().now();
    let clock = TestClock(Arc::new(Mutex::new(now)));
    SdkConfig::builder()
        .time_source(SharedTimeSource::new(clock.clone()))
        // The stalled-stream check would advance the test clock.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(address)
        .sleep_impl(SharedAsyncSleep::new(clock))
        .build()
}

async fn connected(sdk: SdkConfig, config: Config) -> Client {
    let config = Config {
        backend: BackendKind::Aws,
        user_pool_id: Some(POOL.to_owned()),
        client_id: Some(CLIENT.to_owned()),
        ..config
    };
    connect(&config, aws::over(&sdk)).await
}

/// A clock that ends short sleeps at once and advances by their duration. These are the SDK's waits
/// between attempts, of two seconds at most, and the server's waits for its rate. Longer sleeps,
/// such as the SDK's timeouts, never end.
#[derive(Clone, Debug)]
struct TestClock(Arc<Mutex<SystemTime>>);

impl AsyncSleep for TestClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        if duration > Duration::from_secs(3) {
            return Sleep::new(std::future::pending());
        }
        let clock = self.clone();
        Sleep::new(async move { *clock.0.lock().unwrap() += duration })
    }
}

impl TimeSource for TestClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

pub(crate) async fn cognito(name: &str, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    operation(name).respond_with(answer).mount(&server).await;
    server
}

pub(crate) fn operation(name: &str) -> MockBuilder {
    let target = format!("AWSCognitoIdentityProviderService.{name}");
    Mock::given(method("POST")).and(header("x-amz-target", target.as_str()))
}

pub(crate) fn exception(code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(400)
        .insert_header("x-amzn-errortype", format!("{code}:").as_str())
        .insert_header("x-amzn-requestid", "11111111-2222-3333-4444-555555555555")
        .set_body_json(json!({ "__type": code, "message": message }))
}

#[tokio::test]
async fn writes_need_a_flag() {
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
            "audit_pool",
            "describe_pool",
            "diagnose_sign_in",
            "get_user",
            "list_clients",
            "list_group_members",
            "list_groups",
            "list_pools",
            "list_users",
            "totp_code",
            "whoami"
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
    let written = names(&writer).await;
    assert!(written.contains(&"create_user".to_owned()));
    assert!(!written.contains(&"delete_user".to_owned()));
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
    // A server that may delete may also write.
    let mut more = names(&owner).await;
    more.retain(|name| !written.contains(name));
    assert_eq!(
        more,
        [
            "delete_group",
            "delete_user",
            "disable_user",
            "rename_group"
        ]
    );
    assert_eq!(cognito.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_user_is_described_in_plain_words() {
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
    operation("AdminListGroupsForUser")
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({ "Groups": [{ "GroupName": "admins" }] })),
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
            "explanation": "the user can sign in with the password",
            "groups": ["admins"],
            "mfa": [],
        })
    );
}

/// One page of these users. User `n` was created at second `n`.
fn page(users: &[u32], token: Option<&str>) -> ResponseTemplate {
    let users: Vec<Value> = users
        .iter()
        .map(|n| json!({ "Username": format!("u{n}"), "UserCreateDate": n, "UserStatus": "CONFIRMED", "Enabled": true }))
        .collect();
    ResponseTemplate::new(200).set_body_json(json!({ "Users": users, "PaginationToken": token }))
}

#[tokio::test]
async fn the_last_created_users_need_one_call() {
    let cognito = MockServer::start().await;
    operation("ListUsers")
        .and(body_partial_json(json!({ "PaginationToken": "second" })))
        .respond_with(page(&[2, 9, 4], None))
        .with_priority(1)
        .mount(&cognito)
        .await;
    operation("ListUsers")
        .respond_with(page(&[5, 1, 7], Some("second")))
        .mount(&cognito)
        .await;
    let client = client(&cognito, Config::default()).await;
    let arguments = json!({ "sort": "created", "limit": 2 });
    let pages = lists::pages(&client, "list_users", arguments).await;
    assert!(pages.iter().all(|page| page["scanned"] == 6), "{pages:?}");
    let users = pages.iter().flat_map(lists::items);
    let names: Vec<&Value> = users.map(|user| &user["username"]).collect();
    assert_eq!(names, ["u9", "u7", "u5", "u4", "u2", "u1"]);
}

#[tokio::test]
async fn a_listing_continues_in_the_middle_of_a_page() {
    let cognito = cognito("ListUsersInGroup", page(&[1, 2, 3, 4, 5], None)).await;
    let client = client(&cognito, Config::default()).await;
    let arguments = json!({ "group": "admins", "status": "CONFIRMED", "limit": 2 });
    let names = lists::all_by(&client, "list_users", arguments, "username").await;
    assert_eq!(names, ["u1", "u2", "u3", "u4", "u5"]);
}

#[tokio::test]
async fn an_exception_keeps_cognitos_message() {
    let cognito = cognito(
        "AdminGetUser",
        exception("UserNotFoundException", "User does not exist."),
    )
    .await;
    let client = client(&cognito, Config::default()).await;
    let (sentence, facts) =
        refusal(call(&client, "get_user", json!({ "username": "unknown" })).await);
    assert!(
        sentence.starts_with("Error: User does not exist. "),
        "{sentence}"
    );
    assert_eq!(facts["code"], "UserNotFoundException");
    assert_eq!(facts["message"], "User does not exist.");
    assert_eq!(facts["retryable"], false);
    assert_eq!(facts["request_id"], "11111111-2222-3333-4444-555555555555");
}

/// The challenge contains a reference in place of Cognito's session. The answer to the challenge
/// sends the session to Cognito.
#[tokio::test]
async fn sessions_of_cognito_are_not_shown() {
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
    operation("DescribeUserPoolClient")
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "UserPoolClient": { "ClientId": CLIENT, "ClientSecret": "S3cret-of-client" }
        })))
        .mount(&cognito)
        .await;
    operation("AdminRespondToAuthChallenge")
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
    let session = state["next"]["arguments"]["session"].as_str().unwrap();
    assert!(session.starts_with("session-1-"), "{session}");
    assert!(!state.to_string().contains("S3cret"), "{state}");

    let missing = json!({ "session": session });
    let (_, facts) = refusal(call(&client, "answer_challenge", missing).await);
    assert_eq!(facts["problems"][0]["pointer"], "/new_password");

    let new = json!({
        "session": session,
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
    // HMAC-SHA256 of "ana1example23456789abcdefghij" under "S3cret-of-client".
    assert_eq!(
        last["ChallengeResponses"]["SECRET_HASH"],
        "IMXbSpmuIVXvCDTokPz/tkdNlw+ctCxgfj34EZifNPM="
    );

    let (_, facts) = refusal(call(&client, "answer_challenge", new).await);
    assert_eq!(facts["code"], "UnknownSession");
}

/// The client's secret is fetched once to compute the hash, and is never shown. Tokens are shown
/// only if the server is configured to show them.
#[tokio::test]
async fn secrets_are_used_and_not_shown() {
    let part = |json: &str| aws_smithy_types::base64::encode(json).replace('=', "");
    let (header, payload) = (
        part(r#"{"alg":"RS256"}"#),
        part(r#"{"sub":"a-1","username":"ana"}"#),
    );
    let token = |signature: &str| format!("{header}.{payload}.{signature}");
    for reveal in [None, Some(true)] {
        let cognito = cognito(
            "AdminInitiateAuth",
            ResponseTemplate::new(200).set_body_json(json!({
                "AuthenticationResult": {
                    "AccessToken": token("S3cret-a"),
                    "IdToken": token("S3cret-i"),
                    "RefreshToken": "S3cret-refresh",
                    "ExpiresIn": 3600,
                },
                "ChallengeParameters": {},
            })),
        )
        .await;
        let described = json!({ "ClientId": CLIENT, "ClientSecret": "S3cret-of-client" });
        operation("DescribeUserPoolClient")
            .respond_with(
                ResponseTemplate::new(200).set_body_json(json!({ "UserPoolClient": described })),
            )
            .expect(1)
            .mount(&cognito)
            .await;
        let config = Config {
            allow_writes: true,
            reveal_secrets: reveal,
            ..Config::default()
        };
        let client = client(&cognito, config).await;
        for _ in 0..2 {
            let sign_in = json!({ "username": "ana", "password": "S3cret-password" });
            let state = answer(call(&client, "sign_in", sign_in).await);
            assert_eq!(state["user"]["username"], "ana");
            let shown = state.to_string();
            assert_eq!(
                shown.contains("S3cret-refresh"),
                reveal.is_some(),
                "{shown}"
            );
            for signature in ["S3cret-a", "S3cret-i"] {
                assert_eq!(shown.contains(signature), reveal.is_some(), "{shown}");
            }
            assert!(!shown.contains("S3cret-of-client"), "{shown}");
            assert!(!shown.contains("S3cret-password"), "{shown}");
        }
        let requests = cognito.received_requests().await.unwrap();
        let last: Value = requests.last().unwrap().body_json().unwrap();
        assert_eq!(
            last["AuthParameters"]["SECRET_HASH"],
            "IMXbSpmuIVXvCDTokPz/tkdNlw+ctCxgfj34EZifNPM="
        );
    }
}

/// The answer says whether a client has a secret, but does not contain it.
#[tokio::test]
async fn client_secrets_are_not_listed() {
    let named = json!({ "ClientId": CLIENT, "ClientName": "web", "UserPoolId": POOL });
    let cognito = cognito(
        "ListUserPoolClients",
        ResponseTemplate::new(200).set_body_json(json!({ "UserPoolClients": [named] })),
    )
    .await;
    operation("DescribeUserPoolClient")
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "UserPoolClient": { "ClientId": CLIENT, "ClientName": "web", "ClientSecret": "S3cret-of-client" }
        })))
        .mount(&cognito)
        .await;
    for reveal_secrets in [None, Some(true)] {
        let config = Config {
            reveal_secrets,
            ..Config::default()
        };
        let client = client(&cognito, config).await;
        let clients = answer(call(&client, "list_clients", json!({})).await);
        assert_eq!(clients["clients"][0]["has_secret"], true);
        assert!(!clients.to_string().contains("S3cret"), "{clients}");
    }
}

#[tokio::test]
async fn seeds_of_authenticator_apps_are_not_shown() {
    let setup = json!({
        "ChallengeName": "MFA_SETUP",
        "Session": "S3cret-session-one",
        "ChallengeParameters": {
            "USER_ID_FOR_SRP": "ana",
            "MFAS_CAN_SETUP": "[\"SOFTWARE_TOKEN_MFA\"]",
        },
    });
    let cognito = cognito(
        "AdminInitiateAuth",
        ResponseTemplate::new(200).set_body_json(setup),
    )
    .await;
    operation("AssociateSoftwareToken")
        .respond_with(
            ResponseTemplate::new(200).set_body_json(
                json!({ "SecretCode": "S3CRETSEED", "Session": "S3cret-session-two" }),
            ),
        )
        .mount(&cognito)
        .await;
    for reveal_secrets in [None, Some(true)] {
        let config = Config {
            allow_writes: true,
            reveal_secrets,
            ..Config::default()
        };
        let client = client(&cognito, config).await;
        let sign_in = json!({ "username": "ana", "password": "Correct-Horse-7" });
        let state = answer(call(&client, "sign_in", sign_in).await);
        let next = state["next"]["arguments"].clone();
        let state = answer(call(&client, "answer_challenge", next).await);
        let shown = state["secret_code"].as_str().unwrap();
        match reveal_secrets {
            Some(_) => assert_eq!(shown, "S3CRETSEED"),
            None => assert!(shown.starts_with("secret:secret_code/"), "{shown}"),
        }
        assert!(!state.to_string().contains("S3cret-session"), "{state}");
    }
}

/// A throttle that ends only delays a run. One that does not end makes the run stop.
#[tokio::test]
async fn a_lasting_throttle_ends_a_run() {
    let cognito = MockServer::start().await;
    let throttled = || exception("TooManyRequestsException", "Rate exceeded");
    let create = |username: &str| {
        operation("AdminCreateUser").and(body_partial_json(json!({ "Username": username })))
    };
    create("ben")
        .respond_with(throttled())
        // Three attempts by the SDK, at first and after each of five waits.
        .expect(18)
        .mount(&cognito)
        .await;
    create("cleo")
        .respond_with(throttled())
        .up_to_n_times(4)
        .with_priority(1)
        .expect(4)
        .mount(&cognito)
        .await;
    for username in ["ana", "cleo"] {
        let user = json!({ "Username": username, "UserStatus": "FORCE_CHANGE_PASSWORD" });
        create(username)
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "User": user })))
            .expect(1)
            .mount(&cognito)
            .await;
    }
    let config = Config {
        allow_writes: true,
        ..Config::default()
    };
    let client = client(&cognito, config).await;
    let users: Vec<Value> = ["ana", "cleo", "ben", "dora"]
        .iter()
        .map(|username| json!({ "username": username, "temporary_password": "S3cret-password" }))
        .collect();
    let run = answer(call(&client, "create_users", json!({ "users": users })).await);
    assert_eq!(
        run,
        json!({
            "created": 2,
            "failed": 1,
            "not_tried": 1,
            "still_needed": "2 users: No invitation was sent, because the user has no address: \
                             give the user the temporary password",
            "rows": [
                { "username": "ana", "outcome": "created" },
                { "username": "cleo", "outcome": "created" },
                {
                    "username": "ben",
                    "outcome": "failed",
                    "error": {
                        "code": "TooManyRequestsException",
                        "message": "Rate exceeded",
                        "hint": "The account's request rate is used up; wait, then repeat the call",
                    },
                },
                { "username": "dora", "outcome": "not_tried" },
            ],
            "on": {
                "backend": "aws",
                "region": "us-east-1",
                "user_pool_id": "us-east-1_AbCdEfGhI",
            },
        })
    );
}

/// AWS's logs of calls show the program that made them.
#[tokio::test]
async fn requests_name_the_program() {
    let cognito = cognito("ListUsers", page(&[], None)).await;
    let client = client(&cognito, Config::default()).await;
    answer(call(&client, "list_users", json!({})).await);
    let requests = cognito.received_requests().await.unwrap();
    let product = concat!("cognito-mcp/", env!("CARGO_PKG_VERSION"));
    for header in ["user-agent", "x-amz-user-agent"] {
        let agent = requests[0].headers[header].to_str().unwrap();
        assert!(agent.contains(product), "{header}: {agent}");
    }
}
