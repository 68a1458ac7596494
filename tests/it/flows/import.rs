//! Import of users from a file.

use cognito_mcp::config::{Config, Selection};
use serde_json::json;
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::answer;
use crate::aws;
use crate::call;
use crate::every_tool;
use crate::hiding_secrets;
use crate::refusal;
use crate::test_server::TestServer;

const ROLE: &str = "arn:aws:iam::123456789012:role/CognitoImport";
const CSV: &str = "email,email_verified,cognito:mfa_enabled,cognito:username\n\
                   dora@example.com,true,false,dora\nemil@example.com,true,false,emil";

#[tokio::test]
async fn users_are_imported_in_one_call() {
    let server = TestServer::demo().await;
    let shown = server.done("get_import_header", json!({})).await;
    let columns = shown["columns"].as_array().unwrap();
    assert!(columns.contains(&json!("cognito:username")), "{shown}");

    let wrong = CSV.replace("cognito:username", "username");
    let import = |csv: &str| json!({ "name": "beta", "logs_role_arn": ROLE, "csv": csv });
    let (sentence, facts) = server.refused("import_users", import(&wrong)).await;
    assert_eq!(
        facts["problems"][0]["nearest"], "cognito:username",
        "{sentence}"
    );
    assert!(!sentence.contains("dora"), "{sentence}");

    let begun = server.done("import_users", import(CSV)).await;
    assert_eq!(begun["job"]["status"], "Pending", "{begun}");
    server.done("advance_clock", json!({ "minutes": 5 })).await;
    let next = begun["next"].clone();
    let shown = server
        .done(next["tool"].as_str().unwrap(), next["arguments"].clone())
        .await;
    assert_eq!(
        (&shown["jobs"][0]["status"], &shown["jobs"][0]["imported"]),
        (&json!("Succeeded"), &json!(2)),
        "{shown}"
    );
    assert!(shown.get("next").is_none(), "{shown}");
    server.done("get_user", json!({ "username": "dora" })).await;
    let (_, facts) = server
        .refused(
            "stop_import",
            json!({ "job_id": shown["jobs"][0]["job_id"] }),
        )
        .await;
    assert_eq!(facts["code"], "PreconditionNotMetException");
    let all = server.done("get_import", json!({})).await;
    assert_eq!(all["jobs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_person_uploads_the_file() {
    for config in [every_tool(), hiding_secrets()] {
        let reveals = config.reveal_secrets != Some(false);
        let server = TestServer::demo_with(config).await;
        let begun = server
            .done(
                "import_users",
                json!({ "name": "beta", "logs_role_arn": ROLE }),
            )
            .await;
        let url = begun["upload"]["url"].as_str().unwrap();
        assert_eq!(url.contains("X-Amz-Signature="), reveals, "{begun}");
        let (sentence, facts) = server
            .refused("import_users", begun["next"]["arguments"].clone())
            .await;
        assert_eq!(facts["code"], "PreconditionNotMetException", "{sentence}");
        if reveals {
            server.stack().upload(url, CSV).unwrap();
            server
                .done("import_users", begun["next"]["arguments"].clone())
                .await;
        }
    }
}

#[tokio::test]
async fn a_pool_without_verification_is_reported_first() {
    let server = TestServer::demo().await;
    let pool = server.new_pool(json!({}))["user_pool_id"].take();
    let import = json!({ "user_pool_id": pool, "name": "beta", "logs_role_arn": ROLE, "csv": CSV });
    let (sentence, facts) = server.refused("import_users", import.clone()).await;
    assert_eq!(facts["code"], "ImportNotReady", "{sentence}");
    server
        .done("update_pool", facts["retry"]["arguments"].clone())
        .await;
    server.done("import_users", import).await;
}

/// On AWS the file is uploaded to S3, and its URL is not shown.
#[tokio::test]
async fn the_file_is_uploaded_to_the_url() {
    let cognito = aws::cognito(
        "GetCSVHeader",
        ResponseTemplate::new(200).set_body_json(json!({
            "CSVHeader": ["email", "email_verified", "cognito:mfa_enabled", "cognito:username"],
        })),
    )
    .await;
    let url = format!("{}/bucket/file?X-Amz-Signature=S3cret", cognito.uri());
    let job =
        json!({ "JobId": "import-1", "JobName": "beta", "Status": "Pending", "PreSignedUrl": url });
    for (operation, body) in [
        (
            "DescribeUserPool",
            json!({ "UserPool": { "AutoVerifiedAttributes": ["email"] } }),
        ),
        ("CreateUserImportJob", json!({ "UserImportJob": job })),
        ("StartUserImportJob", json!({ "UserImportJob": job })),
    ] {
        let target = format!("AWSCognitoIdentityProviderService.{operation}");
        Mock::given(header("x-amz-target", target.as_str()))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&cognito)
            .await;
    }
    let put = || Mock::given(method("PUT")).and(path("/bucket/file"));
    put()
        .and(header("x-amz-server-side-encryption", "aws:kms"))
        .and(body_string(format!("{CSV}\n")))
        .respond_with(ResponseTemplate::new(200))
        .up_to_n_times(1)
        .mount(&cognito)
        .await;
    put()
        .respond_with(ResponseTemplate::new(403))
        .mount(&cognito)
        .await;
    let config = Config {
        selection: Selection {
            toolsets: vec!["import".to_owned()],
            ..Selection::default()
        },
        allow_writes: true,
        ..Config::default()
    };
    let client = aws::client(&cognito, config).await;
    let import = json!({ "name": "beta", "logs_role_arn": ROLE, "csv": CSV });
    let shown = answer(call(&client, "import_users", import.clone()).await);
    assert_eq!(shown["job"]["job_id"], "import-1");
    assert!(!shown.to_string().contains("S3cret"), "{shown}");
    let (sentence, facts) = refusal(call(&client, "import_users", import).await);
    assert_eq!(facts["code"], "FileNotUploaded", "{sentence}");
    assert!(
        !format!("{sentence}{facts}").contains("S3cret"),
        "{sentence}"
    );
}
