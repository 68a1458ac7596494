//! `/_emulator/outbox/wait`: waits for the next message.

use std::time::Duration;

use axum::extract::Query;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use form_urlencoded::{Serializer, parse};
use serde_json::json;

use super::account::StackToRead;
use super::{Refused, answer};
use crate::bounds::{OUTBOX_WAIT, OUTBOX_WAITERS};
use crate::stack::OutboxFilter;

/// The wait without `timeout`.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Answers with the first message that matches the filter of the outbox, or with 408 after
/// `timeout` seconds. If the client closes the connection, the wait ends.
pub(super) async fn wait(StackToRead(stack): StackToRead, uri: Uri) -> Result<Response, Refused> {
    let (filter, timeout) = read(&uri)?;
    let Some(arrival) = stack.arrival(&filter) else {
        let sentence = format!(
            "{OUTBOX_WAITERS} requests wait for messages: end one of them, or read /_emulator/outbox."
        );
        return Ok(super::super::message(
            StatusCode::SERVICE_UNAVAILABLE,
            &sentence,
        ));
    };
    Ok(match tokio::time::timeout(timeout, arrival).await {
        Ok(message) => answer(&json!({ "message": message })),
        Err(_) => super::super::message(
            StatusCode::REQUEST_TIMEOUT,
            &format!(
                "No message that matches arrived within {} seconds: see /_emulator/outbox for \
                 all messages.",
                timeout.as_secs_f64()
            ),
        ),
    })
}

/// The filter, which is that of the outbox, and `timeout`.
fn read(uri: &Uri) -> Result<(OutboxFilter, Duration), Refused> {
    let mut timeout = TIMEOUT;
    let mut rest = Serializer::new(String::new());
    for (name, value) in parse(uri.query().unwrap_or_default().as_bytes()) {
        if name == "timeout" {
            timeout = seconds(&value)?;
        } else {
            rest.append_pair(&name, &value);
        }
    }
    let rest = format!("/?{}", rest.finish()).parse::<Uri>();
    let rest = rest.map_err(|_| Refused("The query is too long.".to_owned()))?;
    let Query(filter) = Query::try_from_uri(&rest)?;
    Ok((filter, timeout))
}

fn seconds(given: &str) -> Result<Duration, Refused> {
    let longest = OUTBOX_WAIT.as_secs_f64();
    let seconds = given.parse().ok();
    let seconds = seconds.filter(|seconds| (0.0..=longest).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| {
        Refused(format!(
            "`timeout` is not a number of seconds from 0 to {longest}, such as timeout=10."
        ))
    })
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use serde_json::Value;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tower::ServiceExt;

    use crate::bounds::OUTBOX_WAITERS;
    use crate::http::{router, serve};
    use crate::stack::Stack;
    use crate::world::{Clock, Envelope, Medium, Message, Purpose};

    fn stack() -> Stack {
        Stack::builder().clock(Clock::fixed(1_800_000_000)).build()
    }

    fn send(stack: &Stack, name: &str, code: &str) {
        stack.world().courier.send(Message {
            sequence: 0,
            sent_at: stack.world().now(),
            user_pool_id: "us-east-1_x".to_owned(),
            username: name.to_owned(),
            destination: format!("{name}@example.com"),
            medium: Medium::Email,
            purpose: Purpose::SignUp,
            code: code.to_owned(),
            subject: String::new(),
            body: String::new(),
            link: None,
            envelope: Envelope::default(),
        });
    }

    async fn wait(stack: &Stack, query: &str) -> (u16, Value) {
        let request = Request::get(format!("/_emulator/outbox/wait?{query}"))
            .header("Host", "localhost:9229")
            .body(Body::empty())
            .unwrap();
        let (head, body) = router(stack.clone())
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (head.status.as_u16(), serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn messages_are_neither_missed_nor_repeated() {
        let stack = stack();
        send(&stack, "ana", "000001");
        send(&stack, "bob", "000002");
        let mut codes = Vec::new();
        let mut after = 0;
        for number in 3..6 {
            let (status, found) = wait(&stack, &format!("username=ana&after={after}")).await;
            assert_eq!(status, 200, "{found}");
            codes.push(found["message"]["code"].as_str().unwrap().to_owned());
            after = found["message"]["sequence"].as_u64().unwrap();
            send(&stack, "ana", &format!("00000{number}"));
        }
        assert_eq!(codes, ["000001", "000003", "000004"]);
    }

    #[tokio::test]
    async fn a_later_message_ends_the_wait() {
        let stack = stack();
        send(&stack, "bob", "000001");
        let waiting = tokio::spawn({
            let stack = stack.clone();
            async move { wait(&stack, "recipient=ana%40example.com").await }
        });
        while stack.world().courier.waiters() == 0 {
            tokio::task::yield_now().await;
        }
        send(&stack, "bob", "000002");
        // A reset does not end the wait, and does not hide the message.
        stack.reset();
        send(&stack, "ana", "000003");
        let (status, found) = waiting.await.unwrap();
        assert_eq!((status, &found["message"]["code"]), (200, &"000003".into()));
        assert_eq!(found["message"]["sequence"], 3);
        assert_eq!(stack.world().courier.waiters(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_after_its_time() {
        let stack = stack();
        let start = tokio::time::Instant::now();
        let (status, reply) = wait(&stack, "recipient=ana%40example.com&timeout=2.5").await;
        assert_eq!(status, 408);
        assert_eq!(
            reply["message"],
            "No message that matches arrived within 2.5 seconds: see /_emulator/outbox for all \
             messages."
        );
        assert_eq!(start.elapsed().as_millis(), 2_500);
        assert_eq!(wait(&stack, "").await.0, 408);
        assert_eq!(start.elapsed().as_millis(), 32_500);
        assert_eq!(stack.world().courier.waiters(), 0);
    }

    #[tokio::test]
    async fn wrong_queries_are_refused() {
        let stack = stack();
        for (query, part) in [
            ("timeout=301", "from 0 to 300"),
            ("timeout=-1", "from 0 to 300"),
            ("timeout=NaN", "from 0 to 300"),
            ("timeout=soon", "from 0 to 300"),
            ("after=x", "after"),
            ("after=-1", "after"),
            ("user=ana", "expected one of `recipient`"),
        ] {
            let (status, reply) = wait(&stack, query).await;
            let sentence = reply["message"].as_str().unwrap();
            assert_eq!(status, 400, "{query}: {sentence}");
            assert!(sentence.contains(part), "{query}: {sentence}");
        }
    }

    /// A client that closes its connection frees its place.
    #[tokio::test]
    async fn waiters_are_bounded_and_closed_connections_free_theirs() {
        let stack = stack();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, stack.clone(), async {
            ended.await.ok();
        }));
        let request = b"GET /_emulator/outbox/wait?timeout=300 HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let mut clients = Vec::new();
        for _ in 0..OUTBOX_WAITERS {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(request).await.unwrap();
            clients.push(client);
        }
        let courier = &stack.world().courier;
        while courier.waiters() < OUTBOX_WAITERS {
            tokio::task::yield_now().await;
        }
        let (status, reply) = wait(&stack, "").await;
        assert_eq!(status, 503, "{reply}");
        // The emulator answers other requests meanwhile.
        let mut other = TcpStream::connect(address).await.unwrap();
        let health =
            b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        other.write_all(health).await.unwrap();
        let mut answer = String::new();
        other.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

        drop(clients);
        while courier.waiters() > 0 {
            tokio::task::yield_now().await;
        }
        end.send(()).unwrap();
        server.await.unwrap().unwrap();
    }
}
