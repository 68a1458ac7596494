//! The console: access by a one-time address, its files, and MCP from its pages.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use cognito_emulator::wire::{Call, Service as _};
use cognito_mcp::cognito::backend::{self, Backend};
use cognito_mcp::config::{BackendKind, Config, Confirm, HiddenText, Http};
use cognito_mcp::console;
use cognito_mcp::mcp::server::Server;
use cognito_mcp::transport::http::HttpServer;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Child;

use crate::http::{Reply, Running, loopback, modern, serving};
use crate::process::Home;

/// A console, and the cookie of a browser that has access to it.
struct Console {
    server: Running,
    /// The path and the query of its one-time address.
    entry: String,
}

fn with_console() -> Http {
    Http {
        console: true,
        ..loopback()
    }
}

impl Console {
    async fn new() -> Self {
        Self::with(Config::default()).await
    }

    /// A console over the emulator, with this configuration.
    async fn with(config: Config) -> Self {
        let backend = backend::connect(&config).await.unwrap();
        Self::over(config, backend).await
    }

    async fn over(config: Config, backend: Backend) -> Self {
        let http = Http {
            console: true,
            address: loopback().address,
            ..config.http.clone()
        };
        let config = Config {
            http: http.clone(),
            ..config
        };
        let server = Server::new(&config, backend).unwrap();
        let server = HttpServer::open(server, &http)
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let entry = server.console().unwrap();
        let origin = format!("http://{}", server.address());
        let entry = entry.strip_prefix(&origin).unwrap().to_owned();
        Self {
            server: serving(server),
            entry,
        }
    }

    async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let host = self.server.address.to_string();
        let mut all = vec![("host", host.as_str()), ("connection", "close")];
        all.retain(|(name, _)| headers.iter().all(|(other, _)| other != name));
        all.extend(headers);
        let lines = all
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"));
        let lines: String = lines.collect();
        let mut stream = self
            .server
            .send(&format!("{method} {path} HTTP/1.1\r\n{lines}\r\n"))
            .await;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await.unwrap();
        Reply::read(&String::from_utf8_lossy(&reply))
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.request("GET", path, headers).await
    }

    /// The cookie of a browser that opens the one-time address.
    async fn cookie(&self) -> String {
        let opened = self.get(&self.entry, &[]).await;
        let cookie = opened.header("set-cookie").unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// A call of a tool from a page of the console, with elicitation.
    async fn call(&self, cookie: &str, tool: &str, arguments: Value, more: Value) -> Value {
        let origin = format!("http://{}", self.server.address);
        let headers = [
            ("cookie", cookie),
            ("origin", origin.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        let mut params = json!({ "name": tool, "arguments": arguments });
        params
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let reply = self.server.asking("tools/call", params, &headers).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.messages().pop().unwrap()["result"].clone()
    }
}

impl Running {
    /// As [`Running::modern`], from a client that can ask its user.
    async fn asking(&self, method: &str, params: Value, headers: &[(&str, &str)]) -> Reply {
        let mut message = modern(method, params);
        message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
            json!({ "elicitation": { "form": {} } });
        let name = message["params"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut all = vec![
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", method),
        ];
        if !name.is_empty() {
            all.push(("mcp-name", &name));
        }
        all.extend(headers);
        self.post(&all, &message).await
    }
}

#[tokio::test]
async fn an_address_opens_the_console_once() {
    let console = Console::new().await;
    // Programs that preview links do not use the address up.
    assert_eq!(
        console.request("HEAD", &console.entry, &[]).await.status,
        401
    );
    let opened = console.get(&console.entry, &[]).await;
    assert_eq!(
        (opened.status, opened.header("location")),
        (303, Some("/console/"))
    );
    let cookie = opened.header("set-cookie").unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "httponly; samesite=strict; path=/");
    let port = console.server.address.port();
    assert!(
        pair.starts_with(&format!("cognito-mcp-console-{port}=")),
        "{pair}"
    );

    let again = console.get(&console.entry, &[]).await;
    assert_eq!((again.status, again.header("set-cookie")), (401, None));
    assert!(again.body.contains("was used before"), "{}", again.body);
    // The browser that has access can open the address again, as from its history.
    let again = console.get(&console.entry, &[("cookie", pair)]).await;
    assert_eq!(
        (again.status, again.header("location")),
        (303, Some("/console/"))
    );
    assert_eq!(
        console.get("/console/", &[("cookie", pair)]).await.status,
        200
    );
    let moved = console.get("/console", &[("cookie", pair)]).await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (308, Some("/console/"))
    );
}

#[tokio::test]
async fn without_the_cookie_there_is_no_file() {
    let console = Console::new().await;
    let other = Console::new().await;
    let others = other.cookie().await;
    let renamed = others.replace(
        &other.server.address.port().to_string(),
        &console.server.address.port().to_string(),
    );
    let mut paths = vec!["/console/".to_owned(), "/console/unknown.js".to_owned()];
    paths.extend(
        console::FILES
            .iter()
            .map(|(name, _)| format!("/console/{name}")),
    );
    for path in &paths {
        for headers in [&[][..], &[("cookie", &*others)], &[("cookie", &*renamed)]] {
            let refused = console.get(path, headers).await;
            assert_eq!(refused.status, 401, "{path}");
            assert!(refused.body.contains("cognito-mcp console"), "{path}");
            assert_eq!(refused.header("cache-control"), Some("no-store"));
            assert_eq!(refused.header("etag"), None);
        }
    }
}

#[tokio::test]
async fn every_answer_has_the_policy() {
    let console = Console::new().await;
    let entry = console.entry.clone();
    let mut replies = vec![console.get(&entry, &[]).await];
    let cookie = Console::new().await.cookie().await;
    let fresh = Console::new().await;
    let own = fresh.cookie().await;
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/console"),
        ("GET", "/console/"),
        ("GET", "/console/console.js"),
        ("GET", "/console/../Cargo.toml"),
        ("GET", "/console/%2e%2e/index.html"),
        ("GET", "/console/?token=wrong"),
        ("GET", "/console/?token=a&token=b"),
        ("POST", "/console/"),
        ("DELETE", "/console/console.js"),
    ] {
        replies.push(fresh.request(method, path, &[("cookie", &own)]).await);
        replies.push(fresh.request(method, path, &[("cookie", &cookie)]).await);
    }
    for reply in replies {
        assert_eq!(
            reply.header("content-security-policy"),
            Some(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                 font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; \
                 form-action 'none'; frame-ancestors 'none'"
            ),
            "{reply:?}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{reply:?}");
        }
        assert_eq!(reply.header("access-control-allow-origin"), None);
        assert!(!reply.body.contains("[package]"), "{reply:?}");
    }
}

