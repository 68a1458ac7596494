//! The Unix domain socket on which a server answers the person who runs it: approvals of calls,
//! and secrets that the server hides.
//!
//! Each server process has its own socket, in a folder that only its user can open. Both
//! sides check that the other side runs as the same user, by the credentials that the
//! kernel reports. A connection has one request and one answer, each a line of JSON.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::confirm::approvals::{Approvals, Listed, WrongCode};
use super::hand_over::{HandOver, NotHandedOver};
use crate::bounds::{APPROVAL_ANSWER, APPROVAL_CONNECTION, APPROVAL_CONNECTIONS, APPROVAL_REQUEST};
use crate::guard::private_file;
use crate::guard::secrets;

/// The extension of a socket's name.
const SOCKET: &str = "sock";

/// The subjects on which a server answers.
#[derive(Clone, Default)]
pub(crate) struct Desk {
    /// The calls that wait for an approval, if the server waits for approvals.
    pub(crate) approvals: Option<Arc<Approvals>>,
    /// The secrets, if the server hides them.
    pub(crate) secrets: Option<Arc<HandOver>>,
}

/// A request of `cognito-mcp approve` or `cognito-mcp secret`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    /// All requests that the server remembers.
    List,
    /// Approves or declines a request.
    Decide { code: String, approve: bool },
    /// The secret behind a reference.
    Secret { reference: String },
}

/// The server's answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Requests(Vec<Listed>),
    Decided(Result<(), WrongCode>),
    Secret(Result<String, NotHandedOver>),
    /// The server does not answer on this subject.
    Elsewhere,
    /// The store that the server shares with its replicas cannot be used.
    Unavailable(String),
}

/// The folders in which servers of this user may have sockets, the preferred first.
///
/// MCP clients start servers with few variables, often without `XDG_RUNTIME_DIR`, so
/// `cognito-mcp approve` searches all of these folders.
///
/// # Errors
/// If the user's id is not known.
pub(crate) fn folders() -> Result<Vec<PathBuf>, String> {
    let uid = own_uid().map_err(|error| format!("the user's id is not known: {error}"))?;
    let configured = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = [
        configured.filter(|folder| folder.is_absolute()),
        Some(PathBuf::from(format!("/run/user/{uid}"))),
    ];
    let shared = [std::env::temp_dir(), PathBuf::from("/tmp")];
    let runtime = runtime.into_iter().flatten();
    let mut folders: Vec<PathBuf> = runtime
        .map(|folder| folder.join("cognito-mcp"))
        .chain(shared.map(|folder| folder.join(format!("cognito-mcp-{uid}"))))
        .filter(|folder| folder.parent().is_some_and(Path::is_dir))
        .collect();
    let mut seen = Vec::new();
    folders.retain(|folder| {
        let new = !seen.contains(folder);
        seen.push(folder.clone());
        new
    });
    Ok(folders)
}

/// The folder in which a server of this user makes its socket.
///
/// # Errors
/// If there is none.
pub(crate) fn folder() -> Result<PathBuf, String> {
    let found = folders()?.into_iter().next();
    found
        .ok_or_else(|| "neither XDG_RUNTIME_DIR nor a folder for temporary files exists".to_owned())
}

/// Creates `folder` if it does not exist, and checks that only this user has access.
///
/// # Errors
/// If other users could open or replace the folder. The message says what to do.
pub(crate) fn make_private(folder: &Path) -> Result<(), String> {
    let refusal = |why: &str| format!("{}: {why}", folder.display());
    let parent = folder.parent().unwrap_or(folder);
    let found = fs::metadata(parent).map_err(|error| refusal(&error.to_string()))?;
    let uid = own_uid().map_err(|error| refusal(&error.to_string()))?;
    // In a folder with the sticky bit, only the owner of a file can replace it.
    let mode = found.permissions().mode();
    let replaceable = mode & 0o022 != 0 && mode & 0o1000 == 0;
    if replaceable || ![0, uid].contains(&found.uid()) {
        let parent = parent.display();
        return Err(refusal(&format!(
            "other users can replace it, because they can write to {parent}; set XDG_RUNTIME_DIR to \
             a folder to which only you have access"
        )));
    }
    private_file::make_folder(folder).map_err(|why| refusal(&why))
}

