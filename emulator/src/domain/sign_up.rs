//! `GET` and `POST /signup`: the page on which users sign up.

use serde_json::json;

use super::login::{PageRequest, without_null};
use super::page::{fields, language_of, password_rules, terms};
use super::params::Params;
use super::reply::Answer;
use super::steps::user_attributes;
use super::view::Page;
use crate::cx::Cx;
use crate::error::Error;
use crate::ops;
use crate::sign_in::signed_up;
use crate::state::pool::Pool;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let page_request = match PageRequest::open(cx, request) {
        Ok(page_request) => page_request,
        Err(answer) => return *answer,
    };
    let form = match page_request.form(|page_request| page(page_request, &Params::default())) {
        Ok(Some(form)) => form,
        Ok(None) => return page_request.show(page(&page_request, &Params::default()), None),
        Err(answer) => return *answer,
    };
    let username = username(&page_request.site.handle.read(), &form);
    let mut input = page_request.input(&username);
    input["Password"] = json!(form.given("password"));
    input["UserAttributes"] = user_attributes(&form);
    match ops::perform(cx, "SignUp", &without_null(input)) {
        Err(error) => page_request.show(page(&page_request, &form), Some(error.into())),
        Ok(answer) if answer["UserConfirmed"] == true => {
            let password = form.get("password").unwrap_or_default();
            page_request.sign_in(&username, password)
        }
        Ok(answer) => {
            let destination = answer["CodeDeliveryDetails"]["Destination"].as_str();
            let session = answer["Session"].as_str().map(ToOwned::to_owned);
            let session = session.or_else(|| page_request.signed_up(&username));
            let page =
                page_request.confirmation(&username, destination.map(ToOwned::to_owned), session);
            // Without a code no user can confirm the account (O112).
            let failure = destination.is_none().then_some(Error::NotConfirmed);
            page_request.show(page, failure.map(Into::into))
        }
    }
}

/// The page, with the values of a form that failed.
fn page(page_request: &PageRequest<'_>, typed: &Params) -> Page {
    let pool = page_request.site.handle.read();
    let naming = pool.users.naming();
    let required = pool.schema.iter().filter(|attribute| attribute.required);
    let required = required.map(|attribute| attribute.name.as_str());
    let mut names: Vec<&str> = required.filter(|name| *name != "sub").collect();
    // A username attribute takes the place of the username (O112). With two of them the user
    // has to give one; the page asks for the e-mail address (inferred).
    for name in naming.username_attributes.iter().take(1) {
        if !names.contains(&name.as_str()) {
            names.insert(0, name);
        }
    }
    for name in &pool.settings.auto_verified_attributes {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let client_id = &page_request.authorization.client_id;
    let language = language_of(
        page_request.request,
        &page_request.site,
        &page_request.authorization.params,
    );
    Page::SignUp {
        has_username: naming.username_attributes.is_empty(),
        fields: fields(&pool, names, typed),
        needs_password: !pool.is_passwordless(),
        policy: password_rules(&pool),
        terms: terms(&pool, client_id, language),
    }
}

impl PageRequest<'_> {
    /// The session that signs in a user after the confirmation, whichever flows the app client
    /// enables for the API.
    fn signed_up(&self, username: &str) -> Option<String> {
        let mut pool = self.site.handle.write();
        let id = pool.users.find(username)?;
        let client_id = &self.authorization.client_id;
        signed_up::begin_on_page(self.cx, &mut pool, client_id, id).ok()
    }
}

/// The username of a form: the field, or the value of the username attribute.
fn username(pool: &Pool, form: &Params) -> String {
    let attributes = form.attributes();
    let mut names = pool.users.naming().username_attributes.iter();
    let by_attribute = names.find_map(|name| {
        let mut given = attributes.iter();
        given.find(|(attribute, value)| attribute == name && !value.is_empty())
    });
    match by_attribute {
        Some((_, value)) => (*value).to_owned(),
        None => form.get("username").unwrap_or_default().to_owned(),
    }
}