#[tokio::test]
async fn files_are_sent_with_their_types_and_tags() {
    let console = Console::new().await;
    let cookie = console.cookie().await;
    for (name, media_type) in console::FILES {
        let path = format!("/console/{name}");
        let sent = console.get(&path, &[("cookie", &cookie)]).await;
        assert_eq!(
            (sent.status, sent.header("content-type")),
            (200, Some(*media_type)),
            "{name}"
        );
        let tag = sent.header("etag").unwrap();
        assert!(tag.len() > 20, "{tag}");
        assert_eq!(sent.header("cache-control"), Some("no-cache"));
    }
    let unknown = console
        .get("/console/unknown.js", &[("cookie", &cookie)])
        .await;
    assert_eq!(unknown.status, 404);
}

/// The list of embedded files is that of the folder.
#[test]
fn all_built_files_are_served() {
    let folder = format!("{}/console/dist", env!("CARGO_MANIFEST_DIR"));
    let built: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let served: BTreeSet<String> = console::FILES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(served, built);
    for name in served {
        assert!(console::file(&name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn mcp_accepts_the_cookie_only_from_the_consoles_pages() {
    let console = Console::new().await;
    let cookie = console.cookie().await;
    let own = format!("http://{}", console.server.address);
    let cookie = ("cookie", cookie.as_str());
    let list = async |headers: &[(&str, &str)]| {
        let reply = console
            .server
            .modern("tools/list", json!({}), headers)
            .await;
        assert_eq!(reply.header("access-control-allow-credentials"), None);
        reply.status
    };
    for (headers, status) in [
        (vec![cookie, ("origin", &own)], 200),
        (vec![cookie, ("sec-fetch-site", "same-origin")], 200),
        (
            vec![cookie, ("origin", &own), ("sec-fetch-site", "same-origin")],
            200,
        ),
        (vec![], 401),
        (vec![("origin", own.as_str())], 401),
        (vec![cookie], 401),
        (vec![cookie, ("sec-fetch-site", "none")], 401),
        // A page at another port of this machine is the same site, and the browser sends the
        // cookie with its requests.
        (
            vec![
                cookie,
                ("origin", "http://127.0.0.1:3000"),
                ("sec-fetch-site", "same-site"),
            ],
            401,
        ),
        (vec![cookie, ("origin", "http://localhost:3000")], 401),
        (
            vec![
                cookie,
                ("origin", "http://evil.example"),
                ("sec-fetch-site", "cross-site"),
            ],
            401,
        ),
        (vec![cookie, ("origin", "null")], 403),
        (
            vec![("cookie", "cognito-mcp-console=x"), ("origin", &own)],
            401,
        ),
    ] {
        assert_eq!(list(&headers).await, status, "{headers:?}");
    }
}

/// A page of another host that resolves to this machine gets nothing (DNS rebinding).
#[tokio::test]
async fn rebound_hosts_are_refused() {
    let console = Console::new().await;
    for host in ["evil.example", "127.0.0.1.evil.example:80", "[::2]:80"] {
        for path in ["/console/", &*console.entry] {
            let refused = console.get(path, &[("host", host)]).await;
            assert_eq!(
                (refused.status, refused.header("set-cookie")),
                (403, None),
                "{host}"
            );
        }
    }
    // The address was not used.
    assert_eq!(console.get(&console.entry, &[]).await.status, 303);
}

#[tokio::test]
async fn the_console_is_for_this_machine_only() {
    let open = async |http: Http| {
        let config = Config {
            http: http.clone(),
            ..Config::default()
        };
        let backend = backend::connect(&config).await.unwrap();
        let server = Server::new(&config, backend).unwrap();
        HttpServer::open(server, &http)
            .await
            .map(|_| ())
            .map_err(|error| error.0)
    };
    let token = HiddenText("0123456789abcdef0123456789abcdef".to_owned());
    let everywhere = Http {
        address: Some("0.0.0.0:0".parse().unwrap()),
        url: Some("https://mcp.example.com/mcp".to_owned()),
        token: Some(token.clone()),
        ..with_console()
    };
    let refused = open(everywhere.clone()).await.unwrap_err();
    assert!(
        refused.contains("other machines can reach 0.0.0.0:0"),
        "{refused}"
    );
    open(Http {
        console: false,
        ..everywhere
    })
    .await
    .unwrap();
    let behind_proxy = Http {
        url: Some("https://mcp.example.com/mcp".to_owned()),
        token: Some(token),
        ..with_console()
    };
    let refused = open(behind_proxy).await.unwrap_err();
    assert!(refused.contains("at mcp.example.com"), "{refused}");
    let named = Http {
        url: Some("http://localhost:8080/mcp".to_owned()),
        ..with_console()
    };
    open(named).await.unwrap();
    // Without the flag there is none.
    let config = Config::default();
    let backend = backend::connect(&config).await.unwrap();
    let insecure = Http {
        insecure: true,
        ..loopback()
    };
    let server = HttpServer::open(Server::new(&config, backend).unwrap(), &insecure).await;
    let server = server.map_err(|error| error.0).unwrap();
    assert_eq!(server.console(), None);
    let without = Console {
        server: serving(server),
        entry: String::new(),
    };
    assert_eq!(without.get("/console/", &[]).await.status, 404);
}

/// A person may have clicked by mistake, so the console asks on the emulator too. Other clients
/// of the same server are asked as `--confirm` says.
#[tokio::test]
async fn deletions_at_the_console_are_confirmed() {
    let config = Config {
        http: Http {
            insecure: true,
            ..Http::default()
        },
        ..crate::every_tool()
    };
    let console = Console::with(config.clone()).await;
    let cookie = console.cookie().await;
    let group = json!({ "group": "admins" });
    let asked = console
        .call(&cookie, "delete_group", group.clone(), json!({}))
        .await;
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let question = &asked["inputRequests"]["confirm"]["params"]["message"];
    assert!(
        question.as_str().unwrap().contains("delete group admins"),
        "{question}"
    );
    let state = &asked["requestState"];
    let no =
        json!({ "requestState": state, "inputResponses": { "confirm": { "action": "decline" } } });
    let declined = console
        .call(&cookie, "delete_group", group.clone(), no)
        .await;
    assert_eq!(declined["isError"], true, "{declined}");
    let asked = console
        .call(&cookie, "delete_group", group.clone(), json!({}))
        .await;
    let yes = json!({ "action": "accept", "content": { "confirm": true } });
    let yes =
        json!({ "requestState": asked["requestState"], "inputResponses": { "confirm": yes } });
    let done = console.call(&cookie, "delete_group", group, yes).await;
    assert_eq!(done["isError"], false, "{done}");
    assert!(
        done["structuredContent"]["confirmation"].is_string(),
        "{done}"
    );

    let other = json!({ "name": "delete_user", "arguments": { "username": "cleo" } });
    let reply = console.server.asking("tools/call", other, &[]).await;
    let done = reply.messages().pop().unwrap();
    assert_eq!(done["result"]["isError"], false, "{done}");

    let never = Config {
        confirm: Confirm::Never,
        ..config
    };
    let console = Console::with(never).await;
    let cookie = console.cookie().await;
    let done = console
        .call(
            &cookie,
            "delete_user",
            json!({ "username": "cleo" }),
            json!({}),
        )
        .await;
    assert_eq!(done["isError"], false, "{done}");
}

#[tokio::test]
async fn the_audit_log_names_the_console() {
    let home = Home::new("console_audit");
    let config = Config {
        audit_log: Some(home.0.join("audit.jsonl")),
        ..Config::default()
    };
    let console = Console::with(config).await;
    let cookie = console.cookie().await;
    console
        .call(&cookie, "list_users", json!({}), json!({}))
        .await;
    let log = std::fs::read_to_string(home.0.join("audit.jsonl")).unwrap();
    let line: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&line["tool"], &line["principal"]),
        (&json!("list_users"), &json!("the console")),
        "{line}"
    );
}

/// What the page shows about its server, on a read-only server over AWS.
#[tokio::test]
async fn the_banner_says_what_is_allowed() {
    let config = Config {
        backend: BackendKind::Aws,
        ..crate::every_tool()
    };
    let mut backend = backend::connect(&Config::default()).await.unwrap();
    backend.emulator = None;
    let console = Console::over(config, backend).await;
    let cookie = console.cookie().await;
    let result = console.call(&cookie, "whoami", json!({}), json!({})).await;
    let here = &result["structuredContent"];
    assert_eq!(
        (
            &here["account"],
            &here["region"],
            &here["allowed"],
            &here["reveals_secrets"]
        ),
        (
            &json!("123456789012"),
            &json!("us-east-1"),
            &json!("read"),
            &json!(false)
        ),
        "{here}"
    );
    assert_eq!(here["process"].as_str().unwrap().len(), 16);
    let refused = console
        .call(
            &cookie,
            "reset_password",
            json!({ "username": "ana", "new_password": "Other-Horse-7" }),
            json!({}),
        )
        .await;
    let text = refused["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("does not allow on AWS"), "{text}");
}

/// A page follows the journal: each call is reported, also one that is refused. What pages read is not.
#[tokio::test]
async fn the_journal_is_live() {
    let console = Console::new().await;
    let cookie = console.cookie().await;
    let uris = ["cognito://emulator/journal", "cognito://emulator/outbox"];
    let listen = modern(
        "subscriptions/listen",
        json!({ "notifications": { "resourceSubscriptions": uris } }),
    );
    let body = listen.to_string();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\ncookie: {cookie}\r\n\
         accept: application/json, text/event-stream\r\ncontent-type: application/json\r\n\
         mcp-protocol-version: 2026-07-28\r\nmcp-method: subscriptions/listen\r\n\
         content-length: {}\r\n\r\n",
        body.len(),
        address = console.server.address,
    );
    let stream = console.server.send(&(head + &body)).await;
    let mut lines = BufReader::new(stream).lines();
    let mut next = async || {
        let read = async {
            loop {
                let line = lines.next_line().await.unwrap().unwrap();
                if let Some(data) = line.strip_prefix("data: ") {
                    return serde_json::from_str::<Value>(data).unwrap();
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), read)
            .await
            .unwrap()
    };
    assert_eq!(
        next().await["params"]["notifications"]["resourceSubscriptions"],
        json!(uris)
    );
    for username in ["ana", "unknown"] {
        console
            .call(
                &cookie,
                "reset_password",
                json!({ "username": username, "new_password": "Other-Horse-7" }),
                json!({}),
            )
            .await;
        // The outbox may be reported too.
        while next().await["params"]["uri"] != uris[0] {}
    }
}

/// A call of the journal is sent again with its secrets, and one that deletes is not.
#[tokio::test]
async fn requests_are_repeated() {
    let config = crate::every_tool();
    let backend = backend::connect(&config).await.unwrap();
    let emulator = backend.emulator.clone().unwrap();
    let console = Console::over(config, backend).await;
    let cookie = console.cookie().await;
    let sent = |operation: &str, input| {
        emulator
            .stack()
            .call(&Call::new(operation, input))
            .request_id
    };
    let repeat = async |id: &str| {
        console
            .call(
                &cookie,
                "repeat_request",
                json!({ "request_id": id }),
                json!({}),
            )
            .await
    };
    let demo = emulator.initial_defaults();
    let (pool, client) = (demo.user_pool_id.unwrap(), demo.client_id.unwrap());
    let secrets = json!({ "USERNAME": "ana", "PASSWORD": "Demo-Passw0rd" });
    let sign_in =
        json!({ "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": secrets });
    let id = sent("InitiateAuth", sign_in);
    let repeated = &repeat(&id).await["structuredContent"];
    assert_eq!(
        (&repeated["operation"], &repeated["status"]),
        (&json!("InitiateAuth"), &json!(200))
    );
    assert_eq!(
        repeated["request"]["AuthParameters"]["PASSWORD"], "***",
        "{repeated}"
    );
    assert_ne!(repeated["request_id"], id);

    let id = sent(
        "AdminDisableUser",
        json!({ "UserPoolId": pool, "Username": "ben" }),
    );
    let refused = repeat(&id).await;
    let text = refused["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("AdminDisableUser deletes or disables, so it is not repeated"),
        "{text}"
    );
}

/// MCP Apps: a client that declares the extension gets the pages that are built, and every other
/// client gets the same as before.
#[tokio::test]
async fn pages_are_for_clients_that_declare_the_extension() {
    let console = Console::with(crate::every_tool()).await;
    let cookie = console.cookie().await;
    let origin = format!("http://{}", console.server.address);
    let media_type = "text/html;profile=mcp-app";
    let ask = async |method: &str, params: Value, declares: bool| {
        let mut message = modern(method, params);
        if declares {
            message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "extensions": { "io.modelcontextprotocol/ui": { "mimeTypes": [media_type] } } });
        }
        let uri = message["params"]["uri"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut headers = vec![
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", method),
            ("cookie", cookie.as_str()),
            ("origin", origin.as_str()),
        ];
        if !uri.is_empty() {
            headers.push(("mcp-name", &uri));
        }
        console
            .server
            .post(&headers, &message)
            .await
            .messages()
            .pop()
            .unwrap()
    };
    let tools = async |declares: bool| {
        let listed = ask("tools/list", json!({}), declares).await;
        listed["result"]["tools"].as_array().unwrap().clone()
    };
    let mut linked = tools(true).await;
    let others = tools(false).await;
    for (tool, uri, file) in [
        ("get_user", "ui://cognito/user-card", "app-user.html"),
        ("update_pool", "ui://cognito/change", "app-change.html"),
        ("read_outbox", "ui://cognito/outbox", "app-outbox.html"),
    ] {
        let page = console::file(file).map(|page| String::from_utf8(page.content.into()).unwrap());
        let found = linked.iter().find(|one| one["name"] == tool).unwrap();
        let expected = page
            .as_ref()
            .map(|_| json!({ "ui": { "resourceUri": uri } }));
        assert_eq!(found["_meta"], json!(expected), "{tool}");
        let read = ask("resources/read", json!({ "uri": uri }), true).await;
        let content = &read["result"]["contents"][0];
        assert_eq!(content["text"], json!(page), "{uri}");
        if page.is_some() {
            assert_eq!(content["mimeType"], media_type);
        }
        let read = ask("resources/read", json!({ "uri": uri }), false).await;
        assert_eq!(read["error"]["code"], -32602, "{read}");
    }
    // Another resource is read as before.
    let emulator = ask(
        "resources/read",
        json!({ "uri": "cognito://emulator" }),
        true,
    )
    .await;
    let text = emulator["result"]["contents"][0]["text"].as_str().unwrap();
    assert!(text.contains("\"throttle\":\"off\""), "{text}");
    for tool in &mut linked {
        tool.as_object_mut().unwrap().shift_remove("_meta");
    }
    assert_eq!(linked, others);
}

/// The lines of standard error up to the one with `last`.
async fn lines_until(child: &mut Child, last: &str) -> Vec<String> {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut read = Vec::new();
    let reading = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            read.push(line);
            if read.last().unwrap().contains(last) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reading)
        .await
        .unwrap();
    // Later lines would otherwise fail to be written.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    read
}

fn address_in<'a>(lines: &'a [String], start: &str) -> &'a str {
    let line = lines.iter().find_map(|line| line.split_once(start));
    let (_, rest) = line.unwrap_or_else(|| panic!("{start} in {lines:?}"));
    rest.split(' ').next().unwrap()
}

