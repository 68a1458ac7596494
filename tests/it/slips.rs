//! Slips of callers, end to end: the retry of a refusal has the same effects as the intended call.
//!
//! Each call is made in two equal states: as it was intended, and with a slip whose retry is then
//! followed. The successful requests to Cognito must be the same. `src/arguments/corrections_property.rs` tests
//! the slips of arguments alone. `generated` has slips of every tool and every argument.

mod generated;
mod kinds;
mod learned;
mod prepared_server;

use cognito_emulator::layers::journal::Entry;
use cognito_mcp::config::{BackendKind, Config, Selection};
use serde_json::{Value, json};

use crate::test_server::{Outcome, PASSWORD, TestServer};

/// A call without and with a slip.
struct Slip {
    tool: &'static str,
    intended: Value,
    slipped: Value,
}

fn slip(tool: &'static str, intended: Value, slipped: Value) -> Slip {
    Slip {
        tool,
        intended,
        slipped,
    }
}

/// Wrong spellings of a name that is not an identifier.
fn written(name: &str) -> [String; 5] {
    [
        format!("{name} "),
        format!(" {name}"),
        name.to_uppercase(),
        format!("{name}{}", &name[name.len() - 1..]),
        name[..name.len() - 1].to_owned(),
    ]
}

/// Slips in names of users, groups, pools and clients, and in addresses, numbers and filters.
#[expect(clippy::too_many_lines, reason = "a table")]
fn slips() -> Vec<Slip> {
    let mut all = Vec::new();
    let user = |name: &str, more: Value| {
        let mut call = json!({ "username": name });
        for (key, value) in more.as_object().unwrap() {
            call[key] = value.clone();
        }
        call
    };
    let calls = [
        ("get_user", json!({})),
        ("disable_user", json!({})),
        ("enable_user", json!({})),
        ("sign_out_user", json!({})),
        ("delete_user", json!({ "confirm": "hannah" })),
        ("reset_password", json!({ "new_password": PASSWORD })),
        ("require_password_reset", json!({})),
        ("update_user", json!({ "attributes": { "nickname": "H" } })),
        ("add_user_to_group", json!({ "group": "reviewers" })),
        ("get_user_factors", json!({})),
        ("sign_in", json!({ "password": PASSWORD })),
    ];
    for (tool, more) in &calls {
        for name in written("hannah") {
            all.push(slip(
                tool,
                user("hannah", more.clone()),
                user(&name, more.clone()),
            ));
        }
    }
    for group in written("reviewers") {
        for tool in ["add_user_to_group", "remove_user_from_group"] {
            let call = |group: &str| json!({ "username": "hannah", "group": group });
            all.push(slip(tool, call("reviewers"), call(&group)));
        }
        let call = |group: &str| json!({ "group": group });
        all.push(slip("list_group_members", call("reviewers"), call(&group)));
    }
    for (given, meant) in [
        (" zoe@example.com", Some("zoe@example.com")),
        ("<zoe@example.com>", Some("zoe@example.com")),
        ("zoe @example.com", Some("zoe@example.com")),
        ("z oe@example.com", None),
        ("zoe@example", None),
    ] {
        let call = |email: &str| json!({ "username": "zoe", "email": email });
        all.push(slip(
            "create_user",
            call(meant.unwrap_or("other@example.com")),
            call(given),
        ));
    }
    for (given, meant) in [
        ("+1 (206) 555-0100", Some("+12065550100")),
        ("0049 30 123456", Some("+4930123456")),
        ("2065550100", None),
        ("13912345678", None),
    ] {
        let call = |number: &str| json!({ "username": "hannah", "attributes": { "phone_number": number } });
        all.push(slip(
            "update_user",
            call(meant.unwrap_or("+10000000000")),
            call(given),
        ));
    }
    for (given, meant) in [
        (
            "email == hannah@example.com",
            Some("email = \"hannah@example.com\""),
        ),
        (
            "emial = \"hannah@example.com\"",
            Some("email = \"hannah@example.com\""),
        ),
        ("email = \"han*\"", Some("email ^= \"han\"")),
        ("enabled = false", Some("status = \"Disabled\"")),
        ("email_verified = \"false\"", None),
        ("email != \"a\"", None),
        ("custom:team = \"red\"", None),
        ("email contains han", None),
    ] {
        let call = |filter: &str| json!({ "filter": filter });
        all.push(slip(
            "list_users",
            call(meant.unwrap_or("sub = \"none\"")),
            call(given),
        ));
    }
    let named = |name: &str| json!({ "client_id": name });
    all.push(slip("describe_client", named("$client"), named("app")));
    all.push(slip(
        "describe_client",
        named("$client"),
        json!({ "client": "app" }),
    ));
    let at = |client: &str| json!({ "username": "hannah", "client_id": client });
    all.push(slip("diagnose_sign_in", at("$client"), at("app")));
    let by = |flow: &str| json!({ "username": "hannah", "flow": flow });
    for flow in ["user_srp_auth", "USER_SRP", "srp"] {
        all.push(slip("diagnose_sign_in", by("USER_SRP_AUTH"), by(flow)));
    }
    let pool = |id: &str| json!({ "user_pool_id": id });
    all.push(slip("audit_pool", pool("$pool"), pool("main")));
    all.push(slip("describe_pool", pool("$pool"), pool("main")));
    all.push(slip(
        "describe_pool",
        pool("$pool"),
        json!({ "pool": "main" }),
    ));
    all
}

