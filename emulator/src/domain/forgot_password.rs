//! `GET` and `POST /forgotPassword`: sends a code to a user who forgot the password.

use super::login::Visit;
use super::page::name_label;
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
    let form = match visit.form(|visit| page(visit, "")) {
        Ok(Some(form)) => form,
        Ok(None) => return visit.show(page(&visit, ""), None),
        Err(answer) => return *answer,
    };
    let username = form.get("username").unwrap_or_default();
    match ops::perform(cx, "ForgotPassword", &visit.input(username)) {
        Err(error) => visit.show(page(&visit, username), Some(error.into())),
        Ok(answer) => {
            let destination = answer["CodeDeliveryDetails"]["Destination"].as_str();
            let destination = destination.map(ToOwned::to_owned);
            visit.show(visit.recovery_page(username, destination), None)
        }
    }
}

fn page(visit: &Visit<'_>, username: &str) -> Page {
    Page::Forgot {
        label: name_label(&visit.site.slot.read()),
        username: username.to_owned(),
    }
}
