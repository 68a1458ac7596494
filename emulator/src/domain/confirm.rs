//! `POST /confirm`: confirms a user who signed up, with the code that was sent, and signs the user
//! in if the sign-up was on the same pages.

use serde_json::json;

use super::login::{Step, Visit, without_null};
use super::params::Params;
use super::reply::Answer;
use super::view::Page;
use crate::cx::Cx;
use crate::ops;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let visit = match Visit::open(cx, request) {
        Ok(visit) => visit,
        Err(answer) => return *answer,
    };
    let form = match visit.form(|_| page(&Params::default())) {
        Ok(Some(form)) => form,
        Ok(None) => return visit.show(page(&visit.authorization.params), None),
        Err(answer) => return *answer,
    };
    let username = form.get("username").unwrap_or_default();
    let mut input = visit.input(username);
    input["ConfirmationCode"] = json!(form.get("verification_code").unwrap_or_default().trim());
    input["Session"] = json!(form.given("session"));
    match ops::perform(cx, "ConfirmSignUp", &without_null(input)) {
        Err(error) => visit.show(page(&form), Some(error.into())),
        Ok(answer) => match answer["Session"].as_str() {
            Some(session) => visit.continue_sign_up(username, session),
            None => visit.show(visit.first_page(username), None),
        },
    }
}

/// The page for the user of `typed`.
pub(crate) fn page(typed: &Params) -> Page {
    Page::Confirm {
        username: typed.get("username").unwrap_or_default().to_owned(),
        destination: None,
        session: typed.given("session").map(ToOwned::to_owned),
    }
}

impl Visit<'_> {
    /// Signs in a user who was confirmed in this browser a moment ago.
    fn continue_sign_up(&self, username: &str, session: &str) -> Answer {
        let outcome = self.confirmed(username, session);
        let form = Params::default().with("username", username);
        self.shown(outcome.map(Step::Outcome), &form)
    }
}
