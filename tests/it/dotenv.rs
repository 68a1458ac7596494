//! The `.env` file of the current folder: only four kinds of values have an effect.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::CommandFactory;
use cognito_mcp::cli::Cli;
use cognito_mcp::start::dotenv::NAMES;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::process::{Home, ended, refused, request};

/// Variables of the AWS SDK and of other libraries, and variables of this program without
/// a flag.
const VARIABLES: &[&str] = &[
    "ALL_PROXY",
    "APPDATA",
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCOUNT_ID",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_AUTH_SCHEME_PREFERENCE",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULTS_MODE",
    "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
    "AWS_DISABLE_REQUEST_COMPRESSION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_STS",
    "AWS_EXECUTION_ENV",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_MAX_ATTEMPTS",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "AWS_RETRY_MODE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SDK_UA_APP_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "CLAUDE_CONFIG_DIR",
    "CODEX_HOME",
    "COGNITO_MCP_READ_ONLY",
    "COGNITO_MCP_TOOLSET",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LD_PRELOAD",
    "LOCALAPPDATA",
    "NO_COLOR",
    "NO_PROXY",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "PATH",
    "REQUEST_METHOD",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "SECRET_ACCESS_KEY",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "USERPROFILE",
    "XDG_CONFIG_HOME",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// All variables that the binary reads, except those that may be in the file.
fn variables() -> BTreeSet<String> {
    fn collect(command: &clap::Command, found: &mut BTreeSet<String>) {
        for argument in command.get_arguments() {
            let name = argument.get_env().and_then(|name| name.to_str());
            found.extend(name.map(ToOwned::to_owned));
        }
        for command in command.get_subcommands() {
            collect(command, found);
        }
    }
    let mut found: BTreeSet<String> = VARIABLES.iter().map(ToString::to_string).collect();
    collect(&Cli::command(), &mut found);
    assert!(found.contains("COGNITO_MCP_HTTP_TOKEN"), "{found:?}");
    for name in NAMES {
        found.remove(name);
    }
    found
}

/// A project folder in a home folder with an AWS configuration, a mock of Cognito at the
/// endpoint that the operator configured, and a listener that the file in the folder
/// tries to redirect requests to.
struct Project {
    home: Home,
    folder: PathBuf,
    cognito: MockServer,
    hostile: TcpListener,
}

/// The observed behavior of a server.
#[derive(Debug, PartialEq)]
struct Seen {
    tools: Vec<String>,
    /// The access key and the Region of the request's signature.
    scope: String,
    stderr: String,
}

impl Project {
    async fn new(test: &str) -> Self {
        let home = Home::new(test);
        let folder = home.0.join("project/deep");
        fs::create_dir_all(&folder).unwrap();
        let cognito = MockServer::start().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "UserPools": [] })))
            .mount(&cognito)
            .await;
        // The profile has the lowest precedence, so any other source of an endpoint or
        // keys would have an effect.
        home.write(
            ".aws/config",
            &format!(
                "[default]\nregion = eu-west-1\nendpoint_url = {0}\n[profile work]\nregion = eu-north-1\n\
                 endpoint_url = {0}\naws_access_key_id = AKIAWORK\naws_secret_access_key = S3cret-work\n",
                cognito.uri()
            ),
        );
        home.write(
            ".aws/credentials",
            "[default]\naws_access_key_id = AKIAOPERATOR\naws_secret_access_key = S3cret-key\n",
        );
        let hostile = TcpListener::bind("127.0.0.1:0").unwrap();
        hostile.set_nonblocking(true).unwrap();
        Self {
            home,
            folder,
            cognito,
            hostile,
        }
    }

    fn bait(&self) -> String {
        format!("http://{}", self.hostile.local_addr().unwrap())
    }

    /// A harmful value for the variable `name`.
    fn value(&self, name: &str) -> String {
        match name {
            "AWS_CONFIG_FILE" | "AWS_SHARED_CREDENTIALS_FILE" => {
                let file = self.folder.join("aws");
                let text = format!(
                    "[default]\nregion = us-east-1\nendpoint_url = {}\naws_access_key_id = AKIAHOSTILE\n\
                     aws_secret_access_key = S3cret-hostile\n",
                    self.bait()
                );
                fs::write(&file, text).unwrap();
                file.display().to_string()
            }
            "AWS_ACCESS_KEY_ID" => "AKIAHOSTILE".to_owned(),
            "AWS_MAX_ATTEMPTS" => "7".to_owned(),
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
            | "AWS_USE_FIPS_ENDPOINT"
            | "AWS_USE_DUALSTACK_ENDPOINT"
            | "OTEL_SDK_DISABLED" => "true".to_owned(),
            "COGNITO_MCP_CONFIRM" => "never".to_owned(),
            "COGNITO_MCP_TOOLSETS" => "all".to_owned(),
            "COGNITO_MCP_TOOLS" | "COGNITO_MCP_EXCLUDE_TOOLS" => "list_users".to_owned(),
            "COGNITO_MCP_POOLS" => "eu-west-1_Hostile".to_owned(),
            "COGNITO_MCP_AUDIT_ROTATE" => "1".to_owned(),
            "COGNITO_MCP_AUDIT_LOG" | "COGNITO_MCP_SECRETS_DIR" | "HOME" => {
                self.folder.join("made").display().to_string()
            }
            "RUST_LOG" => "trace".to_owned(),
            _ => self.bait(),
        }
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = self.home.command(arguments);
        command.current_dir(&self.folder);
        command
    }

    /// Starts a server, lists its tools and makes one request.
    async fn serve(&self, command: Command) -> Seen {
        self.try_serve(command)
            .await
            .unwrap_or_else(|why| panic!("{why}"))
    }

    async fn try_serve(&self, mut command: Command) -> Result<Seen, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut stderr = child.stderr.take().unwrap();
        let errors = tokio::spawn(async move {
            let mut text = String::new();
            stderr.read_to_string(&mut text).await.unwrap();
            text
        });
        let call = json!({ "name": "list_pools", "arguments": {} });
        let mut answers = Vec::new();
        for message in [
            request(1, "tools/list", json!({})),
            request(2, "tools/call", call),
        ] {
            // If the server has ended, it accepts no message and sends no answer.
            let _ = input.write_all(format!("{message}\n").as_bytes()).await;
            let line = output.next_line().await.unwrap();
            answers.push(line.map(|line| serde_json::from_str::<Value>(&line).unwrap()));
        }
        drop(input);
        let status = child.wait().await.unwrap();
        let stderr = errors.await.unwrap();
        let [Some(listed), Some(called)] = answers.as_slice() else {
            return Err(format!("{status}: {stderr}"));
        };
        if called["result"]["isError"] != false {
            return Err(format!("{called} {stderr}"));
        }
        let tools = listed["result"]["tools"].as_array().unwrap();
        let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
        let requests = self.cognito.received_requests().await.unwrap();
        let signed = requests.last().unwrap().headers["authorization"]
            .to_str()
            .unwrap();
        let (_, scope) = signed.split_once("Credential=").unwrap();
        let parts: Vec<&str> = scope.split('/').collect();
        Ok(Seen {
            tools: tools.iter().map(name).collect(),
            scope: format!("{} {}", parts[0], parts[2]),
            stderr,
        })
    }

    /// A request or a file that the folder's settings caused, if any.
    fn unwanted_effect(&self) -> Option<String> {
        let made = self.folder.join("made");
        let was_made = fs::remove_dir_all(&made).or_else(|_| fs::remove_file(&made));
        if was_made.is_ok() {
            return Some("a file".to_owned());
        }
        match self.hostile.accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            accepted => Some(format!("a request, {accepted:?}")),
        }
    }

    #[track_caller]
    fn assert_no_effect(&self, case: &str) {
        assert_eq!(self.unwanted_effect(), None, "{case}");
    }
}

