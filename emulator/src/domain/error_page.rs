//! `GET /error`: the page for failures that are not reported to the app.

use super::reply::{self, Answer};
use super::sentences;
use crate::cx::Cx;
use crate::wire::web::Request;

/// The page does not show the reason (O21).
pub(super) fn answer(_: &Cx<'_>, _: &Request) -> Answer {
    Answer::refusal(
        reply::html(400, sentences::ERROR_PAGE),
        "invalid_request",
        Some(sentences::ERROR_PAGE),
    )
}
