//! A bare axum server that answers every `POST /` with 500 bytes: the baseline
//! of `scripts/load` for the emulator's server.
//!
//! The second argument is a number of signatures that it makes for each request.

#![expect(
    clippy::unwrap_used,
    reason = "an example that cannot go on stops here"
)]

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use cognito_emulator::auth::keys::Keyring;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().unwrap_or("9230".to_owned());
    let signatures: u32 = arguments.next().map_or(0, |count| count.parse().unwrap());
    let keys = Keyring::default().next();
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .unwrap();
    // Reads the request's body, as the emulator does.
    let answer = move |_: Bytes| {
        for _ in 0..signatures {
            // As long as the signed part of an access token.
            std::hint::black_box(keys.access().sign(&[b'x'; 900]));
        }
        std::future::ready("x".repeat(500))
    };
    let router = Router::new().route("/", post(answer));
    axum::serve(listener, router).await.unwrap();
}
