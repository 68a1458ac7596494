//! `GET` and `POST /forgotPassword`: sends a code to a user who forgot the password.

use super::login::PageRequest;
use super::page::name_label;
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
    let form = match page_request.form(|page_request| page(page_request, "")) {
        Ok(Some(form)) => form,
        Ok(None) => return page_request.show(page(&page_request, ""), None),
        Err(answer) => return *answer,
    };
    let username = form.get("username").unwrap_or_default();
    match ops::perform(cx, "ForgotPassword", &page_request.input(username)) {
        Err(error) => page_request.show(page(&page_request, username), Some(error.into())),
        Ok(answer) => {
            let destination = answer["CodeDeliveryDetails"]["Destination"].as_str();
            let destination = destination.map(ToOwned::to_owned);
            page_request.show(page_request.recovery_page(username, destination), None)
        }
    }
}

fn page(page_request: &PageRequest<'_>, username: &str) -> Page {
    Page::Forgot {
        label: name_label(&page_request.site.handle.read()),
        username: username.to_owned(),
    }
}
