//! Levels of authentication that an app asks for with `acr_values` (O43).
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html>

use super::authorization::{Authorization, Refusal, session_of};
use super::login::{PageRequest, Step};
use super::params::Params;
use super::reply::Answer;
use crate::auth::assurance::{Assurance, Level};
use crate::state::assurance::{Strength, Toward};
use crate::state::mfa::Factor;
use crate::state::pool::Pool;
use crate::state::web::BrowserSession;

impl Authorization {
    /// The levels of `acr_values`. If none of its values names a level, the API returns an error
    /// (O43); that the app gets this one is inferred. The Lite plan ignores the parameter.
    pub(super) fn targets(&self, pool: &Pool) -> Result<Vec<Level>, Refusal> {
        let Some(requested) = self.params.given("acr_values") else {
            return Ok(Vec::new());
        };
        let levels = pool.levels_of(requested);
        if levels.is_empty() && pool.check_tier("Step-Up Authentication").is_ok() {
            return Err(self.refusal("invalid_request", None));
        }
        Ok(levels)
    }

    /// Whether a sign-in with the strength of `session` is enough for the levels that the app asks
    /// for. That of an external provider only has to reach the lowest: the app compares the claim.
    pub(crate) fn is_met_by(&self, pool: &Pool, session: &BrowserSession) -> bool {
        if session.provider.is_some() {
            let lowest = self.targets.iter().min().copied();
            return session.assurance.level >= lowest;
        }
        let user = pool.users.get(session.user);
        user.is_some_and(|user| {
            let still = pool.toward(user, &session.assurance, &self.targets, &Factor::ALL);
            still == Toward::Reached
        })
    }

    /// The error for a user without a factor for any of the levels. Its name is that of "OpenID
    /// Connect Core Unmet Authentication Requirements 1.0"; that Cognito uses it is inferred.
    pub(crate) fn unmet(&self) -> Refusal {
        self.refusal("unmet_authentication_requirements", None)
    }

    /// The strength that tokens show of a sign-in with `assurance`, if the app asks for levels.
    pub(crate) fn strength(&self, pool: &Pool, assurance: &Assurance) -> Option<Box<Strength>> {
        (!self.targets.is_empty()).then(|| Box::new(pool.strength(assurance)))
    }
}

impl PageRequest<'_> {
    /// The page of the second factor that a signed-in browser still needs for the levels that the
    /// app asks for (O43). A request that asks for a new sign-in does not get it.
    pub(super) fn step_up(&self) -> Option<Answer> {
        let params = &self.authorization.params;
        let prompt = params.get("prompt").unwrap_or_default();
        if self.authorization.targets.is_empty() || prompt.split(' ').any(|one| one == "login") {
            return None;
        }
        let session = session_of(self.cx, self.request, &self.site, &self.authorization, None)?;
        // Only the provider can ask its users for more.
        if session.provider.is_some() {
            return None;
        }
        let (factor, username) = {
            let pool = self.site.handle.read();
            let user = pool.users.get(session.user)?;
            let targets = &self.authorization.targets;
            match pool.toward(user, &session.assurance, targets, &Factor::ALL) {
                Toward::Ask(factor) => (factor, user.username.to_string()),
                Toward::Reached | Toward::Unreachable => return None,
            }
        };
        let outcome =
            self.hosted(|hosted| hosted.step_up(session.user, &session.assurance, factor));
        let form = Params::default().with("username", &username);
        Some(self.shown(outcome.map(Step::Outcome), &form))
    }
}
