//! Tokens: their checks, and the report of each check that fails.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::answer;
use crate::aws;
use crate::call;
use crate::every_tool;
use crate::hiding_secrets;
use crate::json::with;
use crate::test_server::TestServer;

async fn signed_in(server: &TestServer) -> Value {
    let sign_in = json!({ "username": "ana", "password": "Demo-Passw0rd" });
    server.done("sign_in", sign_in).await["tokens"].take()
}

/// The checks that failed, and the checks that could not be made.
fn failed(verdict: &Value) -> (Vec<&str>, Vec<&str>) {
    let checks = verdict["checks"].as_array().unwrap();
    let of = |passed: Option<&Value>| {
        let checks = checks.iter().filter(|check| check.get("passed") == passed);
        checks
            .map(|check| check["check"].as_str().unwrap())
            .collect()
    };
    (of(Some(&json!(false))), of(None))
}

/// `token` with changed claims and its original signature.
fn altered(token: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut parts: Vec<String> = token
        .as_str()
        .unwrap()
        .split('.')
        .map(ToOwned::to_owned)
        .collect();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(&parts[1]).unwrap();
    let mut claims = serde_json::from_slice(&claims).unwrap();
    change(&mut claims);
    parts[1] = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    parts.join(".").into()
}

#[tokio::test]
async fn each_failed_check_is_reported() {
    let server = TestServer::demo().await;
    let tokens = signed_in(&server).await;
    let access = json!({ "token": tokens["access_token"] });
    let verdict = server.done("verify_token", access.clone()).await;
    assert_eq!(verdict["valid"], true, "{verdict}");
    assert_eq!(failed(&verdict), (vec![], vec![]));
    assert_eq!(verdict["explanation"], "The token is valid.");
    assert_eq!(verdict["claims"]["username"], "ana");
    assert_eq!(verdict["claims"]["groups"], json!(["admins"]));

    // Cognito has no way to check the revocation of an ID token.
    let id = json!({ "token": tokens["id_token"], "token_use": "id" });
    let verdict = server.done("verify_token", id).await;
    assert_eq!(verdict["valid"], true, "{verdict}");
    assert_eq!(failed(&verdict), (vec![], vec!["revocation"]));

    let other = server
        .done("create_client", json!({ "name": "other" }))
        .await;
    let other = &other["client_id"];
    for (wrong, check) in [
        (json!({ "token_use": "id" }), "token_use"),
        (json!({ "client_id": other }), "audience"),
        (json!({ "scopes": ["orders/read"] }), "scope"),
    ] {
        let verdict = server.done("verify_token", with(&access, wrong)).await;
        assert_eq!(verdict["valid"], false, "{verdict}");
        assert_eq!(failed(&verdict).0, [check], "{verdict}");
    }

    let forged = altered(&tokens["access_token"], |claims| {
        claims["username"] = "root".into();
    });
    let verdict = server
        .done("verify_token", json!({ "token": forged }))
        .await;
    assert_eq!(failed(&verdict).0, ["signature"], "{verdict}");
    assert_eq!(verdict.get("claims"), None, "{verdict}");

    // A token with the algorithm `none` has no signature to check.
    let none = BASE64_URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "kid": "k" }).to_string());
    let payload = tokens["access_token"].as_str().unwrap().split('.').nth(1);
    let none = format!("{none}.{}.", payload.unwrap());
    let verdict = server.done("verify_token", json!({ "token": none })).await;
    assert_eq!(failed(&verdict).0, ["algorithm", "signature"], "{verdict}");

    for (text, words) in [
        (json!("nonsense"), "it has 1 part"),
        (tokens["refresh_token"].clone(), "as refresh tokens are"),
    ] {
        let verdict = server.done("verify_token", json!({ "token": text })).await;
        assert_eq!(failed(&verdict).0, ["form"]);
        let shown = verdict["explanation"].as_str().unwrap();
        assert!(shown.contains(words), "{shown}");
    }

    let revoke = json!({ "refresh_token": tokens["refresh_token"] });
    server.done("revoke_tokens", revoke).await;
    let verdict = server.done("verify_token", access.clone()).await;
    assert_eq!(failed(&verdict).0, ["revocation"], "{verdict}");
    let shown = verdict["explanation"].as_str().unwrap();
    assert!(shown.contains("Access Token has been revoked"), "{shown}");

    server.done("advance_clock", json!({ "hours": 2 })).await;
    let verdict = server.done("verify_token", access).await;
    assert_eq!(failed(&verdict), (vec!["expiry"], vec!["revocation"]));
    let shown = verdict["explanation"].as_str().unwrap();
    assert!(shown.contains("60 min ago"), "{shown}");
}

