//! Operations by name: `call_operation` and `describe_operation`.

use cognito_mcp::config::{Config, Selection};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::answer;
use crate::aws;
use crate::call;
use crate::hiding_secrets;
use crate::refusal;
use crate::test_server::TestServer;

fn operation(name: &str, input: Value) -> Value {
    json!({ "operation": name, "input": input })
}

#[tokio::test]
async fn operations_without_a_tool_are_called_by_name() {
    let server = TestServer::demo().await;
    // The name in another style, no pool, and a number as text.
    let asked =
        json!({ "operation": "list_users", "input": { "limit": "1" }, "fields": ["Username"] });
    let mut page = server.done("call_operation", asked).await;
    let mut found = Vec::new();
    loop {
        found.push(page["answer"]["Users"][0]["Username"].take());
        assert_eq!(page["has_more"], page.get("next").is_some());
        let Some(next) = page.get("next") else { break };
        page = server
            .done("call_operation", next["arguments"].clone())
            .await;
    }
    assert_eq!(found, ["ana", "ben", "cleo"]);

    let shown = server
        .done(
            "call_operation",
            operation("AdminGetUser", json!({ "Username": "ana" })),
        )
        .await;
    let created = shown["answer"]["UserCreateDate"].as_str().unwrap();
    assert!(created.ends_with('Z') && created.contains('T'), "{created}");
    assert!(shown.get("on").is_none(), "{shown}");

    let group = operation("CreateGroup", json!({ "GroupName": "staff" }));
    let shown = server.done("call_operation", group.clone()).await;
    assert_eq!(shown["answer"]["Group"]["GroupName"], "staff");
    assert_eq!(shown["on"]["backend"], "emulated");
    assert_eq!(
        shown["on"]["user_pool_id"],
        shown["answer"]["Group"]["UserPoolId"]
    );
    let (_, facts) = server.refused("call_operation", group).await;
    assert_eq!(facts["code"], "GroupExistsException");
    // An operation without output, and one that is not signed.
    let gone = server
        .done(
            "call_operation",
            operation("DeleteGroup", json!({ "GroupName": "staff" })),
        )
        .await;
    assert_eq!(gone["answer"], json!({}));
    let client = server.new_pool(json!({}))["client_id"].take();
    let forgot = operation(
        "ForgotPassword",
        json!({ "ClientId": client, "Username": "unknown" }),
    );
    let (_, facts) = server.refused("call_operation", forgot).await;
    assert_eq!(facts["code"], "NotAuthorizedException", "{facts}");
}

#[tokio::test]
async fn faults_are_reported_before_any_request() {
    let server = TestServer::demo().await;
    let wrong = operation(
        "AdminCreateUser",
        json!({ "Usernme": "dora", "MessageAction": "SUPRESS" }),
    );
    let (sentence, facts) = server.refused("call_operation", wrong).await;
    assert_eq!(facts["code"], "InvalidArguments", "{sentence}");
    let pointers: Vec<&str> = facts["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        ["/input/Usernme", "/input/Username", "/input/MessageAction"]
    );
    let right = facts["retry"]["arguments"].clone();
    assert_eq!(
        right["input"],
        json!({ "MessageAction": "SUPPRESS", "Username": "dora" })
    );
    server.done("call_operation", right).await;

    let (sentence, facts) = server
        .refused(
            "call_operation",
            operation("AdminGetUsers", json!({ "Username": "dora" })),
        )
        .await;
    assert!(sentence.contains("AdminGetUser"), "{sentence}");
    server
        .done("call_operation", facts["retry"]["arguments"].clone())
        .await;

    let fields = json!({ "operation": "ListUsers", "fields": ["Usernme", "/Users/*/Nothing"] });
    let (_, facts) = server.refused("call_operation", fields).await;
    assert_eq!(facts["problems"][0]["nearest"], "Username");
}

/// Calls of operations by name get the same advice as tools.
#[tokio::test]
async fn refusals_have_the_advice_of_tools() {
    let server = TestServer::demo().await;
    let weak = json!({ "Username": "dora", "TemporaryPassword": "password123", "MessageAction": "SUPPRESS" });
    let (sentence, facts) = server
        .refused("call_operation", operation("AdminCreateUser", weak))
        .await;
    assert_eq!(facts["code"], "InvalidPasswordException", "{sentence}");
    assert!(
        sentence.contains("must have an upper-case letter"),
        "{sentence}"
    );
    // A retry does not contain a password that no person chose.
    assert_eq!(facts.get("retry"), None, "{sentence}");

    let misspelt = operation("AdminGetUser", json!({ "Username": "anna" }));
    let (_, facts) = server.refused("call_operation", misspelt).await;
    assert_eq!(
        facts["retry"]["arguments"]["input"]["Username"], "ana",
        "{facts}"
    );
    server
        .done("call_operation", facts["retry"]["arguments"].clone())
        .await;
}

