//! Identity providers and their users.

use serde_json::json;

use crate::hiding_secrets;
use crate::test_server::TestServer;

#[tokio::test]
async fn a_provider_is_created_changed_and_deleted() {
    let server = TestServer::demo().await;
    let (sentence, facts) = server
        .refused("put_identity_provider", json!({ "name": "Google" }))
        .await;
    assert_eq!(facts["problems"][0]["pointer"], "/details", "{sentence}");
    assert!(sentence.contains("`client_secret`"), "{sentence}");
    let google = json!({
        "name": "Google", "client_secret": "S3cret-of-google", "identifiers": ["gmail.com"],
        "details": { "client_id": "c", "authorize_scopes": "openid" },
    });
    let made = server.done("put_identity_provider", google).await;
    assert_eq!(
        (&made["created"], &made["provider"]["type"]),
        (&json!(true), &json!("Google"))
    );

    // Details that are left out are kept, although Cognito replaces all
    // details.
    let scopes = json!({ "name": "Google", "details": { "authorize_scopes": "openid email" }, "attribute_mapping": { "email": "email" } });
    let shown = server.done("put_identity_provider", scopes).await;
    let provider = &shown["provider"];
    assert_eq!(shown["created"], false);
    assert_eq!(provider["details"]["client_id"], "c");
    assert_eq!(provider["details"]["authorize_scopes"], "openid email");
    assert_eq!(provider["client_secret"], "S3cret-of-google");
    assert_eq!(provider["identifiers"], json!(["gmail.com"]));

    // A provider is found by its name and by its identifier.
    for name in ["Google", "gmail.com"] {
        let shown = server
            .done("get_identity_provider", json!({ "name": name }))
            .await;
        assert_eq!(shown["name"], "Google");
    }
    let listed = server.done("list_identity_providers", json!({})).await;
    assert_eq!(listed["providers"][0]["name"], "Google");
    let (sentence, facts) = server
        .refused("get_identity_provider", json!({ "name": "Gogle" }))
        .await;
    assert_eq!(facts["retry"]["arguments"]["name"], "Google", "{sentence}");

    let (sentence, facts) = server
        .refused("put_identity_provider", json!({ "name": "Corp" }))
        .await;
    assert_eq!(facts["problems"][0]["pointer"], "/type", "{sentence}");

    let identity = json!({ "provider": "Google", "subject": "10987" });
    let mut link = identity.clone();
    link["username"] = json!("ana");
    server.done("link_identity", link.clone()).await;
    let (sentence, facts) = server.refused("link_identity", link).await;
    assert_eq!(facts["code"], "InvalidParameterException", "{sentence}");
    server.done("unlink_identity", identity).await;
    server
        .done("delete_identity_provider", json!({ "name": "Google" }))
        .await;
}

#[tokio::test]
async fn the_secret_of_a_provider_is_a_reference() {
    let server = TestServer::demo_with(hiding_secrets()).await;
    // The secret may be an argument or one of the `details`.
    let google = json!({
        "name": "Google",
        "details": { "client_id": "c", "authorize_scopes": "openid", "client_secret": "S3cret-of-google" },
    });
    let made = server.done("put_identity_provider", google).await;
    assert!(!made.to_string().contains("S3cret"), "{made}");
    let reference = made["provider"]["client_secret"].clone();
    assert!(
        reference
            .as_str()
            .unwrap()
            .starts_with("secret:client_secret/"),
        "{made}"
    );
    let again = json!({ "name": "Google", "details": { "client_secret": reference } });
    server.done("put_identity_provider", again).await;
    let pool =
        server.cognito("ListUserPools", json!({ "MaxResults": 1 }))["UserPools"][0]["Id"].take();
    let provider = json!({ "UserPoolId": pool, "ProviderName": "Google" });
    let provider = server.cognito("DescribeIdentityProvider", provider);
    assert_eq!(
        provider["IdentityProvider"]["ProviderDetails"]["client_secret"],
        "S3cret-of-google"
    );
}