const SERVE: &str = "serve --backend aws --allow-destructive";

/// The file has one variable at a time. The only difference is in the report, which names
/// the variable.
#[tokio::test]
async fn no_other_variable_has_an_effect() {
    let project = Project::new("dotenv_each").await;
    let usual = project.serve(project.command(SERVE)).await;
    assert_eq!(usual.scope, "AKIAOPERATOR eu-west-1");
    let file = project.folder.join(".env");
    let mut effects = Vec::new();
    let mut reports = Vec::new();
    for name in variables() {
        fs::write(&file, format!("{name}={}\n", project.value(&name))).unwrap();
        let seen = project.try_serve(project.command(SERVE)).await;
        match seen {
            Err(why) => effects.push(format!("{name}: {why}")),
            Ok(seen) => {
                if (&seen.tools, &seen.scope) != (&usual.tools, &usual.scope) {
                    effects.push(format!(
                        "{name}: {} tools, {}",
                        seen.tools.len(),
                        seen.scope
                    ));
                }
                reports.push((name.clone(), seen.stderr));
            }
        }
        effects.extend(
            project
                .unwanted_effect()
                .map(|what| format!("{name}: {what}")),
        );
    }
    assert!(effects.is_empty(), "{effects:#?}");

    let go = format!(
        "cognito-mcp: Requests go to {} (`endpoint_url` of the profile `default`).\n",
        project.cognito.uri()
    );
    assert_eq!(usual.stderr, go);
    for (name, stderr) in reports {
        let start = format!(
            "cognito-mcp: {} was read: used none; ignored {name}",
            file.display()
        );
        let (report, rest) = stderr.split_once('\n').unwrap();
        assert!(
            report == format!("{start}.") || report.starts_with(&format!("{start}. Only pool, ")),
            "{name}: {report}"
        );
        assert_eq!(rest, go, "{name}");
    }
}

