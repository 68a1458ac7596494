//! HTTPS of the emulator, with clients that trust its authority.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use insta::assert_snapshot;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::process::{Home, refused};

/// A server, and what it has written to standard error when it was ready.
struct Served {
    process: Child,
    address: String,
    notes: Vec<String>,
}

impl Served {
    /// Starts `command`, which writes `last` when it is ready.
    async fn start(mut command: Command, last: &str) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut notes: Vec<String> = Vec::new();
        loop {
            let line = tokio::time::timeout(Duration::from_secs(20), output.next_line());
            let line = line.await.expect("another line").unwrap();
            let line = line.unwrap_or_else(|| panic!("the server ended: {notes:?}"));
            let is_last = line.contains(last);
            notes.push(line);
            if is_last {
                break;
            }
        }
        let address = notes[0]
            .split("https://")
            .nth(1)
            .unwrap_or_else(|| panic!("{notes:?}"));
        let address = address.split(' ').next().unwrap().to_owned();
        Self {
            process,
            address,
            notes,
        }
    }

    /// The response to a request to `host`, from a client that trusts `authority`.
    async fn get(&self, authority: &Path, host: &str, path: &str) -> Result<String, String> {
        let (address, host) = (self.address.clone(), host.to_owned());
        let (authority, path) = (authority.to_owned(), path.to_owned());
        tokio::task::spawn_blocking(move || get(&address, &authority, &host, &path))
            .await
            .unwrap()
    }
}

fn get(address: &str, authority: &Path, host: &str, path: &str) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(authority).unwrap();
    roots.add(authority).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    let mut stream = Stream::new(&mut connection, &mut socket);
    let port = address.rsplit(':').next().unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .map_err(|error| error.to_string())?;
    let mut read = String::new();
    stream
        .read_to_string(&mut read)
        .map_err(|error| error.to_string())?;
    Ok(read)
}

