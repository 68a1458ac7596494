//! `doctor` with mock responses of AWS: its report of each fault.

use std::time::Duration;

use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use aws_smithy_types::date_time::{DateTime, Format};
use clap::Parser;
use cognito_mcp::cli::Cli;
use serde_json::{Value, json};
use tokio::process::Command;
use wiremock::matchers::{body_string_contains, header_exists};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::aws::{exception, operation};
use crate::process::{Home, ended};

const POOL: &str = "eu-west-1_AbCdEfGhI";

/// The findings of `doctor`: whether the exit code is 0, and the lines, which must agree
/// with `--json`.
async fn found(command: impl Fn(&str) -> Command) -> (bool, String) {
    let lines = ended(command("")).await;
    let text = String::from_utf8(lines.stdout).unwrap();
    assert_eq!(lines.stderr, b"", "{text}");
    let output = ended(command("--json")).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], output.status.success());
    assert_eq!(lines.status.success(), output.status.success());
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(checks.len(), text.lines().count());
    for (check, line) in checks.iter().zip(text.lines()) {
        let mark = if check["ok"] == true {
            "ok    "
        } else {
            "failed"
        };
        let (name, message) = (
            check["check"].as_str().unwrap(),
            check["message"].as_str().unwrap(),
        );
        assert_eq!(line, format!("{mark}  {name}: {message}"));
    }
    // The number of tools is tested elsewhere.
    let text = match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("ok      tools: ") => rest.to_owned(),
        _ => text,
    };
    (output.status.success(), text)
}

/// Compares `text` with the snapshot of `case`.
fn assert_shown(case: &str, text: &str) {
    crate::hints::snapshot(&format!("doctor_{case}"), text);
}

/// The findings of `doctor` with `aws` as the endpoint and with keys.
async fn on(aws: &MockServer, more: &str) -> (bool, String) {
    in_pool(aws, POOL, more).await
}

async fn in_pool(aws: &MockServer, pool: &str, more: &str) -> (bool, String) {
    let home = Home::new(&format!("doctor_{}", aws.address().port()));
    let (ok, text) = found(|flags| {
        let mut command = home.command(&format!(
            "doctor --backend aws --region eu-west-1 --user-pool-id {pool} --endpoint-url {} {more} {flags}",
            aws.uri()
        ));
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "S3cret-key");
        command
    })
    .await;
    let endpoint = format!("endpoint: {} (--endpoint-url).", aws.uri());
    assert!(text.contains(&endpoint), "{text}");
    (ok, text.replace(&aws.uri(), "http://127.0.0.1:PORT"))
}

/// The checks show the `.env` file, the endpoints and the proxy. stderr is empty.
#[tokio::test]
async fn files_endpoints_and_proxies_are_shown() {
    let aws = healthy().await;
    let home = Home::new("doctor_sources");
    home.write(
        ".env",
        &format!("COGNITO_USER_POOL_ID={POOL}\nAWS_ENDPOINT_URL=http://192.0.2.1\nAPP=S3cret\n"),
    );
    home.write(
        ".aws/config",
        &format!(
            "[default]\nregion = eu-west-1\nservices = local\n[services local]\n\
             cognito-identity-provider =\n  endpoint_url = {0}\nsts =\n  endpoint_url = {0}\n\
             sso =\n  endpoint_url = https://me:S3cret@sso.example.com\n",
            aws.uri()
        ),
    );
    let run = |variables: &'static [(&str, &str)]| {
        let home = &home;
        found(move |flags| {
            let mut command = home.command(&format!("doctor --backend aws {flags}"));
            command
                .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
                .env("AWS_SECRET_ACCESS_KEY", "S3cret-key")
                .envs(variables.iter().copied());
            command
        })
    };
    let (ok, text) = run(&[]).await;
    assert!(ok, "{text}");
    let shown = text
        .replace(&aws.uri(), "http://127.0.0.1:PORT")
        .replace(home.0.to_str().unwrap(), "/app");
    let shown: Vec<&str> = shown
        .lines()
        .filter(|line| !line.contains("tools: "))
        .collect();
    assert_shown("sources", &shown.join("\n"));
    assert!(!text.contains("S3cret"), "{text}");

    // A proxy is shown without its password. This proxy does not exist, so a check fails.
    let (ok, text) = run(&[("HTTP_PROXY", "http://me:S3cret@127.0.0.1:9")]).await;
    assert!(!ok, "{text}");
    let proxy = "ok      proxy: requests go through http://127.0.0.1:9 (HTTP_PROXY).\n";
    assert!(text.contains(proxy) && !text.contains("S3cret"), "{text}");

    // A check fails if `serve` would refuse to start, and no request is sent.
    let before = aws.received_requests().await.unwrap().len();
    let (ok, text) = run(&[("AWS_ENDPOINT_URL_STS", "http://192.0.2.1")]).await;
    assert!(!ok, "{text}");
    let refusal = "failed  endpoint: The endpoint http://192.0.2.1 (AWS_ENDPOINT_URL_STS) is on another machine";
    assert!(text.contains(refusal), "{text}");
    assert_eq!(aws.received_requests().await.unwrap().len(), before);
}

