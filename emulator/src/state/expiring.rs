//! Expiry of codes, challenges, tokens, passwords and locks when the clock moves forward.

use serde::Serialize;

use super::State;
use super::pool::Pool;
use super::user::User;
use super::users::UserId;
use crate::world::Time;

/// The number of things that are valid now and expire by a later time.
///
/// Access tokens and ID tokens are not counted: no server keeps them, and their own times say when
/// they expire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Expiring {
    /// Codes that were sent to users.
    pub codes: usize,
    /// Challenges that wait for their answer.
    pub challenges: usize,
    /// Sign-ins that can be refreshed, whose refresh tokens expire.
    pub refresh_tokens: usize,
    /// Temporary passwords.
    pub temporary_passwords: usize,
    /// Locks of users after wrong passwords.
    pub locks: usize,
}

/// The span that the clock skips.
#[derive(Clone, Copy)]
struct TimeSpan {
    now: Time,
    then: Time,
}

impl TimeSpan {
    /// Whether something that ends at `end` is valid at `now` and not at `then`.
    fn ends(self, end: Time) -> bool {
        self.now < end && end <= self.then
    }
}

impl State {
    /// Counts what expires in all pools if the clock moves from `now` to `then`.
    #[must_use]
    pub fn expiring(&self, now: Time, then: Time) -> Expiring {
        let (span, mut count) = (TimeSpan { now, then }, Expiring::default());
        for handle in self.pool_handles() {
            count.add_pool(&handle.read(), span);
        }
        count
    }
}

impl Expiring {
    fn add_pool(&mut self, pool: &Pool, span: TimeSpan) {
        self.challenges += pool.sessions.ends().filter(|end| span.ends(*end)).count();
        let lifetime = pool.temporary_password_lifetime();
        for (_, user) in pool.users.from(UserId::default()) {
            self.add_user(user, span);
            let temporary = user.temporary_since.map(|since| since.plus(lifetime));
            self.temporary_passwords += usize::from(temporary.is_some_and(|end| span.ends(end)));
        }
    }

    fn add_user(&mut self, user: &User, span: TimeSpan) {
        self.codes += user.codes.ends().filter(|end| span.ends(*end)).count();
        let sign_ins = user.sign_ins.iter();
        let active = sign_ins.filter(|sign_in| sign_in.ended.is_none());
        self.refresh_tokens += active.filter(|kept| span.ends(kept.expires_at)).count();
        let locked = user.attempts.locked_until(span.now);
        self.locks += usize::from(locked.is_some_and(|end| span.ends(end)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::stack::Stack;
    use crate::wire::{Call, Service};
    use crate::world::Clock;

    #[test]
    fn what_expires_is_counted() {
        let stack = Stack::builder().clock(Clock::fixed(1_800_000_000)).build();
        let call = |operation: &str, input| {
            let reply = stack.call(&Call::new(operation, input));
            assert!(reply.is_ok(), "{operation} {reply}");
            reply.body.json().clone()
        };
        let pool = call(
            "CreateUserPool",
            json!({ "PoolName": "p", "AutoVerifiedAttributes": ["email"] }),
        );
        let pool = pool["UserPool"]["Id"].clone();
        let flows = json!(["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
        let client = call(
            "CreateUserPoolClient",
            json!({ "UserPoolId": pool, "ClientName": "c", "ExplicitAuthFlows": flows }),
        );
        let client = client["UserPoolClient"]["ClientId"].clone();
        let email = json!([{ "Name": "email", "Value": "ana@example.com" }]);
        call(
            "SignUp",
            json!({ "ClientId": client, "Username": "ana", "Password": "Correct-Horse-7", "UserAttributes": email }),
        );
        for username in ["ben", "cleo"] {
            call(
                "AdminCreateUser",
                json!({ "UserPoolId": pool, "Username": username, "TemporaryPassword": "Temporary-1", "MessageAction": "SUPPRESS" }),
            );
        }
        call(
            "AdminSetUserPassword",
            json!({ "UserPoolId": pool, "Username": "cleo", "Password": "Correct-Horse-7", "Permanent": true }),
        );
        for (username, password) in [("ben", "Temporary-1"), ("cleo", "Correct-Horse-7")] {
            let given = json!({ "USERNAME": username, "PASSWORD": password });
            call(
                "AdminInitiateAuth",
                json!({ "UserPoolId": pool, "ClientId": client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": given }),
            );
        }
        let within = |time: Duration| stack.expiring(time);
        assert_eq!(within(Duration::from_secs(1)), Expiring::default());
        let minutes = Expiring {
            challenges: 1,
            ..Expiring::default()
        };
        assert_eq!(within(Duration::from_mins(3)), minutes);
        let day = Expiring {
            codes: 1,
            ..minutes
        };
        assert_eq!(within(Duration::from_hours(24)), day);
        let week = Expiring {
            temporary_passwords: 1,
            ..day
        };
        assert_eq!(within(Duration::from_hours(7 * 24)), week);
        let month = Expiring {
            refresh_tokens: 1,
            ..week
        };
        assert_eq!(within(Duration::from_hours(30 * 24)), month);
        stack.advance(Duration::from_hours(24));
        let rest = Expiring {
            temporary_passwords: 1,
            refresh_tokens: 1,
            ..Expiring::default()
        };
        assert_eq!(within(Duration::from_hours(30 * 24)), rest);
    }
}
