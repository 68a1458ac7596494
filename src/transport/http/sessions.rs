//! Sessions of the protocol revisions before 2026-07-28: their owners, number and lifetime.
//!
//! Most clients never end a session. An idle session is closed when its time is over, or
//! when its principal or the server has too many. Its client then gets 404 and opens a
//! new one, as the protocol requires.
//!
//! Replicas that share their state open each other's sessions: the state keeps the parameters of
//! `initialize` with their principal, and rmcp repeats the handshake from them. A session that was
//! ended at one replica is unknown to all.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};
use rmcp::transport::streamable_http_server::SessionManager as _;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::session::{
    SessionState, SessionStore, SessionStoreError,
};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Limits;
use crate::bounds::{SESSION_IDLE, SESSION_PRINCIPALS, SESSIONS_OF_ONE};
use crate::principal::Principal;
use crate::shared_state::{State, Table};

/// The sessions of one server.
pub(super) struct Sessions {
    state: Arc<State>,
    manager: Arc<LocalSessionManager>,
    limits: Limits,
    known: Mutex<Known>,
}

type Known = BTreeMap<String, Session>;

struct Session {
    principal: Principal,
    /// Requests and streams under way.
    requests: usize,
    /// The time at which the last of them ended.
    used: Instant,
}

/// A request of a session, or a stream of it, until it is dropped.
pub(super) struct InUse {
    sessions: Arc<Sessions>,
    id: String,
}

/// Why a request of a session is refused.
pub(super) enum Refused {
    /// The session is unknown, or belongs to another principal.
    Unknown,
    /// The shared state cannot be used, and only it could know the session.
    Unavailable,
}

/// The sessions of all replicas.
const TABLE: Table = Table {
    name: "session",
    lifetime: SESSION_IDLE,
    renews: true,
    items: SESSIONS_OF_ONE,
    bytes: usize::MAX,
    owners: SESSION_PRINCIPALS,
    one_run: false,
};

tokio::task_local! {
    /// The principal of the request to which this task makes the response.
    static CALLER: String;
}

/// The sessions in the shared state, as rmcp uses them.
pub(super) struct SharedSessionStore(Arc<State>);

#[async_trait]
impl SessionStore for SharedSessionStore {
    async fn load(&self, id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        Ok(self.0.get(&TABLE, &caller(), id).await?)
    }

    async fn store(&self, id: &str, state: &SessionState) -> Result<(), SessionStoreError> {
        self.0.put(&TABLE, &caller(), id, state).await?;
        Ok(())
    }

    async fn delete(&self, id: &str) -> Result<(), SessionStoreError> {
        let _: Option<SessionState> = self.0.take(&TABLE, &caller(), id).await?;
        Ok(())
    }
}

fn caller() -> String {
    CALLER.try_with(Clone::clone).unwrap_or_default()
}

