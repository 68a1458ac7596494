//! Where import jobs get their files: the `PreSignedUrl`s of this emulator, as S3
//! answers them.

use axum::Router;
use axum::body::{HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::put;

use crate::stack::Stack;
use crate::state::import::{FILE_LIMIT, NotUploaded};

/// The header that the URL's signature covers.
const ENCRYPTION: (&str, &str) = ("x-amz-server-side-encryption", "aws:kms");

pub(super) fn router() -> Router<Stack> {
    Router::new().route("/imports/{account}/{pool}/{job}", put(upload))
}

async fn upload(State(stack): State<Stack>, request: Request) -> Response {
    match keep(&stack, request).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refused) => refuse(refused),
    }
}

/// Reserves room before the file is read: files that are being uploaded count too.
async fn keep(stack: &Stack, request: Request) -> Result<(), NotUploaded> {
    let (name, value) = ENCRYPTION;
    let is_signed = request
        .headers()
        .get(name)
        .is_some_and(|given| given == value);
    if !is_signed {
        return Err(NotUploaded::WrongSignature);
    }
    let url = request.uri().to_string();
    let length = request.body().size_hint().upper();
    let length = length.map_or(FILE_LIMIT, |bytes| {
        usize::try_from(bytes).unwrap_or(usize::MAX)
    });
    let room = stack.inspect(|emulator| emulator.reserve_upload(&url, length))?;
    let file = to_bytes(request.into_body(), room.bytes()).await;
    let file = file.map_err(|_| NotUploaded::TooLarge)?;
    stack.inspect(|emulator| emulator.fill_upload(&url, file, room))
}

fn refuse(refused: NotUploaded) -> Response {
    let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Error><Code>{}</Code><Message>{refused}</Message></Error>",
        refused.code()
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}