#[tokio::test]
async fn a_token_of_another_pool_names_the_pool() {
    let server = TestServer::demo().await;
    let tokens = signed_in(&server).await;
    let other = server.new_pool(json!({}));
    let there = json!({ "token": tokens["access_token"], "user_pool_id": other["user_pool_id"] });
    let verdict = server.done("verify_token", there).await;
    assert!(failed(&verdict).0.contains(&"issuer"), "{verdict}");
    let next = verdict["next"]["arguments"].clone();
    let verdict = server.done("verify_token", next).await;
    assert_eq!(verdict["valid"], true, "{verdict}");
}

#[tokio::test]
async fn a_reference_is_accepted_in_place_of_a_token() {
    let server = TestServer::demo_with(hiding_secrets()).await;
    let tokens = signed_in(&server).await;
    let access = tokens["access_token"].as_str().unwrap();
    assert!(access.starts_with("secret:access_token/"), "{access}");
    let verdict = server
        .done("verify_token", json!({ "token": access }))
        .await;
    assert_eq!(verdict["valid"], true, "{verdict}");
    let decoded = server
        .done("decode_token", json!({ "token": access }))
        .await;
    assert_eq!(decoded["claims"]["username"], "ana");
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let new = server.done("refresh_tokens", refresh).await;
    let new = new["access_token"].as_str().unwrap();
    assert!(new.starts_with("secret:access_token/"), "{new}");
    assert_ne!(new, access);
    server.done("verify_token", json!({ "token": new })).await;

    // A token that the caller sent in plain text is not shown again.
    let other = server.new_pool(json!({}));
    let raw = server.cognito(
        "InitiateAuth",
        json!({
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": server.cognito("ListUserPoolClients", json!({
                "UserPoolId": server.cognito("ListUserPools", json!({ "MaxResults": 1 }))["UserPools"][0]["Id"],
            }))["UserPoolClients"][0]["ClientId"],
            "AuthParameters": { "USERNAME": "ana", "PASSWORD": "Demo-Passw0rd" },
        }),
    );
    let raw = &raw["AuthenticationResult"]["AccessToken"];
    for (token, shown) in [(raw, false), (&json!(access), true)] {
        let there = json!({ "token": token, "user_pool_id": other["user_pool_id"] });
        let verdict = server.done("verify_token", there).await;
        assert_eq!(verdict.get("next").is_some(), shown, "{verdict}");
    }
}

#[tokio::test]
async fn decoding_has_a_warning() {
    let server = TestServer::demo().await;
    let tokens = signed_in(&server).await;
    let forged = altered(&tokens["id_token"], |claims| {
        claims["email"] = "root@example.com".into();
    });
    let decoded = server
        .done("decode_token", json!({ "token": forged }))
        .await;
    assert_eq!(decoded["claims"]["email"], "root@example.com");
    assert_eq!(decoded["header"]["alg"], "RS256");
    assert!(decoded["times"]["exp"].as_str().unwrap().ends_with('Z'));
    let warning = decoded["warning"].as_str().unwrap();
    assert!(warning.contains("Nothing was verified"), "{warning}");
    let (sentence, _) = server
        .refused("decode_token", json!({ "token": "x" }))
        .await;
    assert!(sentence.contains("not a JSON Web Token"), "{sentence}");
}

/// On AWS the keys are fetched from Cognito's own address.
#[tokio::test]
async fn keys_are_fetched_from_cognito() {
    let server = TestServer::demo().await;
    let tokens = signed_in(&server).await;
    let pool =
        server.cognito("ListUserPools", json!({ "MaxResults": 1 }))["UserPools"][0]["Id"].take();
    let pool = pool.as_str().unwrap();
    let verify = json!({ "token": tokens["access_token"], "user_pool_id": pool });

    let cognito = MockServer::start().await;
    let client = aws::client(&cognito, every_tool()).await;
    // There is no key set yet. A token that cannot be checked is not valid.
    let verdict = answer(call(&client, "verify_token", verify.clone()).await);
    assert_eq!(verdict["valid"], false, "{verdict}");
    assert!(failed(&verdict).1.contains(&"signature"), "{verdict}");

    let keys = server.stack().jwks(pool).unwrap();
    Mock::given(method("GET"))
        .and(path(format!("/{pool}/.well-known/jwks.json")))
        .respond_with(ResponseTemplate::new(200).set_body_json(keys))
        .expect(1)
        .mount(&cognito)
        .await;
    let user = json!({ "Username": "ana", "UserAttributes": [] });
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_json(user))
        .mount(&cognito)
        .await;
    for _ in 0..2 {
        // The key set is fetched once.
        let verdict = answer(call(&client, "verify_token", verify.clone()).await);
        assert_eq!(failed(&verdict), (vec![], vec![]), "{verdict}");
        assert_eq!(verdict["valid"], true, "{verdict}");
    }
}
