//! `POST /confirm`: confirms a user who signed up, with the code that was sent, and signs the user
//! in if the sign-up was on the same pages.

use serde_json::json;

use super::login::{PageRequest, Step, without_null};
use super::params::Params;
use super::reply::Answer;
use super::view::Page;
use crate::cx::Cx;
use crate::ops;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let page_request = match PageRequest::open(cx, request) {
        Ok(page_request) => page_request,
        Err(answer) => return *answer,
    };
    let form =
        match page_request.form(|page_request| page_request.confirmation_of(&Params::default())) {
            Ok(Some(form)) => form,
            Ok(None) => {
                let page = page_request.confirmation_of(&page_request.authorization.params);
                return page_request.show(page, None);
            }
            Err(answer) => return *answer,
        };
    let username = form.get("username").unwrap_or_default();
    let mut input = page_request.input(username);
    input["ConfirmationCode"] = json!(form.get("verification_code").unwrap_or_default().trim());
    input["Session"] = json!(form.given("session"));
    match ops::perform(cx, "ConfirmSignUp", &without_null(input)) {
        Err(error) => page_request.show(page_request.confirmation_of(&form), Some(error.into())),
        Ok(answer) => match answer["Session"].as_str() {
            Some(session) => page_request.continue_sign_up(username, session),
            None => page_request.show(page_request.first_page(username), None),
        },
    }
}

impl PageRequest<'_> {
    /// The page for the user of `typed`.
    pub(crate) fn confirmation_of(&self, typed: &Params) -> Page {
        let username = typed.get("username").unwrap_or_default();
        let session = typed.given("session").map(ToOwned::to_owned);
        self.confirmation(username, None, session)
    }

    /// The page that asks `username` for the code at `destination`, or for the link.
    pub(crate) fn confirmation(
        &self,
        username: &str,
        destination: Option<String>,
        session: Option<String>,
    ) -> Page {
        let username = username.to_owned();
        if self.sends_link(&username) {
            Page::ConfirmByLink {
                username,
                destination,
            }
        } else {
            Page::Confirm {
                username,
                destination,
                session,
            }
        }
    }

    fn sends_link(&self, username: &str) -> bool {
        let pool = self.site.handle.read();
        let user = pool.users.find(username).and_then(|id| pool.users.get(id));
        let contact = user.and_then(|user| pool.sign_up_contact(user));
        contact.is_some_and(|contact| pool.sends_link(&contact))
    }

    /// Signs in a user who was confirmed in this browser a moment ago.
    fn continue_sign_up(&self, username: &str, session: &str) -> Answer {
        let outcome = self.confirmed(username, session);
        let form = Params::default().with("username", username);
        self.shown(outcome.map(Step::Outcome), &form)
    }
}
