//! Where import jobs get their files: the `PreSignedUrl`s of this emulator, as S3
//! answers them.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::put;

use super::Mounted;
use super::listener::Unread;
use crate::state::import::{FILE_LIMIT, NotUploaded};

/// The header that the URL's signature covers.
const ENCRYPTION: (&str, &str) = ("x-amz-server-side-encryption", "aws:kms");

pub(super) fn router() -> Router<Mounted> {
    Router::new().route("/imports/{account}/{pool}/{job}", put(upload))
}

async fn upload(State(mounted): State<Mounted>, request: Request) -> Response {
    let Mounted { stack, bodies } = mounted;
    let (name, value) = ENCRYPTION;
    let is_signed = request
        .headers()
        .get(name)
        .is_some_and(|given| given == value);
    let uri = request.uri().to_string();
    let file = match bodies.read(request.into_body(), FILE_LIMIT).await {
        Ok(file) => file,
        Err(Unread::TooLong) => return refuse(NotUploaded::TooLarge),
        Err(why) => return super::unread(why),
    };
    let taken = if is_signed {
        stack.upload(&uri, file.bytes.clone())
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