/// The file has all variables at once, because some have an effect only together with
/// others.
#[tokio::test]
async fn all_other_variables_together_have_no_effect() {
    let project = Project::new("dotenv_all").await;
    let usual = project.serve(project.command(SERVE)).await;
    let all: Vec<String> = variables()
        .iter()
        .map(|name| format!("export {name}=\"{}\"\n", project.value(name)))
        .collect();
    fs::write(project.folder.join(".env"), all.concat()).unwrap();
    let seen = project.serve(project.command(SERVE)).await;
    assert_eq!((seen.tools, seen.scope), (usual.tools, usual.scope));
    for name in [
        "AWS_ENDPOINT_URL",
        "COGNITO_MCP_CONFIRM",
        "HTTPS_PROXY",
        "AWS_ACCESS_KEY_ID",
    ] {
        assert!(
            seen.stderr.contains(&format!(" {name},")),
            "{name}: {}",
            seen.stderr
        );
    }
    for value in ["AKIAHOSTILE", "S3cret", &project.bait()] {
        assert!(!seen.stderr.contains(value), "{value}: {}", seen.stderr);
    }
    project.assert_no_effect("all");
}

/// The files of parent folders are not read.
#[tokio::test]
async fn folders_above_are_not_searched() {
    let project = Project::new("dotenv_above").await;
    let usual = project.serve(project.command(SERVE)).await;
    let mut all: Vec<String> = variables()
        .iter()
        .map(|name| format!("{name}={}\n", project.value(name)))
        .collect();
    all.push(
        "AWS_PROFILE=work\nAWS_REGION=us-west-2\nCOGNITO_USER_POOL_ID=us-west-2_Hostile\n".into(),
    );
    for folder in [project.home.0.join("project"), project.home.0.clone()] {
        fs::write(folder.join(".env"), all.concat()).unwrap();
    }
    assert_eq!(project.serve(project.command(SERVE)).await, usual);
    project.assert_no_effect("above");
}

/// A file, flags, and variables; then the key and the Region that sign, and a part of the
/// report.
type Values = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

