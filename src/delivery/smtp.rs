//! E-mail by SMTP.
//!
//! A message has the sender, the reply address and the subject of the pool, and the pool's text
//! as HTML, as Cognito sends it, with a plain alternative that Cognito does not have (inferred:
//! its templates are documented as HTML, and no received message was available).

use std::error::Error as _;
use std::fmt;
use std::io::ErrorKind;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::Uri;
use cognito_emulator::world::Message;
use cognito_emulator::world::fetch::Origin;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, SmtpTransport, Transport};
use percent_encoding::percent_decode_str;

use super::channel::{Carrier, NotDelivered};
use super::plain;
use crate::bounds::SMTP_WAIT;
use crate::start_error::StartError;

/// A client of one SMTP server. It opens a connection for each message.
pub(super) struct Smtp {
    transport: SmtpTransport,
    server: String,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Smtp").field(&self.server).finish()
    }
}

/// The security of the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Security {
    /// None.
    Plain,
    /// `STARTTLS` (RFC 3207), required.
    Upgraded,
    /// TLS from the start (RFC 8314, section 3).
    Tls,
}

/// The parts of an SMTP URL.
struct Place {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
}

impl Smtp {
    /// A client of the server at `url`. Nothing is sent yet.
    ///
    /// # Errors
    /// If `url` is wrong. The error does not repeat it.
    pub(super) fn new(url: &str) -> Result<Self, StartError> {
        let place = Place::read(url).map_err(|why| {
            StartError(format!(
                "--smtp: {why}. Write the URL as in smtp://localhost:1025, \
                 smtp://user:password@host:587?tls=required or smtps://user:password@host. Special \
                 characters of user and password are percent-encoded."
            ))
        })?;
        let tls = || {
            TlsParameters::new(place.host.clone())
                .map_err(|_| StartError("--smtp: TLS cannot be set up.".to_owned()))
        };
        let (scheme, tls) = match place.security {
            Security::Plain => ("smtp", Tls::None),
            Security::Upgraded => ("smtp", Tls::Required(tls()?)),
            Security::Tls => ("smtps", Tls::Wrapper(tls()?)),
        };
        let server = format!("{scheme}://{}:{}", place.host, place.port);
        let host = place.host.trim_start_matches('[').trim_end_matches(']');
        let mut builder = SmtpTransport::builder_dangerous(host)
            .port(place.port)
            .tls(tls)
            .timeout(Some(SMTP_WAIT));
        if let Some(credentials) = place.credentials {
            builder = builder.credentials(credentials);
        }
        Ok(Self {
            transport: builder.build(),
            server,
        })
    }
}

impl Place {
    fn read(url: &str) -> Result<Self, String> {
        let bad = || "this is not a URL of an SMTP server".to_owned();
        let uri: Uri = url.parse().map_err(|_| bad())?;
        let (is_tls, default_port) = match uri.scheme_str() {
            Some("smtp") => (false, 25),
            Some("smtps") => (true, 465),
            _ => return Err(bad()),
        };
        let authority = uri.authority().ok_or_else(bad)?;
        if authority.host().is_empty() || !matches!(uri.path(), "" | "/") {
            return Err(bad());
        }
        let security = match (is_tls, uri.query()) {
            (true, None) => Security::Tls,
            (false, None) => Security::Plain,
            (false, Some("tls=required")) => Security::Upgraded,
            _ => return Err("after ? only tls=required is known, for smtp://".to_owned()),
        };
        let given = authority.as_str().rsplit_once('@');
        let place = given.map_or(authority.as_str(), |(_, place)| place);
        let credentials = given.map(|(user, _)| credentials(user)).transpose()?;
        let host = authority.host().to_owned();
        let port = match place.strip_prefix(&host) {
            Some("") => default_port,
            Some(port) => port.trim_start_matches(':').parse().map_err(|_| bad())?,
            None => return Err(bad()),
        };
        let is_local = Origin::of(&format!("http://{host}")).is_some_and(|it| it.is_local());
        if credentials.is_some() && security == Security::Plain && !is_local {
            return Err(
                "the password would be sent unencrypted to another machine: use smtps://, or add \
                 ?tls=required"
                    .to_owned(),
            );
        }
        Ok(Self {
            host,
            port,
            security,
            credentials,
        })
    }
}

