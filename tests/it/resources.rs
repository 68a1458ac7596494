//! Resources: their contents, access to them, notifications of changes, and completion of
//! variables.

use std::collections::BTreeSet;

use cognito_emulator::wire::{Call, Service as _};
use cognito_mcp::cognito::backend;
use cognito_mcp::config::{BackendKind, Config, Selection};
use cognito_mcp::mcp::resources::RESOURCES;
use rmcp::ServiceError;
use rmcp::model::{
    ArgumentInfo, CacheScope, CompleteRequestParams, CompletionContext, CompletionInfo, ErrorData,
    PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResult,
    Reference, ResourceContents, ResourceUpdatedNotificationParam, ServerNotification,
    SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{NotificationContext, RoleClient, RunningService};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt, ServiceExt};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wiremock::MockServer;

use crate::Client;
use crate::answer;
use crate::aws;
use crate::call;
use crate::connect_as;
use crate::emulated;
use crate::test_server::TestServer;

#[test]
fn every_resource_is_reviewed() {
    insta::with_settings!({
        snapshot_path => "../../snapshots/resources",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        for resource in RESOURCES {
            if resource.is_template() {
                insta::assert_json_snapshot!(resource.name, resource.published_template());
            } else {
                insta::assert_json_snapshot!(resource.name, resource.published());
            }
        }
    });
    let names: BTreeSet<String> = RESOURCES
        .iter()
        .map(|known| known.name.to_owned())
        .collect();
    assert_eq!(names.len(), RESOURCES.len());
    assert_eq!(crate::published::snapshots("resources"), names);
}

/// The text of a resource as JSON. The result must have exactly one text.
#[track_caller]
fn content(result: &ReadResourceResult, uri: &str) -> Value {
    let [
        ResourceContents::TextResourceContents {
            uri: at,
            mime_type,
            text,
            ..
        },
    ] = result.contents.as_slice()
    else {
        panic!("one text, not {:?}", result.contents);
    };
    assert_eq!(at, uri);
    assert_eq!(mime_type.as_deref(), Some("application/json"));
    serde_json::from_str(text).unwrap()
}

async fn read(client: &Client, uri: &str) -> Value {
    let result = client.read_resource(ReadResourceRequestParams::new(uri));
    content(&result.await.unwrap(), uri)
}

async fn refusal<H: ClientHandler>(client: &RunningService<RoleClient, H>, uri: &str) -> ErrorData {
    let read = client.read_resource(ReadResourceRequestParams::new(uri));
    match read.await.unwrap_err() {
        ServiceError::McpError(error) => error,
        other => panic!("an error of the protocol, not {other}"),
    }
}

async fn default_pool(client: &Client) -> String {
    let pool = answer(call(client, "whoami", json!({})).await)["default_user_pool_id"].clone();
    pool.as_str().unwrap().to_owned()
}

/// A client of the era that begins with the revision 2026-07-28.
async fn modern(config: &Config) -> Client {
    let backend = backend::connect(config).await.unwrap();
    let (here, there) = tokio::io::duplex(64 * 1024);
    let server = cognito_mcp::mcp::server::Server::new(config, backend).unwrap();
    tokio::spawn(async move {
        let running = server.serve(there).await.unwrap();
        running.waiting().await.unwrap();
    });
    let discover = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    };
    ().serve_with_lifecycle(here, discover).await.unwrap()
}

#[tokio::test]
async fn a_resource_has_the_answer_of_its_tool() {
    let client = emulated().await;
    let pool = default_pool(&client).await;
    let answers = [
        ("", "describe_pool", json!({})),
        ("/clients", "list_clients", json!({})),
        ("/groups", "list_groups", json!({})),
        (
            "/groups/admins",
            "list_group_members",
            json!({ "group": "admins", "response_format": "detailed" }),
        ),
        ("/users/ana", "get_user", json!({ "username": "ana" })),
    ];
    for (path, tool, arguments) in answers {
        let shown = read(&client, &format!("cognito://pools/{pool}{path}")).await;
        assert_eq!(
            shown,
            answer(call(&client, tool, arguments).await),
            "{tool}"
        );
    }
    let pools = read(&client, "cognito://pools").await;
    assert_eq!(pools, answer(call(&client, "list_pools", json!({})).await));
}

