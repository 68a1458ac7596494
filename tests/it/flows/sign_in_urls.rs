//! Sign-in URLs: construction, checks, and the settings that are missing.

use std::fmt::Write as _;

use cognito_mcp::config::{BackendKind, Config};
use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::every_tool;
use crate::test_server::TestServer;

/// A server whose emulator has an address.
async fn listening() -> TestServer {
    let config = Config {
        listen: Some("127.0.0.1:0".parse().unwrap()),
        ..every_tool()
    };
    TestServer::demo_with(config).await
}

/// The parts that are refused, each with the call that fixes it.
fn parts(shown: &Value) -> String {
    let mut lines = String::new();
    for problem in shown["problems"].as_array().unwrap() {
        let text = |name: &str| problem[name].as_str().unwrap();
        writeln!(lines, "  {}: {}", text("part"), text("problem")).unwrap();
        if problem["fix"].is_object() {
            let mut arguments = problem["fix"]["arguments"].clone();
            let members = arguments.as_object_mut().unwrap();
            members.remove("user_pool_id");
            members.remove("client_id");
            let tool = problem["fix"]["tool"].as_str().unwrap();
            writeln!(lines, "    {tool} {arguments}").unwrap();
        }
    }
    lines
}

/// The response to a request over HTTP.
async fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = String::new();
    stream.read_to_string(&mut read).await.unwrap();
    read
}

