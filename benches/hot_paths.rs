//! Benchmarks of the hot paths in a pool of 1,000 users and in one of 100,000: the
//! emulator alone, through the AWS SDK, and as a complete tool call with both ends of an
//! in-memory transport.
//!
//! `cargo bench` runs all benchmarks, `cargo bench -- list_users` those with a matching
//! name. `docs/benchmarks.md` has the results.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on stops here"
)]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::operation::list_users::builders::ListUsersFluentBuilder;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, AuthFlowType, MessageActionType};
use cognito_emulator::auth::keys::Keyring;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Reply, Service};
use cognito_mcp::cognito::backend;
use cognito_mcp::cognito::operations::Effect;
use cognito_mcp::cognito::watch::Watch;
use cognito_mcp::config::{self, Config};
use cognito_mcp::mcp::server::Server;
use divan::{Bencher, Divan};
use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::{Peer, RoleClient};
use serde_json::{Value, json};
use tokio::runtime::{self, Runtime};
use tokio_util::sync::CancellationToken;

/// The operations that the benchmarks call through the SDK's client.
const OPERATIONS: &[&str] = &[
    "AdminCreateUser",
    "AdminGetUser",
    "AdminInitiateAuth",
    "ListUsers",
];

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // A second per benchmark gives steadier results than a hundred calls that take
    // microseconds.
    Divan::default()
        .min_time(Duration::from_secs(1))
        .config_with_args()
        .main();
}

const USERS: [usize; 2] = [1_000, 100_000];

/// A signature over a text as long as a token. A sign-in makes two.
#[divan::bench]
fn rs256_signature(bencher: Bencher<'_, '_>) {
    let keys = Keyring::default().next();
    let message = [b'x'; 800];
    bencher.bench_local(|| keys.access().sign(&message));
}

/// The emulator with its layers, without the SDK.
mod emulator {
    use super::{
        Bencher, EQUAL, NEW_USER, PASSWORD, PREFIX, USER, USERS, Value, json, new_user, place,
    };

    #[divan::bench(args = USERS)]
    fn admin_get_user(bencher: Bencher<'_, '_>, users: usize) {
        repeat(bencher, users, "AdminGetUser", json!({ "Username": USER }));
    }

    #[divan::bench(args = USERS, sample_size = 1)]
    fn admin_create_user(bencher: Bencher<'_, '_>, users: usize) {
        let place = place(users);
        let call = place.call("AdminCreateUser", new_user(NEW_USER));
        bencher
            .with_inputs(|| place.delete_new_user())
            .bench_local_values(|()| place.answer(&call));
    }

    #[divan::bench(args = USERS)]
    fn list_users_first_page(bencher: Bencher<'_, '_>, users: usize) {
        repeat(bencher, users, "ListUsers", json!({}));
    }

    #[divan::bench(args = USERS)]
    fn list_users_equal(bencher: Bencher<'_, '_>, users: usize) {
        repeat(bencher, users, "ListUsers", json!({ "Filter": EQUAL }));
    }

    #[divan::bench(args = USERS)]
    fn list_users_prefix(bencher: Bencher<'_, '_>, users: usize) {
        repeat(bencher, users, "ListUsers", json!({ "Filter": PREFIX }));
    }

    #[divan::bench(args = USERS)]
    fn admin_initiate_auth(bencher: Bencher<'_, '_>, users: usize) {
        let input = json!({
            "ClientId": place(users).client,
            "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": { "USERNAME": USER, "PASSWORD": PASSWORD },
        });
        repeat(bencher, users, "AdminInitiateAuth", input);
    }

    fn repeat(bencher: Bencher<'_, '_>, users: usize, operation: &str, input: Value) {
        let place = place(users);
        let call = place.call(operation, input);
        bencher.bench_local(|| place.answer(&call));
    }
}

/// The emulator through the SDK's client: with serialization, signature, retries and
/// parsing.
mod sdk {
    use super::{
        AttributeType, AuthFlowType, Bencher, EQUAL, ListUsersFluentBuilder, MessageActionType,
        NEW_USER, PASSWORD, PREFIX, USER, USERS, place,
    };