fn sts() -> wiremock::MockBuilder {
    Mock::given(body_string_contains("Action=GetCallerIdentity"))
}

fn identity() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::123456789012:user/ana</Arn><UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account>\
         </GetCallerIdentityResult></GetCallerIdentityResponse>",
        "text/xml",
    )
}

/// An error of STS in XML.
fn refused_by_sts(code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(403).set_body_raw(
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        ),
        "text/xml",
    )
}

/// A mock of AWS that knows the keys and answers every operation with a pool.
async fn healthy() -> MockServer {
    let aws = MockServer::start().await;
    sts().respond_with(identity()).mount(&aws).await;
    Mock::given(header_exists("x-amz-target"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({ "UserPool": { "Id": POOL } })),
        )
        .with_priority(200)
        .mount(&aws)
        .await;
    aws
}

#[tokio::test]
async fn no_fault() {
    let (ok, text) = on(&healthy().await, "").await;
    assert!(ok, "{text}");
    assert_shown("well", &text);
}

/// An emulator at the endpoint does not know the owner of the keys. The pool is checked
/// anyway.
#[tokio::test]
async fn an_endpoint_without_sts() {
    let aws = healthy().await;
    let no_such_operation = ResponseTemplate::new(400).set_body_raw(
        r#"{"__type":"UnknownOperationException"}"#,
        "application/x-amz-json-1.1",
    );
    sts()
        .respond_with(no_such_operation)
        .with_priority(1)
        .mount(&aws)
        .await;
    let (ok, text) = on(&aws, "").await;
    assert!(ok, "{text}");
    let shown = "ok      credentials: found; http://127.0.0.1:PORT does not report their identity";
    assert!(text.contains(shown), "{text}");
    assert!(text.contains("ok      pool: "), "{text}");
}

/// `whoami` reports the account of the keys, or why it is unknown.
#[tokio::test]
async fn whoami_reports_the_account() {
    for (answer, known, why) in [
        (identity(), Some("123456789012"), None),
        (
            refused_by_sts("InvalidClientTokenId", "The security token is invalid."),
            None,
            Some(
                "AWS STS refused the request: InvalidClientTokenId: The security token is invalid.",
            ),
        ),
        (
            ResponseTemplate::new(400).set_body_raw("{}", "application/x-amz-json-1.1"),
            None,
            Some("The response is not from AWS STS"),
        ),
    ] {
        let aws = MockServer::start().await;
        sts().respond_with(answer).mount(&aws).await;
        let home = Home::new(&format!("whoami_{}", aws.address().port()));
        let mut command = home.command(&format!(
            "call whoami --backend aws --region eu-west-1 --endpoint-url {}",
            aws.uri()
        ));
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "S3cret-key");
        let output = ended(command).await;
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(shown["account"].as_str(), known, "{shown}");
        assert_eq!(shown["unknown_because"].as_str(), why, "{shown}");
    }
}