/// The id of the user that runs this process.
fn own_uid() -> io::Result<u32> {
    let (one, _other) = UnixStream::pair()?;
    Ok(one.peer_cred()?.uid())
}

/// A socket that answers until this value is dropped.
#[derive(Debug)]
pub(crate) struct Listening {
    socket: PathBuf,
    serving: JoinHandle<()>,
}

impl Listening {
    /// Opens a socket in `folder`, for requests to `desk`.
    ///
    /// # Errors
    /// If other users have access to the folder, or the socket cannot be created.
    pub(crate) fn open(folder: &Path, desk: Desk) -> Result<Self, String> {
        make_private(folder)?;
        let uid = own_uid().map_err(|error| error.to_string())?;
        let name = secrets::random_id().ok_or("the system has no randomness")?;
        // Half of the id is used: the path of a socket has room for about a hundred characters.
        let name = &name[..name.len() / 2];
        let socket = folder.join(format!("{name}.{SOCKET}"));
        let failed = |error: io::Error| format!("{}: {error}", socket.display());
        // The socket gets its name after it listens, so a named socket that refuses connections is
        // stale.
        let new = folder.join(format!("{name}.new"));
        let listener = UnixListener::bind(&new).map_err(failed)?;
        let ready = fs::set_permissions(&new, fs::Permissions::from_mode(0o600))
            .and_then(|()| fs::rename(&new, &socket));
        if let Err(error) = ready {
            let _ = fs::remove_file(&new);
            return Err(failed(error));
        }
        let beside = folder.to_owned();
        let serving = tokio::spawn(async move {
            remove_stale(&beside).await;
            serve(listener, uid, desk).await;
        });
        Ok(Self { socket, serving })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.serving.abort();
        let _ = fs::remove_file(&self.socket);
    }
}

/// The sockets in `folder`, in order.
fn sockets(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut sockets: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == SOCKET))
        .collect();
    sockets.sort();
    sockets
}

/// Removes sockets of killed servers from `folder`.
async fn remove_stale(folder: &Path) {
    for socket in sockets(folder) {
        let connected = timeout(APPROVAL_CONNECTION, UnixStream::connect(&socket)).await;
        if let Ok(Err(error)) = connected
            && error.kind() == ErrorKind::ConnectionRefused
        {
            let _ = fs::remove_file(&socket);
        }
    }
}

async fn serve(listener: UnixListener, uid: u32, desk: Desk) {
    let places = Arc::new(Semaphore::new(APPROVAL_CONNECTIONS));
    // The connections end with this task.
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        while connections.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a request of the operator was not received");
                // For example, too many files are open. It takes time until some are
                // closed.
                let _ = timeout(Duration::from_millis(100), std::future::pending::<()>()).await;
                continue;
            }
        };
        let desk = desk.clone();
        connections.spawn(async move {
            let answered = timeout(APPROVAL_CONNECTION, answer(stream, uid, &desk)).await;
            if let Ok(Err(error)) = answered {
                tracing::debug!(%error, "a connection of the operator failed");
            }
            drop(place);
        });
    }
}

