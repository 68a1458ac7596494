//! Approvals of waiting calls by one-time codes.
//!
//! With `--confirm person`, a call of a client that cannot ask its user is refused
//! with a code. A person approves the code with `cognito-mcp approve` in the
//! operator's terminal; the same call then runs once. Replicas that share their state have the
//! same codes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::bounds::{
    APPROVAL_CODE, APPROVAL_USE, APPROVALS, APPROVALS_PER_PRINCIPAL, ENDED_APPROVALS, WRONG_CODES,
    WRONG_CODES_WITHIN,
};
use crate::counted::counted;
use crate::guard::secrets;
use crate::shared_state::{State as Store, StoreResult};

/// The number of letters of a code, in two groups. Each letter has five random bits.
const CODE: usize = 8;

/// A call that requires an approval, and its caller.
pub(crate) struct Asking<'a> {
    /// Everything that the approval is bound to. A call with another subject is another call.
    pub(crate) subject: &'a str,
    /// The question, for a person.
    pub(crate) question: &'a str,
    /// The client and, if the transport knows it, the principal; for a person.
    pub(crate) caller: &'a str,
    /// The transport's principal, to which [`APPROVALS_PER_PRINCIPAL`] applies.
    pub(crate) principal: &'a str,
}

/// The status of a call that requires an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It was approved, and the approval is now used.
    Approved,
    /// It was declined. The next call gets a new code.
    Declined,
    /// It waits for the approval of this code.
    Waits(String),
    /// Too many calls wait.
    TooMany,
    /// The system has no randomness for a code.
    NoCode,
}

/// Calls that wait for an approval, and calls that waited before.
pub(crate) struct Approvals(Arc<Store>);

/// The document of the shared state. Its times are in milliseconds.
const DOCUMENT: &str = "approvals";

#[derive(Default, Serialize, Deserialize)]
struct Inner {
    /// The requests, the oldest first.
    requests: VecDeque<Request>,
    /// The times at which unknown codes were sent.
    wrong: VecDeque<u64>,
}

#[derive(Serialize, Deserialize)]
struct Request {
    code: String,
    subject: String,
    question: String,
    caller: String,
    principal: String,
    state: State,
    /// When the code, or the approval, expires.
    ends: u64,
}

/// The state of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It waits for a person.
    Open,
    /// A person approved it, and the call was not repeated yet.
    Approved,
    /// A person declined it.
    Declined,
    /// The approved call was repeated.
    Used,
    /// The code or the approval has expired.
    Expired,
}

/// A request as `cognito-mcp approve` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// Its code.
    pub(crate) code: String,
    /// What the call would do.
    pub(crate) question: String,
    /// The caller.
    pub(crate) caller: String,
    /// Its state.
    pub(crate) state: State,
    /// Seconds until it expires.
    pub(crate) seconds_left: u64,
}

/// Why a code is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WrongCode {
    /// No request has this code.
    Unknown,
    /// The code has expired.
    Expired,
    /// It was approved, declined or used before.
    Used,
    /// Too many unknown codes were sent.
    TooManyCodes,
}

impl Approvals {
    /// The approvals in `state`.
    pub(crate) fn new(state: Arc<Store>) -> Self {
        Self(state)
    }

    /// Uses the approval of this call if there is one. Otherwise finds the open request, or
    /// opens one.
    ///
    /// # Errors
    /// If the state of the server cannot be used.
    pub(crate) async fn standing(&self, asking: &Asking<'_>) -> StoreResult<Standing> {
        self.edit(|inner, now| inner.standing(asking, now)).await
    }

    /// All requests that are remembered, the oldest first.
    ///
    /// # Errors
    /// If the state of the server cannot be used.
    pub(crate) async fn list(&self) -> StoreResult<Vec<Listed>> {
        self.edit(|inner, now| inner.list(now)).await
    }

    /// Approves or declines the request with this code.
    ///
    /// # Errors
    /// If the state of the server cannot be used. The inner error is the reason why the code is
    /// refused.
    pub(crate) async fn decide(
        &self,
        code: &str,
        approve: bool,
    ) -> StoreResult<Result<(), WrongCode>> {
        self.edit(|inner, now| inner.decide(code, approve, now))
            .await
    }

    async fn edit<R>(&self, mut edit: impl FnMut(&mut Inner, u64) -> R) -> StoreResult<R> {
        let lifetime = APPROVAL_CODE + APPROVAL_USE;
        let edited = self.0.edit(DOCUMENT, lifetime, |inner: &mut Inner, now| {
            inner.expire(now);
            edit(inner, now)
        });
        edited.await
    }
}