#[tokio::test]
async fn the_emulator() {
    let home = Home::new("doctor_emulated");
    let (ok, text) = found(|flags| home.command(&format!("doctor --seed 7 {flags}"))).await;
    assert!(ok, "{text}");
    assert_shown("emulator", &text);
    let (ok, text) =
        found(|flags| home.command(&format!("doctor --user-pool-id us-east-1_None {flags}"))).await;
    assert!(!ok, "{text}");
    assert!(
        text.contains(
            "failed  pool: the embedded emulator has no user pool us-east-1_None (--user-pool-id): load \
             it with --seed-file or --data, or name a pool that exists. Existing pools: "
        ),
        "{text}"
    );
    for flags in ["", "--backend aws"] {
        let command = format!("doctor {flags} --user-pool-id nonsense");
        let (ok, text) = found(|more| home.command(&format!("{command} {more}"))).await;
        assert!(!ok, "{text}");
        assert!(
            text.contains("failed  pool: --user-pool-id: `nonsense` is not a user pool id"),
            "{text}"
        );
    }
    let (ok, text) = found(|flags| home.command(&format!("doctor --toolsets user {flags}"))).await;
    assert!(
        !ok && text.starts_with(
            "failed  flags: --toolsets: unknown toolset `user`. Did you mean `users`?"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn no_region() {
    let home = Home::new("doctor_region");
    let (ok, text) = found(|flags| home.command(&format!("doctor --backend aws {flags}"))).await;
    assert!(!ok, "{text}");
    let words = "failed  region: No AWS Region is configured. Set AWS_REGION, pass --region";
    assert!(text.contains(words), "{text}");
    // The Region is taken from the pool's id, even if the profile does not exist.
    for flags in [
        format!("--user-pool-id {POOL}"),
        format!("--profile work --user-pool-id {POOL}"),
        format!("--pool {POOL} --pool eu-west-1_JkLmNoPqR"),
    ] {
        let (ok, text) =
            found(|more| home.command(&format!("doctor --backend aws {flags} {more}"))).await;
        assert!(!ok, "there are no credentials: {text}");
        assert!(text.contains("ok      region: eu-west-1."), "{text}");
        assert!(text.contains("failed  credentials: "), "{text}");
    }
    let mixed = "doctor --backend aws --pool eu-west-1_JkLmNoPqR --pool us-east-1_JkLmNoPqR";
    let (_, text) = found(|more| home.command(&format!("{mixed} {more}"))).await;
    assert!(text.contains("No AWS Region is configured"), "{text}");
}

#[tokio::test]
async fn no_credentials() {
    let home = Home::new("doctor_credentials");
    let (ok, text) = found(|flags| {
        home.command(&format!(
            "doctor --backend aws --region eu-west-1 --user-pool-id {POOL} {flags}"
        ))
    })
    .await;
    assert!(!ok, "{text}");
    assert_shown("no_credentials", &text);
}

#[tokio::test]
async fn wrong_region() {
    let aws = healthy().await;
    let (ok, text) = in_pool(&aws, "us-west-2_AbCdEfGhI", "").await;
    assert!(!ok, "{text}");
    assert_shown("wrong_region", &text);
    let requests = aws.received_requests().await.unwrap();
    let asked = requests
        .iter()
        .any(|request| request.headers.contains_key("x-amz-target"));
    assert!(
        !asked,
        "no request to Cognito: the pool is in another Region"
    );
}

#[tokio::test]
async fn pool_not_found() {
    let aws = healthy().await;
    operation("DescribeUserPool")
        .respond_with(exception(
            "ResourceNotFoundException",
            &format!("User pool {POOL} does not exist."),
        ))
        .mount(&aws)
        .await;
    operation("ListUserPools")
        .respond_with(ResponseTemplate::new(200).set_body_json(
            json!({ "UserPools": [{ "Id": "eu-west-1_ZzZzZzZzZ", "Name": "customers" }] }),
        ))
        .mount(&aws)
        .await;
    let (ok, text) = on(&aws, "").await;
    assert!(!ok, "{text}");
    assert_shown("pool_not_found", &text);
}

#[tokio::test]
async fn access_denied() {
    let aws = healthy().await;
    operation("ListUsers")
        .respond_with(exception(
            "AccessDeniedException",
            &format!(
                "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: cognito-idp:ListUsers \
                 on resource: arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL} because no \
                 identity-based policy allows the cognito-idp:ListUsers action"
            ),
        ))
        .mount(&aws)
        .await;
    let (ok, text) = on(&aws, "--toolsets users,groups --allow-writes").await;
    assert!(!ok, "{text}");
    let command = text
        .split('`')
        .find(|word| word.starts_with("cognito-mcp policy"));
    let words = command.unwrap().replace('\'', "");
    let parsed = Cli::try_parse_from(words.split(' '));
    assert!(parsed.is_ok(), "{}", parsed.unwrap_err());
    assert_shown("access_denied", &text);
}

#[tokio::test]
async fn expired_credentials() {
    let aws = healthy().await;
    sts()
        .respond_with(refused_by_sts(
            "ExpiredToken",
            "The security token included in the request is expired",
        ))
        .with_priority(1)
        .mount(&aws)
        .await;
    let (ok, text) = on(&aws, "").await;
    assert!(!ok, "{text}");
    assert_shown("expired_credentials", &text);
}

#[tokio::test]
async fn invalid_keys() {
    for (code, message, words) in [
        (
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            "failed  credentials: AWS does not know the access key",
        ),
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
            "failed  credentials: the secret access key does not belong to the access key",
        ),
    ] {
        let aws = healthy().await;
        let refused = refused_by_sts(code, message);
        sts()
            .respond_with(refused)
            .with_priority(1)
            .mount(&aws)
            .await;
        let (ok, text) = on(&aws, "").await;
        assert!(!ok && text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn clock_skew() {
    let aws = healthy().await;
    let date = |ago: u64| {
        let then = SystemTimeSource::new().now() - Duration::from_secs(ago);
        DateTime::from(then).fmt(Format::HttpDate).unwrap()
    };
    let early = refused_by_sts(
        "SignatureDoesNotMatch",
        "Signature not yet current: 20260101T002000Z is still later than 20260101T001000Z",
    );
    sts()
        .respond_with(early.insert_header("date", date(1200).as_str()))
        .with_priority(1)
        .mount(&aws)
        .await;
    let (ok, text) = on(&aws, "").await;
    assert!(!ok, "{text}");
    assert_shown("clock_skew", &text);
}

#[tokio::test]
async fn no_network() {
    // A port without a listener.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let home = Home::new("doctor_network");
    let (ok, text) = found(|flags| {
        let mut command = home.command(&format!(
            "doctor --backend aws --region eu-west-1 --endpoint-url http://{address} {flags}"
        ));
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "S3cret-key");
        command
    })
    .await;
    assert!(!ok, "{text}");
    assert!(
        text.contains("failed  credentials: AWS cannot be reached ("),
        "{text}"
    );
    assert!(
        text.contains("check the network, VPN, firewall or proxy"),
        "{text}"
    );
}

#[tokio::test]
async fn no_pool_configured() {
    let aws = healthy().await;
    operation("ListUserPools")
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({ "UserPools": [{ "Id": POOL, "Name": "customers" }] })),
        )
        .mount(&aws)
        .await;
    let home = Home::new("doctor_no_pool");
    let (ok, text) = found(|flags| {
        let mut command = home.command(&format!(
            "doctor --backend aws --region eu-west-1 --endpoint-url {} {flags}",
            aws.uri()
        ));
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "S3cret-key");
        command
    })
    .await;
    assert!(ok, "{text}");
    assert!(
        text.contains("Existing pools: eu-west-1_AbCdEfGhI (customers)."),
        "{text}"
    );
}