const VALUES: &[Values] = &[
    (
        "AWS_PROFILE=work",
        "",
        &[],
        "AKIAWORK eu-north-1",
        "used AWS_PROFILE",
    ),
    (
        "AWS_REGION=eu-south-1",
        "",
        &[],
        "AKIAOPERATOR eu-south-1",
        "used AWS_REGION",
    ),
    (
        "AWS_DEFAULT_REGION=eu-south-1",
        "",
        &[],
        "AKIAOPERATOR eu-south-1",
        "used AWS_DEFAULT_REGION",
    ),
    (
        "AWS_DEFAULT_REGION=eu-south-2\nAWS_REGION=eu-south-1\nAWS_PROFILE=work",
        "",
        &[],
        "AKIAWORK eu-south-1",
        "used AWS_REGION, AWS_PROFILE; not needed, or set by a flag or the environment: AWS_DEFAULT_REGION",
    ),
    (
        "AWS_REGION=",
        "",
        &[],
        "AKIAOPERATOR eu-west-1",
        "used none; ignored AWS_REGION",
    ),
    (
        "AWS_REGION=eu-south-1",
        "--region eu-south-2",
        &[],
        "AKIAOPERATOR eu-south-2",
        "used none; not needed, or set by a flag or the environment: AWS_REGION",
    ),
    (
        "AWS_REGION=eu-south-1",
        "",
        &[("AWS_REGION", "eu-south-2")],
        "AKIAOPERATOR eu-south-2",
        "used none",
    ),
    (
        "AWS_REGION=eu-south-1",
        "",
        &[("AWS_DEFAULT_REGION", "eu-south-2")],
        "AKIAOPERATOR eu-south-2",
        "used none",
    ),
    (
        "AWS_PROFILE=work",
        "--profile default",
        &[],
        "AKIAOPERATOR eu-west-1",
        "used none",
    ),
    (
        "AWS_PROFILE=work",
        "",
        &[("AWS_PROFILE", "default")],
        "AKIAOPERATOR eu-west-1",
        "used none",
    ),
    // As with `AWS_PROFILE` in the environment, the keys in the environment are still
    // used.
    (
        "AWS_PROFILE=work",
        "",
        &[
            ("AWS_ACCESS_KEY_ID", "AKIAENV"),
            ("AWS_SECRET_ACCESS_KEY", "S3cret-env"),
        ],
        "AKIAENV eu-north-1",
        "used AWS_PROFILE",
    ),
];

/// The four kinds of values are used. Flags and the environment take precedence.
#[tokio::test]
async fn four_kinds_of_values_are_used() {
    let project = Project::new("dotenv_four").await;
    let file = project.folder.join(".env");
    let with = async |text: &str, flags: &str, environment: &[(&str, &str)]| {
        fs::write(&file, text).unwrap();
        let mut command = project.command(&format!("{SERVE} {flags}"));
        command.envs(environment.iter().copied());
        project.serve(command).await
    };
    for (text, flags, environment, scope, report) in VALUES {
        let seen = with(text, flags, environment).await;
        assert_eq!(seen.scope, *scope, "{text} {flags} {environment:?}");
        let line = seen.stderr.lines().next().unwrap();
        assert!(line.contains(report), "{text} {flags}: {line}");
    }
    fs::write(
        &file,
        "COGNITO_USER_POOL_ID=eu-west-1_FromFile\nCOGNITO_CLIENT_ID=fromfile\n",
    )
    .unwrap();
    let output = ended(project.command("call whoami --backend aws")).await;
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("used COGNITO_USER_POOL_ID, COGNITO_CLIENT_ID"),
        "{stderr}"
    );
}

