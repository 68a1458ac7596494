//! Untrusted text stays data. In answers, errors and notifications it cannot display as
//! something else, end a line, or word a correction.

use std::sync::LazyLock;

use cognito_mcp::config::Config;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, GetPromptRequestParams, ProgressNotificationParam,
    ProgressToken, ReadResourceRequestParams, RequestParamsMeta, ResourceContents,
};
use rmcp::service::{NotificationContext, RoleClient, ServiceError};
use rmcp::{ClientHandler, ErrorData};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::Client;
use crate::answer;
use crate::aws;
use crate::call;
use crate::connect_as;
use crate::test_server::TestServer;
use crate::text;

/// Texts that try to act as something other than data.
fn corpus() -> Vec<String> {
    let corpus: Vec<String> = serde_json::from_str(include_str!("../injection.json")).unwrap();
    assert!(corpus.len() > 25, "{}", corpus.len());
    corpus
}

/// A mock of Cognito in which every name is this text, and in which no other name is
/// found.
struct Hostile(String);

impl Respond for Hostile {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let target = request.headers["x-amz-target"].to_str().unwrap();
        let operation = target.rsplit('.').next().unwrap();
        let given: Value = request.body_json().unwrap();
        let text = &self.0;
        let user = json!({
            "Username": text,
            "UserStatus": "CONFIRMED",
            "Enabled": true,
            "Attributes": [
                { "Name": "sub", "Value": "11111111-2222-3333-4444-555555555555" },
                { "Name": "email", "Value": text },
                { "Name": format!("custom:{text}"), "Value": text },
            ],
        });
        let group = json!({ "GroupName": text, "Description": text, "RoleArn": text });
        let client = json!({ "ClientId": "1example23456789", "ClientName": text, "ExplicitAuthFlows": [text] });
        let found = given["Username"] == *text;
        let body = match operation {
            "AdminGetUser" if found => {
                let mut user = user;
                user["UserAttributes"] = user["Attributes"].take();
                user
            }
            "AdminListGroupsForUser" | "ListGroups" => json!({ "Groups": [group] }),
            "GetGroup" if given["GroupName"] == *text => json!({ "Group": group }),
            "ListUsers" | "ListUsersInGroup" => json!({ "Users": [user], "PaginationToken": null }),
            "ListUserPools" => json!({ "UserPools": [{ "Id": aws::POOL, "Name": text }] }),
            "DescribeUserPool" => json!({ "UserPool": {
                "Id": aws::POOL, "Name": text, "EmailVerificationMessage": text,
                "SchemaAttributes": [{ "Name": text, "AttributeDataType": "String" }],
            }}),
            "ListUserPoolClients" => json!({ "UserPoolClients": [client] }),
            "DescribeUserPoolClient" => json!({ "UserPoolClient": client }),
            "AdminCreateUser" if found => json!({ "User": user }),
            _ => {
                // The message of a Lambda trigger, as Cognito repeats it.
                let message = format!("PreSignUp failed with error {text}.");
                let code = match operation {
                    "AdminGetUser" => "UserNotFoundException",
                    "GetGroup" => "ResourceNotFoundException",
                    _ => "UserLambdaValidationException",
                };
                return aws::exception(code, &message);
            }
        };
        ResponseTemplate::new(200).set_body_json(body)
    }
}

/// A server on AWS in which every name and text is `text`.
async fn hostile(text: &str) -> (MockServer, Client) {
    let cognito = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(Hostile(text.to_owned()))
        .mount(&cognito)
        .await;
    let config = Config {
        allow_destructive: true,
        ..Config::default()
    };
    let client = aws::client(&cognito, config).await;
    (cognito, client)
}

/// Characters that are invisible or change the display of other characters, by Unicode's
/// general categories. This list is independent of the server's own list. It excludes the
/// variation selector of emoji.
static UNSEEN: LazyLock<Regex> = LazyLock::new(|| {
    let unseen = r"[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\x{2800}]";
    Regex::new(&format!(r"[{unseen}--[\x20\x{{FE0F}}]]")).unwrap()
});
/// The words of a correction, with any characters between them.
static CORRECTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)please[^a-z0-9]+retry[^a-z0-9]+with").unwrap());
static BEGIN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)error:").unwrap());

