//! The audit log: the caller, the arguments and the outcome of each call.
//!
//! The log has one line of JSON for each call, including refused calls, in the format of
//! `docs/audit.schema.json`. A call that writes has a second line, with `"event":
//! "intent"`, which is written before the call runs. If this line cannot be written, the
//! call does not run. If the process ends during a write, this line remains. If the line of
//! a call that only reads cannot be written, the answer is withheld. So every call is
//! logged before it has an effect or an answer.
//!
//! Lines are added to the end of a file that only its owner can open. They are never
//! changed. If a full disk truncates a line, the line is kept, and the next one begins on a
//! new line. The file may be renamed at any time, for example by logrotate: the next line
//! is written to a new file. With `--audit-rotate` the server renames the file itself.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use aws_sdk_cognitoidentityprovider::primitives::{DateTime, DateTimeFormat};
use axum::http::request::Parts;
use parking_lot::Mutex;
use rmcp::model::JsonObject;
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use crate::cognito::operations::Effect;
use crate::cognito::place::Place;
use crate::config::{Config, SharedState};
use crate::error::{ToolError, ToolResult};
use crate::guard::private_file;
use crate::guard::secrets;
use crate::guard::untrusted;
use crate::principal::Principal;
use crate::record::trace::Answer;
use crate::start_error::StartError;

tokio::task_local! {
    /// The call that this task works on.
    static TRAIL: Arc<Trail>;
}

/// The file of the audit log, or standard output.
pub(crate) struct Log {
    /// The file; none if lines are written to standard output.
    path: Option<PathBuf>,
    /// Bytes after which a new file begins.
    longest: Option<u64>,
    file: Mutex<Option<File>>,
    /// An id of this process, because several may write to the file.
    process: String,
    /// The name of this replica, if it is one of several.
    replica: Option<String>,
}

const MIB: u64 = 1024 * 1024;

impl Log {
    /// Opens the log that `config` names.
    ///
    /// # Errors
    /// If it cannot be written, or if other users may open it.
    pub(crate) fn open(config: &Config) -> Result<Option<Self>, StartError> {
        let Some(path) = &config.audit_log else {
            return match config.audit_rotate {
                None => Ok(None),
                Some(_) => Err(StartError(
                    "--audit-rotate requires --audit-log.".to_owned(),
                )),
            };
        };
        let is_stdout = path.as_os_str() == "-";
        let refused = |why: &str| {
            Err(StartError(format!(
                "--audit-log {}: {why}.",
                path.display()
            )))
        };
        if is_stdout && config.http.address.is_none() {
            return refused("without --http, standard output belongs to the protocol");
        }
        if is_stdout && config.audit_rotate.is_some() {
            return refused("--audit-rotate requires a file");
        }
        let file = match (!is_stdout)
            .then(|| private_file::append_to(path))
            .transpose()
        {
            Ok(file) => file,
            Err(why) => return refused(&why),
        };
        Ok(Some(Self {
            path: (!is_stdout).then(|| path.clone()),
            longest: config.audit_rotate.map(|mib| mib.saturating_mul(MIB)),
            file: Mutex::new(file),
            process: secrets::random_id().unwrap_or_else(|| std::process::id().to_string()),
            replica: replica(&config.shared_state),
        }))
    }

    fn write(&self, line: &Line<'_>) -> Result<(), String> {
        let mut text = serde_json::to_string(line).map_err(|error| error.to_string())?;
        text.push('\n');
        let mut file = self.file.lock();
        let (Some(file), Some(path)) = (&mut *file, &self.path) else {
            let mut output = io::stdout().lock();
            let written = output
                .write_all(text.as_bytes())
                .and_then(|()| output.flush());
            return written.map_err(|error| error.to_string());
        };
        if !private_file::is_at(file, path) {
            *file = private_file::append_to(path)?;
        }
        self.rotate(file, path, text.len());
        append(file, text).map_err(|error| error.to_string())
    }