/// The commands that serve a console, and the way to it from the emulator's address.
#[tokio::test]
async fn commands_serve_the_console() {
    let home = Home::new("console_commands");
    for arguments in [
        "console --no-open --listen 127.0.0.1:0",
        "console --no-open --http 127.0.0.1:0 --listen 127.0.0.1:0",
        "serve --http 127.0.0.1:0 --console --listen 127.0.0.1:0",
        "serve --console --listen 127.0.0.1:0",
        "emulator --console --port 0",
    ] {
        let mut child = home
            .command(arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_until(&mut child, "Console: ").await;
        let entry = address_in(&lines, "Console: ");
        let api = address_in(&lines, "Cognito is at http://");
        let (origin, query) = entry.split_once("/console/").unwrap();
        assert!(query.starts_with("?token="), "{entry}");
        let mut stream = TcpStream::connect(api).await.unwrap();
        let request = format!(
            "GET / HTTP/1.1\r\nhost: {api}\r\naccept: text/html\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        let led = Reply::read(&reply);
        let console = format!("{origin}/console/");
        assert_eq!(
            (led.status, led.header("location")),
            (303, Some(&*console)),
            "{arguments}"
        );
        child.kill().await.unwrap();
    }
}

/// The console gets the requests of each call with its result, without secrets: all of a read, and
/// of a write those that change something.
#[tokio::test]
async fn the_console_sees_the_requests_of_calls() {
    let console = Console::new().await;
    let cookie = console.cookie().await;
    let sent = |result: Value| result["_meta"]["cognito-mcp/requests"].clone();
    let call = async |tool: &str, arguments: Value| {
        sent(console.call(&cookie, tool, arguments, json!({})).await)
    };
    let names = |sent: &Value| -> Vec<String> {
        let requests = sent.as_array().unwrap().iter();
        requests
            .map(|request| request["operation"].as_str().unwrap().to_owned())
            .collect()
    };
    let read = call("get_user", json!({ "username": "ana" })).await;
    assert_eq!(names(&read), ["AdminGetUser", "AdminListGroupsForUser"]);
    assert_eq!(read[0]["input"]["Username"], "ana");
    let refused = call("get_user", json!({ "username": "zoe" })).await;
    assert_eq!(names(&refused), ["AdminGetUser"]);
    let password = json!({ "username": "ana", "new_password": "S3cret-Horse-7" });
    let write = call("reset_password", password).await;
    assert_eq!(names(&write), ["AdminSetUserPassword"]);
    assert_eq!(write[0]["input"]["Password"], "***");
    let dry = json!({ "username": "ana", "dry_run": true });
    assert_eq!(call("enable_user", dry).await, json!([]));
    // What the pages read is not among the calls of the journal.
    let journal = console
        .call(&cookie, "read_journal", json!({}), json!({}))
        .await;
    let calls = journal["structuredContent"]["calls"].as_array().unwrap();
    let called = calls.iter().map(|call| call["operation"].as_str().unwrap());
    assert_eq!(called.collect::<Vec<_>>(), ["AdminSetUserPassword"]);
}

/// The question before the emulator returns to another state says what is lost.
#[tokio::test]
async fn questions_say_what_the_emulator_loses() {
    let config = crate::every_tool();
    let backend = backend::connect(&config).await.unwrap();
    let console = Console::over(config, backend).await;
    let cookie = console.cookie().await;
    let question = async |tool: &str, arguments: Value| {
        let asked = console.call(&cookie, tool, arguments, json!({})).await;
        let form = &asked["inputRequests"]["confirm"]["params"];
        form["message"].as_str().unwrap().to_owned()
    };
    let saved = json!({ "name": "before" });
    console
        .call(&cookie, "save_state", saved.clone(), json!({}))
        .await;
    let user = json!({ "username": "dora", "message_action": "SUPPRESS" });
    console.call(&cookie, "create_user", user, json!({})).await;
    for (tool, arguments, lost) in [
        (
            "reset_emulator",
            json!({}),
            "Now lost: 1 pool with 4 users, 0 messages and ",
        ),
        (
            "restore_state",
            saved.clone(),
            ". Saved: 1 pool with 3 users",
        ),
        ("delete_state", saved, "It has 1 pool with 3 users"),
    ] {
        let shown = question(tool, arguments).await;
        assert!(shown.contains(lost), "{shown}");
    }
}