/// Forms of the file that another parser would read in another way.
#[tokio::test]
async fn hostile_forms_have_no_effect() {
    let project = Project::new("dotenv_forms").await;
    let usual = project.serve(project.command(SERVE)).await;
    let bait = project.bait();
    for text in [
        format!("export AWS_ENDPOINT_URL={bait}"),
        format!("AWS_ENDPOINT_URL=\"{bait}\""),
        format!("AWS_ENDPOINT_URL='{bait}' # comment"),
        format!("  AWS_ENDPOINT_URL = {bait}  "),
        format!("\u{feff}AWS_ENDPOINT_URL={bait}"),
        format!("A=1\r\nAWS_ENDPOINT_URL={bait}\r\n"),
        format!("# comment\rAWS_ENDPOINT_URL={bait}"),
        format!("aws_endpoint_url={bait}\nAws_Endpoint_Url={bait}"),
        format!("NOTE=\"\nAWS_ENDPOINT_URL={bait}\n\""),
        format!("NOTE=\"\nAWS_REGION=us-east-1\n\"\nAWS_ENDPOINT_URL={bait}"),
        format!("NOTE=\"not closed\nAWS_ENDPOINT_URL={bait}"),
        format!("AWS_ENDPOINT_URL=http://localhost\nAWS_ENDPOINT_URL={bait}"),
        format!("A=${{AWS_ENDPOINT_URL}}{bait}\nAWS_ENDPOINT_URL=$A"),
        format!("\u{a0}AWS_ENDPOINT_URL={bait}"),
        format!("\0AWS_ENDPOINT_URL={bait}"),
        format!("AWS_ENDPOINT_URL\t=\t{bait}"),
        format!("AWS_ENDPOINT_URL: {bait}"),
        "COGNITO_MCP_CONFIRM=never\nCOGNITO_MCP_TOOLSETS=all".to_owned(),
        "COGNITO_MCP_POOL=us-east-1_A".to_owned(),
        "\u{1b}[2J=1\n\u{1b}]0;title\u{7}=2".to_owned(),
        String::new(),
    ] {
        fs::write(project.folder.join(".env"), &text).unwrap();
        let seen = project.serve(project.command(SERVE)).await;
        assert_eq!(
            (&seen.tools, &seen.scope),
            (&usual.tools, &usual.scope),
            "{text:?}"
        );
        assert!(
            seen.stderr.contains(".env was read: used none"),
            "{text:?}: {}",
            seen.stderr
        );
        assert!(
            !seen.stderr.contains(['\u{1b}', '\u{7}']),
            "{text:?}: {}",
            seen.stderr
        );
        project.assert_no_effect(&text);
    }
}

/// A malformed value stops the start. It is not repeated, because it may be a secret that
/// was to be expanded.
#[tokio::test]
async fn malformed_values_stop_the_start() {
    let project = Project::new("dotenv_malformed").await;
    for (text, line, name) in [
        (
            "COGNITO_CLIENT_ID=${AWS_SECRET_ACCESS_KEY}",
            1,
            "COGNITO_CLIENT_ID",
        ),
        (
            "COGNITO_CLIENT_ID=\"$AWS_SECRET_ACCESS_KEY\"",
            1,
            "COGNITO_CLIENT_ID",
        ),
        (
            "A=1\nCOGNITO_USER_POOL_ID=eu-west-1_${AWS_ACCESS_KEY_ID}",
            2,
            "COGNITO_USER_POOL_ID",
        ),
        (
            "COGNITO_USER_POOL_ID=@127.0.0.1:9605/x?y_",
            1,
            "COGNITO_USER_POOL_ID",
        ),
        ("AWS_REGION=x.evil.example/", 1, "AWS_REGION"),
        (
            "A=\"\n\n\"\nAWS_DEFAULT_REGION=eu-west-1@evil",
            4,
            "AWS_DEFAULT_REGION",
        ),
        ("AWS_PROFILE=`id`x", 1, "AWS_PROFILE"),
        ("AWS_PROFILE=work\nAWS_PROFILE=other", 2, "AWS_PROFILE"),
        ("AWS_REGION: eu-west-1", 1, "AWS_REGION"),
    ] {
        fs::write(project.folder.join(".env"), text).unwrap();
        for command in [
            "serve --backend aws",
            "serve",
            "policy",
            "doctor",
            "emulator --port 0",
        ] {
            let mut command = project.command(command);
            command
                .env("AWS_ACCESS_KEY_ID", "AKIAENV")
                .env("AWS_SECRET_ACCESS_KEY", "abcdefghijklmnopqrstuvwxyz");
            let stderr = refused(command).await;
            let start = format!(
                "cognito-mcp: {} line {line}: ",
                project.folder.join(".env").display()
            );
            assert!(
                stderr.starts_with(&start) && stderr.contains(name),
                "{text:?}: {stderr}"
            );
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
            for secret in ["abcdefgh", "AKIAENV", "evil", "9605"] {
                assert!(!stderr.contains(secret), "{stderr}");
            }
        }
    }
}