impl Sessions {
    /// Bounds the sessions of `manager`, which keeps them until they are closed.
    pub(super) fn new(
        manager: Arc<LocalSessionManager>,
        limits: Limits,
        state: Arc<State>,
    ) -> Arc<Self> {
        Arc::new(Self {
            state,
            manager,
            limits,
            known: Mutex::default(),
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }

    /// The sessions in the shared state, for rmcp; none if the state is in this process.
    pub(super) fn store(&self) -> Option<Arc<dyn SessionStore>> {
        let state = Arc::clone(&self.state);
        state
            .is_shared()
            .then(|| Arc::new(SharedSessionStore(state)) as Arc<dyn SessionStore>)
    }

    /// Runs `response`, which makes the response to a request of `principal`.
    pub(super) async fn for_caller<T>(
        principal: &Principal,
        response: impl Future<Output = T>,
    ) -> T {
        CALLER.scope(principal.0.clone(), response).await
    }

    /// Begins a request of the session `id`, unless the session belongs to another
    /// principal. Returns none if the session is unknown here. rmcp answers such a request.
    pub(super) async fn enter(
        self: &Arc<Self>,
        id: &str,
        principal: &Principal,
    ) -> Result<Option<InUse>, Refused> {
        let here = match self.known().get_mut(id) {
            Some(session) if session.principal != *principal => return Err(Refused::Unknown),
            Some(session) => {
                session.requests += 1;
                Some(self.in_use(id))
            }
            None => None,
        };
        if !self.state.is_shared() {
            return Ok(here);
        }
        match self
            .state
            .get::<SessionState>(&TABLE, &principal.0, id)
            .await
        {
            Ok(Some(_)) => Ok(here),
            Ok(None) => {
                // It was ended at another replica, or the state was lost.
                self.ended(id);
                if here.is_some() {
                    self.close(id.to_owned());
                }
                Err(Refused::Unknown)
            }
            // A session of this replica goes on without the state.
            Err(_) if here.is_some() => Ok(here),
            Err(_) => Err(Refused::Unavailable),
        }
    }

    /// Ends the session `id` for all replicas, at the request of its client.
    pub(super) async fn end_everywhere(&self, id: &str, principal: &Principal) {
        if self.state.is_shared() {
            let ended = self.state.take::<SessionState>(&TABLE, &principal.0, id);
            let _ = ended.await;
        }
    }

    fn in_use(self: &Arc<Self>, id: &str) -> InUse {
        InUse {
            sessions: Arc::clone(self),
            id: id.to_owned(),
        }
    }

    /// Records that `principal` has opened the session `id`, and closes sessions in excess of
    /// the bounds.
    pub(super) fn opened(self: &Arc<Self>, id: &str, principal: Principal) -> InUse {
        let mut known = self.known();
        let session = Session {
            principal: principal.clone(),
            requests: 1,
            used: Instant::now(),
        };
        known.insert(id.to_owned(), session);
        let Limits {
            sessions,
            sessions_of_one,
            ..
        } = self.limits;
        let own = |session: &Session| session.principal == principal;
        while known.values().filter(|session| own(session)).count() > sessions_of_one {
            if !self.close_idlest(&mut known, own) {
                break;
            }
        }
        while known.len() > sessions {
            let Some(most) = most_sessions(&known) else {
                break;
            };
            self.close_idlest(&mut known, |session| session.principal == most);
        }
        self.in_use(id)
    }

    /// Closes the session that was idle for the longest time, of those that `may` accepts.
    /// Returns whether one was closed.
    fn close_idlest(&self, known: &mut Known, may: impl Fn(&Session) -> bool) -> bool {
        let idle = known
            .iter()
            .filter(|(_, session)| session.requests == 0 && may(session));
        let idlest = idle.min_by_key(|(_, session)| session.used);
        let Some(id) = idlest.map(|(id, _)| id.clone()) else {
            return false;
        };
        known.remove(&id);
        self.close(id);
        true
    }

    /// Removes the session `id`, which its client has ended.
    pub(super) fn ended(&self, id: &str) {
        self.known().remove(id);
    }

    /// Makes rmcp close the session `id`, which may wait for the session's task.
    fn close(&self, id: String) {
        let manager = Arc::clone(&self.manager);
        tokio::spawn(async move {
            if let Err(error) = manager.close_session(&id.into()).await {
                tracing::warn!(%error, "a session could not be closed");
            }
        });
    }

    /// Closes sessions that were idle for too long. Never returns.
    pub(super) async fn sweep(&self) {
        let mut often = interval(self.limits.session_idle / 4);
        often.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            often.tick().await;
            self.forget_closed().await;
            let mut known = self.known();
            let over = |session: &Session| session.used.elapsed() >= self.limits.session_idle;
            while self.close_idlest(&mut known, over) {}
        }
    }

    /// Removes sessions that rmcp has ended.
    async fn forget_closed(&self) {
        let alive = self.manager.sessions.read().await;
        let is_alive = |id: &str| alive.contains_key(id);
        self.known()
            .retain(|id, session| session.requests > 0 || is_alive(id));
    }
}

/// The principal with the most sessions, among those that have an idle one.
fn most_sessions(known: &Known) -> Option<Principal> {
    let mut counts: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for session in known.values() {
        let (count, idle) = counts.entry(&session.principal.0).or_default();
        *count += 1;
        *idle |= session.requests == 0;
    }
    let with_idle = counts.iter().filter(|(_, (_, idle))| *idle);
    let most = with_idle.max_by_key(|(_, (count, _))| *count);
    most.map(|(principal, _)| Principal((*principal).to_owned()))
}

impl Drop for InUse {
    fn drop(&mut self) {
        if let Some(session) = self.sessions.known().get_mut(&self.id) {
            session.requests = session.requests.saturating_sub(1);
            session.used = Instant::now();
        }
    }
}