/// Checks a result of a tool: the text that a client shows or passes to a model.
#[track_caller]
fn check(what: &str, result: &CallToolResult) {
    let shown = text(result);
    if result.is_error == Some(false) {
        data(what, result.structured_content.as_ref().unwrap());
        assert!(!UNSEEN.is_match(&shown), "{what}: {shown:?}");
        return;
    }
    let lines: Vec<&str> = shown.split('\n').collect();
    let [sentence, facts] = lines.as_slice() else {
        panic!("{what}: two lines, not {shown:?}");
    };
    for line in &lines {
        assert!(!UNSEEN.is_match(line), "{what}: {line:?}");
    }
    let facts: Value = serde_json::from_str(facts).unwrap();
    data(what, &facts);
    // The server's own correction is at the end, and there is only one.
    let own = match facts.get("retry") {
        Some(retry) => {
            let (tool, arguments) = (retry["tool"].as_str().unwrap(), &retry["arguments"]);
            let destructive = ["delete_", "disable_", "call_operation", "sign_out"];
            assert!(
                !destructive.iter().any(|name| tool.starts_with(name)),
                "{what}: {retry}"
            );
            format!("Please retry with {tool} {arguments}")
        }
        // Without `retry`, the sentence may describe a call, but must not repeat secrets or
        // marks in it.
        None => match sentence.rfind("Please retry with") {
            Some(at) if sentence[at..].contains(", your arguments and ") => {
                sentence[at..].to_owned()
            }
            Some(at) if sentence[at..].starts_with("Please retry with the same arguments") => {
                sentence[at..].to_owned()
            }
            _ => String::new(),
        },
    };
    let before = sentence
        .strip_suffix(&format!("{own}."))
        .unwrap_or(sentence);
    assert_eq!(BEGIN.find_iter(before).count(), 1, "{what}: {sentence}");
    let found: Vec<&str> = CORRECTION
        .find_iter(sentence)
        .map(|found| found.as_str())
        .collect();
    if own.is_empty() {
        assert!(found.is_empty(), "{what}: {sentence}");
    } else {
        let at = sentence
            .rfind(own.as_str())
            .unwrap_or_else(|| panic!("{what}: {own}: {sentence}"));
        assert_eq!(
            CORRECTION.find(sentence).unwrap().start(),
            at,
            "{what}: {sentence}"
        );
    }
    for member in ["message", "hint"] {
        let shown = facts[member].as_str().unwrap_or_default();
        let shown = shown.split("Please retry with").next().unwrap();
        assert!(!CORRECTION.is_match(shown), "{what}: {shown}");
    }
}

