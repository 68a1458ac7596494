//! `GET /confirmUser`: the link in a message that confirms a sign-up (O16).

use serde_json::{Value, json};

use super::authorization::{Authorization, Refusal};
use super::page::show;
use super::params::Params;
use super::reply::{self, Answer};
use super::sentences;
use super::site::Site;
use super::view::{Page, Text};
use crate::auth::secret_hash;
use crate::cx::Cx;
use crate::ops;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let params = Params::of_query(&request.query);
    let client_id = params.get("client_id").unwrap_or_default();
    let site = match Site::of_client(cx, request, client_id) {
        Ok(site) => site,
        Err(why) => return Refusal::from(why).answer(request),
    };
    let username = params.get("user_name").unwrap_or_default();
    let mut input = with_hash(&site, client_id, username);
    input["ConfirmationCode"] = json!(params.get("confirmation_code").unwrap_or_default());
    match ops::perform(cx, "ConfirmSignUp", &input) {
        Ok(_) => confirmed(cx, request, &site, client_id),
        Err(error) => {
            let sentence = error.sentence().unwrap_or_default();
            let response = reply::html(400, &sentence);
            Answer::refusal(response, error.code(), Some(&sentence))
        }
    }
}

/// The page after a confirmation (its text is inferred). A client of managed login without a style
/// has no pages, so that it gets the sentence alone.
fn confirmed(cx: &Cx<'_>, request: &Request, site: &Site, client_id: &str) -> Answer {
    let has_pages = !site.is_managed || site.slot.read().style_of(client_id).is_ok();
    if !has_pages {
        return Answer::from(reply::html(200, sentences::CONFIRMED));
    }
    let params = Params::of_query(&request.query);
    let authorization = Authorization::of_page(client_id, "", params);
    let page = Page::Message {
        heading: Text::Key("message.done"),
        text: Text::Key("message.confirmed"),
        link: None,
    };
    show(cx, request, site, &authorization, page, None)
}

/// A request of an app client for `username`, with `SecretHash` if the client is confidential.
pub(crate) fn with_hash(site: &Site, client_id: &str, username: &str) -> Value {
    let mut input = json!({ "ClientId": client_id, "Username": username });
    let pool = site.slot.read();
    let secret = pool
        .client(client_id)
        .ok()
        .and_then(|client| client.shown_secret());
    if let Some(secret) = secret {
        let hash = secret_hash::secret_hash(secret, username, client_id);
        input["SecretHash"] = json!(hash);
    }
    input
}
