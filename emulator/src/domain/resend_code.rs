//! `POST /resendcode`: sends another code to a user who signed up.

use super::login::PageRequest;
use super::reply::Answer;
use crate::cx::Cx;
use crate::ops;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let page_request = match PageRequest::open(cx, request) {
        Ok(page_request) => page_request,
        Err(answer) => return *answer,
    };
    let form = match page_request.form(|page_request| page_request.first_page("")) {
        Ok(Some(form)) => form,
        Ok(None) => return page_request.show(page_request.first_page(""), None),
        Err(answer) => return *answer,
    };
    let username = form.get("username").unwrap_or_default();
    match ops::perform(cx, "ResendConfirmationCode", &page_request.input(username)) {
        Err(error) => page_request.show(page_request.confirmation_of(&form), Some(error.into())),
        Ok(answer) => {
            let destination = answer["CodeDeliveryDetails"]["Destination"].as_str();
            let destination = destination.map(ToOwned::to_owned);
            let session = form.given("session").map(ToOwned::to_owned);
            page_request.show(
                page_request.confirmation(username, destination, session),
                None,
            )
        }
    }
}
