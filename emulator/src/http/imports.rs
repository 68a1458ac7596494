//! Uploads of import files to the `PreSignedUrl`s of import jobs, with the
//! responses of S3.

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::put;

use super::Mounted;
use super::listener::Unread;
use crate::state::import::{FILE_LIMIT, NotUploaded, pool_of_upload};

/// The header that the URL's signature covers.
const ENCRYPTION: (&str, &str) = ("x-amz-server-side-encryption", "aws:kms");

pub(super) fn router() -> Router<Mounted> {
    Router::new().route("/imports/{account}/{pool}/{job}", put(upload))
}

/// The id of the request, in the responses of S3: 16 upper-case hexadecimal digits.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTCommonResponseHeaders.html>
const REQUEST_ID: &str = "x-amz-request-id";

async fn upload(State(mounted): State<Mounted>, request: Request) -> Response {
    let mut id = mounted.stack.world().chance.uuid().replace('-', "");
    id.truncate(16);
    id.make_ascii_uppercase();
    let response = match keep(&mounted, request).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refusal) => refusal,
    };
    ([(REQUEST_ID, id)], response).into_response()
}

/// Stores an uploaded file. Reserves memory before the file is read, so that uploads in
/// progress count too.
async fn keep(mounted: &Mounted, request: Request) -> Result<(), Response> {
    let Mounted { stack, bodies, .. } = mounted;
    let (name, value) = ENCRYPTION;
    let is_signed = request
        .headers()
        .get(name)
        .is_some_and(|given| given == value);
    if !is_signed {
        return Err(refuse(NotUploaded::WrongSignature));
    }
    let url = request.uri().to_string();
    let length = request.body().size_hint().upper();
    let length = length.map_or(FILE_LIMIT, |bytes| {
        usize::try_from(bytes).unwrap_or(usize::MAX)
    });
    let own = pool_of_upload(&url).and_then(|pool| stack.world_of_pool(pool));
    let stack = own.as_ref().unwrap_or(stack);
    let room = stack
        .inspect(|emulator| emulator.reserve_upload(&url, length))
        .map_err(refuse)?;
    let file = match bodies.read(request.into_body(), room.bytes()).await {
        Ok(file) => file,
        Err(Unread::TooLong) => return Err(refuse(NotUploaded::TooLarge)),
        Err(why) => return Err(super::unread(why)),
    };
    stack
        .inspect(|emulator| emulator.fill_upload(&url, file.bytes.clone(), room))
        .map_err(refuse)
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