async fn answer(mut stream: UnixStream, uid: u32, desk: &Desk) -> io::Result<()> {
    if stream.peer_cred()?.uid() != uid {
        return Err(ErrorKind::PermissionDenied.into());
    }
    let (input, mut output) = stream.split();
    let mut line = String::new();
    BufReader::new(input.take(APPROVAL_REQUEST))
        .read_line(&mut line)
        .await?;
    let answer = match serde_json::from_str(&line)? {
        Request::List => match &desk.approvals {
            Some(approvals) => match approvals.list().await {
                Ok(listed) => Answer::Requests(listed),
                Err(why) => Answer::Unavailable(why.to_string()),
            },
            None => Answer::Elsewhere,
        },
        Request::Decide { code, approve } => match &desk.approvals {
            Some(approvals) => match approvals.decide(&code, approve).await {
                Ok(decided) => Answer::Decided(decided),
                Err(why) => Answer::Unavailable(why.to_string()),
            },
            None => Answer::Elsewhere,
        },
        Request::Secret { reference } => match &desk.secrets {
            Some(secrets) => Answer::Secret(secrets.secret(&reference).await),
            None => Answer::Elsewhere,
        },
    };
    let answer = format!("{}\n", serde_json::to_string(&answer)?);
    output.write_all(answer.as_bytes()).await
}

/// A server with a socket, as a command sees it.
pub(crate) struct Found {
    socket: PathBuf,
}

impl Found {
    /// The servers of this user, and the folders that were left out because other users
    /// could open them, with the reasons.
    ///
    /// # Errors
    /// If the user's id is not known.
    pub(crate) fn all() -> Result<(Vec<Self>, Vec<String>), String> {
        let uid = own_uid().map_err(|error| error.to_string())?;
        let mut servers = Vec::new();
        let mut left_out = Vec::new();
        for folder in folders()? {
            let Ok(found) = fs::symlink_metadata(&folder) else {
                continue;
            };
            let open_to_others = found.permissions().mode() & 0o077 != 0;
            if !found.is_dir() || found.uid() != uid || open_to_others {
                left_out.push(format!(
                    "{} was left out, because other users have access to it",
                    folder.display()
                ));
                continue;
            }
            let sockets = sockets(&folder).into_iter();
            servers.extend(sockets.map(|socket| Self { socket }));
        }
        Ok((servers, left_out))
    }

    /// The requests that the server remembers. None if the server has ended, or waits for no
    /// approvals.
    ///
    /// # Errors
    /// If it does not answer.
    pub(crate) async fn requests(&self) -> Result<Option<Vec<Listed>>, String> {
        match self.ask(&Request::List).await {
            Ok(Answer::Requests(requests)) => Ok(Some(requests)),
            Ok(Answer::Elsewhere) => Ok(None),
            Ok(Answer::Unavailable(why)) => Err(self.failure(&format!("its shared state {why}"))),
            Ok(_) => Err(self.failure("its answer does not match the request")),
            Err(error) if self.has_ended(&error) => Ok(None),
            Err(error) => Err(self.failure(&error.to_string())),
        }
    }

    /// The secret behind `reference`. The inner error is the reason why it is not handed over.
    ///
    /// # Errors
    /// If the server does not answer.
    pub(crate) async fn secret(
        &self,
        reference: &str,
    ) -> Result<Result<String, NotHandedOver>, String> {
        let reference = reference.to_owned();
        match self.ask(&Request::Secret { reference }).await {
            Ok(Answer::Secret(handed_over)) => Ok(handed_over),
            Ok(Answer::Elsewhere) => Ok(Err(NotHandedOver::Unknown)),
            Ok(_) => Err(self.failure("its answer does not match the request")),
            Err(error) if self.has_ended(&error) => Ok(Err(NotHandedOver::Unknown)),
            Err(error) => Err(self.failure(&error.to_string())),
        }
    }

    /// Whether `error` means that the server has ended. Removes the socket of a killed server.
    fn has_ended(&self, error: &io::Error) -> bool {
        if error.kind() == ErrorKind::ConnectionRefused {
            let _ = fs::remove_file(&self.socket);
            return true;
        }
        error.kind() == ErrorKind::NotFound
    }