impl Inner {
    fn standing(&mut self, asking: &Asking<'_>, now: u64) -> Standing {
        let inner = self;
        let known = inner.requests.iter_mut().find(|request| {
            request.subject == asking.subject
                && matches!(
                    request.state,
                    State::Open | State::Approved | State::Declined
                )
        });
        if let Some(request) = known {
            return match request.state {
                State::Approved => {
                    request.state = State::Used;
                    Standing::Approved
                }
                State::Declined => {
                    request.state = State::Used;
                    Standing::Declined
                }
                _ => Standing::Waits(request.code.clone()),
            };
        }
        let waiting = |request: &&Request| matches!(request.state, State::Open | State::Approved);
        let all = inner.requests.iter().filter(waiting);
        let own = all
            .clone()
            .filter(|request| request.principal == asking.principal);
        if all.count() >= APPROVALS || own.count() >= APPROVALS_PER_PRINCIPAL {
            return Standing::TooMany;
        }
        let Some(code) = inner.free_code() else {
            return Standing::NoCode;
        };
        inner.requests.push_back(Request {
            code: code.clone(),
            subject: asking.subject.to_owned(),
            question: asking.question.to_owned(),
            caller: asking.caller.to_owned(),
            principal: asking.principal.to_owned(),
            state: State::Open,
            ends: now + millis(APPROVAL_CODE),
        });
        Standing::Waits(code)
    }

    fn list(&self, now: u64) -> Vec<Listed> {
        let listed = self.requests.iter().map(|request| Listed {
            code: request.code.clone(),
            question: request.question.clone(),
            caller: request.caller.clone(),
            state: request.state,
            seconds_left: request.ends.saturating_sub(now) / 1000,
        });
        listed.collect()
    }

    fn decide(&mut self, code: &str, approve: bool, now: u64) -> Result<(), WrongCode> {
        let inner = self;
        let recent = |at: &u64| now.saturating_sub(*at) < millis(WRONG_CODES_WITHIN);
        inner.wrong.retain(recent);
        if inner.wrong.len() >= WRONG_CODES {
            return Err(WrongCode::TooManyCodes);
        }
        let code = normalized(code);
        let Some(request) = inner
            .requests
            .iter_mut()
            .find(|request| request.code == code)
        else {
            inner.wrong.push_back(now);
            return Err(WrongCode::Unknown);
        };
        match request.state {
            State::Open => {}
            State::Expired => return Err(WrongCode::Expired),
            State::Approved | State::Declined | State::Used => return Err(WrongCode::Used),
        }
        request.state = if approve {
            State::Approved
        } else {
            State::Declined
        };
        request.ends = now + millis(APPROVAL_USE);
        Ok(())
    }

    /// Expires requests, and forgets those that ended long ago.
    fn expire(&mut self, now: u64) {
        for request in &mut self.requests {
            if request.ends <= now && request.state != State::Used {
                request.state = State::Expired;
            }
        }
        let ended = |request: &Request| {
            matches!(
                request.state,
                State::Declined | State::Used | State::Expired
            )
        };
        let mut excess = self
            .requests
            .iter()
            .filter(|request| ended(request))
            .count();
        self.requests.retain(|request| {
            let forget = excess > ENDED_APPROVALS && ended(request);
            excess -= usize::from(forget);
            !forget
        });
    }

    /// A random code that no request has.
    fn free_code(&self) -> Option<String> {
        let id = secrets::random_id()?;
        let (first, second) = id.get(..CODE)?.split_at(CODE / 2);
        let code = format!("{first}-{second}");
        let taken = self.requests.iter().any(|request| request.code == code);
        (!taken).then_some(code)
    }
}

