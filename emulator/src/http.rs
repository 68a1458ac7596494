//! Mount behind HTTP, for any SDK in any language.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body::Frame;
use tokio::net::TcpListener;

use crate::stack::Stack;
use crate::wire::{Call, Reply, Service};

/// Requests with a longer body are refused with 413; Cognito's longest member,
/// an image, is far below it.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// Serves `stack` on `listener` until `shutdown` is ready and the requests
/// under way are answered.
pub async fn serve(
    listener: TcpListener,
    stack: Stack,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router(stack))
        .with_graceful_shutdown(shutdown)
        .await
}

/// Everything that is served, for embedding in another server.
pub fn router(stack: Stack) -> Router {
    Router::new()
        .route("/", post(api).options(preflight))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(axum::middleware::map_response(share))
        .with_state(stack)
}

/// The API itself: `POST /`.
async fn api(State(stack): State<Stack>, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let scope = stack.scope().at_host(text("host").unwrap_or_default());
    let call = Call::from_http(text("x-amz-target"), text("authorization"), &body, &scope);
    answer(stack.call(&call)).await
}

async fn answer(reply: Reply) -> Response {
    if !reply.delay.is_zero() {
        #[expect(
            clippy::disallowed_methods,
            reason = "a mount waits for the delays of replies"
        )]
        tokio::time::sleep(reply.delay).await;
    }
    if reply.cut.is_some() {
        return Response::new(Body::new(Aborted));
    }
    let mut response = Response::new(Body::from(reply.body.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers() {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .append(HeaderName::from_static(name), value);
        }
    }
    response
}

/// A body that fails before its first byte: the server closes the connection
/// without having sent even the status line.
struct Aborted;

impl HttpBody for Aborted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}

/// What a browser asks before it sends `X-Amz-Target` (fact 1.6).
async fn preflight() -> impl IntoResponse {
    [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "x-amz-target,x-amz-user-agent,content-type,authorization,cache-control,x-amz-date,x-amz-security-token",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "172800"),
    ]
}

/// Pages of any origin may read the API's answers (fact 1.6).
async fn share(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"),
    );
    response
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn send(stack: &Stack, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let (head, body) = router(stack.clone())
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (
            head.status,
            head.headers,
            String::from_utf8(body.to_vec()).unwrap(),
        )
    }

    #[tokio::test]
    async fn a_call_is_answered_with_cognitos_headers() {
        let stack = Stack::builder().build();
        let request = Request::post("/")
            .header(
                "X-Amz-Target",
                "AWSCognitoIdentityProviderService.NoSuchOperation",
            )
            .body(Body::from("{}"))
            .unwrap();
        let (status, headers, body) = send(&stack, request).await;
        assert_eq!(status, 400);
        assert_eq!(body, r#"{"__type":"UnknownOperationException"}"#);
        assert_eq!(headers["content-type"], "application/x-amz-json-1.1");
        assert_eq!(headers["x-amzn-errortype"], "UnknownOperationException:");
        assert_eq!(headers["x-amzn-requestid"].len(), 36);
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert_eq!(
            headers["access-control-expose-headers"],
            "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
        );
    }

    #[tokio::test]
    async fn browsers_may_ask_first() {
        let request = Request::options("/")
            .header("Origin", "https://app.example")
            .body(Body::empty());
        let (status, headers, body) = send(&Stack::builder().build(), request.unwrap()).await;
        assert_eq!((status.as_u16(), body.as_str()), (200, ""));
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert_eq!(
            headers["access-control-allow-headers"],
            "x-amz-target,x-amz-user-agent,content-type,authorization,cache-control,x-amz-date,x-amz-security-token"
        );
    }
}
