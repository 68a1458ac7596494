//! Tokens: their checks, and the report of each check that fails.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cognito_mcp::config::{BackendKind, Config};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::answer;
use crate::aws;
use crate::call;
use crate::every_tool;
use crate::hiding_secrets;
use crate::json::with;
use crate::sign_in_page::authorization_code;
use crate::test_server::{PASSWORD, TestServer};

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

/// The verifier and the challenge of RFC 7636, appendix B.
const PKCE: [&str; 2] = [
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
];

/// The code of a sign-in page becomes tokens at the domain, on both backends.
#[tokio::test]
async fn a_code_is_exchanged_for_tokens() {
    let callback = "https://app.example/callback";
    let app = json!({
        "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid"], "CallbackURLs": [callback], "GenerateSecret": true,
        "SupportedIdentityProviders": ["COGNITO"],
    });
    for backend in [BackendKind::Emulated, BackendKind::Aws] {
        let config = Config {
            backend,
            allow_writes: true,
            reveal_secrets: Some(false),
            ..every_tool()
        };
        let server = TestServer::configured(config, json!({}), app.clone(), true).await;
        let user = json!({ "username": "ana", "message_action": "SUPPRESS" });
        server.done("create_user", user).await;
        let password = json!({
            "UserPoolId": server.pool_id(), "Username": "ana", "Password": PASSWORD,
            "Permanent": true,
        });
        server.cognito("AdminSetUserPassword", password);
        let exchange = |code: &str, verifier: &str| json!({ "code": code, "redirect_uri": callback, "code_verifier": verifier });
        let (_, facts) = server
            .refused("exchange_code", exchange("nonsense", PKCE[0]))
            .await;
        assert_eq!(facts["code"], "NoDomain", "{facts}");
        let domain = json!({ "UserPoolId": server.pool_id(), "Domain": "shop" });
        server.cognito("CreateUserPoolDomain", domain);
        let code = || {
            let place = [server.client_id(), callback];
            authorization_code(server.stack(), place, ["ana", PASSWORD], PKCE[1])
        };
        let given = exchange(&code(), PKCE[0]);
        let dry = with(given.clone(), json!({ "dry_run": true }));
        let dry = server.done("exchange_code", dry).await;
        assert_eq!(
            dry["would_call"],
            json!([{
                "operation": "POST https://shop.auth.us-east-1.amazoncognito.com/oauth2/token",
                "input": {
                    "grant_type": "authorization_code", "client_id": server.client_id(),
                    "redirect_uri": callback, "code": "***", "code_verifier": "***",
                },
            }])
        );
        let tokens = server.done("exchange_code", given.clone()).await;
        for name in ["access_token", "id_token", "refresh_token"] {
            let shown = tokens[name].as_str().unwrap();
            assert!(shown.starts_with(&format!("secret:{name}/")), "{tokens}");
        }
        assert_eq!(tokens["user"]["username"], "ana");
        let verify = json!({ "token": tokens["id_token"], "token_use": "id" });
        assert_eq!(server.done("verify_token", verify).await["valid"], true);
        let (sentence, facts) = server.refused("exchange_code", given).await;
        assert_eq!(facts["code"], "InvalidGrant", "{facts}");
        assert!(
            sentence.contains("Sign in again for a new code"),
            "{sentence}"
        );
        let other = PKCE[0].replace('d', "e");
        let (_, facts) = server
            .refused("exchange_code", exchange(&code(), &other))
            .await;
        assert_eq!(facts["code"], "InvalidGrant", "{facts}");
    }
}

/// On AWS, a server that only reads does not issue tokens.
#[tokio::test]
async fn a_code_is_not_exchanged_by_a_reader() {
    let config = Config {
        backend: BackendKind::Aws,
        ..every_tool()
    };
    let server = TestServer::configured(config, json!({}), json!({}), true).await;
    let exchange = json!({ "code": "c", "redirect_uri": "https://app.example/callback" });
    let (_, facts) = server.refused("exchange_code", exchange).await;
    assert_eq!(facts["code"], "WritesNotAllowed", "{facts}");
}
