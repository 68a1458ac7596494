//! Where import jobs get their files: the `PreSignedUrl`s of this emulator, as S3
//! answers them.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::put;

use crate::stack::Stack;
use crate::state::import::{FILE_LIMIT, NotUploaded};

/// The header that the URL's signature covers.
const ENCRYPTION: (&str, &str) = ("x-amz-server-side-encryption", "aws:kms");

pub(super) fn router() -> Router<Stack> {
    Router::new()
        .route("/imports/{account}/{pool}/{job}", put(upload))
        .layer(DefaultBodyLimit::max(FILE_LIMIT))
}

async fn upload(State(stack): State<Stack>, uri: Uri, headers: HeaderMap, file: Bytes) -> Response {
    let (name, value) = ENCRYPTION;
    let is_signed = headers.get(name).is_some_and(|given| given == value);
    let taken = if is_signed {
        stack.upload(&uri.to_string(), file)
    } else {
        Err(NotUploaded::WrongSignature)
    };
    match taken {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refused) => refuse(refused),
    }
}

fn refuse(refused: NotUploaded) -> Response {
    let status = match refused {
        NotUploaded::WrongSignature | NotUploaded::Expired => StatusCode::FORBIDDEN,
        NotUploaded::TooLarge => StatusCode::BAD_REQUEST,
    };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Error><Code>{}</Code><Message>{refused}</Message></Error>",
        refused.code()
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}
