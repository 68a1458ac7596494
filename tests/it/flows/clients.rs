//! App clients: creation, changes, a new secret, deletion.

use serde_json::{Value, json};

use crate::json::with;
use crate::test_server::TestServer;

fn described(server: &TestServer, client: &Value) -> Value {
    let pools = server.cognito("ListUserPools", json!({ "MaxResults": 1 }));
    let input = json!({ "UserPoolId": pools["UserPools"][0]["Id"], "ClientId": client });
    server.cognito("DescribeUserPoolClient", input)["UserPoolClient"].take()
}

#[tokio::test]
async fn a_client_has_safe_settings() {
    let server = TestServer::demo().await;
    let made = server
        .done(
            "create_client",
            json!({
                "name": "web", "oauth_flows": ["code"], "scopes": ["openid", "email"],
                "callback_urls": ["https://app.example.com/back"],
            }),
        )
        .await;
    assert_eq!(made.get("client_secret"), None);
    let client = server
        .done("describe_client", made["next"]["arguments"].clone())
        .await;
    assert_eq!(client["hides_user_existence"], true);
    assert_eq!(client["can_revoke_tokens"], true);
    assert_eq!(
        client["flows"],
        json!(["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"])
    );
    assert_eq!(client["oauth_flows"], json!(["code"]));
    assert_eq!(client["identity_providers"], json!(["COGNITO"]));
    assert_eq!(client["refresh_tokens_last"], "30 days");

    // A client of a machine needs no flow for signing users in.
    let machine = json!({
        "name": "worker", "secret": true, "oauth_flows": ["client_credentials"],
        "scopes": ["orders/read"], "rotates_refresh_tokens": true,
    });
    let (_, facts) = server.refused("create_client", machine.clone()).await;
    assert_eq!(facts["code"], "ScopeDoesNotExistException");
    let pool =
        server.cognito("ListUserPools", json!({ "MaxResults": 1 }))["UserPools"][0]["Id"].take();
    server.cognito(
        "CreateResourceServer",
        json!({
            "UserPoolId": pool, "Identifier": "orders", "Name": "orders",
            "Scopes": [{ "ScopeName": "read", "ScopeDescription": "Read" }],
        }),
    );
    let made = server.done("create_client", machine).await;
    assert!(made["client_secret"].as_str().unwrap().len() > 40, "{made}");
    assert_eq!(made["flows"], json!([]));
}