fn credentials(given: &str) -> Result<Credentials, String> {
    let (user, password) = given.split_once(':').ok_or("the user has no password")?;
    let decode = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8();
        decoded
            .map(String::from)
            .map_err(|_| "user and password are not UTF-8".to_owned())
    };
    Ok(Credentials::new(decode(user)?, decode(password)?))
}

impl Carrier for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn server(&self) -> String {
        self.server.clone()
    }

    fn carry(&self, message: &Message) -> Result<(), NotDelivered> {
        let mail = compose(message)?;
        self.transport
            .send(&mail)
            .map(drop)
            .map_err(|error| reason(&error))
    }
}

/// The message as RFC 5322 has it.
fn compose(message: &Message) -> Result<lettre::Message, NotDelivered> {
    let refused = |what: &str| NotDelivered::new(format!("the {what} is not one of e-mail"));
    let mailbox = |text: &str, what: &str| text.parse::<Mailbox>().map_err(|_| refused(what));
    let to: Address = message
        .destination
        .parse()
        .map_err(|_| refused("recipient's address"))?;
    let mut builder = lettre::Message::builder()
        .date(sent_at(message))
        .message_id(None)
        .from(mailbox(&message.envelope.from, "sender's address")?)
        .to(Mailbox::new(None, to))
        .subject(one_line(&message.subject));
    if let Some(reply_to) = &message.envelope.reply_to {
        builder = builder.reply_to(mailbox(reply_to, "reply address")?);
    }
    let text = plain::of(&message.body, &message.code);
    let body = MultiPart::alternative_plain_html(text, message.body.clone());
    builder
        .multipart(body)
        .map_err(|_| NotDelivered::new("its header fields are not valid"))
}

/// The emulator's time of sending.
fn sent_at(message: &Message) -> SystemTime {
    // RFC 5322 has dates from 1900 to 9999.
    let milliseconds = message.sent_at.0.clamp(0, 250_000_000_000_000);
    UNIX_EPOCH + Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default())
}

/// `text` without line breaks and other control characters, so that a subject cannot add
/// header fields.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// The reason of `error`. Text of the server is not repeated: it may quote the message.
fn reason(error: &Error) -> NotDelivered {
    if let Some(code) = error.status() {
        // 421: the service is not available, and the connection is closed.
        let why = format!("the server answered {code}");
        return match code.to_string().as_str() {
            "421" => NotDelivered::absent(why),
            _ => NotDelivered::new(why),
        };
    }
    if error.is_client() {
        // Fixed texts of the library, such as about a missing extension of the server.
        let text = error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string);
        return NotDelivered::new(format!("the server cannot be used ({text})"));
    }
    if error.is_tls() {
        return NotDelivered::new(
            "TLS failed (SSL_CERT_FILE names a file with further authorities)",
        );
    }
    if error.is_response() {
        return NotDelivered::new("its answer is not SMTP");
    }
    match kind(error) {
        Some(ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
            NotDelivered::new(format!("no answer within {} seconds", SMTP_WAIT.as_secs()))
        }
        // `rustls` reports wrong certificates in this way.
        Some(ErrorKind::InvalidData) => {
            NotDelivered::new("TLS failed (SSL_CERT_FILE names a file with further authorities)")
        }
        Some(kind) => NotDelivered::absent(format!("no connection ({kind})")),
        None => NotDelivered::absent("no connection"),
    }
}