    #[divan::bench(args = USERS)]
    fn admin_get_user(bencher: Bencher<'_, '_>, users: usize) {
        let place = place(users);
        bencher.bench_local(|| {
            let request = place.sdk.admin_get_user().user_pool_id(&place.pool);
            place.wait(request.username(USER).send()).unwrap()
        });
    }

    #[divan::bench(args = USERS, sample_size = 1)]
    fn admin_create_user(bencher: Bencher<'_, '_>, users: usize) {
        let place = place(users);
        let attribute = |name: &str, value: &str| {
            let builder = AttributeType::builder().name(name).value(value);
            builder.build().unwrap()
        };
        bencher
            .with_inputs(|| place.delete_new_user())
            .bench_local_values(|()| {
                let request = place.sdk.admin_create_user().user_pool_id(&place.pool);
                let request = request
                    .username(NEW_USER)
                    .temporary_password(PASSWORD)
                    .message_action(MessageActionType::Suppress)
                    .user_attributes(attribute("email", &format!("{NEW_USER}@example.com")))
                    .user_attributes(attribute("name", NEW_USER));
                place.wait(request.send()).unwrap()
            });
    }

    #[divan::bench(args = USERS)]
    fn list_users_first_page(bencher: Bencher<'_, '_>, users: usize) {
        list_users(bencher, users, |request| request);
    }

    #[divan::bench(args = USERS)]
    fn list_users_equal(bencher: Bencher<'_, '_>, users: usize) {
        list_users(bencher, users, |request| request.filter(EQUAL));
    }

    #[divan::bench(args = USERS)]
    fn list_users_prefix(bencher: Bencher<'_, '_>, users: usize) {
        list_users(bencher, users, |request| request.filter(PREFIX));
    }

    fn list_users(
        bencher: Bencher<'_, '_>,
        users: usize,
        filter: fn(ListUsersFluentBuilder) -> ListUsersFluentBuilder,
    ) {
        let place = place(users);
        bencher.bench_local(|| {
            let request = place.sdk.list_users().user_pool_id(&place.pool);
            place.wait(filter(request).send()).unwrap()
        });
    }

    #[divan::bench(args = USERS)]
    fn admin_initiate_auth(bencher: Bencher<'_, '_>, users: usize) {
        let place = place(users);
        bencher.bench_local(|| {
            let request = place.sdk.admin_initiate_auth().user_pool_id(&place.pool);
            let request = request
                .client_id(&place.client)
                .auth_flow(AuthFlowType::AdminUserPasswordAuth)
                .auth_parameters("USERNAME", USER)
                .auth_parameters("PASSWORD", PASSWORD);
            place.wait(request.send()).unwrap()
        });
    }
}

/// Complete tool calls: client, transport, server, SDK and emulator.
mod tool {
    use super::{Bencher, PREFIX, USER, USERS, Value, json, place};

    #[divan::bench(args = USERS)]
    fn get_user(bencher: Bencher<'_, '_>, users: usize) {
        repeat(bencher, users, "get_user", &json!({ "username": USER }));
    }

    #[divan::bench(args = USERS)]
    fn list_users(bencher: Bencher<'_, '_>, users: usize) {
        let arguments = json!({ "filter": PREFIX, "limit": 60 });
        repeat(bencher, users, "list_users", &arguments);
    }

    fn repeat(bencher: Bencher<'_, '_>, users: usize, tool: &'static str, arguments: &Value) {
        let place = place(users);
        bencher.bench_local(|| place.tool(tool, arguments));
    }
}

/// A pool with its users, and the clients for it.
struct Place {
    runtime: Runtime,
    stack: Stack,
    sdk: Client,
    mcp: Peer<RoleClient>,
    pool: String,
    client: String,
}

const PASSWORD: &str = "Correct-Horse-7";
/// The user that is read and that signs in.
const USER: &str = "user-000500";
/// The user that is created repeatedly.
const NEW_USER: &str = "user-000500-new";
const EQUAL: &str = r#"email = "user-000500@example.com""#;
/// A prefix that matches a full page of users in both pools.
const PREFIX: &str = r#"email ^= "user-000""#;

