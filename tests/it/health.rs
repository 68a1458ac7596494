//! `health` and `--version`.

use std::process::Stdio;

use cognito_emulator::model;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::process::{Home, ended, refused};

/// A server that answers every request with `status`, and its address.
async fn server(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_server_that_answers_is_healthy() {
    let home = Home::new("health_answers");
    let address = server("200 OK").await;
    for flags in ["", " --wait 5"] {
        let command = format!("health --endpoint-url {address}{flags}");
        let output = ended(home.command(&command)).await;
        assert!(output.status.success(), "{output:?}");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown, format!("{address} answers.\n"));
    }
}

/// The check of a container asks the server at an address that is not its public one.
#[tokio::test]
async fn a_server_with_a_public_address_is_healthy() {
    let home = Home::new("health_public");
    let token = "a token of more than thirty-two characters";
    let mut process = home
        .command("serve --http 127.0.0.1:0 --http-url https://mcp.example.com/mcp")
        .env("COGNITO_MCP_HTTP_TOKEN", token.replace(' ', "-"))
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let address = loop {
        let line = lines.next_line().await.unwrap().expect("the server runs");
        if let Some(url) = line.strip_prefix("MCP is at ") {
            break url.trim_end_matches("/mcp.").to_owned();
        }
    };
    let output = ended(home.command(&format!("health --endpoint-url {address}"))).await;
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn other_answers_are_failures() {
    let home = Home::new("health_fails");
    for status in ["404 Not Found", "503 Service Unavailable"] {
        let address = server(status).await;
        let shown = refused(home.command(&format!("health --endpoint-url {address}"))).await;
        assert_eq!(shown, format!("cognito-mcp: {address} answers {status}.\n"));
    }
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    for flags in ["", " --wait 1"] {
        let command = format!("health --endpoint-url {address}{flags}");
        let shown = refused(home.command(&command)).await;
        assert_eq!(shown, format!("cognito-mcp: {address} does not answer.\n"));
    }
    let shown = refused(home.command("health --endpoint-url localhost:9229")).await;
    assert!(shown.contains("write an address such as"), "{shown}");
}

#[tokio::test]
async fn the_version_has_the_date_of_the_model() {
    let home = Home::new("version");
    let output = ended(home.command("--version")).await;
    let shown = String::from_utf8(output.stdout).unwrap();
    let (version, date) = (env!("CARGO_PKG_VERSION"), model::date());
    assert!(
        shown.starts_with(&format!("cognito-mcp {version} (")),
        "{shown}"
    );
    assert!(shown.ends_with(&format!("model of {date})\n")), "{shown}");
    let parts: Vec<usize> = date.split('-').map(str::len).collect();
    assert_eq!(parts, [4, 2, 2], "{date}");
    let short = String::from_utf8(ended(home.command("-V")).await.stdout).unwrap();
    assert_eq!(short, format!("cognito-mcp {version}\n"));
}