/// The kind of the I/O error that caused `error`.
fn kind(error: &Error) -> Option<ErrorKind> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<std::io::Error>() {
            return Some(error.kind());
        }
        source = cause.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::super::tests::message;
    use super::*;

    /// An SMTP server for one message. It answers each command with the reply to the command's
    /// first word, or with 250. Returns its URL, and the lines that it receives.
    fn server(replies: &'static [(&str, &str)]) -> (String, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let reader = BufReader::new(stream.try_clone().unwrap());
            let reply = |word: &str| {
                let reply = replies.iter().find(|(command, _)| *command == word);
                reply.map_or("250 fine", |(_, reply)| reply)
            };
            let mut lines = Vec::new();
            let mut is_data = false;
            write!(stream, "{}\r\n", reply("")).unwrap();
            for line in reader.lines() {
                let Ok(line) = line else { break };
                let word = line.split([' ', ':']).next().unwrap_or_default().to_owned();
                lines.push(line.clone());
                is_data = is_data && line != ".";
                if is_data {
                    continue;
                }
                is_data = word == "DATA";
                // The client may close the connection.
                let _ = write!(stream, "{}\r\n", reply(&word));
            }
            lines
        });
        (url, served)
    }

    const ACCEPTING: &[(&str, &str)] = &[("", "220 ready"), ("DATA", "354 go on")];

    /// Sends `message`, and returns the result and the lines that the server received.
    fn sent(
        message: &Message,
        replies: &'static [(&str, &str)],
    ) -> (Result<(), NotDelivered>, String) {
        let (url, server) = server(replies);
        let smtp = Smtp::new(&url).unwrap();
        let result = smtp.carry(message);
        drop(smtp);
        (result, server.join().unwrap().join("\n"))
    }

    #[test]
    fn a_message_arrives_as_the_pool_writes_it() {
        let mut message = message("ana@example.com");
        message.envelope.from = "Ana of Example <a@example.com>".to_owned();
        message.envelope.reply_to = Some("help@example.com".to_owned());
        let (result, lines) = sent(&message, ACCEPTING);
        result.unwrap();
        for part in [
            "MAIL FROM:<a@example.com>",
            "RCPT TO:<ana@example.com>",
            "From: \"Ana of Example\" <a@example.com>",
            "Reply-To: help@example.com",
            "To: ana@example.com",
            "Subject: Your verification code\n",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8",
            "Your verification code is 123456.",
            "Content-Type: text/html; charset=utf-8",
            "Your verification code is <b>123456</b>.",
        ] {
            assert!(lines.contains(part), "{part} is not in\n{lines}");
        }
    }

    /// No text of a user or of a template can add a header field or a command.
    #[test]
    fn line_breaks_add_nothing() {
        let mut subject = message("ana@example.com");
        subject.subject = "Code\r\nBcc: eve@example.com\r\n\r\nbody".to_owned();
        let (result, lines) = sent(&subject, ACCEPTING);
        result.unwrap();
        assert!(!lines.contains("\nBcc"), "{lines}");
        let mut dots = message("ana@example.com");
        dots.body = "one\r\n.\r\nMAIL FROM:<eve@example.com>".to_owned();
        let (result, lines) = sent(&dots, ACCEPTING);
        result.unwrap();
        assert!(lines.contains("\n..\n"), "{lines}");

        let refused = |edit: fn(&mut Message)| {
            let mut message = message("ana@example.com");
            edit(&mut message);
            compose(&message).unwrap_err().why
        };
        let break_in_address = "ana@example.com>\r\nRCPT TO:<eve@example.com";
        assert_eq!(
            refused(|it| it.destination = "ana@example.com\r\nBcc: eve@example.com".to_owned()),
            "the recipient's address is not one of e-mail"
        );
        for address in [
            "",
            "ana",
            "@example.com",
            "ana@",
            "a b@example.com",
            break_in_address,
        ] {
            let mut message = message("");
            message.destination = address.to_owned();
            assert!(compose(&message).is_err(), "{address}");
        }
        assert_eq!(
            refused(
                |it| it.envelope.from = "Ana\r\nBcc: eve@example.com <a@example.com>".to_owned()
            ),
            "the sender's address is not one of e-mail"
        );
        assert_eq!(
            refused(
                |it| it.envelope.reply_to = Some("a@example.com\r\nBcc: e@example.com".to_owned())
            ),
            "the reply address is not one of e-mail"
        );
    }

    #[test]
    fn texts_beyond_ascii_and_long_lines() {
        let mut message = message("ana@example.com");
        message.subject = "Ihr Bestätigungscode – 確認".to_owned();
        message.envelope.from = "Müller <a@example.com>".to_owned();
        message.body = format!(
            "{} ä 123456 <b>{}</b>",
            "long ".repeat(1_000),
            "x".repeat(10_000)
        );
        let (result, lines) = sent(&message, ACCEPTING);
        result.unwrap();
        assert!(lines.contains("Subject: Ihr =?utf-8?b?"), "{lines}");
        assert!(lines.contains("From: =?utf-8?b?"), "{lines}");
        // RFC 5322, section 2.1.1.
        let longest = lines.lines().map(str::len).max().unwrap();
        assert!(longest <= 998, "{longest}");
        assert!(lines.is_ascii());
    }

    /// An address beyond ASCII needs an extension of the server (RFC 6531).
    #[test]
    fn addresses_beyond_ascii() {
        let message = message("änna@example.com");
        let (result, lines) = sent(&message, ACCEPTING);
        let why = result.unwrap_err();
        assert!(
            why.why.starts_with("the server cannot be used ("),
            "{why:?}"
        );
        assert!(!lines.contains("MAIL FROM"), "{lines}");
        let able = &[
            ("", "220 ready"),
            ("EHLO", "250-fine\r\n250-8BITMIME\r\n250 SMTPUTF8"),
            ("DATA", "354 go on"),
        ];
        let (result, lines) = sent(&message, able);
        result.unwrap();
        assert!(lines.contains("RCPT TO:<änna@example.com>"), "{lines}");
    }

    /// The answers of a server are not repeated: they may quote the message.
    #[test]
    fn answers_of_a_server() {
        for (replies, expected) in [
            (
                &[("", "220 ready"), ("RCPT", "550 no ana@example.com 123456")][..],
                NotDelivered::new("the server answered 550"),
            ),
            (
                &[
                    ("", "220 ready"),
                    ("DATA", "354 go on"),
                    (".", "452 full 123456"),
                ],
                NotDelivered::new("the server answered 452"),
            ),
            (
                &[("", "421 later")],
                NotDelivered::absent("the server answered 421"),
            ),
            (
                &[("", "HTTP/1.1 400 Bad Request")],
                NotDelivered::new("its answer is not SMTP"),
            ),
        ] {
            let (result, _) = sent(&message("ana@example.com"), replies);
            assert_eq!(result, Err(expected));
        }
    }

    #[test]
    fn an_absent_server_may_come_later() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        drop(listener);
        let result = Smtp::new(&url).unwrap().carry(&message("ana@example.com"));
        let expected = NotDelivered::absent("no connection (connection refused)");
        assert_eq!(result, Err(expected));
    }

    #[test]
    fn urls() {
        let read = |url: &str| {
            let place = Place::read(url)?;
            let security = match place.security {
                Security::Plain => "plain",
                Security::Upgraded => "upgraded",
                Security::Tls => "tls",
            };
            let user = place.credentials.is_some();
            Ok::<_, String>((place.host, place.port, security, user))
        };
        for (url, host, port, security, has_user) in [
            ("smtp://localhost", "localhost", 25, "plain", false),
            ("smtp://localhost:1025/", "localhost", 1025, "plain", false),
            ("smtp://mailpit:1025", "mailpit", 1025, "plain", false),
            (
                "smtp://ana:p%40ss@mailpit:1025",
                "mailpit",
                1025,
                "plain",
                true,
            ),
            ("smtp://[::1]:1025", "[::1]", 1025, "plain", false),
            (
                "smtp://a:b@mail.example.com:587?tls=required",
                "mail.example.com",
                587,
                "upgraded",
                true,
            ),
            (
                "smtps://a:b@mail.example.com",
                "mail.example.com",
                465,
                "tls",
                true,
            ),
            (
                "smtp://mail.example.com",
                "mail.example.com",
                25,
                "plain",
                false,
            ),
        ] {
            let expected = (host.to_owned(), port, security, has_user);
            assert_eq!(read(url), Ok(expected), "{url}");
        }
        for (url, part) in [
            ("localhost:1025", "not a URL"),
            ("http://localhost:1025", "not a URL"),
            ("smtp://localhost:1025/inbox", "not a URL"),
            ("smtp://localhost:99999", "not a URL"),
            ("smtp://ana@localhost", "the user has no password"),
            ("smtp://localhost?tls=opportunistic", "only tls=required"),
            ("smtps://localhost?tls=required", "only tls=required"),
            (
                "smtp://ana:p@mail.example.com",
                "unencrypted to another machine",
            ),
            ("smtp://ana:p%FF@localhost", "not UTF-8"),
        ] {
            let why = read(url).unwrap_err();
            assert!(why.contains(part), "{url}: {why}");
        }
    }
}