/// The resource of a list has the items of several pages, and says if items are missing.
#[tokio::test]
async fn a_long_list_is_complete_or_says_that_items_are_missing() {
    let client = emulated().await;
    let pool = default_pool(&client).await;
    let uri = format!("cognito://pools/{pool}/groups");
    let create = async |from: usize, to: usize, description: &str| {
        for number in from..to {
            let group = json!({ "group": format!("g{number:04}"), "description": description });
            answer(call(&client, "create_group", group).await);
        }
    };
    create(0, 150, "short").await;
    let whole = read(&client, &uri).await;
    assert_eq!(whole["groups"].as_array().unwrap().len(), 151);
    assert_eq!(whole["has_more"], false);
    create(150, 250, &"long ".repeat(100)).await;
    let part = read(&client, &uri).await;
    assert_eq!(part["has_more"], true);
    let mut names: Vec<Value> = Vec::new();
    let mut page = part;
    loop {
        let groups = page["groups"].as_array().unwrap();
        names.extend(groups.iter().map(|group| group["group"].clone()));
        let Some(next) = page.get("next").cloned() else {
            break;
        };
        let tool = next["tool"].as_str().unwrap().to_owned();
        // A page of the default length would be too long here, because the groups have
        // long descriptions.
        let mut arguments = next["arguments"].clone();
        arguments["limit"] = json!(10);
        page = answer(call(&client, &tool, arguments).await);
    }
    let unique: BTreeSet<String> = names.iter().map(Value::to_string).collect();
    assert_eq!((names.len(), unique.len()), (251, 251));
}

#[tokio::test]
async fn app_clients_are_shown_without_their_secrets() {
    let server = TestServer::demo_with(Config::default()).await;
    let pool = server.pool_id();
    let input = json!({ "UserPoolId": pool, "ClientName": "confidential", "GenerateSecret": true });
    let made = server.cognito("CreateUserPoolClient", input);
    let secret = made["UserPoolClient"]["ClientSecret"].as_str().unwrap();
    let shown = read(&server.client, &format!("cognito://pools/{pool}/clients")).await;
    let confidential = shown["clients"].as_array().unwrap().iter();
    assert_eq!(
        confidential
            .filter(|client| client["has_secret"] == true)
            .count(),
        1
    );
    assert!(!shown.to_string().contains(secret));
}

#[tokio::test]
async fn the_error_catalogue_has_all_hints() {
    let client = emulated().await;
    let all = read(&client, "cognito://errors").await;
    let all = all["errors"].as_array().unwrap();
    assert_eq!(all.len(), cognito_mcp::hints::all().count());
    let one = read(&client, "cognito://errors/UserNotFoundException").await;
    let one = one["errors"].as_array().unwrap();
    assert!(!one.is_empty() && one.len() < all.len());
    for error in one {
        assert_eq!(error["exception"], "UserNotFoundException");
        assert!(error["advice"].is_string());
    }
    let (code, data) = code_and_data(refusal(&client, "cognito://errors/NoException").await);
    assert_eq!(
        (code, data["uri"].as_str()),
        (-32002, Some("cognito://errors/NoException"))
    );
}

/// The policy is for exactly the enabled tools and the configured pools.
#[tokio::test]
async fn the_policy_is_for_enabled_tools_and_pools() {
    let config = Config {
        selection: Selection {
            tools: vec!["get_user".to_owned()],
            pools: vec!["us-east-1_AbCdEfGhI".to_owned()],
            ..Selection::default()
        },
        ..Config::default()
    };
    let server = TestServer::demo_with(config).await;
    let policy = read(&server.client, "cognito://policy").await;
    let statement = &policy["Statement"][0];
    let actions = statement["Action"].as_array().unwrap();
    for operation in cognito_mcp::tools::find("get_user").unwrap().operations {
        assert!(
            actions.contains(&json!(format!("cognito-idp:{operation}"))),
            "{policy}"
        );
    }
    assert_eq!(
        statement["Resource"],
        json!(["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI"])
    );
    assert!(!policy.to_string().contains("Delete"), "{policy}");
}

