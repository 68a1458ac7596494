//! A bare axum server that answers every `POST /` with 500 bytes: the baseline
//! of `scripts/load` for the emulator's server.

#![expect(
    clippy::unwrap_used,
    reason = "an example that cannot go on stops here"
)]

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).unwrap_or("9230".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .unwrap();
    // Reads the request's body, as the emulator does.
    let router = Router::new().route("/", post(async |_: Bytes| "x".repeat(500)));
    axum::serve(listener, router).await.unwrap();
}
