//! `POST /confirmforgotPassword`: sets a new password with the code that was sent, and signs the
//! user in with it.

use serde_json::json;

use super::login::PageRequest;
use super::page::Failure;
use super::reply::Answer;
use super::sentences;
use crate::cx::Cx;
use crate::ops;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let page_request = match PageRequest::open(cx, request) {
        Ok(page_request) => page_request,
        Err(answer) => return *answer,
    };
    let form = match page_request.form(|page_request| page_request.recovery_page("", None)) {
        Ok(Some(form)) => form,
        Ok(None) => return page_request.show(page_request.recovery_page("", None), None),
        Err(answer) => return *answer,
    };
    let username = form.get("username").unwrap_or_default();
    let password = form.get("password").unwrap_or_default();
    let again =
        |failure| page_request.show(page_request.recovery_page(username, None), Some(failure));
    if form
        .get("confirm_password")
        .is_some_and(|other| other != password)
    {
        return again(Failure::of_page(sentences::PASSWORDS_DIFFER));
    }
    let mut input = page_request.input(username);
    input["ConfirmationCode"] = json!(form.get("verification_code").unwrap_or_default().trim());
    input["Password"] = json!(password);
    match ops::perform(cx, "ConfirmForgotPassword", &input) {
        Err(error) => again(error.into()),
        // That the page signs the user in is inferred.
        Ok(_) => page_request.sign_in(username, password),
    }
}
