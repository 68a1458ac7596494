//! `GET` and `POST /passkeys/add`: the page on which a signed-in user adds a passkey (O111).

use serde_json::Value;

use super::authorization::{Authorization, Refusal};
use super::login::Visit;
use super::page::Failure;
use super::params::{Params, encode};
use super::reply::{Answer, redirect};
use super::site::Site;
use super::view::Page;
use super::{cookies, sentences};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::users::UserId;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let visit = match visit(cx, request) {
        Ok(visit) => visit,
        Err(refusal) => return refusal.answer(request),
    };
    let secret = cookies::session(&visit.site, request);
    let user = secret.and_then(|secret| {
        let pool = visit.site.slot.read();
        Some(pool.browser_session(secret, cx.now())?.user)
    });
    let Some(user) = user else {
        return Refusal::Page(401, sentences::WENT_WRONG).answer(request);
    };
    if request.method == "GET" {
        return form(&visit, user, None);
    }
    let sent = Params::of_form(request);
    if !cookies::is_protected(request, sent.get("_csrf")) {
        return form(&visit, user, Some(Failure::of_page(sentences::WENT_WRONG)));
    }
    match register(&visit, user, sent.get("credential").unwrap_or_default()) {
        Ok(()) => Answer::from(redirect(&visit.authorization.redirect_uri)),
        Err(error) => form(&visit, user, Some(error.into())),
    }
}

/// The visit of a request with `client_id` and a registered `redirect_uri`. The page needs no other
/// parameter of an authorization request.
fn visit<'a>(cx: &'a Cx<'a>, request: &'a Request) -> std::result::Result<Visit<'a>, Refusal> {
    let params = Params::of_query(&request.query);
    let (Some(client_id), Some(redirect_uri)) =
        (params.given("client_id"), params.given("redirect_uri"))
    else {
        let query = encode([("error", "Required parameters missing")]);
        return Err(Refusal::ErrorPage(query));
    };
    let site = Site::of_client(cx, request, client_id).map_err(Refusal::from)?;
    let is_registered = {
        let pool = site.slot.read();
        let client = pool.client(client_id);
        client.is_ok_and(|client| {
            let mut urls = client.settings.callback_urls.iter().flatten();
            urls.any(|url| url == redirect_uri)
        })
    };
    if !is_registered {
        let query = encode([("error", "redirect_mismatch"), ("client_id", client_id)]);
        return Err(Refusal::ErrorPage(query));
    }
    // The classic version does not have the page (O12).
    if !site.is_managed {
        return Err(Refusal::Page(404, sentences::NO_SUCH_URL));
    }
    let authorization = Authorization::of_page(client_id, redirect_uri, params.clone());
    Ok(Visit {
        cx,
        request,
        site,
        authorization,
    })
}

/// The page with new options.
fn form(visit: &Visit<'_>, user: UserId, failure: Option<Failure>) -> Answer {
    let options = {
        let mut pool = visit.site.slot.write();
        pool.begin_passkey(visit.cx.world, user, &visit.authorization.client_id)
    };
    match options {
        Ok(options) => {
            let page = Page::AddPasskey {
                options: options.to_string(),
                skip: visit.authorization.redirect_uri.clone(),
            };
            visit.show(page, failure)
        }
        Err(error) => {
            let sentence = error.sentence().unwrap_or_default();
            let response = super::reply::html(400, &sentence);
            Answer::refusal(response, error.code(), Some(&sentence))
        }
    }
}

fn register(visit: &Visit<'_>, user: UserId, credential: &str) -> Result<()> {
    let credential: Value =
        serde_json::from_str(credential).map_err(|_| Error::PasskeyMalformed)?;
    let client_id = &visit.authorization.client_id;
    let now = visit.cx.now();
    let expected = visit
        .site
        .slot
        .read()
        .expected_passkey(user, client_id, now)?;
    let registered = expected.verify(&credential)?;
    let mut pool = visit.site.slot.write();
    pool.keep_passkey(user, expected, registered, now)
}
