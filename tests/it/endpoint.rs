//! Endpoints from every source, and proxies.

use std::net::TcpListener;

use tokio::process::Command;

use crate::process::{Home, ended, refused};

/// An address on another machine, which does not exist (TEST-NET-1 of RFC 5737).
const REMOTE: &str = "http://192.0.2.1:9";

/// A server that sends no request and ends at once, because its input is at its end.
fn serve(home: &Home, flags: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = home.command(&format!("serve --backend aws --region eu-west-1 {flags}"));
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "S3cret-key")
        .envs(variables.iter().copied());
    command
}

/// The report of a start, which must succeed.
async fn reported(command: Command) -> String {
    let output = ended(command).await;
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

/// Flags, variables and a profile that configure an endpoint, and the name of the source in
/// reports.
type Source = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

const OF_COGNITO: &[Source] = &[
    ("--endpoint-url URL", &[], "", "--endpoint-url"),
    ("", &[("AWS_ENDPOINT_URL", "URL")], "", "AWS_ENDPOINT_URL"),
    (
        "",
        &[("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "URL")],
        "",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
    ),
    (
        "",
        &[
            ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "URL"),
            ("AWS_ENDPOINT_URL", "http://localhost:1"),
        ],
        "endpoint_url = http://localhost:2\n",
        "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
    ),
    (
        "",
        &[],
        "endpoint_url = URL\n",
        "`endpoint_url` of the profile `default`",
    ),
    (
        "",
        &[],
        "endpoint_url = http://localhost:2\nservices = here\n[services here]\ncognito-identity-provider =\n  endpoint_url = URL\n",
        "the `services` section of the profile `default`",
    ),
    (
        "--profile work",
        &[],
        "[profile work]\nendpoint_url = URL\naws_access_key_id = A\naws_secret_access_key = S\n",
        "`endpoint_url` of the profile `work`",
    ),
    (
        "",
        &[("AWS_PROFILE", "work")],
        "[profile work]\nendpoint_url = URL\n",
        "`endpoint_url` of the profile `work`",
    ),
];

const OF_OTHERS: &[(&str, Source)] = &[
    (
        "STS",
        (
            "",
            &[("AWS_ENDPOINT_URL_STS", "URL")],
            "",
            "AWS_ENDPOINT_URL_STS",
        ),
    ),
    (
        "STS",
        (
            "--endpoint-url http://localhost:1",
            &[("AWS_ENDPOINT_URL_STS", "URL")],
            "",
            "AWS_ENDPOINT_URL_STS",
        ),
    ),
    (
        "SSO",
        (
            "",
            &[("AWS_ENDPOINT_URL_SSO", "URL")],
            "",
            "AWS_ENDPOINT_URL_SSO",
        ),
    ),
    (
        "SSO OIDC",
        (
            "",
            &[("AWS_ENDPOINT_URL_SSO_OIDC", "URL")],
            "",
            "AWS_ENDPOINT_URL_SSO_OIDC",
        ),
    ),
    (
        "STS",
        (
            "",
            &[],
            "services = here\n[services here]\nsts =\n  endpoint_url = URL\n",
            "the `services` section of the profile `default`",
        ),
    ),
    // The credentials chain ignores `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`.
    (
        "STS",
        (
            "",
            &[
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
                ("AWS_ENDPOINT_URL_STS", "URL"),
            ],
            "",
            "AWS_ENDPOINT_URL_STS",
        ),
    ),
];

/// The command that starts the server with `url` as the endpoint from one source.
fn serve_at(home: &Home, (flags, variables, profile, _): Source, url: &str, more: &str) -> Command {
    home.write(
        ".aws/config",
        &format!("[default]\n{}", profile.replace("URL", url)),
    );
    let mut command = serve(home, &format!("{} {more}", flags.replace("URL", url)), &[]);
    for (name, value) in variables {
        command.env(name, value.replace("URL", url));
    }
    command
}

/// Plain HTTP to another machine is refused, from every source, unless a flag allows it. HTTPS and
/// plain HTTP to this machine are not refused. Each endpoint is reported.
#[tokio::test]
async fn every_source_of_an_endpoint_is_checked() {
    let home = Home::new("endpoint_sources");
    let others = OF_OTHERS
        .iter()
        .map(|(service, source)| (Some(*service), *source));
    let sources = OF_COGNITO
        .iter()
        .map(|source| (None, *source))
        .chain(others);
    for (service, source) in sources {
        let name = source.3;
        let refusal = refused(serve_at(&home, source, REMOTE, "")).await;
        assert!(
            refusal.starts_with(&format!(
                "cognito-mcp: The endpoint {REMOTE} ({name}) is on another machine"
            )),
            "{name}: {refusal}"
        );
        assert!(refusal.contains("--allow-plain-http-endpoint"), "{refusal}");
        assert_eq!(refusal.lines().count(), 1, "{refusal}");

        let go = match service {
            None => "Requests go to ".to_owned(),
            Some(service) => format!("Requests to {service} go to "),
        };
        for (url, flag, words) in [
            (
                REMOTE,
                "--allow-plain-http-endpoint",
                ", which is not a host of AWS",
            ),
            ("https://example.com", "", ", which is not a host of AWS"),
            (
                "https://vpce-1.cognito-idp.eu-west-1.vpce.amazonaws.com",
                "",
                "",
            ),
            ("http://127.0.0.1:9", "", ""),
        ] {
            let report = reported(serve_at(&home, source, url, flag)).await;
            let line = format!("cognito-mcp: {go}{url} ({name}){words}.\n");
            assert!(report.contains(&line), "{name} {url}: {report}");
        }
        for url in ["localhost:4566"] {
            let refusal = refused(serve_at(&home, source, url, "")).await;
            assert!(
                refusal.starts_with(&format!(
                    "cognito-mcp: The endpoint from {name} is not a URL such as "
                )),
                "{name} {url}: {refusal}"
            );
        }
    }
}

/// The SDK would panic at these settings, both in variables and in profiles.
#[tokio::test]
async fn settings_of_retries_are_checked() {
    let home = Home::new("endpoint_retries");
    for (variable, setting, wrong, right) in [
        ("AWS_RETRY_MODE", "retry_mode", "always", "standard"),
        ("AWS_RETRY_MODE", "retry_mode", "x", "STANDARD"),
        ("AWS_RETRY_MODE", "retry_mode", "none", ""),
        ("AWS_MAX_ATTEMPTS", "max_attempts", "0", "1"),
        ("AWS_MAX_ATTEMPTS", "max_attempts", "1.5", ""),
        ("AWS_MAX_ATTEMPTS", "max_attempts", "-1", "5"),
        ("AWS_MAX_ATTEMPTS", "max_attempts", "many", "4294967295"),
    ] {
        home.write(".aws/config", "");
        let words =
            format!("cognito-mcp: {variable}, or {setting} in the profile, is `{wrong}`: set ");
        let refusal = refused(serve(&home, "", &[(variable, wrong)])).await;
        assert!(refusal.starts_with(&words), "{refusal}");
        reported(serve(&home, "", &[(variable, right)])).await;
        home.write(".aws/config", &format!("[default]\n{setting} = {wrong}\n"));
        let refusal = refused(serve(&home, "", &[])).await;
        assert!(refusal.starts_with(&words), "{refusal}");
        assert_eq!(refusal.lines().count(), 1, "{refusal}");
        reported(serve(&home, "", &[(variable, right)])).await;
    }
}

#[tokio::test]
async fn without_an_endpoint_requests_go_to_aws() {
    let home = Home::new("endpoint_none");
    let usual = "cognito-mcp: Requests go to AWS in Region eu-west-1.\n";
    assert_eq!(reported(serve(&home, "", &[])).await, usual);
    let ignored = [
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", REMOTE),
    ];
    assert_eq!(reported(serve(&home, "", &ignored)).await, usual);
    // The variable only ignores configured endpoints, not the flag.
    let report = reported(serve(&home, "--endpoint-url http://localhost:9", &ignored)).await;
    assert_eq!(
        report,
        "cognito-mcp: Requests go to http://localhost:9 (--endpoint-url).\n"
    );
}

/// Reports and refusals do not contain the password of a URL. The text before `@` is not taken for
/// the host.
#[tokio::test]
async fn passwords_in_urls_are_not_shown() {
    let home = Home::new("endpoint_password");
    let refusal = refused(serve(
        &home,
        "--endpoint-url http://localhost:S3cret@192.0.2.1:9/x",
        &[],
    ))
    .await;
    assert!(
        refusal.contains("The endpoint http://192.0.2.1:9 ("),
        "{refusal}"
    );
    let proxy = [("HTTPS_PROXY", "http://me:S3cret@proxy.example.com:3128")];
    let with_password = refused(serve(
        &home,
        "--endpoint-url https://me:S3cret@example.com",
        &[],
    ))
    .await;
    assert!(!with_password.contains("S3cret"), "{with_password}");
    let report = reported(serve(&home, "--endpoint-url https://example.com", &proxy)).await;
    assert!(report.contains("go to https://example.com ("), "{report}");
    assert!(
        report.contains("the proxy http://proxy.example.com:3128 (HTTPS_PROXY)"),
        "{report}"
    );
    assert!(
        !refusal.contains("S3cret") && !report.contains("S3cret"),
        "{refusal}{report}"
    );
}

/// With an unset or empty `HOME`, or a relative path, the AWS SDK would read files in the current
/// folder. A profile in them could name a program to run.
#[tokio::test]
async fn the_configuration_of_the_current_folder_is_not_read() {
    let home = Home::new("endpoint_no_home");
    let config = "[default]\nregion = eu-west-1\ncredential_process = /usr/bin/touch ran\n";
    std::fs::create_dir_all(home.0.join("~/.aws")).unwrap();
    for file in [".aws/config", "~/.aws/config", "config"] {
        home.write(file, config);
    }
    for (variable, value) in [
        ("HOME", "unset"),
        ("HOME", ""),
        ("HOME", "."),
        ("HOME", "~"),
        ("HOME", "./"),
        ("AWS_CONFIG_FILE", "config"),
        ("AWS_CONFIG_FILE", "./.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "config"),
    ] {
        for command in [
            "serve --backend aws",
            "doctor --backend aws",
            "call --backend aws list_pools",
        ] {
            let mut command = home.command(command);
            if value == "unset" {
                command.env_remove(variable);
            } else {
                command.env(variable, value);
            }
            let output = ended(command).await;
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8(text).unwrap();
            assert!(!output.status.success(), "{variable}={value}: {text}");
            assert!(
                text.contains(&format!("{variable} is ")),
                "{variable}={value}: {text}"
            );
            assert!(!home.0.join("ran").exists(), "{variable}={value}: {text}");
        }
    }
}

/// A proxy on another machine.
const PROXY: &str = "http://192.0.2.2:3128";

/// Proxies are reported if they apply. A proxy on another machine could read plain HTTP requests to
/// this machine, so it is refused.
#[tokio::test]
async fn proxies_are_reported() {
    let home = Home::new("endpoint_proxy");
    for (variables, name) in [
        (&[("HTTPS_PROXY", PROXY)][..], Some("HTTPS_PROXY")),
        (&[("https_proxy", PROXY)], Some("https_proxy")),
        (&[("ALL_PROXY", PROXY)], Some("ALL_PROXY")),
        (&[("all_proxy", PROXY)], Some("all_proxy")),
        (
            &[("HTTPS_PROXY", PROXY), ("https_proxy", "http://localhost")],
            Some("HTTPS_PROXY"),
        ),
        (
            &[("HTTPS_PROXY", ""), ("ALL_PROXY", PROXY)],
            Some("ALL_PROXY"),
        ),
        (
            &[("HTTPS_PROXY", PROXY), ("NO_PROXY", ".amazonaws.com")],
            None,
        ),
        (&[("HTTPS_PROXY", PROXY), ("NO_PROXY", "*")], None),
        (&[("HTTP_PROXY", PROXY)], None),
        (&[("HTTPS_PROXY", PROXY), ("REQUEST_METHOD", "GET")], None),
    ] {
        let report = reported(serve(&home, "", variables)).await;
        let line = name
            .map(|name| format!("cognito-mcp: Requests go through the proxy {PROXY} ({name}).\n"));
        let usual = "cognito-mcp: Requests go to AWS in Region eu-west-1.\n";
        assert_eq!(
            report,
            format!("{usual}{}", line.unwrap_or_default()),
            "{variables:?}"
        );
    }
    let plain = "--endpoint-url http://localhost:9";
    let refusal = refused(serve(&home, plain, &[("HTTP_PROXY", PROXY)])).await;
    assert!(
        refusal.contains("http://localhost:9 (--endpoint-url) is reached through the proxy http://192.0.2.2:3128 (HTTP_PROXY)"),
        "{refusal}"
    );
    assert!(
        refusal.contains("set NO_PROXY=localhost, or pass --allow-plain-http-endpoint"),
        "{refusal}"
    );
    for (flags, variables) in [
        (
            plain.to_owned(),
            &[("HTTP_PROXY", PROXY), ("NO_PROXY", "localhost")][..],
        ),
        (plain.to_owned(), &[("HTTP_PROXY", "http://127.0.0.1:3128")]),
        (
            format!("{plain} --allow-plain-http-endpoint"),
            &[("HTTP_PROXY", PROXY)],
        ),
    ] {
        reported(serve(&home, &flags, variables)).await;
    }
}

/// `call` reports an endpoint other than AWS. `verify` creates pools, so it refuses an endpoint
/// that its flag does not name.
#[tokio::test]
async fn other_commands_check_endpoints() {
    let home = Home::new("endpoint_commands");
    let keyed = |arguments: &str, url: &str| {
        let mut command = home.command(arguments);
        command
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "S3cret-key")
            .env("AWS_ENDPOINT_URL", url);
        command
    };
    for arguments in [
        "call list_pools --backend aws",
        "verify --backend aws --area wire",
    ] {
        let refusal = refused(keyed(arguments, REMOTE)).await;
        assert!(
            refusal.contains("is on another machine"),
            "{arguments}: {refusal}"
        );
    }
    // A port without a listener.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{free}");
    let refusal = refused(keyed("call list_pools --backend aws", &url)).await;
    assert!(
        refusal.starts_with(&format!(
            "cognito-mcp: Requests go to {url} (AWS_ENDPOINT_URL).\n"
        )),
        "{refusal}"
    );
    let refusal = refused(keyed("verify --backend aws --area wire", &url)).await;
    assert_eq!(
        refusal,
        format!(
            "cognito-mcp: --backend aws verifies Amazon Cognito itself, and AWS_ENDPOINT_URL names {url}: \
             remove that, or verify the other server with --endpoint.\n"
        )
    );
}
