//! Sign-in pages: domains, styles and terms.

use serde_json::json;

use crate::test_server::TestServer;

/// Deletes the domain of the demo pool and the style of its app client.
fn delete_domain_and_style(server: &TestServer) {
    let pool = server.pool_id().to_owned();
    let domain = json!({ "UserPoolId": pool, "Domain": "demo" });
    server.cognito("DeleteUserPoolDomain", domain);
    let style = json!({ "UserPoolId": pool, "ClientId": server.client_id() });
    let style = server.cognito("DescribeManagedLoginBrandingByClient", style);
    let id = &style["ManagedLoginBranding"]["ManagedLoginBrandingId"];
    let style = json!({ "UserPoolId": pool, "ManagedLoginBrandingId": id });
    server.cognito("DeleteManagedLoginBranding", style);
}

#[tokio::test]
async fn a_domain_and_its_pages() {
    let server = TestServer::demo().await;
    delete_domain_and_style(&server);
    let domains = async || server.done("get_domain", json!({})).await["domains"].take();
    assert_eq!(domains().await, json!([]));
    let plain = server.done("get_branding", json!({})).await;
    assert!(plain.get("style").is_none(), "{plain}");

    // The hosted UI needs a domain.
    let css = json!({ "css": ".banner-customizable { color: red; }" });
    let (sentence, facts) = server.refused("set_hosted_ui", css.clone()).await;
    assert!(
        facts["hint"].as_str().unwrap().contains("put_domain"),
        "{sentence}"
    );

    let made = server
        .done("put_domain", json!({ "domain": "example-sign-in" }))
        .await;
    assert_eq!(made["domains"][0]["managed_login_version"], 2);
    assert_eq!(
        made["domains"][0]["url"],
        "https://example-sign-in.auth.us-east-1.amazoncognito.com"
    );
    let classic = json!({ "domain": "example-sign-in", "managed_login_version": 1 });
    let shown = server.done("put_domain", classic).await;
    assert_eq!(shown["domains"][0]["managed_login_version"], 1);
    let shown = server.done("get_domain", json!({})).await;
    assert_eq!(shown["domains"][0]["domain"], "example-sign-in");

    let shown = server.done("set_hosted_ui", css).await;
    assert!(shown["css"].as_str().unwrap().contains("red"), "{shown}");
    let logo = json!({ "logo": "not base64!" });
    let (_, facts) = server.refused("set_hosted_ui", logo).await;
    assert_eq!(facts["problems"][0]["pointer"], "/logo");

    for url in ["https://example.com/a", "https://example.com/b"] {
        let links = json!({ "name": "terms-of-use", "links": { "cognito:default": url } });
        server.done("put_terms", links).await;
    }

    assert_eq!(
        server.done("put_branding", json!({})).await["created"],
        true
    );
    let styled = json!({ "settings": { "components": {} } });
    let shown = server.done("put_branding", styled).await;
    assert_eq!(
        (&shown["created"], &shown["style"]["is_default"]),
        (&json!(false), &json!(false))
    );

    let shown = server.done("get_branding", json!({})).await;
    assert_eq!(shown["style"]["settings"], json!({ "components": {} }));
    assert_eq!(
        shown["terms"][0]["links"]["cognito:default"],
        "https://example.com/b"
    );
    for what in ["style", "terms-of-use", "privacy-policy", "style"] {
        server
            .done("delete_branding", json!({ "what": what }))
            .await;
    }
    let shown = server.done("get_branding", json!({})).await;
    assert!(shown.get("style").is_none(), "{shown}");
    assert_eq!(shown["terms"], json!([]));

    let (_, facts) = server
        .refused("delete_domain", json!({ "domain": "example-sign-out" }))
        .await;
    assert_eq!(facts["retry"]["tool"], "get_domain", "{facts}");
    server
        .done("delete_domain", json!({ "domain": "example-sign-in" }))
        .await;
    assert_eq!(domains().await, json!([]));
}