async fn server(backend: BackendKind) -> TestServer {
    let config = Config {
        backend,
        allow_destructive: backend == BackendKind::Aws,
        selection: Selection {
            toolsets: vec!["all".to_owned()],
            ..Selection::default()
        },
        ..Config::default()
    };
    let server = TestServer::configured(config, json!({}), json!({}), true).await;
    for (operation, input) in [
        (
            "AdminCreateUser",
            json!({ "Username": "hannah", "TemporaryPassword": PASSWORD, "UserAttributes": [
                { "Name": "email", "Value": "hannah@example.com" },
                { "Name": "email_verified", "Value": "true" },
            ] }),
        ),
        (
            "AdminSetUserPassword",
            json!({ "Username": "hannah", "Password": PASSWORD, "Permanent": true }),
        ),
        ("CreateGroup", json!({ "GroupName": "reviewers" })),
        (
            "AdminAddUserToGroup",
            json!({ "Username": "hannah", "GroupName": "reviewers" }),
        ),
    ] {
        server.prepare(operation, &input).await;
    }
    server
}

/// The successful requests of a call, which must succeed. Reads of a client's secret and of the
/// pool's name are left out, because they are read only once.
async fn effects(server: &TestServer, tool: &str, arguments: &Value) -> Option<Vec<String>> {
    let before = server.stack().journal_len();
    let Outcome::Done(_) = server.call(tool, arguments).await else {
        return None;
    };
    let made = server.stack().journal_after(before);
    let done = made.iter().filter(|entry| entry.code.is_none());
    let done = done.filter(|entry| match entry.operation.as_str() {
        "DescribeUserPoolClient" => false,
        "DescribeUserPool" => tool == "describe_pool",
        _ => true,
    });
    let shown = |entry: &Entry| {
        let mut request = entry.request.clone();
        request.sort_all_objects();
        server.nameless(&format!("{} {request}", entry.operation))
    };
    Some(done.map(shown).collect())
}

#[tokio::test(start_paused = true)]
async fn a_retry_does_what_was_intended() {
    for backend in [BackendKind::Emulated, BackendKind::Aws] {
        let (mut corrected, mut asked) = (0, 0);
        for Slip {
            tool,
            intended,
            slipped,
        } in slips()
        {
            let slip_made = server(backend).await;
            let Outcome::Refused(facts) = slip_made.call(tool, &slipped).await else {
                continue;
            };
            let Some(retry) = facts.get("retry").filter(|retry| retry["tool"] == tool) else {
                asked += 1;
                continue;
            };
            if intended.get("confirm").is_some() && retry["arguments"].get("confirm").is_none() {
                // A retry never confirms, so the caller must repeat the confirmation.
                asked += 1;
                continue;
            }
            let as_intended = server(backend).await;
            let expected = effects(&as_intended, tool, &intended).await;
            let found = effects(&slip_made, tool, &retry["arguments"]).await;
            assert_eq!(found, expected, "{tool} {slipped}: {facts}");
            corrected += 1;
        }
        eprintln!("{corrected} corrected, {asked} asked");
        assert!(corrected > 20 && asked > 20, "{corrected} {asked}");
    }
}
