//! `GET` and `POST /passkeys/add`: the page on which a signed-in user adds a passkey (O111).

use serde_json::Value;

use super::authorization::{Authorization, Refusal};
use super::login::PageRequest;
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
    let page_request = match page_request(cx, request) {
        Ok(page_request) => page_request,
        Err(refusal) => return refusal.answer(request),
    };
    let secret = cookies::session(&page_request.site, request);
    let user = secret.and_then(|secret| {
        let pool = page_request.site.handle.read();
        Some(pool.browser_session(secret, cx.now())?.user)
    });
    let Some(user) = user else {
        return Refusal::Page(401, sentences::WENT_WRONG).answer(request);
    };
    if request.method == "GET" {
        return form(&page_request, user, None);
    }
    let sent = Params::of_form(request);
    if !cookies::is_protected(request, sent.get("_csrf")) {
        return form(
            &page_request,
            user,
            Some(Failure::of_page(sentences::WENT_WRONG)),
        );
    }
    match register(
        &page_request,
        user,
        sent.get("credential").unwrap_or_default(),
    ) {
        Ok(()) => Answer::from(redirect(&page_request.authorization.redirect_uri)),
        Err(error) => form(&page_request, user, Some(error.into())),
    }
}

/// Reads a request with `client_id` and a registered `redirect_uri`. The page needs no other
/// parameter of an authorization request.
fn page_request<'a>(cx: &'a Cx<'a>, request: &'a Request) -> Result<PageRequest<'a>, Refusal> {
    let params = Params::of_query(&request.query);
    let (Some(client_id), Some(redirect_uri)) =
        (params.given("client_id"), params.given("redirect_uri"))
    else {
        let query = encode([("error", "Required parameters missing")]);
        return Err(Refusal::ErrorPage(query));
    };
    let site = Site::of_client(cx, request, client_id).map_err(Refusal::from)?;
    let is_registered = {
        let pool = site.handle.read();
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
        return Err(Refusal::NoSuchUrl);
    }
    let authorization = Authorization::of_page(client_id, redirect_uri, params.clone());
    Ok(PageRequest {
        cx,
        request,
        site,
        authorization,
    })
}

/// The page with new options.
fn form(page_request: &PageRequest<'_>, user: UserId, failure: Option<Failure>) -> Answer {
    let options = {
        let mut pool = page_request.site.handle.write();
        pool.begin_passkey(
            page_request.cx.world,
            user,
            &page_request.authorization.client_id,
        )
    };
    match options {
        Ok(options) => {
            let page = Page::AddPasskey {
                options: options.to_string(),
                skip: page_request.authorization.redirect_uri.clone(),
            };
            page_request.show(page, failure)
        }
        Err(error) => {
            let sentence = error.sentence().unwrap_or_default();
            let response = super::reply::html(400, &sentence);
            Answer::refusal(response, error.code(), Some(&sentence))
        }
    }
}

fn register(page_request: &PageRequest<'_>, user: UserId, credential: &str) -> Result<()> {
    let credential: Value =
        serde_json::from_str(credential).map_err(|_| Error::PasskeyMalformed)?;
    let client_id = &page_request.authorization.client_id;
    let now = page_request.cx.now();
    let expected = page_request
        .site
        .handle
        .read()
        .expected_passkey(user, client_id, now)?;
    let registered = expected.verify(&credential)?;
    let mut pool = page_request.site.handle.write();
    pool.keep_passkey(user, expected, registered, now)
}