    /// Approves or declines the request with this code.
    ///
    /// # Errors
    /// If the server does not answer. The inner error is the reason why the code is
    /// refused.
    pub(crate) async fn decide(
        &self,
        code: &str,
        approve: bool,
    ) -> Result<Result<(), WrongCode>, String> {
        let code = code.to_owned();
        match self.ask(&Request::Decide { code, approve }).await {
            Ok(Answer::Decided(decided)) => Ok(decided),
            Ok(Answer::Unavailable(why)) => Err(self.failure(&format!("its shared state {why}"))),
            Ok(_) => Err(self.failure("its answer does not match the request")),
            Err(error) => Err(self.failure(&error.to_string())),
        }
    }

    fn failure(&self, why: &str) -> String {
        format!(
            "The server at {} does not answer: {why}.",
            self.socket.display()
        )
    }

    async fn ask(&self, request: &Request) -> io::Result<Answer> {
        let asked = async {
            let mut stream = UnixStream::connect(&self.socket).await?;
            if stream.peer_cred()?.uid() != own_uid()? {
                return Err(io::Error::other("it runs as another user"));
            }
            let (input, mut output) = stream.split();
            let request = format!("{}\n", serde_json::to_string(request)?);
            output.write_all(request.as_bytes()).await?;
            let mut line = String::new();
            BufReader::new(input.take(APPROVAL_ANSWER))
                .read_line(&mut line)
                .await?;
            Ok(serde_json::from_str(&line)?)
        };
        let answered = timeout(APPROVAL_CONNECTION, asked).await;
        answered.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::super::confirm::approvals::{Asking, Standing, State};
    use super::*;
    use crate::shared_state::State as Store;

    /// An empty folder to which only this user has access.
    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
        home
    }

    fn approvals() -> Arc<Approvals> {
        Arc::new(Approvals::new(Arc::new(Store::process())))
    }

    /// The desk of a server that waits for `approvals`.
    fn desk(approvals: &Arc<Approvals>) -> Desk {
        Desk {
            approvals: Some(Arc::clone(approvals)),
            secrets: None,
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    /// The one socket in `folder`.
    fn only(folder: &Path) -> Found {
        let entries: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        let [socket] = entries.try_into().unwrap();
        Found { socket }
    }

    #[tokio::test]
    async fn a_request_is_approved_through_the_socket() {
        let home = home();
        let folder = home.path().join("cognito-mcp");
        let approvals = approvals();
        let listening = Listening::open(&folder, desk(&approvals)).unwrap();
        let server = only(&folder);
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&server.socket), 0o600);
        assert_eq!(server.requests().await, Ok(Some(Vec::new())));

        let asking = Asking {
            subject: "ana",
            question: "delete_user would delete user ana",
            caller: "client test",
            principal: "",
        };
        let Standing::Waits(code) = approvals.standing(&asking).await.unwrap() else {
            panic!("no code");
        };
        let [listed] = server
            .requests()
            .await
            .unwrap()
            .unwrap()
            .try_into()
            .unwrap();
        assert_eq!((&listed.code, listed.state), (&code, State::Open));
        assert_eq!(listed.question, asking.question);
        let wrong = server.decide("aaaa-aaaa", true).await;
        assert_eq!(wrong, Ok(Err(WrongCode::Unknown)));
        assert_eq!(server.decide(&code, true).await, Ok(Ok(())));
        let standing = approvals.standing(&asking).await;
        assert_eq!(standing, Ok(Standing::Approved));

        drop(listening);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        assert_eq!(server.requests().await, Ok(None));
    }

    /// Invalid requests are not answered, and their connections are closed.
    #[tokio::test]
    async fn other_requests_are_not_answered() {
        let home = home();
        let folder = home.path().join("cognito-mcp");
        let _listening = Listening::open(&folder, desk(&approvals())).unwrap();
        let server = only(&folder);
        let long = format!(
            "{{\"decide\":{{\"code\":\"{}\",\"approve\":true}}}}\n",
            "a".repeat(300)
        );
        for request in [
            "",
            "\n",
            "list\n",
            "{}\n",
            "{\"decide\":{\"code\":\"a\"}}\n",
            &long,
        ] {
            let mut stream = UnixStream::connect(&server.socket).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            let mut answer = Vec::new();
            // A connection that is closed with unread bytes may be reset.
            let _ = stream.read_to_end(&mut answer).await;
            assert_eq!(answer, b"", "{request}");
        }
        assert_eq!(server.requests().await, Ok(Some(Vec::new())));
    }