/// No request shows a pool that is not configured.
#[tokio::test]
async fn pools_that_are_not_configured_are_not_shown() {
    let config = Config {
        selection: Selection {
            pools: vec!["us-east-1_AbCdEfGhI".to_owned()],
            ..Selection::default()
        },
        ..Config::default()
    };
    let server = TestServer::demo_with(config).await;
    let client = &server.client;
    let other = server.pool_id().to_owned();
    for path in ["", "/clients", "/groups", "/groups/admins", "/users/ana"] {
        let uri = format!("cognito://pools/{other}{path}");
        let (code, data) = code_and_data(refusal(client, &uri).await);
        assert_eq!(
            (code, &data["code"]),
            (-32002, &json!("PoolNotAllowed")),
            "{uri}"
        );
    }
    let pools = "cognito://pools/{user_pool_id}";
    let found = completed(client, pools, "user_pool_id", "", &[]).await;
    assert_eq!(found.values, ["us-east-1_AbCdEfGhI"]);
    let params = CompleteRequestParams::new(
        Reference::for_resource("cognito://pools/{user_pool_id}/users/{username}"),
        ArgumentInfo::new("username", ""),
    );
    let chosen = [("user_pool_id".to_owned(), other)].into();
    let params = params.with_context(CompletionContext::with_arguments(chosen));
    assert!(client.complete(params).await.is_err());
}

fn code_and_data(error: ErrorData) -> (i32, Value) {
    (error.code.0, error.data.unwrap())
}

/// The error code is -32602 since 2026-07-28 and -32002 before. Both errors have the URI.
#[tokio::test]
async fn unknown_resources_are_refused_with_their_uri() {
    let legacy = emulated().await;
    let modern = modern(&Config::default()).await;
    let pool = default_pool(&modern).await;
    for uri in [
        "cognito://nothing",
        "https://example.com",
        "cognito://pools/us-east-1_Nowhere12",
        &format!("cognito://pools/{pool}/users/unknown"),
        &format!("cognito://pools/{pool}/groups/none"),
    ] {
        let (code, data) = code_and_data(refusal(&modern, uri).await);
        assert_eq!((code, data["uri"].as_str()), (-32602, Some(uri)));
        if !uri.contains(&pool) {
            assert_eq!(refusal(&legacy, uri).await.code.0, -32002);
        }
    }
    // A pool cannot have this id.
    let error = refusal(&modern, "cognito://pools/nowhere").await;
    assert_eq!(error.code.0, -32602, "{error:?}");
}

/// A resource is available only if its tool is enabled.
#[tokio::test]
async fn resources_of_disabled_tools_cannot_be_read() {
    let config = Config {
        selection: Selection {
            toolsets: vec!["groups".to_owned()],
            ..Selection::default()
        },
        ..Config::default()
    };
    let server = TestServer::demo_with(config).await;
    let (client, pool) = (&server.client, server.pool_id());
    let listed = client.list_all_resources().await.unwrap();
    let listed: Vec<&str> = listed
        .iter()
        .map(|resource| resource.uri.as_str())
        .collect();
    assert_eq!(listed, ["cognito://errors", "cognito://policy"]);
    let templates = client.list_all_resource_templates().await.unwrap();
    let templates: Vec<&str> = templates
        .iter()
        .map(|known| known.uri_template.as_str())
        .collect();
    assert_eq!(
        templates,
        [
            "cognito://pools/{user_pool_id}/groups",
            "cognito://pools/{user_pool_id}/groups/{group}",
            "cognito://errors/{exception}",
        ]
    );
    let (code, data) = code_and_data(refusal(client, &format!("cognito://pools/{pool}")).await);
    assert_eq!(
        (code, data["code"].as_str()),
        (-32002, Some("ToolNotEnabled"))
    );
    let complete = completed(
        client,
        "cognito://pools/{user_pool_id}",
        "user_pool_id",
        "",
        &[],
    );
    assert!(complete.await.values.is_empty());
    let groups = "cognito://pools/{user_pool_id}/groups/{group}";
    let complete = completed(client, groups, "group", "", &[("user_pool_id", pool)]).await;
    assert_eq!(complete.values, ["admins"]);
}