/// Cognito resets the settings that a request leaves out (fact 10.6).
#[tokio::test]
async fn a_change_keeps_other_settings() {
    let server = TestServer::demo().await;
    let made = server
        .done(
            "create_client",
            json!({
                "name": "web", "oauth_flows": ["code"], "scopes": ["openid"],
                "callback_urls": ["https://app.example.com/back"],
                "logout_urls": ["https://app.example.com/"],
                "access_tokens_last": "30 minutes", "refresh_tokens_last": "7 days",
                "settings": { "AuthSessionValidity": 5, "ReadAttributes": ["email"] },
            }),
        )
        .await;
    let id = &made["client_id"];
    let before = described(&server, id);
    let change = json!({ "client_id": id, "logout_urls": ["https://app.example.com/bye"] });
    let shown = server.done("update_client", change.clone()).await;
    let changed: Vec<&Value> = shown["changed"].as_array().unwrap().iter().collect();
    assert_eq!(changed.len(), 1, "{shown}");
    assert_eq!(changed[0]["setting"], "LogoutURLs");
    assert_eq!(changed[0]["before"], r#"["https://app.example.com/"]"#);
    assert_eq!(changed[0]["after"], r#"["https://app.example.com/bye"]"#);
    let mut after = described(&server, id);
    for member in ["LogoutURLs", "LastModifiedDate"] {
        after[member] = before[member].clone();
    }
    assert_eq!(after, before);
    // The same change again has no effect.
    let shown = server.done("update_client", change).await;
    assert_eq!(shown["changed"], json!([]));

    let change = json!({
        "client_id": id, "name": "site", "access_tokens_last": "10 minutes", "id_tokens_last": "1 hour", "oauth_flows": [],
        "settings": { "ReadAttributes": null, "AuthSessionValidity": 3 },
    });
    server.done("update_client", change).await;
    let client = server
        .done(
            "describe_client",
            json!({ "client_id": id, "response_format": "detailed" }),
        )
        .await;
    assert_eq!(client["name"], "site");
    assert_eq!(client["access_tokens_last"], "10 minutes");
    assert_eq!(client["id_tokens_last"], "1 hour");
    assert_eq!(client["refresh_tokens_last"], "7 days");
    assert_eq!(client["oauth_flows"], json!([]));
    assert_eq!(client.get("readable_attributes"), None);
    assert_eq!(client["challenge_minutes"], 3);
}

#[tokio::test]
async fn a_misspelt_setting_is_reported() {
    let server = TestServer::demo().await;
    let wrong = json!({ "name": "web", "settings": { "AuthSessionValidty": 5 } });
    let (sentence, facts) = server.refused("create_client", wrong).await;
    assert_eq!(facts["code"], "InvalidArguments", "{sentence}");
    assert_eq!(
        facts["problems"][0]["pointer"],
        "/settings/AuthSessionValidty"
    );
    assert_eq!(facts["problems"][0]["nearest"], "AuthSessionValidity");
    let retry = facts["retry"]["arguments"].clone();
    let made = server.done("create_client", retry).await;
    assert_eq!(
        described(&server, &made["client_id"])["AuthSessionValidity"],
        5
    );
}

/// Another program, a person or another replica replaces a secret that this server knows.
#[tokio::test(start_paused = true)]
async fn a_secret_replaced_by_another_program_is_read_again() {
    let server = TestServer::demo().await;
    let asked =
        json!({ "name": "server", "secret": true, "flows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"] });
    let made = server.done("create_client", asked).await;
    let id = json!({ "client_id": made["client_id"] });
    let sign_in = with(
        &id,
        json!({ "username": "ana", "password": "Demo-Passw0rd" }),
    );
    server.done("sign_in", sign_in.clone()).await;

    let pools = server.cognito("ListUserPools", json!({ "MaxResults": 1 }));
    let pool = &pools["UserPools"][0]["Id"];
    let client = json!({ "UserPoolId": pool, "ClientId": made["client_id"] });
    let secrets = server.cognito("ListUserPoolClientSecrets", client.clone());
    let first = secrets["ClientSecrets"][0]["ClientSecretId"].clone();
    server.cognito("AddUserPoolClientSecret", client.clone());
    server.cognito(
        "DeleteUserPoolClientSecret",
        with(&client, json!({ "ClientSecretId": first })),
    );

    let signed_in = server.done("sign_in", sign_in).await;
    assert_eq!(signed_in["outcome"], "signed_in", "{signed_in}");
}

#[tokio::test]
async fn a_secret_is_replaced_without_an_interruption() {
    let server = TestServer::demo().await;
    let made = server
        .done(
            "create_client",
            json!({ "name": "server", "secret": true, "flows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"] }),
        )
        .await;
    let id = json!({ "client_id": made["client_id"] });
    let sign_in = with(
        &id,
        json!({ "username": "ana", "password": "Demo-Passw0rd" }),
    );
    server.done("sign_in", sign_in.clone()).await;

    let rotated = server.done("rotate_client_secret", id.clone()).await;
    assert_ne!(rotated["client_secret"], made["client_secret"]);
    assert_eq!(rotated["older"].as_array().unwrap().len(), 1);
    assert_eq!(rotated["next"]["tool"], "remove_client_secret");
    let (_, facts) = server.refused("rotate_client_secret", id.clone()).await;
    assert_eq!(facts["code"], "LimitExceededException");

    // The secret that this server used is removed, so the server fetches the new one.
    server
        .done("remove_client_secret", rotated["next"]["arguments"].clone())
        .await;
    let signed_in = server.done("sign_in", sign_in).await;
    assert_eq!(signed_in["outcome"], "signed_in", "{signed_in}");
    let client = server.done("describe_client", id.clone()).await;
    assert_eq!(
        client["secrets"][0]["client_secret_id"],
        rotated["client_secret_id"]
    );
    let shown = client.to_string();
    assert!(!shown.contains(rotated["client_secret"].as_str().unwrap()));

    server.done("delete_client", id.clone()).await;
    let (_, facts) = server.refused("describe_client", id).await;
    assert_eq!(facts["code"], "ResourceNotFoundException");
}