/// `code` in the form in which it was issued. A person may type it in any case, with other
/// separators.
pub(crate) fn normalized(code: &str) -> String {
    let mut letters: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if letters.len() == CODE && letters.is_ascii() {
        letters.insert(CODE / 2, '-');
    }
    letters
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// `time` in words, rounded up to minutes.
pub(crate) fn minutes(time: Duration) -> String {
    counted(time.as_secs().div_ceil(60), "minute")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking<'a>(subject: &'a str, principal: &'a str) -> Asking<'a> {
        Asking {
            subject,
            question: "delete_user would delete user ana",
            caller: "client test",
            principal,
        }
    }

    fn approvals() -> Approvals {
        Approvals::new(Arc::new(Store::process()))
    }

    #[track_caller]
    fn code(standing: Standing) -> String {
        match standing {
            Standing::Waits(code) => code,
            other => panic!("no code: {other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_approval_is_for_one_call() {
        let approvals = approvals();
        let ana = asking("ana", "one");
        let first = code(approvals.standing(&ana).await.unwrap());
        assert_eq!(
            code(approvals.standing(&ana).await.unwrap()),
            first,
            "the same call, the same code"
        );
        let other = code(approvals.standing(&asking("ben", "one")).await.unwrap());
        assert_ne!(first, other);
        // A person types it in any case, with or without the hyphen.
        let typed = first.to_uppercase().replace('-', " ");
        assert_eq!(approvals.decide(&typed, true).await.unwrap(), Ok(()));
        assert_eq!(
            approvals.decide(&first, true).await.unwrap(),
            Err(WrongCode::Used)
        );
        assert_eq!(
            code(approvals.standing(&asking("ben", "one")).await.unwrap()),
            other
        );
        assert_eq!(approvals.standing(&ana).await.unwrap(), Standing::Approved);
        assert_eq!(
            approvals.decide(&first, true).await.unwrap(),
            Err(WrongCode::Used)
        );
        let again = code(approvals.standing(&ana).await.unwrap());
        assert_ne!(again, first, "a used code is not used again");

        assert_eq!(approvals.decide(&again, false).await.unwrap(), Ok(()));
        assert_eq!(approvals.standing(&ana).await.unwrap(), Standing::Declined);
        code(approvals.standing(&ana).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn codes_and_approvals_expire() {
        let approvals = approvals();
        let ana = asking("ana", "one");
        let almost = |time: Duration| time.saturating_sub(Duration::from_millis(1));
        let first = code(approvals.standing(&ana).await.unwrap());
        tokio::time::advance(almost(APPROVAL_CODE)).await;
        assert_eq!(code(approvals.standing(&ana).await.unwrap()), first);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(
            approvals.decide(&first, true).await.unwrap(),
            Err(WrongCode::Expired)
        );
        let second = code(approvals.standing(&ana).await.unwrap());
        assert_ne!(second, first);

        // An approval expires if it is not used in time.
        assert_eq!(approvals.decide(&second, true).await.unwrap(), Ok(()));
        tokio::time::advance(APPROVAL_USE).await;
        let third = code(approvals.standing(&ana).await.unwrap());
        assert_eq!(approvals.decide(&third, true).await.unwrap(), Ok(()));
        tokio::time::advance(almost(APPROVAL_USE)).await;
        assert_eq!(approvals.standing(&ana).await.unwrap(), Standing::Approved);
    }

    #[tokio::test(start_paused = true)]
    async fn open_codes_are_bounded() {
        let approvals = approvals();
        let names: Vec<String> = (0..=APPROVALS).map(|number| number.to_string()).collect();
        let ask = async |number: usize, principal: &str| {
            approvals
                .standing(&asking(&names[number], principal))
                .await
                .unwrap()
        };
        let mut own = Vec::new();
        for number in 0..APPROVALS_PER_PRINCIPAL {
            own.push(code(ask(number, "one").await));
        }
        assert_eq!(ask(APPROVALS_PER_PRINCIPAL, "one").await, Standing::TooMany);
        // Neither a call that already waits nor another principal is refused.
        assert_eq!(code(ask(0, "one").await), own[0]);
        for number in APPROVALS_PER_PRINCIPAL..APPROVALS {
            let principal = format!("other {}", number / APPROVALS_PER_PRINCIPAL);
            code(ask(number, &principal).await);
        }
        assert_eq!(ask(APPROVALS, "last").await, Standing::TooMany);
        assert_eq!(approvals.decide(&own[0], false).await.unwrap(), Ok(()));
        code(ask(APPROVALS, "last").await);

        // Ended requests are remembered, within a limit.
        for _ in 0..3 {
            tokio::time::advance(APPROVAL_CODE).await;
            for number in 0..APPROVALS {
                let principal = format!("other {}", number / APPROVALS_PER_PRINCIPAL);
                ask(number, &principal).await;
            }
        }
        assert_eq!(
            approvals.list().await.unwrap().len(),
            APPROVALS + ENDED_APPROVALS
        );
        assert_eq!(
            approvals.decide(&own[1], true).await.unwrap(),
            Err(WrongCode::Unknown)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_are_limited() {
        let approvals = approvals();
        let right = code(approvals.standing(&asking("ana", "one")).await.unwrap());
        for guess in 0..WRONG_CODES {
            let guess = format!("aaaa-{guess:04}");
            assert_eq!(
                approvals.decide(&guess, true).await.unwrap(),
                Err(WrongCode::Unknown)
            );
        }
        let refused = Err(WrongCode::TooManyCodes);
        assert_eq!(approvals.decide("aaaa-aaaa", true).await.unwrap(), refused);
        assert_eq!(approvals.decide(&right, true).await.unwrap(), refused);
        tokio::time::advance(WRONG_CODES_WITHIN).await;
        assert_eq!(approvals.decide(&right, true).await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn codes_are_random_and_can_be_read_aloud() {
        let approvals = approvals();
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..APPROVALS_PER_PRINCIPAL {
            let code = code(
                approvals
                    .standing(&asking(&number.to_string(), "one"))
                    .await
                    .unwrap(),
            );
            assert_eq!(code.len(), CODE + 1);
            assert!(!code.contains(['l', 'o', '0', '1']), "{code}");
            seen.insert(code);
        }
        assert_eq!(seen.len(), APPROVALS_PER_PRINCIPAL);
        // 32 letters are five bits each.
        const { assert!(CODE * 5 >= 40) };
    }
}