#[tokio::test]
async fn an_operation_is_described() {
    let server = TestServer::demo().await;
    for (asked, tool) in [
        (json!({ "operation": "create_user_pool" }), "CreateUserPool"),
        (json!({ "operation": "AdminCreateUser" }), "AdminCreateUser"),
        (
            json!({ "operation": "SetUserPoolMfaConfig", "member": "SmsMfaConfiguration" }),
            "SetUserPoolMfaConfig",
        ),
    ] {
        let shown = server.done("describe_operation", asked).await;
        assert_eq!(shown["operation"], tool);
        insta::with_settings!({ snapshot_path => "../../../snapshots/describe_operation", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_json_snapshot!(tool, shown);
        });
    }
    let (_, facts) = server
        .refused(
            "describe_operation",
            json!({ "operation": "CreateUserPool", "member": "Policies.PasswordPolici" }),
        )
        .await;
    assert_eq!(
        facts["retry"]["arguments"]["member"],
        "Policies.PasswordPolicy"
    );
    server
        .done("describe_operation", facts["retry"]["arguments"].clone())
        .await;
}

/// The gate and the watch check the operation that the call names.
#[tokio::test]
async fn a_read_only_server_calls_only_reads() {
    let user = ResponseTemplate::new(200)
        .set_body_json(json!({ "Username": "ana", "UserCreateDate": 1_700_000_000.5 }));
    let cognito = aws::cognito("AdminGetUser", user).await;
    let config = Config {
        selection: Selection {
            toolsets: vec!["raw".to_owned()],
            ..Selection::default()
        },
        ..Config::default()
    };
    let client = aws::client(&cognito, config.clone()).await;
    let read = operation("AdminGetUser", json!({ "Username": "ana" }));
    let shown = answer(call(&client, "call_operation", read).await);
    assert_eq!(shown["answer"]["UserCreateDate"], "2023-11-14T22:13:20.5Z");
    let sent = &cognito.received_requests().await.unwrap()[0];
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(
        body,
        json!({ "Username": "ana", "UserPoolId": "us-east-1_AbCdEfGhI" })
    );
    assert!(
        sent.headers["authorization"]
            .to_str()
            .unwrap()
            .starts_with("AWS4-HMAC-SHA256")
    );

    for (name, input, code) in [
        (
            "AdminDeleteUser",
            json!({ "Username": "ana" }),
            "DestructionNotAllowed",
        ),
        (
            "AdminCreateUser",
            json!({ "Username": "ana" }),
            "WritesNotAllowed",
        ),
        ("AdminDeleteUsers", json!({}), "InvalidArguments"),
    ] {
        let (sentence, facts) =
            refusal(call(&client, "call_operation", operation(name, input)).await);
        assert_eq!(facts["code"], code, "{sentence}");
    }
    assert_eq!(cognito.received_requests().await.unwrap().len(), 1);
}

/// An error names the operation that was called, not the SDK operation that
/// carried its request.
#[tokio::test]
async fn a_failure_names_the_operation() {
    for (name, input, signed) in [
        ("ListUserImportJobs", json!({ "MaxResults": 1 }), true),
        ("GetUser", json!({ "AccessToken": "a.b.c" }), false),
    ] {
        let cognito = aws::cognito(name, aws::exception("AccessDeniedException", "no")).await;
        let config = Config {
            selection: Selection {
                toolsets: vec!["raw".to_owned()],
                ..Selection::default()
            },
            allow_writes: true,
            ..Config::default()
        };
        let client = aws::client(&cognito, config).await;
        let (sentence, _) = refusal(call(&client, "call_operation", operation(name, input)).await);
        assert!(
            sentence.contains(&format!("cognito-idp:{name}")),
            "{sentence}"
        );
        let sent = &cognito.received_requests().await.unwrap()[0];
        assert_eq!(sent.headers.contains_key("authorization"), signed);
    }
}

/// A secret in an answer is a reference, which other calls accept.
#[tokio::test]
async fn secrets_are_references() {
    let server = TestServer::demo_with(hiding_secrets()).await;
    let sign_in = json!({
        "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "ClientId": server.client_id(),
        "AuthParameters": { "USERNAME": "ana", "PASSWORD": "Demo-Passw0rd" },
    });
    let shown = server
        .done("call_operation", operation("AdminInitiateAuth", sign_in))
        .await;
    let tokens = &shown["answer"]["AuthenticationResult"];
    let token = tokens["AccessToken"].as_str().unwrap();
    assert!(token.starts_with("secret:access_token/"), "{shown}");
    let user = operation("GetUser", json!({ "AccessToken": token }));
    let shown = server.done("call_operation", user).await;
    assert_eq!(shown["answer"]["Username"], "ana");

    // A secret under a misspelt name, and one that Cognito repeats.
    let wrong = json!({ "Username": "ana", "Pasword": "Correct-Horse-7", "Password": "two words" });
    let (sentence, facts) = server
        .refused("call_operation", operation("AdminSetUserPassword", wrong))
        .await;
    let shown = format!("{sentence}{facts}");
    assert!(
        !shown.contains("Horse") && !shown.contains("two words"),
        "{shown}"
    );
}
