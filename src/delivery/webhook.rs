//! Messages to a webhook: SMS, and the messages of custom senders.
//!
//! The body is the message as the outbox shows it, and `custom_sender`, whether a function of
//! the pool sends the message. Messages of custom senders have no subject and no text, because
//! only the function knows them.

use std::fmt;

use cognito_emulator::network::Network;
use cognito_emulator::world::Message;
use cognito_emulator::world::fetch::{NoResponse, Origin, Outgoing, TIME_LIMIT, Transport};
use serde_json::{Value, json};

use super::channel::{Carrier, NotDelivered};
use crate::start_error::StartError;

/// A URL that receives messages.
pub(super) struct Webhook {
    network: Network,
    url: String,
    server: String,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Webhook").field(&self.server).finish()
    }
}

impl Webhook {
    /// The webhook at `url`. Nothing is sent yet.
    ///
    /// # Errors
    /// If `url` is wrong. The error does not repeat it.
    pub(super) fn new(url: &str) -> Result<Self, StartError> {
        let origin = Origin::of(url).ok_or_else(|| {
            StartError(
                "--message-webhook: this is not a URL: write it as in \
                 http://localhost:8080/messages, without user and password."
                    .to_owned(),
            )
        })?;
        Ok(Self {
            network: Network::default(),
            url: url.to_owned(),
            server: origin.to_string(),
        })
    }
}

impl Carrier for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn server(&self) -> String {
        self.server.clone()
    }

    fn carry(&self, message: &Message) -> Result<(), NotDelivered> {
        let headers = [
            ("content-type", "application/json"),
            (
                "user-agent",
                concat!("cognito-mcp/", env!("CARGO_PKG_VERSION")),
            ),
        ];
        let response = self.network.send(&Outgoing {
            method: "POST",
            url: self.url.clone(),
            headers: headers.map(|(name, value)| (name, value.to_owned())).into(),
            body: body(message).to_string(),
        });
        match response {
            Ok(response) if (200..300).contains(&response.status) => Ok(()),
            // Also a redirect, which is not followed: it could lead anywhere.
            Ok(response) => Err(NotDelivered::new(format!(
                "the server answered {}",
                response.status
            ))),
            Err(NoResponse::TimedOut) => Err(NotDelivered::new(format!(
                "no answer within {} seconds",
                TIME_LIMIT.as_secs()
            ))),
            Err(NoResponse::TooLong) => Err(NotDelivered::new("its answer is too long")),
            Err(NoResponse::NotAllowed) => Err(NotDelivered::new("the request is not valid")),
            Err(NoResponse::Unreachable) => Err(NotDelivered::absent("no connection")),
        }
    }
}

fn body(message: &Message) -> Value {
    let mut body = json!(message);
    body["custom_sender"] = message.envelope.is_custom.into();
    body
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::super::tests::message;
    use super::*;

    /// Serves `response` once. Returns the URL, and the request.
    fn serve(response: &'static [u8]) -> (String, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "http://{}/messages?key=S3cret",
            listener.local_addr().unwrap()
        );
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"}") && stream.read(&mut byte).unwrap_or(0) == 1 {
                request.push(byte[0]);
            }
            stream.write_all(response).unwrap();
            String::from_utf8(request).unwrap()
        });
        (url, server)
    }

    fn post(url: &str) -> Result<(), NotDelivered> {
        let mut message = message("+12065559934");
        message.envelope.is_custom = true;
        Webhook::new(url).unwrap().carry(&message)
    }

    #[test]
    fn a_message_is_posted_as_json() {
        let (url, server) = serve(b"HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(post(&url), Ok(()));
        let request = server.join().unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("POST /messages?key=S3cret HTTP/1.1\r\n"),
            "{head}"
        );
        assert!(head.contains("content-type: application/json"), "{head}");
        let body: Value = serde_json::from_str(body).unwrap();
        let expected = json!({
            "sequence": 1,
            "sent_at": 1_800_000_000.0,
            "user_pool_id": "us-east-1_x",
            "username": "ana",
            "destination": "+12065559934",
            "medium": "EMAIL",
            "purpose": "SignUp",
            "code": "123456",
            "subject": "Your verification code",
            "body": "Your verification code is <b>123456</b>.",
            "custom_sender": true,
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn other_answers_are_failures() {
        for (response, why) in [
            (
                &b"HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\n123456"[..],
                "the server answered 500",
            ),
            // Not followed: the next server would get the code.
            (
                b"HTTP/1.1 307 Moved\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n",
                "the server answered 307",
            ),
        ] {
            let (url, server) = serve(response);
            assert_eq!(post(&url), Err(NotDelivered::new(why)));
            server.join().unwrap();
        }
        let (url, server) = serve(b"");
        assert_eq!(post(&url), Err(NotDelivered::absent("no connection")));
        server.join().unwrap();
        assert_eq!(post(&url), Err(NotDelivered::absent("no connection")));
    }

    /// A server that accepts the connection and never answers.
    #[test]
    fn a_server_that_hangs_is_left() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        assert_eq!(
            post(&url),
            Err(NotDelivered::new("no answer within 5 seconds"))
        );
    }
}