/// Other kinds of files named `.env`, and the report at start-up.
#[tokio::test]
async fn only_files_are_read() {
    let project = Project::new("dotenv_kinds").await;
    let usual = project.serve(project.command(SERVE)).await;
    let path = project.folder.join(".env");
    let real = project.home.0.join("real");
    fs::write(
        &real,
        "AWS_REGION=eu-south-1\nAWS_ENDPOINT_URL=http://192.0.2.1\n",
    )
    .unwrap();
    let point = |to: &Path| symlink(to, &path).unwrap();
    let cases: [(&dyn Fn(), &str); 6] = [
        (
            &|| fs::create_dir(&path).unwrap(),
            "because it is a directory, not a file",
        ),
        (
            &|| {
                let made = std::process::Command::new("mkfifo").arg(&path).status();
                assert!(made.unwrap().success());
            },
            "because it is a FIFO, not a file",
        ),
        (
            &|| drop(UnixListener::bind(&path).unwrap()),
            "because it is a socket, not a file",
        ),
        (
            &|| point(Path::new("/dev/zero")),
            "because it is a device, not a file",
        ),
        (
            &|| point(Path::new("/proc/self/fd")),
            "because it is a directory, not a file",
        ),
        (
            &|| point(Path::new("gone")),
            "because it is a link to a file that does not exist",
        ),
    ];
    for (make, words) in cases {
        make();
        let seen = project.serve(project.command(SERVE)).await;
        let line = format!("cognito-mcp: {} was not read, {words}.\n", path.display());
        assert_eq!(seen.stderr, format!("{line}{}", usual.stderr));
        assert_eq!(
            (&seen.tools, &seen.scope),
            (&usual.tools, &usual.scope),
            "{words}"
        );
        fs::remove_dir(&path)
            .or_else(|_| fs::remove_file(&path))
            .unwrap();
    }
    // A link to a file is read.
    point(&real);
    let seen = project.serve(project.command(SERVE)).await;
    assert_eq!(seen.scope, "AKIAOPERATOR eu-south-1");
    assert!(
        seen.stderr
            .contains("used AWS_REGION; ignored AWS_ENDPOINT_URL"),
        "{}",
        seen.stderr
    );
}

#[tokio::test]
async fn an_unreadable_file_stops_the_start() {
    let project = Project::new("dotenv_unreadable").await;
    let path = project.folder.join(".env");
    let long = format!("A={}\n", "x".repeat(64 * 1024));
    for (content, words) in [
        (long.as_bytes(), "it is longer than 65536 bytes"),
        (
            b"AWS_REGION=eu-west-\xff\n".as_slice(),
            "it is not UTF-8 text",
        ),
        (b"\xff\xfeA\0=\0".as_slice(), "it is not UTF-8 text"),
    ] {
        fs::write(&path, content).unwrap();
        let stderr = refused(project.command(SERVE)).await;
        assert_eq!(
            stderr,
            format!(
                "cognito-mcp: {} cannot be read: {words}. Correct it, or start in another folder.\n",
                path.display()
            )
        );
    }
    fs::write(&path, &long[..64 * 1024]).unwrap();
    project.serve(project.command(SERVE)).await;
}

/// Commands, and their report about the file if they read it.
const COMMANDS: [(&str, Option<&str>); 9] = [
    ("tools", Some("used COGNITO_USER_POOL_ID, AWS_REGION")),
    (
        "tools --backend aws --allow-writes",
        Some("used COGNITO_USER_POOL_ID, AWS_REGION"),
    ),
    (
        "policy --tools get_user",
        Some("used AWS_REGION; not needed"),
    ),
    (
        "verify --area wire --case 1.1",
        Some("used AWS_REGION; not needed"),
    ),
    (
        "call list_pools --backend aws",
        Some("used COGNITO_USER_POOL_ID, AWS_REGION"),
    ),
    ("doctor --backend aws", None),
    ("init cursor --print --backend aws", None),
    ("completions bash", None),
    ("man", None),
];

/// A file with every variable, and with two of the values that are used.
fn hostile_file(project: &Project) -> String {
    let mut all: Vec<String> = variables()
        .iter()
        .map(|name| format!("{name}={}\n", project.value(name)))
        .collect();
    all.push("AWS_REGION=eu-south-1\nCOGNITO_USER_POOL_ID=eu-south-1_FromFile\n".into());
    all.concat()
}