/// The list continues with an opaque cursor, and refuses any other cursor.
#[tokio::test]
async fn pools_are_listed_page_by_page() {
    let server = TestServer::demo_with(Config::default()).await;
    for number in 0..70 {
        let input = json!({ "PoolName": format!("pool {number}") });
        server.cognito("CreateUserPool", input);
    }
    let client = &server.client;
    let first = client.list_resources(None).await.unwrap();
    assert_eq!(first.resources.len(), 6 + 60);
    let cursor = PaginatedRequestParams::default().with_cursor(first.next_cursor);
    let second = client.list_resources(Some(cursor)).await.unwrap();
    assert_eq!((second.resources.len(), &second.next_cursor), (11, &None));
    let uris = first.resources.iter().chain(&second.resources);
    let uris: BTreeSet<&str> = uris.map(|resource| resource.uri.as_str()).collect();
    assert_eq!(uris.len(), 77);
    for uri in uris.iter().take(5) {
        client
            .read_resource(ReadResourceRequestParams::new(*uri))
            .await
            .unwrap();
    }
    // A text that is not a cursor, a cursor of another list, and a cursor that Cognito
    // refuses.
    for cursor in ["nonsense!", "bm9uc2Vuc2U", "cG9vbHM6bm9uc2Vuc2U"] {
        let cursor =
            || Some(PaginatedRequestParams::default().with_cursor(Some(cursor.to_owned())));
        let refused = [
            client.list_resources(cursor()).await.map(drop),
            client.list_resource_templates(cursor()).await.map(drop),
            client.list_tools(cursor()).await.map(drop),
            client.list_prompts(cursor()).await.map(drop),
        ];
        for refused in refused {
            let ServiceError::McpError(error) = refused.unwrap_err() else {
                panic!("an error of the protocol");
            };
            assert_eq!(error.code.0, -32602, "{error:?}");
        }
    }
}

#[tokio::test]
async fn lists_and_reads_have_cache_times() {
    let client = modern(&Config::default()).await;
    let private = Some(CacheScope::Private);
    let list = client.list_resources(None).await.unwrap();
    assert_eq!((list.ttl_ms, list.cache_scope), (Some(0), private));
    let list = client.list_resource_templates(None).await.unwrap();
    assert_eq!((list.ttl_ms, list.cache_scope), (Some(3_600_000), private));
    let list = client.list_prompts(None).await.unwrap();
    assert_eq!((list.ttl_ms, list.cache_scope), (Some(3_600_000), private));
    let read = async |uri: &str| {
        let read = client.read_resource(ReadResourceRequestParams::new(uri));
        let read = read.await.unwrap();
        (read.ttl_ms, read.cache_scope)
    };
    assert_eq!(read("cognito://pools").await, (Some(0), private));
    assert_eq!(
        read("cognito://errors").await,
        (Some(3_600_000), Some(CacheScope::Public))
    );
}

/// Completes `argument` in `template`, which begins with `begun`. `chosen` has the values
/// of other variables.
async fn completed(
    client: &Client,
    template: &str,
    argument: &str,
    begun: &str,
    chosen: &[(&str, &str)],
) -> CompletionInfo {
    let chosen = chosen
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let params = CompleteRequestParams::new(
        Reference::for_resource(template),
        ArgumentInfo::new(argument, begun),
    );
    let params = params.with_context(CompletionContext::with_arguments(chosen));
    client.complete(params).await.unwrap().completion
}

