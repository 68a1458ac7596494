//! Approvals of waiting calls by one-time codes.
//!
//! With `--confirm person`, a call of a client that cannot ask its user is refused
//! with a code. A person approves the code with `cognito-mcp approve` in the
//! operator's terminal; the same call then runs once. The codes exist only in this
//! process.

use std::collections::VecDeque;

use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::bounds::{
    APPROVAL_CODE, APPROVAL_USE, APPROVALS, APPROVALS_PER_PRINCIPAL, ENDED_APPROVALS, WRONG_CODES,
    WRONG_CODES_WITHIN,
};
use crate::guard::secrets;

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
#[derive(Default)]
pub(crate) struct Approvals(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// The requests, the oldest first.
    requests: VecDeque<Request>,
    /// The times at which unknown codes were sent.
    wrong: VecDeque<Instant>,
}

struct Request {
    code: String,
    subject: String,
    question: String,
    caller: String,
    principal: String,
    state: State,
    /// When the code, or the approval, expires.
    ends: Instant,
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
    /// Uses the approval of this call if there is one. Otherwise finds the open request, or
    /// opens one.
    pub(crate) fn standing(&self, asking: &Asking<'_>) -> Standing {
        let mut inner = self.lock();
        inner.expire();
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
            ends: Instant::now() + APPROVAL_CODE,
        });
        Standing::Waits(code)
    }

    /// All requests that are remembered, the oldest first.
    pub(crate) fn list(&self) -> Vec<Listed> {
        let mut inner = self.lock();
        inner.expire();
        let now = Instant::now();
        let listed = inner.requests.iter().map(|request| Listed {
            code: request.code.clone(),
            question: request.question.clone(),
            caller: request.caller.clone(),
            state: request.state,
            seconds_left: request.ends.saturating_duration_since(now).as_secs(),
        });
        listed.collect()
    }

    /// Approves or declines the request with this code.
    ///
    /// # Errors
    /// If the request is not open.
    pub(crate) fn decide(&self, code: &str, approve: bool) -> Result<(), WrongCode> {
        let mut inner = self.lock();
        inner.expire();
        let now = Instant::now();
        let recent = |at: &Instant| now.duration_since(*at) < WRONG_CODES_WITHIN;
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
        request.ends = now + APPROVAL_USE;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock()
    }
}

impl Inner {
    /// Expires requests, and forgets those that ended long ago.
    fn expire(&mut self) {
        let now = Instant::now();
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

/// `time` in words, rounded up to minutes.
pub(crate) fn minutes(time: Duration) -> String {
    match time.as_secs().div_ceil(60) {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
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

    #[track_caller]
    fn code(standing: Standing) -> String {
        match standing {
            Standing::Waits(code) => code,
            other => panic!("no code: {other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_approval_is_for_one_call() {
        let approvals = Approvals::default();
        let ana = asking("ana", "one");
        let first = code(approvals.standing(&ana));
        assert_eq!(
            code(approvals.standing(&ana)),
            first,
            "the same call, the same code"
        );
        let other = code(approvals.standing(&asking("ben", "one")));
        assert_ne!(first, other);
        // A person types it in any case, with or without the hyphen.
        let typed = first.to_uppercase().replace('-', " ");
        assert_eq!(approvals.decide(&typed, true), Ok(()));
        assert_eq!(approvals.decide(&first, true), Err(WrongCode::Used));
        assert_eq!(code(approvals.standing(&asking("ben", "one"))), other);
        assert_eq!(approvals.standing(&ana), Standing::Approved);
        assert_eq!(approvals.decide(&first, true), Err(WrongCode::Used));
        let again = code(approvals.standing(&ana));
        assert_ne!(again, first, "a used code is not used again");

        assert_eq!(approvals.decide(&again, false), Ok(()));
        assert_eq!(approvals.standing(&ana), Standing::Declined);
        code(approvals.standing(&ana));
    }

    #[tokio::test(start_paused = true)]
    async fn codes_and_approvals_expire() {
        let approvals = Approvals::default();
        let ana = asking("ana", "one");
        let almost = |time: Duration| time.saturating_sub(Duration::from_millis(1));
        let first = code(approvals.standing(&ana));
        tokio::time::advance(almost(APPROVAL_CODE)).await;
        assert_eq!(code(approvals.standing(&ana)), first);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(approvals.decide(&first, true), Err(WrongCode::Expired));
        let second = code(approvals.standing(&ana));
        assert_ne!(second, first);

        // An approval expires if it is not used in time.
        assert_eq!(approvals.decide(&second, true), Ok(()));
        tokio::time::advance(APPROVAL_USE).await;
        let third = code(approvals.standing(&ana));
        assert_eq!(approvals.decide(&third, true), Ok(()));
        tokio::time::advance(almost(APPROVAL_USE)).await;
        assert_eq!(approvals.standing(&ana), Standing::Approved);
    }

    #[tokio::test(start_paused = true)]
    async fn open_codes_are_bounded() {
        let approvals = Approvals::default();
        let names: Vec<String> = (0..=APPROVALS).map(|number| number.to_string()).collect();
        let ask =
            |number: usize, principal: &str| approvals.standing(&asking(&names[number], principal));
        let own: Vec<String> = (0..APPROVALS_PER_PRINCIPAL)
            .map(|number| code(ask(number, "one")))
            .collect();
        assert_eq!(ask(APPROVALS_PER_PRINCIPAL, "one"), Standing::TooMany);
        // Neither a call that already waits nor another principal is refused.
        assert_eq!(code(ask(0, "one")), own[0]);
        for number in APPROVALS_PER_PRINCIPAL..APPROVALS {
            code(ask(
                number,
                &format!("other {}", number / APPROVALS_PER_PRINCIPAL),
            ));
        }
        assert_eq!(ask(APPROVALS, "last"), Standing::TooMany);
        assert_eq!(approvals.decide(&own[0], false), Ok(()));
        code(ask(APPROVALS, "last"));

        // Ended requests are remembered, within a limit.
        for _ in 0..3 {
            tokio::time::advance(APPROVAL_CODE).await;
            for number in 0..APPROVALS {
                ask(
                    number,
                    &format!("other {}", number / APPROVALS_PER_PRINCIPAL),
                );
            }
        }
        assert_eq!(approvals.list().len(), APPROVALS + ENDED_APPROVALS);
        assert_eq!(approvals.decide(&own[1], true), Err(WrongCode::Unknown));
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_are_limited() {
        let approvals = Approvals::default();
        let right = code(approvals.standing(&asking("ana", "one")));
        for guess in 0..WRONG_CODES {
            let guess = format!("aaaa-{guess:04}");
            assert_eq!(approvals.decide(&guess, true), Err(WrongCode::Unknown));
        }
        let refused = Err(WrongCode::TooManyCodes);
        assert_eq!(approvals.decide("aaaa-aaaa", true), refused);
        assert_eq!(approvals.decide(&right, true), refused);
        tokio::time::advance(WRONG_CODES_WITHIN).await;
        assert_eq!(approvals.decide(&right, true), Ok(()));
    }

    #[tokio::test]
    async fn codes_are_random_and_can_be_read_aloud() {
        let approvals = Approvals::default();
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..APPROVALS_PER_PRINCIPAL {
            let code = code(approvals.standing(&asking(&number.to_string(), "one")));
            assert_eq!(code.len(), CODE + 1);
            assert!(!code.contains(['l', 'o', '0', '1']), "{code}");
            seen.insert(code);
        }
        assert_eq!(seen.len(), APPROVALS_PER_PRINCIPAL);
        // 32 letters are five bits each.
        const { assert!(CODE * 5 >= 40) };
    }
}