    /// Records that the person who runs the server read the secret behind `reference`, or tried
    /// to and was `refused` with this code.
    ///
    /// # Errors
    /// If the line cannot be written.
    #[cfg_attr(
        not(unix),
        allow(dead_code, reason = "secrets are read on a Unix domain socket")
    )]
    pub(crate) fn handed_over(
        &self,
        reference: &str,
        place: &Place,
        refused: Option<&str>,
    ) -> Result<(), String> {
        const COMMAND: &str = "cognito-mcp secret";
        let who = Who {
            client: None,
            principal: None,
            process: self.process.clone(),
            replica: self.replica.clone(),
            session: None,
            request_id: COMMAND.into(),
            trace_id: None,
        };
        let arguments = JsonObject::from_iter([("reference".to_owned(), reference.into())]);
        let end = End {
            outcome: match refused {
                Some(_) => Outcome::Error,
                None => Outcome::Ok,
            },
            code: refused.map(ToOwned::to_owned),
            duration_ms: 0,
        };
        self.write(&Line {
            time: &now(),
            event: Event::Call,
            call: &secrets::random_id().unwrap_or_default(),
            who: &who,
            tool: COMMAND,
            arguments: &arguments,
            place,
            requests: &[],
            confirmed_by: Some(ConfirmedBy::Operator),
            end: Some(end),
        })
    }

    /// Begins a new file if the line would make this one too long.
    fn rotate(&self, file: &mut File, path: &Path, more: usize) {
        let Some(longest) = self.longest else {
            return;
        };
        let length = file.metadata().map_or(0, |found| found.len());
        if length == 0 || length + more as u64 <= longest {
            return;
        }
        let begun = free_name(path)
            .and_then(|old| fs::rename(path, old).map_err(|error| error.to_string()))
            .and_then(|()| private_file::append_to(path));
        match begun {
            Ok(new) => *file = new,
            // A log that is too long is better than no log.
            Err(error) => tracing::error!(error, "the audit log was not rotated"),
        }
    }
}

/// The name of this replica, if it is one of several: the configured one, or that of the machine.
fn replica(flags: &SharedState) -> Option<String> {
    let given = flags.replica.clone().filter(|name| !name.is_empty());
    let is_shared = flags.store.as_ref().is_some_and(|url| !url.0.is_empty());
    given.or_else(|| {
        let host = || fs::read_to_string("/proc/sys/kernel/hostname").ok();
        let host = std::env::var("HOSTNAME").ok().or_else(host);
        let host = host.map(|name| name.trim().to_owned());
        is_shared.then(|| host.unwrap_or_else(|| std::process::id().to_string()))
    })
}

/// The trace of a call: the one in its `_meta`, the one in the header of its HTTP request, or, in one
/// of several replicas, a new one.
fn trace_of(
    log: &Log,
    context: &RequestContext<RoleServer>,
    http: Option<&Parts>,
) -> Option<String> {
    let header = http.and_then(|http| http.headers.get("traceparent")?.to_str().ok());
    let sent = context.meta.get_traceparent().and_then(trace_id);
    sent.or_else(|| trace_id(header?)).or_else(|| {
        log.replica.as_ref()?;
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).ok()?;
        Some(format!("{:032x}", u128::from_le_bytes(bytes)))
    })
}

/// Adds `line` to the end of `file`, which is open for appending, as a separate line.
///
/// A full disk may have truncated a line of this or of another process. The next one must
/// begin on a new line, or neither could be read.
fn append(file: &mut (impl Read + Write + Seek), mut line: String) -> io::Result<()> {
    if file.seek(SeekFrom::End(0))? > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            line.insert(0, '\n');
        }
    }
    // The line is added in one write, so that the lines of several processes do not mix.
    file.write_all(line.as_bytes())
}

/// An unused name in the folder of `path`: that of `path` with the time, and a number if
/// necessary.
fn free_name(path: &Path) -> Result<PathBuf, String> {
    let time = now().replace(':', "");
    let beside = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{time}"));
        if number > 0 {
            name.push(format!(".{number}"));
        }
        PathBuf::from(name)
    };
    let free = (0..1000).map(beside).find(|name| !name.exists());
    free.ok_or_else(|| "too many files have this time in their names".to_owned())
}

/// The current time in RFC 3339.
#[expect(
    clippy::disallowed_methods,
    reason = "an audit log has real times, even if the emulator's clock is moved"
)]
fn now() -> String {
    let now = DateTime::from(SystemTime::now());
    let milliseconds = now.to_millis().unwrap_or_default();
    DateTime::from_millis(milliseconds)
        .fmt(DateTimeFormat::DateTime)
        .unwrap_or_default()
}

/// A line, as the schema documents it.
#[derive(Serialize)]
struct Line<'a> {
    time: &'a str,
    event: Event,
    call: &'a str,
    #[serde(flatten)]
    who: &'a Who,
    tool: &'a str,
    arguments: &'a JsonObject,
    #[serde(flatten)]
    place: &'a Place,
    requests: &'a [Request],
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_by: Option<ConfirmedBy>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    end: Option<End>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Intent,
    Call,
}

/// The caller, and ids to find the call in other logs.
#[derive(Serialize)]
struct Who {
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<Program>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<String>,
    process: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    replica: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    request_id: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
}

#[derive(Serialize)]
struct Program {
    name: String,
    version: String,
}

/// The person or program that confirmed a destructive call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConfirmedBy {
    /// The user of the client.
    Person,
    /// The model, which repeated the name. No person was asked.
    Agent,
    /// A person with `cognito-mcp approve`.
    Operator,
}

