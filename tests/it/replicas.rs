//! Several replicas in place of one server: the tests of this binary, spread over them at random.
//!
//! If `TEST_SHARED_STATE` names a Redis, every client is connected to `TEST_REPLICAS` servers
//! that share their state there, and each of its requests goes to one of them.
//! `tests/fleet/run` runs the flows so. A test whose clock is paused stays on one server: a
//! paused clock skips the time in which the store would answer.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cognito_mcp::config::{HiddenText, SharedState};
use cognito_mcp::mcp::server::Server;
use cognito_mcp::shared_state::State;
use rmcp::ServiceExt;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::sync::mpsc;

/// The states of the replicas of one fleet, if the environment asks for replicas.
pub(crate) fn states() -> Option<Vec<Arc<State>>> {
    static FLEETS: AtomicU64 = AtomicU64::new(0);
    let url = std::env::var("TEST_SHARED_STATE").ok()?;
    if is_paused() {
        return None;
    }
    let replicas: usize = std::env::var("TEST_REPLICAS").ok()?.parse().ok()?;
    let fleet = FLEETS.fetch_add(1, Ordering::Relaxed);
    let flags = SharedState {
        store: Some(HiddenText(url)),
        shared_key_file: std::env::var_os("TEST_SHARED_KEYS").map(PathBuf::from),
        shared_name: Some(format!("test-{}-{fleet}", std::process::id())),
        ..SharedState::default()
    };
    let states = (0..replicas).map(|_| Arc::new(State::open(&flags).unwrap()));
    Some(states.collect())
}

/// Whether the clock of the runtime is paused.
#[expect(
    clippy::disallowed_methods,
    reason = "a paused clock is recognized by the time of the machine"
)]
fn is_paused() -> bool {
    let (machine, begun) = (std::time::Instant::now(), tokio::time::Instant::now());
    while machine.elapsed().is_zero() {}
    begun.elapsed().is_zero()
}

/// The client's end of a connection to `server`.
fn started(server: Server) -> DuplexStream {
    let (here, there) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        if let Ok(running) = server.serve(there).await {
            let _ = running.waiting().await;
        }
    });
    here
}

/// Routes the messages of a client to one of `servers`, each request to a random one. The
/// handshake and notifications go to all.
pub(crate) async fn route(client: DuplexStream, servers: Vec<Server>) {
    let (input, mut output) = tokio::io::split(client);
    let (sender, mut answers) = mpsc::unbounded_channel::<(usize, Value)>();
    let mut inputs = Vec::new();
    for (number, server) in servers.into_iter().enumerate() {
        let (from, to) = tokio::io::split(started(server));
        inputs.push(to);
        let sender = sender.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(from).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let message = serde_json::from_str(&line).unwrap();
                if sender.send((number, message)).is_err() {
                    return;
                }
            }
        });
    }
    // The replica that answers each request of the client.
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    let random = RandomState::new();
    let mut count = 0_u64;
    let mut lines = BufReader::new(input).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Ok(Some(line)) = line else { return };
                let mut message: Value = serde_json::from_str(&line).unwrap();
                count += 1;
                let one = usize::try_from(random.hash_one(count) % inputs.len() as u64).unwrap();
                let to = if message.get("method").is_none() {
                    // The answer to a question of one replica.
                    let id = message["id"].as_str().unwrap().to_owned();
                    let (replica, id) = id.split_once(' ').unwrap();
                    message["id"] = serde_json::from_str(id).unwrap();
                    vec![replica.parse().unwrap()]
                } else if message.get("id").is_none() {
                    (0..inputs.len()).collect()
                } else if message["method"] == "initialize" {
                    asked.insert(message["id"].to_string(), 0);
                    (0..inputs.len()).collect()
                } else {
                    asked.insert(message["id"].to_string(), one);
                    vec![one]
                };
                for replica in to {
                    let line = format!("{message}\n");
                    inputs[replica].write_all(line.as_bytes()).await.unwrap();
                }
            }
            answer = answers.recv() => {
                let Some((replica, mut message)) = answer else { return };
                if message.get("method").is_some() {
                    if let Some(id) = message.get("id") {
                        // Replicas number their questions independently.
                        message["id"] = json!(format!("{replica} {id}"));
                    }
                } else if asked.get(&message["id"].to_string()) != Some(&replica) {
                    continue;
                }
                let line = format!("{message}\n");
                if output.write_all(line.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    }
}
