//! `GET` and `POST /signup`: the page on which users sign up.

use serde_json::json;

use super::login::{Visit, without_null};
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
    let visit = match Visit::open(cx, request) {
        Ok(visit) => visit,
        Err(answer) => return *answer,
    };
    let form = match visit.form(|visit| page(visit, &Params::default())) {
        Ok(Some(form)) => form,
        Ok(None) => return visit.show(page(&visit, &Params::default()), None),
        Err(answer) => return *answer,
    };
    let username = username(&visit.site.slot.read(), &form);
    let mut input = visit.input(&username);
    input["Password"] = json!(form.given("password"));
    input["UserAttributes"] = user_attributes(&form);
    match ops::perform(cx, "SignUp", &without_null(input)) {
        Err(error) => visit.show(page(&visit, &form), Some(error.into())),
        Ok(answer) if answer["UserConfirmed"] == true => {
            let password = form.get("password").unwrap_or_default();
            visit.sign_in(&username, password)
        }
        Ok(answer) => {
            let destination = answer["CodeDeliveryDetails"]["Destination"].as_str();
            let session = answer["Session"].as_str().map(ToOwned::to_owned);
            let session = session.or_else(|| visit.signed_up(&username));
            let page = visit.confirmation(&username, destination.map(ToOwned::to_owned), session);
            // Without a code no user can confirm the account (O112).
            let failure = destination.is_none().then_some(Error::NotConfirmed);
            visit.show(page, failure.map(Into::into))
        }
    }
}

/// The page, with the values of a form that failed.
fn page(visit: &Visit<'_>, typed: &Params) -> Page {
    let pool = visit.site.slot.read();
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
    let client_id = &visit.authorization.client_id;
    let language = language_of(visit.request, &visit.site, &visit.authorization.params);
    Page::SignUp {
        has_username: naming.username_attributes.is_empty(),
        fields: fields(&pool, names, typed),
        needs_password: !pool.is_passwordless(),
        policy: password_rules(&pool),
        terms: terms(&pool, client_id, language),
    }
}

impl Visit<'_> {
    /// The session that signs in a user after the confirmation, whichever flows the app client
    /// enables for the API.
    fn signed_up(&self, username: &str) -> Option<String> {
        let mut pool = self.site.slot.write();
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