/// The member `name` of the JSON in a response.
fn member(response: &str, name: &str) -> String {
    let body = response.split("\r\n\r\n").nth(1).unwrap();
    let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{response}"));
    body[name].as_str().unwrap().to_owned()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

const AUTHORITY: &str = ".local/share/cognito-mcp/tls/ca.pem";

#[tokio::test]
async fn the_emulator_uses_https_with_a_local_authority() {
    let home = Home::new("tls_authority");
    let authority = home.0.join(AUTHORITY);
    // A umask of 0777 would remove all permissions of the owner, 0 none of other users.
    for umask in ["0777", "0"] {
        let _ = std::fs::remove_dir_all(home.0.join(".local"));
        let mut command = home.command("");
        let binary = command.as_std().get_program().to_owned();
        let script = format!("umask {umask}; exec \"$0\" emulator --tls --port 0 --empty");
        let kept = command
            .as_std()
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        let kept: Vec<_> = kept
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(script)
            .arg(binary)
            .env_clear()
            .envs(kept);
        command.current_dir(&home.0).kill_on_drop(true);
        let mut served = Served::start(command, "NODE_EXTRA_CA_CERTS").await;
        assert!(
            served.notes[1].contains(&format!(
                "Clients must trust the certificate in {}",
                authority.display()
            )),
            "{:?}",
            served.notes
        );
        assert_eq!(mode(&authority), 0o600, "umask {umask}");
        assert_eq!(
            mode(&authority.with_file_name("ca-key.pem")),
            0o600,
            "umask {umask}"
        );
        assert_eq!(mode(authority.parent().unwrap()), 0o700, "umask {umask}");
        for host in [
            "localhost",
            "127.0.0.1",
            "demo.auth.us-east-1.localhost",
            "a.b.c.localhost",
        ] {
            let shown = served
                .get(&authority, host, "/_emulator/health")
                .await
                .unwrap();
            assert!(shown.contains("\"status\":\"ok\""), "{host}: {shown}");
        }
        // The certificate is not for other hosts.
        let error = served
            .get(&authority, "cognito.example", "/")
            .await
            .unwrap_err();
        assert!(error.contains("not valid for name"), "{error}");
        served.process.kill().await.unwrap();
    }
}

#[tokio::test]
async fn addresses_over_https_begin_with_https() {
    let home = Home::new("tls_addresses");
    let authority = home.0.join(AUTHORITY);
    for (arguments, host, base) in [
        ("emulator --tls --port 0", "localhost", "https://localhost"),
        (
            "emulator --tls --port 0 --host 0.0.0.0 --expose",
            "localhost",
            "https://localhost",
        ),
        (
            "serve --listen 127.0.0.1:0 --tls",
            "localhost",
            "https://localhost",
        ),
    ] {
        let served = Served::start(home.command(arguments), "NODE_EXTRA_CA_CERTS").await;
        let port = served.address.rsplit(':').next().unwrap().to_owned();
        let shown = served.get(&authority, host, "/_emulator/").await.unwrap();
        assert!(
            shown.contains(&format!("POST https://localhost:{port}/,")),
            "{shown}"
        );
        let Some((pool, client)) = demo(&served.notes) else {
            assert!(arguments.starts_with("serve"), "{:?}", served.notes);
            continue;
        };
        let path = format!("/{pool}/.well-known/openid-configuration");
        let shown = served.get(&authority, host, &path).await.unwrap();
        assert_eq!(
            member(&shown, "issuer"),
            format!("{base}:{port}/{pool}"),
            "{arguments}"
        );
        assert_eq!(
            member(&shown, "jwks_uri"),
            format!("{base}:{port}/{pool}/.well-known/jwks.json")
        );
        // The sign-in page is reached at its own host, and its cookies are for HTTPS only.
        let path = format!(
            "/oauth2/authorize?client_id={client}&response_type=code&scope=openid\
             &redirect_uri=http://localhost:3000/"
        );
        let shown = served
            .get(&authority, "demo.auth.us-east-1.localhost", &path)
            .await
            .unwrap();
        let location = format!("https://demo.auth.us-east-1.localhost:{port}/login?");
        assert!(shown.contains(&location), "{shown}");
        let page = format!("/login{}", path.strip_prefix("/oauth2/authorize").unwrap());
        let shown = served.get(&authority, "localhost", &page).await.unwrap();
        let cookies: Vec<_> = shown
            .lines()
            .filter(|line| line.to_lowercase().starts_with("set-cookie"))
            .collect();
        assert!(!cookies.is_empty(), "{shown}");
        assert!(
            cookies.iter().all(|cookie| cookie.contains("; Secure")),
            "{cookies:?}"
        );
    }
}

/// The ids of the demo's pool and app client, which the emulator reports at the start.
fn demo(notes: &[String]) -> Option<(&str, &str)> {
    let ids = notes
        .iter()
        .find_map(|note| note.strip_prefix("Demo pool "))?;
    ids.trim_end_matches('.').split_once(", app client ")
}

#[tokio::test]
async fn an_operator_may_give_a_certificate() {
    let home = Home::new("tls_given");
    make(&home, "own", "other");
    let command = home.command("emulator --tls-cert own.pem --tls-key own.key --port 0");
    let served = Served::start(command, "Demo users").await;
    let authority = home.0.join("own.pem");
    let shown = served
        .get(&authority, "cognito.example", "/nothing")
        .await
        .unwrap();
    assert!(shown.starts_with("HTTP/1.1 404"), "{shown}");
    assert!(!home.0.join(".local").exists(), "no authority is made");
}

/// Certificates and keys of these names.
fn make(home: &Home, first: &str, second: &str) {
    for name in [first, second] {
        let made = rcgen::generate_simple_self_signed(vec!["cognito.example".to_owned()]).unwrap();
        home.write(&format!("{name}.pem"), &made.cert.pem());
        home.write(&format!("{name}.key"), &made.signing_key.serialize_pem());
    }
}

#[tokio::test]
async fn unusable_files_are_refused() {
    let home = Home::new("tls_refused");
    make(&home, "own", "other");
    home.write("empty", "");
    home.write(
        "damaged",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    );
    home.write(
        "locked.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    std::fs::write(home.0.join("binary"), [0xff, 0xfe, 0]).unwrap();
    let mut shown = Vec::new();
    for (certificate, key) in [
        ("own.pem", "other.key"),
        ("own.key", "own.pem"),
        ("own.pem", "own.pem"),
        ("missing", "own.key"),
        ("own.pem", "missing"),
        (".", "own.key"),
        ("empty", "own.key"),
        ("binary", "own.key"),
        ("damaged", "own.key"),
        ("own.pem", "empty"),
        ("own.pem", "locked.key"),
        ("/dev/zero", "own.key"),
    ] {
        let arguments = format!("emulator --port 0 --tls-cert {certificate} --tls-key {key}");
        shown.push(refused(home.command(&arguments)).await);
    }
    assert_snapshot!(shown.concat(), @r"
    cognito-mcp: The key in other.key is not that of the first certificate in own.pem: give the server's certificate first, then those that signed it, and the key of the first.
    cognito-mcp: --tls-cert own.key: it has no certificate, which begins with `-----BEGIN CERTIFICATE-----`.
    cognito-mcp: --tls-key own.pem: it has no private key, which begins with `-----BEGIN PRIVATE KEY-----`, `-----BEGIN EC PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`.
    cognito-mcp: --tls-cert missing: it does not exist; give a PEM file.
    cognito-mcp: --tls-key missing: it does not exist; give a PEM file.
    cognito-mcp: --tls-cert .: it is a directory, not a file; give a PEM file.
    cognito-mcp: --tls-cert empty: it has no certificate, which begins with `-----BEGIN CERTIFICATE-----`.
    cognito-mcp: --tls-cert binary: it is not UTF-8 text; give a PEM file.
    cognito-mcp: --tls-cert damaged: the PEM text is damaged (base64 decode error: InvalidCharacter(33)).
    cognito-mcp: --tls-key empty: it has no private key, which begins with `-----BEGIN PRIVATE KEY-----`, `-----BEGIN EC PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`.
    cognito-mcp: --tls-key locked.key: the key is encrypted, and this program does not ask for its password; remove the password with `openssl pkey -in FILE -out NEW_FILE`.
    cognito-mcp: --tls-cert /dev/zero: it is a device, not a file; give a PEM file.
    ");
}

#[tokio::test]
async fn flags_without_their_others_are_refused() {
    let home = Home::new("tls_flags");
    let mut shown = Vec::new();
    for arguments in [
        "emulator --tls-cert own.pem",
        "emulator --tls-key own.key",
        "serve --tls",
        "serve --tls-cert a --tls-key b",
        "serve --backend aws --tls",
    ] {
        let refused = refused(home.command(arguments)).await;
        let lines: Vec<&str> = refused.lines().take(2).map(str::trim).collect();
        shown.push(lines.join(" ").trim().to_owned() + "\n");
    }
    let mut command = home.command("emulator --tls --port 0");
    command.env_remove("HOME");
    shown.push(refused(command).await);
    // The data folder is a file.
    home.write("file", "");
    let mut command = home.command("emulator --tls --port 0");
    command.env("XDG_DATA_HOME", home.0.join("file"));
    let folder = home.0.display().to_string();
    shown.push(refused(command).await.replace(&folder, "HOME"));
    assert_snapshot!(shown.concat(), @r"
    error: the following required arguments were not provided: --tls-key <FILE>
    error: the following required arguments were not provided: --tls-cert <FILE>
    cognito-mcp: --tls is for the emulator's HTTP address: add --listen, such as --listen 127.0.0.1:9229.
    cognito-mcp: --tls is for the emulator's HTTP address: add --listen, such as --listen 127.0.0.1:9229.
    cognito-mcp: --backend aws does not use --tls: remove that, or choose the other backend.
    cognito-mcp: --tls: neither XDG_DATA_HOME nor HOME is an absolute path, so that there is no folder for the local authority. Or give a certificate and its key with --tls-cert and --tls-key.
    cognito-mcp: --tls: the local authority cannot be made in HOME/file/cognito-mcp/tls: Not a directory (os error 20). Or give a certificate and its key with --tls-cert and --tls-key.
    ");
}
