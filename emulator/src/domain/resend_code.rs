//! `POST /resendcode`: sends another code to a user who signed up.

use super::login::Visit;
use super::reply::Answer;
use crate::cx::Cx;
use crate::ops;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let visit = match Visit::open(cx, request) {
        Ok(visit) => visit,
        Err(answer) => return *answer,
    };
    let form = match visit.form(|visit| visit.first_page("")) {
        Ok(Some(form)) => form,
        Ok(None) => return visit.show(visit.first_page(""), None),
        Err(answer) => return *answer,
    };
    let username = form.get("username").unwrap_or_default();
    match ops::perform(cx, "ResendConfirmationCode", &visit.input(username)) {
        Err(error) => visit.show(visit.confirmation_of(&form), Some(error.into())),
        Ok(answer) => {
            let destination = answer["CodeDeliveryDetails"]["Destination"].as_str();
            let destination = destination.map(ToOwned::to_owned);
            let session = form.given("session").map(ToOwned::to_owned);
            visit.show(visit.confirmation(username, destination, session), None)
        }
    }
}