impl ConfirmedBy {
    /// The sentence in the answer of the tool.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Person => "Confirmed by the user of the client.",
            Self::Agent => "Confirmed by the agent, which repeated the name. No person was asked.",
            Self::Operator => "Approved by a person with `cognito-mcp approve`.",
        }
    }
}

/// A request to Cognito.
#[derive(Clone, Serialize)]
struct Request {
    operation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

#[derive(Serialize)]
struct End {
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    duration_ms: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Ok,
    Error,
    InputRequired,
}

/// The record of a call while it runs.
pub(crate) struct Trail {
    log: Arc<Log>,
    begun: Instant,
    time: String,
    call: String,
    who: Who,
    tool: String,
    arguments: JsonObject,
    place: Mutex<Place>,
    requests: Mutex<Vec<Request>>,
    /// The person or program that confirmed the call, if a confirmation was required.
    confirmed_by: Mutex<Option<ConfirmedBy>>,
    /// Whether the call may have written.
    intended: Mutex<bool>,
}

impl Trail {
    /// The trail of a request for `tool` at `place`. `arguments` must have no secrets.
    pub(crate) fn new(
        log: Arc<Log>,
        tool: &str,
        arguments: JsonObject,
        place: Place,
        context: &RequestContext<RoleServer>,
    ) -> Arc<Self> {
        let arguments = match untrusted::answer(arguments.into()) {
            Value::Object(arguments) => arguments,
            _ => JsonObject::default(),
        };
        Arc::new(Self {
            who: Who::of(&log, context),
            log,
            begun: Instant::now(),
            time: now(),
            call: secrets::random_id().unwrap_or_default(),
            tool: untrusted::line(tool).into_owned(),
            arguments,
            place: Mutex::new(place),
            requests: Mutex::default(),
            confirmed_by: Mutex::default(),
            intended: Mutex::default(),
        })
    }

    /// Runs `call`, and records its requests and its outcome.
    pub(crate) async fn over<T: Answer>(
        trail: Option<Arc<Self>>,
        call: impl Future<Output = Result<T, ErrorData>>,
    ) -> Result<T, ErrorData> {
        let Some(trail) = trail else {
            return call.await;
        };
        let answered = TRAIL.scope(Arc::clone(&trail), call).await;
        let Err(why) = trail.write(Event::Call, Some(trail.end(&answered))) else {
            return answered;
        };
        tracing::error!(error = why, "a call was not written to the audit log");
        if *trail.intended.lock() {
            // The write is done and its intent is logged, so its answer is not withheld.
            return answered;
        }
        T::withheld(&not_written(&why))
    }