/// No command uses other values than the four, and each command reports what it read.
#[tokio::test]
async fn every_command_follows_the_rules() {
    let project = Project::new("dotenv_commands").await;
    let all = hostile_file(&project);
    let path = project.folder.join(".env");
    let run = async |arguments: &str| {
        let output = ended(project.command(arguments)).await;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.success(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    for (arguments, used) in COMMANDS {
        let _ = fs::remove_file(&path);
        let (success, before, _) = run(arguments).await;
        fs::write(&path, &all).unwrap();
        let (succeeds, after, stderr) = run(arguments).await;
        assert_eq!(success, succeeds, "{arguments}: {after} {stderr}");
        let read = format!("{} was read: ", path.display());
        match used {
            Some(used) => assert!(
                stderr.contains(&format!("{read}{used}")),
                "{arguments}: {stderr}"
            ),
            None => assert!(!stderr.contains("was read"), "{arguments}: {stderr}"),
        }
        match arguments.split(' ').next().unwrap() {
            "policy" => {
                assert!(before.contains(":cognito-idp:*:*:userpool/*"), "{before}");
                assert_eq!(
                    after,
                    before.replace(":*:*:", ":eu-south-1:*:"),
                    "{arguments}"
                );
            }
            "doctor" => {
                assert!(
                    after.contains(&format!("ok      .env: {read}used ")),
                    "{after}"
                );
                assert!(after.contains("region: eu-south-1"), "{after}");
            }
            "init" => {
                assert_eq!(before, after);
                let line = format!("{} is not written into the client's file", path.display());
                assert!(stderr.contains(&line), "{stderr}");
            }
            _ => assert_eq!(before, after, "{arguments}"),
        }
        project.assert_no_effect(arguments);
    }
}

#[tokio::test]
async fn the_emulator_follows_the_rules() {
    let project = Project::new("dotenv_emulator").await;
    let all = hostile_file(&project);
    fs::write(project.folder.join(".env"), all).unwrap();
    let mut child = project
        .command("emulator --port 0")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let report = lines.next_line().await.unwrap().unwrap();
    assert!(
        report.contains("was read: used AWS_REGION; not needed"),
        "{report}"
    );
    let at = lines.next_line().await.unwrap().unwrap();
    assert!(at.ends_with(" (Region eu-south-1)."), "{at}");
    child.kill().await.unwrap();
    project.assert_no_effect("emulator");
}

/// An application's file may name a pool on AWS. The embedded emulator does not have it.
#[tokio::test]
async fn a_pool_that_the_emulator_does_not_have_is_ignored() {
    let home = Home::new("dotenv_pool");
    home.write(
        ".env",
        "COGNITO_USER_POOL_ID=eu-west-1_OnAws\nCOGNITO_CLIENT_ID=1onaws\n",
    );
    let output = ended(home.command("call list_users")).await;
    let errors = String::from_utf8(output.stderr).unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).expect(&errors);
    assert_eq!(answer["users"].as_array().unwrap().len(), 3, "{answer}");
    assert!(
        errors.contains(
            "cognito-mcp: warning: .env names the pool eu-west-1_OnAws (COGNITO_USER_POOL_ID) and the \
             app client 1onaws (COGNITO_CLIENT_ID), which the embedded emulator does not have: it has \
             no effect; the default pool is us-east-1_"
        ),
        "{errors}"
    );
    let signed_in = r#"call sign_in {"username":"ana","password":"Demo-Passw0rd"}"#;
    assert!(ended(home.command(signed_in)).await.status.success());
    let output = ended(home.command("doctor")).await;
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    assert!(
        shown.contains("which the embedded emulator does not have"),
        "{shown}"
    );
    // A flag names the pool on purpose.
    let shown = refused(home.command("call list_users --user-pool-id us-east-1_OnAws")).await;
    assert!(
        shown.contains("User pool us-east-1_OnAws does not exist"),
        "{shown}"
    );

    // The emulator has them now.
    home.write(
        "pools.yaml",
        "UserPools: [{PoolName: a, Id: eu-west-1_OnAws, UserPoolClients: [{ClientName: w, ClientId: \
         1onaws}]}, {PoolName: b, Id: eu-west-1_Other}]",
    );
    let output = ended(home.command("call whoami --seed-file pools.yaml")).await;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        answer["default_user_pool_id"], "eu-west-1_OnAws",
        "{answer}"
    );
    assert_eq!(answer["default_client_id"], "1onaws", "{answer}");
}