/// Checks that no string has an invisible character. Line breaks are allowed, because
/// JSON delimits the strings.
#[track_caller]
fn data(what: &str, value: &Value) {
    match value {
        Value::String(text) => {
            let shown = text.replace("\r\n", "").replace(['\n', '\t'], "");
            assert!(!UNSEEN.is_match(&shown), "{what}: {text:?}");
        }
        Value::Array(items) => items.iter().for_each(|item| data(what, item)),
        Value::Object(members) => {
            for (name, member) in members {
                data(what, &Value::from(name.as_str()));
                data(what, member);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn untrusted_text_is_data_in_answers() {
    for text in corpus() {
        let (_cognito, client) = hostile(&text).await;
        for (tool, arguments) in [
            ("list_users", json!({})),
            ("list_users", json!({ "response_format": "detailed" })),
            ("list_groups", json!({})),
            ("list_group_members", json!({ "group": text })),
            ("list_pools", json!({})),
            ("describe_pool", json!({})),
            ("list_clients", json!({})),
            ("get_user", json!({ "username": text })),
            ("create_user", json!({ "username": text })),
            (
                "create_users",
                json!({ "users": [{ "username": text }, { "username": "other" }] }),
            ),
        ] {
            let what = format!("{tool} {text:?}");
            let result = call(&client, tool, arguments).await.unwrap();
            // A text that is too long or has several lines is refused without a request.
            check(&what, &result);
        }
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn untrusted_text_cannot_word_a_correction() {
    for text in corpus() {
        let (_cognito, client) = hostile(&text).await;
        let near: String = text.chars().skip(1).take(100).collect();
        for (tool, arguments) in [
            ("get_user", json!({ "username": near })),
            ("delete_user", json!({ "username": near })),
            (
                "reset_password",
                json!({ "username": near, "new_password": text }),
            ),
            (
                "sign_up",
                json!({ "username": near, "password": text, "attributes": { "name": text } }),
            ),
            (
                "sign_in",
                json!({ "username": text, "password": "Correct-Horse-7", "flow": text }),
            ),
            (
                "add_user_to_group",
                json!({ "username": near, "group": near }),
            ),
            ("create_user", json!({ "username": near, "groups": [near] })),
            (
                "create_users",
                json!({ "users": [{ "username": near, "groups": [near] }] }),
            ),
            ("list_users", json!({ "filter": text })),
            ("get_user", json!({ "username": "ana", text.clone(): text })),
            ("get_user", json!({ "username": { "a": text } })),
            ("list_users", json!({ "user_pool_id": text })),
            ("answer_challenge", json!({ "session": text, "code": text })),
        ] {
            let what = format!("{tool} {text:?}");
            let result = call(&client, tool, arguments).await.unwrap();
            check(&what, &result);
        }
        client.cancel().await.unwrap();
    }
}

/// A tool name that does not exist, in an error of the protocol.
#[tokio::test]
async fn an_unknown_tool_name_is_data() {
    for text in corpus() {
        let (_cognito, client) = hostile(&text).await;
        let request = CallToolRequestParams::new(text.clone());
        let Err(ServiceError::McpError(error)) = client.call_tool(request).await else {
            panic!("{text:?} is no tool");
        };
        check_error(&text, error);
        client.cancel().await.unwrap();
    }
}

/// Checks an error of the protocol.
#[track_caller]
fn check_error(what: &str, error: ErrorData) {
    assert!(!UNSEEN.is_match(&error.message), "{what}: {error:?}");
    data(what, &error.data.unwrap_or_default());
}

/// Resources and prompts: texts of users in their contents and in their addresses and
/// arguments.
#[tokio::test]
async fn resources_and_prompts_are_data() {
    for text in corpus() {
        let (_cognito, client) = hostile(&text).await;
        let written = utf8_percent_encode(&text, NON_ALPHANUMERIC);
        let pool = aws::POOL;
        for uri in [
            "cognito://pools".to_owned(),
            format!("cognito://pools/{pool}"),
            format!("cognito://pools/{pool}/clients"),
            format!("cognito://pools/{pool}/groups"),
            format!("cognito://pools/{pool}/groups/{written}"),
            format!("cognito://pools/{pool}/users/{written}"),
            format!("cognito://pools/{written}"),
            format!("cognito://errors/{written}"),
            format!("cognito://{text}"),
        ] {
            let read = ReadResourceRequestParams::new(uri.clone());
            match client.read_resource(read).await {
                Ok(result) => {
                    let [ResourceContents::TextResourceContents { text: shown, .. }] =
                        &result.contents[..]
                    else {
                        panic!("{uri}: {result:?}");
                    };
                    assert!(!UNSEEN.is_match(shown), "{uri}: {shown:?}");
                    data(&uri, &serde_json::from_str(shown).unwrap());
                }
                Err(ServiceError::McpError(error)) => check_error(&uri, error),
                Err(other) => panic!("{uri}: {other}"),
            }
        }
        for resource in client.list_resources(None).await.unwrap().resources {
            data(&text, &serde_json::to_value(resource).unwrap());
        }
        let unknown = GetPromptRequestParams::new(text.clone());
        let Err(ServiceError::McpError(error)) = client.get_prompt(unknown).await else {
            panic!("{text:?} is no prompt");
        };
        check_error(&text, error);
        let arguments = json!({ "username": text, "user_pool_id": text });
        let find = GetPromptRequestParams::new("find_sign_in_problem")
            .with_arguments(arguments.as_object().unwrap().clone());
        match client.get_prompt(find).await {
            Ok(shown) => {
                let shown = serde_json::to_value(shown).unwrap().to_string();
                assert!(!UNSEEN.is_match(&shown), "{shown:?}");
            }
            Err(ServiceError::McpError(error)) => check_error(&text, error),
            Err(other) => panic!("{text}: {other}"),
        }
        client.cancel().await.unwrap();
    }
}

/// Text is sent to Cognito without changes. In answers it is shown in another form, and
/// the user can be found by `sub`.
#[tokio::test]
async fn sent_text_is_not_changed() {
    let name = "An\u{202e}a\u{200b}";
    let (cognito, client) = hostile(name).await;
    let user = answer(call(&client, "get_user", json!({ "username": name })).await);
    assert_eq!(user["username"], r"An\u{202e}a\u{200b}");
    let requests = cognito.received_requests().await.unwrap();
    let sent: Value = requests[0].body_json().unwrap();
    assert_eq!(sent["Username"], name);

    let world = TestServer::new(json!({}), json!({})).await;
    let call = async |tool: &str, arguments: Value| {
        answer(call(&world.client, tool, world.filled(&arguments)).await)
    };
    let given = json!({ "user_pool_id": "$pool", "username": "ana", "message_action": "SUPPRESS",
        "temporary_password": "Correct-Horse-7", "attributes": { "name": name } });
    let made = call("create_user", given).await;
    assert_eq!(made["attributes"]["name"], r"An\u{202e}a\u{200b}");
    let sub = made["attributes"]["sub"].clone();
    let found = call(
        "get_user",
        json!({ "user_pool_id": "$pool", "username": sub }),
    )
    .await;
    assert_eq!(found["username"], "ana");
    let kept = world.cognito(
        "AdminGetUser",
        world.filled(&json!({ "UserPoolId": "$pool", "Username": "ana" })),
    );
    let kept = kept["UserAttributes"].as_array().unwrap().iter();
    let kept: Vec<&Value> = kept.filter(|a| a["Name"] == "name").collect();
    assert_eq!(kept[0]["Value"], name);

    // A caller that sends the name in the form in which it was shown is advised to use
    // `sub`.
    let (_cognito, client) = hostile(name).await;
    let (sentence, _) = crate::refusal(
        crate::call(
            &client,
            "get_user",
            json!({ "username": r"An\u{202e}a\u{200b}x" }),
        )
        .await,
    );
    assert!(sentence.contains("`sub`"), "{sentence}");
}

/// Notifications of progress contain usernames.
#[tokio::test]
async fn progress_is_data() {
    struct Watcher(mpsc::UnboundedSender<ProgressNotificationParam>);
    impl ClientHandler for Watcher {
        async fn on_progress(
            &self,
            progress: ProgressNotificationParam,
            _: NotificationContext<RoleClient>,
        ) {
            self.0.send(progress).unwrap();
        }
    }
    let config = Config::default();
    let backend = cognito_mcp::cognito::backend::connect(&config)
        .await
        .unwrap();
    let (sender, mut shown) = mpsc::unbounded_channel();
    let client = connect_as(Watcher(sender), &config, backend).await;
    let rows = json!({ "users": [{ "username": "a\u{1b}[2J\u{202e}" }] });
    let mut request = CallToolRequestParams::new("create_users")
        .with_arguments(rows.as_object().unwrap().clone());
    request.set_progress_token(ProgressToken(rmcp::model::NumberOrString::Number(7)));
    client.call_tool(request).await.unwrap();
    let shown = shown.recv().await.unwrap().message.unwrap();
    assert!(shown.contains(r"\u{202e}"), "{shown}");
    assert!(!UNSEEN.is_match(&shown), "{shown:?}");
}
