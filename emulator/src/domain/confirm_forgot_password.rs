//! `POST /confirmforgotPassword`: sets a new password with the code that was sent, and signs the
//! user in with it.

use serde_json::json;

use super::login::Visit;
use super::page::Failure;
use super::reply::Answer;
use super::sentences;
use crate::cx::Cx;
use crate::ops;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let visit = match Visit::open(cx, request) {
        Ok(visit) => visit,
        Err(answer) => return *answer,
    };
    let form = match visit.form(|visit| visit.recovery_page("", None)) {
        Ok(Some(form)) => form,
        Ok(None) => return visit.show(visit.recovery_page("", None), None),
        Err(answer) => return *answer,
    };
    let username = form.get("username").unwrap_or_default();
    let password = form.get("password").unwrap_or_default();
    let again = |failure| visit.show(visit.recovery_page(username, None), Some(failure));
    if form
        .get("confirm_password")
        .is_some_and(|other| other != password)
    {
        return again(Failure::of_page(sentences::PASSWORDS_DIFFER));
    }
    let mut input = visit.input(username);
    input["ConfirmationCode"] = json!(form.get("verification_code").unwrap_or_default().trim());
    input["Password"] = json!(password);
    match ops::perform(cx, "ConfirmForgotPassword", &input) {
        Err(error) => again(error.into()),
        // That the page signs the user in is inferred.
        Ok(_) => visit.sign_in(username, password),
    }
}