/// The fixture with this many users; created once.
fn place(users: usize) -> &'static Place {
    static SMALL: LazyLock<Place> = LazyLock::new(|| Place::new(USERS[0]));
    static LARGE: LazyLock<Place> = LazyLock::new(|| Place::new(USERS[1]));
    if users == USERS[0] { &SMALL } else { &LARGE }
}

impl Place {
    fn new(users: usize) -> Self {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let world = config::EmulatorFlags {
            empty: true,
            ..config::EmulatorFlags::default()
        };
        let mut config = Config {
            emulator: world,
            ..Config::default()
        };
        let backend = runtime.block_on(backend::connect(&config)).unwrap();
        let stack = backend.emulator.as_ref().unwrap().stack().clone();
        let (pool, client) = fill(&stack, users);
        config.user_pool_id = Some(pool.clone());
        let sdk = backend.client.clone();
        let mcp = runtime.block_on(serve(Server::new(&config, backend).unwrap()));
        Self {
            runtime,
            stack,
            sdk,
            mcp,
            pool,
            client,
        }
    }

    fn wait<F: Future>(&self, future: F) -> F::Output {
        // The SDK's client sends requests only within a watch.
        let watch = Watch::new(
            OPERATIONS,
            Effect::Destroy,
            Arc::default(),
            CancellationToken::new(),
        );
        self.runtime.block_on(Arc::new(watch).over(future))
    }

    fn call(&self, operation: &str, mut input: Value) -> Call {
        input["UserPoolId"] = json!(self.pool);
        Call::new(operation, input)
    }

    fn answer(&self, call: &Call) -> Reply {
        let reply = self.stack.call(call);
        assert!(reply.is_ok(), "{reply}");
        reply
    }

    fn tool(&self, tool: &'static str, arguments: &Value) -> CallToolResult {
        let arguments = arguments.as_object().cloned().unwrap();
        let request = CallToolRequestParams::new(tool).with_arguments(arguments);
        let result = self.wait(self.mcp.call_tool(request)).unwrap();
        assert_eq!(result.is_error, Some(false), "{result:?}");
        result
    }

    fn delete_new_user(&self) {
        let call = self.call("AdminDeleteUser", json!({ "Username": NEW_USER }));
        // Before the first creation the user does not exist.
        let _ = self.stack.call(&call);
    }
}

/// Creates a pool with this many users and a client, and returns the ids of both.
fn fill(stack: &Stack, users: usize) -> (String, String) {
    let call = |operation: &str, input: Value| {
        let reply = stack.call(&Call::new(operation, input));
        assert!(reply.is_ok(), "{reply}");
        reply.body.json().clone()
    };
    let answer = call("CreateUserPool", json!({ "PoolName": "benchmark" }));
    let pool = answer["UserPool"]["Id"].as_str().unwrap();
    let client = json!({
        "UserPoolId": pool,
        "ClientName": "benchmark",
        "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    });
    let answer = call("CreateUserPoolClient", client);
    let client = answer["UserPoolClient"]["ClientId"].as_str().unwrap();
    for number in 0..users {
        let mut user = new_user(&format!("user-{number:06}"));
        user["UserPoolId"] = json!(pool);
        call("AdminCreateUser", user);
    }
    let password =
        json!({ "UserPoolId": pool, "Username": USER, "Password": PASSWORD, "Permanent": true });
    call("AdminSetUserPassword", password);
    (pool.to_owned(), client.to_owned())
}

fn new_user(name: &str) -> Value {
    json!({
        "Username": name,
        "TemporaryPassword": PASSWORD,
        "MessageAction": "SUPPRESS",
        "UserAttributes": [
            { "Name": "email", "Value": format!("{name}@example.com") },
            { "Name": "name", "Value": name },
        ],
    })
}

/// Connects a client to `server`; both run while the runtime is polled.
async fn serve(server: Server) -> Peer<RoleClient> {
    let (here, there) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let running = server.serve(there).await.unwrap();
        running.waiting().await.unwrap();
    });
    let client = ().serve(here).await.unwrap();
    let peer = client.peer().clone();
    tokio::spawn(client.waiting());
    peer
}