#[tokio::test]
async fn variables_are_completed() {
    let server = TestServer::demo_with(Config::default()).await;
    let input = json!({ "PoolName": "other" });
    let other = server.cognito("CreateUserPool", input)["UserPool"]["Id"].take();
    let other = other.as_str().unwrap();
    let (client, pool) = (&server.client, server.pool_id());
    let pools = "cognito://pools/{user_pool_id}";
    let users = "cognito://pools/{user_pool_id}/users/{username}";
    let groups = "cognito://pools/{user_pool_id}/groups/{group}";

    let found = completed(client, pools, "user_pool_id", "us-", &[]).await;
    assert_eq!(found.values.len(), 2);
    assert_eq!((found.total, found.has_more), (Some(2), Some(false)));
    // A pool is also found by its name.
    let found = completed(client, pools, "user_pool_id", "dem", &[]).await;
    assert_eq!(found.values, [pool]);

    let found = completed(client, users, "username", "", &[]).await;
    assert_eq!(found.values.len(), 3);
    let found = completed(client, users, "username", "an", &[("user_pool_id", pool)]).await;
    assert_eq!(found.values, ["ana"]);
    let found = completed(client, users, "username", "an", &[("user_pool_id", other)]).await;
    assert!(found.values.is_empty());
    let found = completed(client, users, "username", "\"\\", &[]).await;
    assert!(found.values.is_empty());

    let found = completed(client, groups, "group", "ADM", &[("user_pool_id", pool)]).await;
    assert_eq!(found.values, ["admins"]);

    let errors = "cognito://errors/{exception}";
    let found = completed(client, errors, "exception", "UserNotF", &[]).await;
    assert_eq!(found.values, ["UserNotFoundException"]);

    let prompt = CompleteRequestParams::new(
        Reference::for_prompt("find_sign_in_problem"),
        ArgumentInfo::new("client_id", ""),
    );
    let found = client.complete(prompt).await.unwrap().completion;
    assert_eq!(found.values.len(), 1);
    // A symptom cannot be completed, because only the user knows it.
    let prompt = CompleteRequestParams::new(
        Reference::for_prompt("find_sign_in_problem"),
        ArgumentInfo::new("symptom", ""),
    );
    assert_eq!(
        client
            .complete(prompt)
            .await
            .unwrap()
            .completion
            .values
            .len(),
        0
    );
}

/// A completion has at most 100 values, and says if there are more.
#[tokio::test]
async fn a_completion_is_bounded() {
    let client = emulated().await;
    let rows: Vec<Value> = (0..130)
        .map(|number| json!({ "username": format!("row-{number:03}") }))
        .collect();
    for rows in rows.chunks(50) {
        let rows = json!({ "users": rows, "message_action": "SUPPRESS" });
        answer(call(&client, "create_users", rows).await);
    }
    let users = "cognito://pools/{user_pool_id}/users/{username}";
    let found = completed(&client, users, "username", "row-", &[]).await;
    assert_eq!(found.values.len(), 100);
    assert_eq!(found.has_more, Some(true));
    let found = completed(&client, users, "username", "row-12", &[]).await;
    assert_eq!((found.total, found.has_more), (Some(10), Some(false)));
}

#[tokio::test]
async fn references_without_completion_are_refused() {
    let client = emulated().await;
    let refused = [
        (Reference::for_prompt("nothing"), "username"),
        (Reference::for_prompt("audit_pool"), "username"),
        (Reference::for_resource("cognito://nothing/{a}"), "a"),
        (Reference::for_resource("cognito://pools"), "user_pool_id"),
    ];
    for (reference, argument) in refused {
        let params = CompleteRequestParams::new(reference, ArgumentInfo::new(argument, ""));
        let ServiceError::McpError(error) = client.complete(params).await.unwrap_err() else {
            panic!("an error of the protocol");
        };
        assert_eq!(error.code.0, -32602, "{error:?}");
    }
}

/// A client that forwards notifications of updates to the test.
struct Updates(mpsc::UnboundedSender<String>);

impl ClientHandler for Updates {
    async fn on_resource_updated(
        &self,
        update: ResourceUpdatedNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.0.send(update.uri).unwrap();
    }
}