#[tokio::test]
async fn a_built_url_is_accepted_by_the_pages() {
    let server = listening().await;
    let wanted = json!({ "state": "a b", "scopes": ["openid", "email"] });
    let built = server.done("build_sign_in_url", wanted).await;
    assert_eq!(built["problems"], json!([]), "{built}");
    assert_eq!(built["redirect_uri"], "http://localhost:3000");
    let url = built["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let end = "&redirect_uri=http%3A%2F%2Flocalhost%3A3000&scope=openid%20email&state=a%20b";
    assert!(url.ends_with(end), "{url}");
    let checked = server
        .done("check_sign_in_url", json!({ "url": url }))
        .await;
    assert_eq!(checked["accepted"], true, "{checked}");
    // The emulator sends the browser to its sign-in page.
    let (address, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let answer = get(address, &format!("/{path}")).await;
    assert!(answer.starts_with("HTTP/1.1 302"), "{answer}");
    assert!(answer.contains("/login?client_id="), "{answer}");
}

#[tokio::test]
async fn every_part_of_a_url_is_checked() {
    let server = listening().await;
    let client = server.done("list_clients", json!({})).await["clients"][0]["client_id"].take();
    let client = client.as_str().unwrap();
    let ok = format!(
        "client_id={client}&response_type=code&redirect_uri=http://localhost:3000/&scope=openid"
    );
    let with = |from: &str, to: &str| ok.replace(from, to);
    let home = "http://localhost:3000/";
    let mut shown = String::new();
    for (path, query) in [
        ("/oauth2/authorize", ok.clone()),
        ("/oauth2/authorise", ok.clone()),
        ("/oauth2/token", ok.clone()),
        ("/login", String::new()),
        ("/login", with(client, "1example23456789")),
        ("/login", with(client, "demo")),
        ("/login", with("3000/", "3000/Callback")),
        ("/login", with("3000/", "3001/")),
        ("/login", with(home, "https%253A%252F%252Fapp.example")),
        ("/login", with(home, "http://app.example/")),
        ("/login", with(home, "myapp://callback")),
        ("/login", with("code", "token")),
        ("/login", with("code", "id_token")),
        ("/login", with("=openid", "=email")),
        ("/login", with("=openid", "=openid+phone")),
        ("/login", with("=openid", "=openid+offline_access")),
        ("/login", with("=openid", "=openid%252Bemail")),
        ("/login", with("=openid", "=orders/read")),
        (
            "/login",
            format!("{ok}&code_challenge=x&code_challenge_method=plain"),
        ),
        ("/login", format!("{ok}&code_challenge=x")),
        ("/login", format!("{ok}&identity_provider=google")),
        ("/login", format!("{ok}&client_secret=S3cret")),
        (
            "/logout",
            format!("client_id={client}&logout_uri={home}bye"),
        ),
        ("/logout", format!("client_id={client}&logout_uri={home}")),
        ("/logout", format!("client_id={client}")),
    ] {
        let url = format!("https://demo.auth.us-east-1.amazoncognito.com{path}?{query}");
        let checked = server
            .done("check_sign_in_url", json!({ "url": url }))
            .await;
        let text = checked.to_string();
        assert!(!text.contains("S3cret"), "{text}");
        let line = query.replace(client, "CLIENT");
        writeln!(shown, "{path}?{line}\n{}", parts(&checked)).unwrap();
    }
    let other = "https://other.auth.us-east-1.amazoncognito.com/login";
    let url = json!({ "url": format!("{other}?{ok}") });
    let checked = server.done("check_sign_in_url", url).await;
    writeln!(shown, "{other}\n{}", parts(&checked)).unwrap();
    assert_snapshot!(shown);
}

/// The fixes together make the URL acceptable.
#[tokio::test]
async fn the_fixes_make_a_url_acceptable() {
    let server = listening().await;
    let made = server.done("create_client", json!({ "name": "web" })).await;
    let client = made["client_id"].as_str().unwrap();
    let url = format!(
        "https://demo.auth.us-east-1.amazoncognito.com/oauth2/authorize?client_id={client}\
         &response_type=code&redirect_uri=https://app.example/cb&scope=openid+email"
    );
    for step in 0..6 {
        let checked = server
            .done("check_sign_in_url", json!({ "url": url }))
            .await;
        if checked["accepted"] == true {
            assert!(step > 0, "the new client has no OAuth");
            return;
        }
        let next = &checked["next"];
        let tool = next["tool"].as_str().unwrap_or_else(|| panic!("{checked}"));
        server.done(tool, next["arguments"].clone()).await;
    }
    panic!("the URL is still refused");
}

/// A server without a domain, and the id of its pool.
async fn plain() -> (TestServer, Value) {
    let server = TestServer::new(json!({}), json!({})).await;
    let listed = server.cognito("ListUserPools", json!({ "MaxResults": 1 }));
    let pool = listed["UserPools"][0]["Id"].clone();
    (server, pool)
}

#[tokio::test]
async fn the_settings_that_are_missing_are_named() {
    let (server, pool) = plain().await;
    let listed = server
        .done("list_clients", json!({ "user_pool_id": pool }))
        .await;
    let app = listed["clients"][0]["client_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let details = json!({ "client_id": "a", "authorize_scopes": "openid" });
    let google = json!({ "name": "Google", "details": details, "client_secret": "b" });
    let domain = json!({ "domain": "example-sign-in" });
    let web = json!({
        "name": "web", "oauth_flows": ["code"], "scopes": ["openid"],
        "callback_urls": ["https://app.example/cb"],
    });
    let both = json!({ "SupportedIdentityProviders": ["COGNITO", "Google"] });
    let mut made = String::new();
    let mut shown = String::new();
    for (tool, mut arguments) in [
        ("put_identity_provider", google.clone()),
        ("put_domain", domain.clone()),
        ("create_client", web),
        ("put_domain", domain.clone()),
        ("put_branding", json!({ "client_id": "WEB" })),
        ("put_domain", domain),
        ("put_identity_provider", google.clone()),
        (
            "update_client",
            json!({ "client_id": "WEB", "settings": both }),
        ),
        ("put_identity_provider", google),
    ] {
        arguments["user_pool_id"] = pool.clone();
        if arguments["client_id"] == "WEB" {
            arguments["client_id"] = made.clone().into();
        }
        let done = server.done(tool, arguments).await;
        if tool == "create_client" {
            made = done["client_id"].as_str().unwrap().to_owned();
        }
        let needed = done["still_needed"].as_str().unwrap_or("-");
        let mut needed = needed.replace(&app, "APP");
        if !made.is_empty() {
            needed = needed.replace(&made, "WEB");
        }
        writeln!(shown, "{tool}: {needed}").unwrap();
    }
    assert_snapshot!(shown);
}

#[tokio::test]
async fn a_client_gets_a_token_for_itself() {
    let (server, pool) = plain().await;
    let scopes = json!([
        { "name": "read", "description": "Read" },
        { "name": "write", "description": "Write" },
    ]);
    let orders = json!({ "user_pool_id": pool, "identifier": "orders", "scopes": scopes });
    server.done("put_resource_server", orders).await;
    let job = json!({
        "user_pool_id": pool, "name": "job", "secret": true,
        "flows": ["ALLOW_CLIENT_TOKEN_AUTH"], "oauth_flows": ["client_credentials"],
        "scopes": ["orders/read", "orders/write"],
    });
    let client = server.done("create_client", job).await["client_id"].take();
    let mut wanted =
        json!({ "user_pool_id": pool, "client_id": client, "scopes": ["orders/read"] });
    let token = server.done("get_client_token", wanted.clone()).await;
    assert_eq!(token["scopes"], json!(["orders/read"]));
    assert_eq!(token["expires_in"], 3600);
    let token = json!({
        "user_pool_id": pool, "token": token["access_token"], "scopes": ["orders/read"],
    });
    let verified = server.done("verify_token", token).await;
    assert_eq!(verified["valid"], true, "{verified}");
    wanted["client_secret"] = "wrongwrongwrongwrongwrong".into();
    let (_, facts) = server.refused("get_client_token", wanted).await;
    assert_eq!(facts["message"], "Invalid client or secret");
}

/// An ordinary client for machines uses the token endpoint of the domain, on both backends.
#[tokio::test]
async fn a_client_gets_a_token_at_the_domain() {
    for backend in [BackendKind::Emulated, BackendKind::Aws] {
        let config = Config {
            backend,
            allow_destructive: true,
            reveal_secrets: Some(false),
            ..every_tool()
        };
        let server = TestServer::configured(config, json!({}), json!({}), true).await;
        let orders = json!({
            "identifier": "orders", "scopes": [{ "name": "read", "description": "Read" }],
        });
        server.done("put_resource_server", orders).await;
        let job = json!({
            "name": "job", "secret": true, "oauth_flows": ["client_credentials"],
            "scopes": ["orders/read"],
        });
        let client = server.done("create_client", job).await["client_id"].take();
        let wanted = json!({ "client_id": client, "metadata": { "for": "nightly" } });
        let (_, facts) = server.refused("get_client_token", wanted.clone()).await;
        assert_eq!(facts["code"], "NoDomain", "{facts}");
        server.done("put_domain", json!({ "domain": "shop" })).await;
        let dry = json!({ "client_id": client, "dry_run": true });
        let dry = server.done("get_client_token", dry).await;
        let url = "POST https://shop.auth.us-east-1.amazoncognito.com/oauth2/token";
        assert_eq!(dry["would_call"][0]["operation"], url);
        assert_eq!(
            dry["would_call"][0]["input"],
            json!({ "grant_type": "client_credentials", "client_id": client, "scope": "" })
        );
        let token = server.done("get_client_token", wanted.clone()).await;
        assert_eq!(token["scopes"], json!(["orders/read"]));
        assert_eq!(token["expires_in"], 3600);
        let reference = token["access_token"].as_str().unwrap();
        assert!(reference.starts_with("secret:access_token/"), "{token}");
        let verified = json!({ "token": reference, "scopes": ["orders/read"] });
        assert_eq!(server.done("verify_token", verified).await["valid"], true);
        let mut wrong = wanted;
        wrong["client_secret"] = "wrongwrongwrongwrongwrong".into();
        let (_, facts) = server.refused("get_client_token", wrong).await;
        assert_eq!(facts["code"], "InvalidClient");
        assert_eq!(facts["message"], "invalid_client: invalid_client_secret");
        assert!(!facts.to_string().contains("wrongwrong"), "{facts}");
    }
}

/// On AWS, the host of the URL has to be a domain of the pool.
#[tokio::test]
async fn the_host_is_checked_on_aws() {
    let config = Config {
        backend: BackendKind::Aws,
        allow_destructive: true,
        ..every_tool()
    };
    let oauth = json!({
        "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid"], "CallbackURLs": ["https://app.example/cb"],
        "SupportedIdentityProviders": ["COGNITO"],
    });
    let server = TestServer::configured(config, json!({}), oauth, true).await;
    let (_, facts) = server.refused("build_sign_in_url", json!({})).await;
    assert_eq!(facts["code"], "NoDomain");
    let made = server
        .done(
            "put_domain",
            json!({ "domain": "shop", "managed_login_version": 1 }),
        )
        .await;
    assert_eq!(made.get("still_needed"), None, "{made}");
    let built = server.done("build_sign_in_url", json!({})).await;
    assert_eq!(built["problems"], json!([]), "{built}");
    let url = built["url"].as_str().unwrap();
    let own = "https://shop.auth.us-east-1.amazoncognito.com/oauth2/authorize?";
    assert!(url.starts_with(own), "{url}");
    for (address, part) in [
        ("https://shop.auth.us-east-1.amazoncognito.com", None),
        ("https://SHOP.auth.us-east-1.amazoncognito.com", None),
        ("https://shop.auth-fips.us-east-1.amazoncognito.com", None),
        (
            "http://shop.auth.us-east-1.amazoncognito.com",
            Some("scheme"),
        ),
        (
            "https://shop2.auth.us-east-1.amazoncognito.com",
            Some("host"),
        ),
        (
            "https://shop.auth.eu-west-1.amazoncognito.com",
            Some("host"),
        ),
        ("https://cognito-idp.us-east-1.amazonaws.com", Some("host")),
        (
            "https://shop.auth.us-east-1.amazoncognito.com:8443",
            Some("host"),
        ),
    ] {
        let url = url.replace("https://shop.auth.us-east-1.amazoncognito.com", address);
        let checked = server
            .done("check_sign_in_url", json!({ "url": url }))
            .await;
        let found = checked["problems"][0]["part"].as_str();
        assert_eq!(found, part, "{checked}");
    }
}