    fn end<T: Answer>(&self, answered: &Result<T, ErrorData>) -> End {
        let (outcome, code) = match answered {
            Ok(answer) => match answer.failure() {
                Some(failure) => (Outcome::Error, failure.code),
                None if answer.is_question() => (Outcome::InputRequired, None),
                None => (Outcome::Ok, None),
            },
            Err(error) => (Outcome::Error, Some(error.code.0.to_string())),
        };
        End {
            outcome,
            code,
            duration_ms: u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn write(&self, event: Event, end: Option<End>) -> Result<(), String> {
        let requests = self.requests.lock().clone();
        self.log.write(&Line {
            time: &self.time,
            event,
            call: &self.call,
            who: &self.who,
            tool: &self.tool,
            arguments: &self.arguments,
            place: &self.place.lock().clone(),
            requests: &requests,
            confirmed_by: *self.confirmed_by.lock(),
            end,
        })
    }
}

impl Who {
    fn of(log: &Log, context: &RequestContext<RoleServer>) -> Self {
        // The HTTP transport puts the headers of the request into the extensions.
        let http = context.extensions.get::<Parts>();
        let client = context.client_info().map(|client| Program {
            name: untrusted::line(&client.name).into_owned(),
            version: untrusted::line(&client.version).into_owned(),
        });
        Self {
            client,
            principal: Principal::of(context)
                .map(|principal| untrusted::line(&principal.0).into_owned()),
            process: log.process.clone(),
            replica: log.replica.clone(),
            session: http
                .and_then(|http| http.headers.get("mcp-session-id")?.to_str().ok())
                .map(|session| untrusted::line(session).into_owned()),
            request_id: serde_json::to_value(&context.id).unwrap_or_default(),
            trace_id: trace_of(log, context, http),
        }
    }
}

/// Logs that this call is about to have `effect`. A call that writes must not run if this
/// fails.
pub(crate) fn intend(effect: Effect) -> ToolResult<()> {
    let trail = TRAIL.try_with(Arc::clone).ok();
    let Some(trail) = trail.filter(|_| effect > Effect::Read) else {
        return Ok(());
    };
    match trail.write(Event::Intent, None) {
        Ok(()) => {
            *trail.intended.lock() = true;
            Ok(())
        }
        Err(why) => Err(not_written(&why)),
    }
}

/// Records who confirmed this call.
pub(crate) fn confirmed(by: ConfirmedBy) {
    // A call that is not audited has no trail.
    let _ = TRAIL.try_with(|trail| *trail.confirmed_by.lock() = Some(by));
}

/// Records the pool of the call, which the call gave by name.
pub(crate) fn at_pool(id: Option<&str>) {
    if let Some(id) = id {
        // A call that is not audited has no trail.
        let _ = TRAIL.try_with(|trail| trail.place.lock().user_pool_id = Some(id.to_owned()));
    }
}

/// Records a request that is about to be sent.
pub(crate) fn requested(operation: &str) {
    let request = Request {
        operation: operation.to_owned(),
        request_id: None,
    };
    // A call that is not audited has no trail.
    let _ = TRAIL.try_with(|trail| trail.requests.lock().push(request));
}

/// Records the id of Cognito's response.
pub(crate) fn answered(id: Option<&str>) {
    let _ = TRAIL.try_with(|trail| {
        if let Some(request) = trail.requests.lock().last_mut() {
            request.request_id = id.map(ToOwned::to_owned);
        }
    });
}

fn not_written(why: &str) -> Box<ToolError> {
    let message = format!(
        "The audit log of this server cannot be written ({why}), and no call runs without being \
         logged"
    );
    ToolError::new("AuditLogNotWritten", message)
        .hint("Ask the person who runs the server to free disk space or correct the file")
}

/// The trace that a `traceparent` names.
///
/// <https://www.w3.org/TR/trace-context/#traceparent-header-field-values>
fn trace_id(traceparent: &str) -> Option<String> {
    let hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let mut parts = traceparent.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let valid = hex(version, 2)
        && version != "ff"
        && (version != "00" || parts.next().is_none())
        && hex(trace, 32)
        && trace.bytes().any(|b| b != b'0')
        && hex(parent, 16)
        && parent.bytes().any(|b| b != b'0')
        && hex(flags, 2);
    valid.then(|| trace.to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A disk with room for this many bytes.
    struct Disk {
        file: Cursor<Vec<u8>>,
        room: usize,
    }

    impl Read for Disk {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.file.read(buffer)
        }
    }

    impl Seek for Disk {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.file.seek(to)
        }
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = self.room.saturating_sub(self.file.get_ref().len());
            if room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.file.seek(SeekFrom::End(0))?;
            self.file.write(&bytes[..bytes.len().min(room)])
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// However a full disk truncates a line, every later line can be read.
    #[test]
    fn every_line_that_is_written_can_be_read() {
        let line = |number: usize| format!("{{\"line\":{number}}}\n");
        let length = line(0).len();
        for room in 0..=3 * length {
            let mut disk = Disk {
                file: Cursor::default(),
                room,
            };
            let mut written = Vec::new();
            for number in 0..8 {
                if number == 5 {
                    // The disk has room again.
                    disk.room = 1000;
                }
                if append(&mut disk, line(number)).is_ok() {
                    written.push(line(number));
                }
            }
            let text = String::from_utf8(disk.file.into_inner()).unwrap();
            let whole = text
                .split_inclusive('\n')
                .filter(|line| serde_json::from_str::<Value>(line).is_ok());
            let whole: Vec<&str> = whole.collect();
            // A line that was cut just before its end can be read, too.
            assert!(
                written.iter().all(|line| whole.contains(&line.as_str())),
                "{room}: {text}"
            );
            let torn = text.lines().count() - whole.len();
            assert!(torn <= 1, "{room}: {text}");
            assert!(
                !text.contains("\n\n") && !text.starts_with('\n'),
                "{room}: {text:?}"
            );
        }
    }

    #[test]
    fn a_trace_is_parsed_by_the_w3c_format() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        for (given, expected) in [
            (format!("00-{trace}-b7ad6b7169203331-01"), Some(trace)),
            (format!("01-{trace}-b7ad6b7169203331-01-more"), Some(trace)),
            (format!("00-{trace}-b7ad6b7169203331-01-more"), None),
            (format!("ff-{trace}-b7ad6b7169203331-01"), None),
            (format!("00-{trace}-0000000000000000-01"), None),
            (format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)), None),
            (
                format!("00-{}-b7ad6b7169203331-01", trace.to_uppercase()),
                None,
            ),
            (format!("00-{trace}"), None),
            ("\u{1b}[2J".to_owned(), None),
        ] {
            assert_eq!(trace_id(&given).as_deref(), expected, "{given}");
        }
    }
}
