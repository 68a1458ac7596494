//! Resource servers and their scopes.

use serde_json::json;

use crate::test_server::TestServer;

#[tokio::test]
async fn scopes_are_added_and_removed() {
    let server = TestServer::demo().await;
    let scope = |name: &str| json!({ "name": name, "description": name });
    let api = json!({ "identifier": "https://api.example.com", "scopes": [scope("read"), scope("write")] });
    let made = server.done("put_resource_server", api).await;
    assert_eq!(
        (&made["created"], &made["resource_server"]["name"]),
        (&json!(true), &json!("api.example.com"))
    );

    // Settings that are left out are kept. Scopes are replaced if the call
    // names them.
    let renamed = json!({ "identifier": "https://api.example.com", "name": "Orders" });
    let shown = server.done("put_resource_server", renamed).await;
    assert_eq!(shown["created"], false);
    assert_eq!(
        shown["resource_server"]["scopes"],
        json!([scope("read"), scope("write")])
    );
    let fewer = json!({ "identifier": "https://api.example.com", "scopes": [scope("read")] });
    let shown = server.done("put_resource_server", fewer).await;
    assert_eq!(shown["resource_server"]["name"], "Orders");
    assert_eq!(shown["resource_server"]["scopes"], json!([scope("read")]));

    server
        .done("put_resource_server", json!({ "identifier": "orders" }))
        .await;
    let first = server
        .done("list_resource_servers", json!({ "limit": 1 }))
        .await;
    let second = server
        .done("list_resource_servers", first["next"]["arguments"].clone())
        .await;
    assert_eq!(first["has_more"], true);
    assert_ne!(first["resource_servers"], second["resource_servers"]);
    assert!(second.get("next").is_none(), "{second}");

    let (sentence, facts) = server
        .refused("delete_resource_server", json!({ "identifier": "order" }))
        .await;
    assert_eq!(facts["code"], "ResourceNotFoundException", "{sentence}");
    assert_eq!(
        facts["retry"]["tool"], "list_resource_servers",
        "{sentence}"
    );
    assert!(sentence.contains("`orders`"), "{sentence}");
    server
        .done("delete_resource_server", json!({ "identifier": "orders" }))
        .await;
}