    /// A connection that sends nothing does not block others.
    #[tokio::test(start_paused = true)]
    async fn idle_connections_are_closed() {
        let home = home();
        let folder = home.path().join("cognito-mcp");
        let _listening = Listening::open(&folder, desk(&approvals())).unwrap();
        let server = only(&folder);
        let mut idle = Vec::new();
        for _ in 0..APPROVAL_CONNECTIONS {
            idle.push(UnixStream::connect(&server.socket).await.unwrap());
        }
        for stream in &mut idle {
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            assert_eq!(answer, b"");
        }
        assert_eq!(server.requests().await, Ok(Some(Vec::new())));
    }

    #[tokio::test]
    async fn sockets_of_killed_servers_are_removed() {
        let home = home();
        let folder = home.path().join("cognito-mcp");
        make_private(&folder).unwrap();
        let socket = folder.join("killed.sock");
        drop(UnixListener::bind(&socket).unwrap());
        let server = only(&folder);
        assert_eq!(server.requests().await, Ok(None));
        assert!(!socket.exists());
        // The next server also removes it, and no other socket.
        drop(UnixListener::bind(&socket).unwrap());
        let first = Listening::open(&folder, desk(&approvals())).unwrap();
        let _second = Listening::open(&folder, desk(&approvals())).unwrap();
        for socket in sockets(&folder) {
            if socket != folder.join("killed.sock") {
                assert_eq!(Found { socket }.requests().await, Ok(Some(Vec::new())));
            }
        }
        assert!(!socket.exists());
        assert!(first.socket.exists());
        assert_eq!(sockets(&folder).len(), 2);
    }

    /// A folder that other users could open or replace, or that they created, is not used.
    #[tokio::test]
    async fn a_folder_of_other_users_is_refused() {
        let home = home();
        let refused = |folder: &Path, words: &str| {
            let error = Listening::open(folder, desk(&approvals())).unwrap_err();
            assert!(error.contains(words), "{error}");
            assert!(error.contains(&folder.display().to_string()), "{error}");
        };
        let real = home.path().join("real");
        fs::create_dir(&real).unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o700)).unwrap();
        let link = home.path().join("link");
        symlink(&real, &link).unwrap();
        refused(&link, "not a folder");
        let dangling = home.path().join("dangling");
        symlink(home.path().join("nothing"), &dangling).unwrap();
        refused(&dangling, "not a folder");
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        refused(&file, "not a folder");
        for open in [0o750, 0o701, 0o777, 0o1777] {
            let folder = home.path().join(format!("mode-{open:o}"));
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(open)).unwrap();
            refused(&folder, "other users may open it");
        }
        // Only root can create another user's folder.
        if own_uid().unwrap() == 0 {
            let folder = home.path().join("foreign");
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
            std::os::unix::fs::chown(&folder, Some(65_534), None).unwrap();
            refused(&folder, "belongs to another user");
        }
        // Other users could replace it in a folder to which they can write.
        for (open, is_used) in [
            (0o777, false),
            (0o770, false),
            (0o1777, true),
            (0o755, true),
        ] {
            let parent = home.path().join(format!("parent-{open:o}"));
            fs::create_dir(&parent).unwrap();
            fs::set_permissions(&parent, fs::Permissions::from_mode(open)).unwrap();
            let folder = parent.join("cognito-mcp");
            if is_used {
                Listening::open(&folder, desk(&approvals())).unwrap();
            } else {
                refused(&folder, "other users can replace it");
            }
        }
        refused(&home.path().join("no/such"), "No such file");
        assert_eq!(fs::read_dir(&real).unwrap().count(), 0);
    }
}
