//! Threat protection: its settings, its log and its actions.

use serde_json::{Value, json};

use crate::json::with;
use crate::test_server::TestServer;

fn protected(server: &TestServer) -> Value {
    server.new_pool(json!({
        "UserPoolTier": "PLUS", "UserPoolAddOns": { "AdvancedSecurityMode": "ENFORCED" },
    }))
}

#[tokio::test]
async fn an_auditor_reads_sign_in_events() {
    let server = TestServer::demo().await;
    let named = protected(&server);
    let pool = json!({ "user_pool_id": named["user_pool_id"] });
    let ana = with(&pool, json!({ "username": "ana" }));
    server
        .done(
            "create_user",
            with(&ana, json!({ "message_action": "SUPPRESS" })),
        )
        .await;
    let password = with(&ana, json!({ "new_password": "Correct-Horse-7" }));
    server.done("reset_password", password).await;
    let sign_in = |password: &str| with(&named, json!({ "username": "ana", "password": password }));
    server.refused("sign_in", sign_in("Wrong-Horse-7")).await;
    server.done("advance_clock", json!({ "minutes": 1 })).await;
    server.done("sign_in", sign_in("Correct-Horse-7")).await;

    let mut events = Vec::new();
    let mut page = server
        .done("list_sign_in_events", with(&ana, json!({ "limit": 1 })))
        .await;
    loop {
        events.push(page["events"][0].take());
        let Some(next) = page.get("next") else { break };
        page = server
            .done("list_sign_in_events", next["arguments"].clone())
            .await;
    }
    let results: Vec<&str> = events
        .iter()
        .map(|event| event["result"].as_str().unwrap())
        .collect();
    assert_eq!(results, ["Pass", "Fail"], "{events:?}");
    let last = &events[0];
    assert_eq!(last["kind"], "SignIn");
    assert_eq!(last["risk"], "NoRisk");
    assert_eq!(last["challenges"], json!(["Password: Success"]));
    assert!(last["at"].as_str().unwrap().ends_with('Z'));

    let feedback = json!({ "event_id": events[1]["event_id"], "feedback": "invalid" });
    server
        .done("give_event_feedback", with(&ana, feedback.clone()))
        .await;
    let detailed = with(&ana, json!({ "response_format": "detailed" }));
    let page = server.done("list_sign_in_events", detailed).await;
    assert_eq!(page["events"][1]["feedback"], "Invalid");
    assert_eq!(page["events"][1]["feedback_by"], "Admin");
    let gone = with(&feedback, json!({ "event_id": "nope" }));
    let (_, facts) = server
        .refused("give_event_feedback", with(&ana, gone))
        .await;
    assert_eq!(facts["retry"]["tool"], "list_sign_in_events", "{facts}");
}

/// Cognito replaces all settings with those of a request, so the tool sends all
/// of them.
#[tokio::test]
async fn a_change_keeps_other_settings() {
    let server = TestServer::demo().await;
    let named = protected(&server);
    let pool = json!({ "user_pool_id": named["user_pool_id"] });
    let set = async |change: Value| server.done("set_risk_config", with(&pool, change)).await;
    set(json!({ "compromised_credentials": "BLOCK", "blocked_ip_ranges": ["192.0.2.0/24"] })).await;
    set(json!({ "high_risk": "MFA_REQUIRED" })).await;
    let shown = set(json!({ "always_allowed_ip_ranges": ["198.51.100.0/24"] })).await;
    assert_eq!(shown["changed"].as_array().unwrap().len(), 1, "{shown}");
    let config = server.done("get_risk_config", pool.clone()).await;
    assert_eq!(config["compromised_credentials"], "BLOCK");
    assert_eq!(config["high_risk"], "MFA_REQUIRED");
    assert_eq!(config.get("low_risk"), None);
    assert_eq!(config["blocked_ip_ranges"], json!(["192.0.2.0/24"]));
    assert_eq!(
        config["always_allowed_ip_ranges"],
        json!(["198.51.100.0/24"])
    );

    // The settings of a client do not change those of the pool.
    let change = json!({ "client_id": named["client_id"], "compromised_credentials": "NO_ACTION" });
    let shown = set(change).await;
    assert_eq!(shown["config"]["compromised_credentials"], "NO_ACTION");
    let config = server.done("get_risk_config", pool.clone()).await;
    assert_eq!(config["compromised_credentials"], "BLOCK");

    // Notifications are sent from an identity of SES.
    let identity = "arn:aws:ses:us-east-1:123456789012:identity/a@example.com";
    let notify = json!({ "notify_at": ["high"], "notify_from_arn": identity });
    let shown = set(notify).await;
    assert_eq!(shown["config"]["notifies_when"], json!(["high"]), "{shown}");
    assert_eq!(shown["config"]["high_risk"], "MFA_REQUIRED");
    let shown = set(json!({ "notify_at": [] })).await;
    assert_eq!(shown["config"]["notifies_when"], json!([]), "{shown}");
    assert_eq!(shown["config"]["notify_from_arn"], identity);
}
