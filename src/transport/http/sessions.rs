//! Sessions of the protocol revisions before 2026-07-28: their owners, number and lifetime.
//!
//! Most clients never end a session. An idle session is closed when its time is over, or
//! when its principal or the server has too many. Its client then gets 404 and opens a
//! new one, as the protocol requires.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use rmcp::transport::streamable_http_server::SessionManager as _;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Limits;
use crate::principal::Principal;

/// The sessions of one server.
pub(super) struct Sessions {
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

/// The error for a session of another principal.
pub(super) struct NotOwner;

impl Sessions {
    /// Bounds the sessions of `manager`, which keeps them until they are closed.
    pub(super) fn new(manager: Arc<LocalSessionManager>, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            manager,
            limits,
            known: Mutex::default(),
        })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }

    /// Begins a request of the session `id`, unless the session belongs to another
    /// principal. Returns none if the session is unknown. rmcp answers such a request.
    pub(super) fn enter(
        self: &Arc<Self>,
        id: &str,
        principal: &Principal,
    ) -> Result<Option<InUse>, NotOwner> {
        match self.known().get_mut(id) {
            Some(session) if session.principal != *principal => Err(NotOwner),
            Some(session) => {
                session.requests += 1;
                Ok(Some(self.in_use(id)))
            }
            None => Ok(None),
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
            session.requests -= 1;
            session.used = Instant::now();
        }
    }
}