#[tokio::test]
async fn changes_on_the_emulator_are_announced_since_2026() {
    let client = modern(&Config::default()).await;
    let pool = default_pool(&client).await;
    let users = format!("cognito://pools/{pool}/users/ana");
    let mine = format!("cognito://pools/{pool}");
    let wanted = SubscriptionFilter::builder().resource_subscriptions([
        mine.as_str(),
        users.as_str(),
        "cognito://pools/us-east-1_Another12",
        // These are not accepted: the first one never changes, and the second one does
        // not exist.
        "cognito://errors",
        "cognito://nothing",
    ]);
    let mut subscription = client.listen(wanted.build()).await.unwrap();
    let accepted = subscription
        .acknowledged()
        .resource_subscriptions
        .clone()
        .unwrap();
    assert_eq!(accepted.len(), 3);
    let mut next = async || {
        let Ok(Some(ServerNotification::ResourceUpdatedNotification(update))) =
            subscription.next().await
        else {
            panic!("an update");
        };
        update.params.uri
    };
    // Reads and refused calls change nothing.
    answer(call(&client, "get_user", json!({ "username": "ana" })).await);
    crate::refusal(call(&client, "enable_user", json!({ "username": "unknown" })).await);
    answer(call(&client, "disable_user", json!({ "username": "ana" })).await);
    assert_eq!(next().await, mine);
    assert_eq!(next().await, users);
    answer(call(&client, "reset_emulator", json!({})).await);
    assert_eq!(next().await, mine);
    assert_eq!(next().await, users);
    assert_eq!(next().await, "cognito://pools/us-east-1_Another12");
}

#[tokio::test]
#[expect(
    deprecated,
    reason = "clients of the era before 2026-07-28 subscribe so"
)]
async fn changes_on_the_emulator_are_announced_before_2026() {
    let config = Config::default();
    let backend = backend::connect(&config).await.unwrap();
    let emulator = backend.emulator.as_ref().unwrap();
    let pool = emulator.initial_defaults().user_pool_id.unwrap();
    let stack = emulator.stack().clone();
    let (sender, mut updates) = mpsc::unbounded_channel();
    let client = connect_as(Updates(sender), &config, backend).await;
    let capabilities = client.peer_info().unwrap().capabilities.clone();
    assert_eq!(capabilities.resources.unwrap().subscribe, Some(true));
    let uri = format!("cognito://pools/{pool}");
    client
        .subscribe(SubscribeRequestParams::new(&uri))
        .await
        .unwrap();
    // A change by an application through the emulator's other entry point is announced
    // too.
    let change = |username: &str| {
        let input = json!({ "UserPoolId": pool, "Username": username });
        assert!(stack.call(&Call::new("AdminDisableUser", input)).is_ok());
    };
    change("ana");
    assert_eq!(updates.recv().await.unwrap(), uri);
    client
        .unsubscribe(UnsubscribeRequestParams::new(&uri))
        .await
        .unwrap();
    change("ben");
    // A new subscription is notified only of changes after it.
    let users = format!("{uri}/users/cleo");
    client
        .subscribe(SubscribeRequestParams::new(&users))
        .await
        .unwrap();
    change("cleo");
    assert_eq!(updates.recv().await.unwrap(), users);
    assert!(updates.try_recv().is_err());
    let refused = client
        .subscribe(SubscribeRequestParams::new("cognito://errors"))
        .await;
    assert!(matches!(refused, Err(ServiceError::McpError(error)) if error.code.0 == -32002));
}

#[tokio::test]
async fn changes_on_cognito_are_not_announced() {
    let cognito = MockServer::start().await;
    let client = aws::client(
        &cognito,
        Config {
            backend: BackendKind::Aws,
            ..Config::default()
        },
    );
    let client = client.await;
    let capabilities = client.peer_info().unwrap().capabilities.clone();
    assert_eq!(capabilities.resources.unwrap().subscribe, None);
    // Resources that need no request are listed, even if pools cannot be listed.
    let listed = client.list_all_resources().await.unwrap();
    let listed: Vec<&str> = listed
        .iter()
        .map(|resource| resource.uri.as_str())
        .collect();
    assert_eq!(
        listed,
        ["cognito://pools", "cognito://errors", "cognito://policy"]
    );
}
