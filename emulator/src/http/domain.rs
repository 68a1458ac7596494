//! The web endpoints of domains over HTTP: every path that no other route has.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use smol_str::SmolStr;

use super::authority::Authority;
use super::{Mounted, are_header_names, nothing_here, unread};
use crate::bounds::FORM_BYTES;
use crate::domain::{self, ENDPOINTS};
use crate::stack::Stack;
use crate::wire::{Reply, Service, web};

/// Answers a request for a page.
pub(super) async fn page(State(mounted): State<Mounted>, request: Request) -> Response {
    let Mounted {
        stack,
        bodies,
        scheme,
    } = mounted;
    let (parts, body) = request.into_parts();
    let Ok(authority) = Authority::of(&parts.uri, &parts.headers) else {
        return nothing_here(StatusCode::NOT_FOUND);
    };
    let is_endpoint = ENDPOINTS.iter().any(|(path, ..)| *path == parts.uri.path());
    if !is_endpoint && !domain::site::is_domain_host(&authority.host) {
        return nothing_here(StatusCode::NOT_FOUND);
    }
    if parts.method == Method::OPTIONS && domain::is_shared(parts.uri.path()) {
        return preflight(&parts.headers);
    }
    let body = match bodies.read(body, FORM_BYTES).await {
        Ok(body) => body,
        Err(why) => return unread(why),
    };
    let request = read(
        &parts,
        authority.url(scheme),
        &authority,
        body.bytes.clone(),
    );
    let scope = stack.scope().at_host(&authority.host);
    let mut call = domain::call(request, &scope);
    call.address = super::address(&stack, scheme, &parts.uri, &parts.headers).map(SmolStr::from);
    let web = call.web.clone();
    let run = move |stack: &Stack| stack.call(&call);
    // Only some endpoints send requests to identity providers.
    let waits = domain::may_fetch(parts.uri.path()) && stack.world().fetch.waits();
    let reply = if waits {
        super::blocking(&stack, run).await
    } else {
        super::apart(&stack, run).await
    };
    match web {
        Some(web) => answer(&web, reply).await,
        None => nothing_here(StatusCode::NOT_FOUND),
    }
}

/// The request in the emulator's own form.
fn read(parts: &Parts, base: String, authority: &Authority, body: bytes::Bytes) -> web::Request {
    let text = |name: HeaderName| {
        let value = parts.headers.get(name)?;
        value.to_str().ok().map(ToOwned::to_owned)
    };
    web::Request {
        method: parts.method.as_str().to_owned(),
        base,
        host: authority.host.clone(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        content_type: text(header::CONTENT_TYPE),
        authorization: text(header::AUTHORIZATION),
        cookies: cookies(&parts.headers),
        accept_language: text(header::ACCEPT_LANGUAGE),
        peer: None,
        body,
    }
}

/// The cookies of all `Cookie` headers (RFC 6265, section 5.4; HTTP/2 may split them).
fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let values = headers.get_all(header::COOKIE).iter();
    let pairs = values.filter_map(|value| value.to_str().ok());
    let pairs = pairs.flat_map(|value| value.split(';'));
    let pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
        .collect()
}

/// The response of the page, or that of the layer that refused the request.
async fn answer(request: &web::Request, reply: Reply) -> Response {
    if reply.cut.is_some() {
        return super::answer(reply).await;
    }
    if !reply.delay.is_zero() {
        #[expect(
            clippy::disallowed_methods,
            reason = "a mount waits for the delays of replies"
        )]
        tokio::time::sleep(reply.delay).await;
    }
    let page = match reply.web {
        Some(page) => *page,
        None => domain::refused(request, &reply),
    };
    let mut response = Response::new(Body::from(page.body));
    *response.status_mut() =
        StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in page.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response
                .headers_mut()
                .append(HeaderName::from_static(name), value);
        }
    }
    response
}

/// The response to a browser's preflight request for an endpoint that programs use. Amplify sends
/// a header of its own to the token endpoint. What Cognito allows is not known, so the headers
/// that the browser names are repeated, as on the API.
fn preflight(headers: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    let added = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_MAX_AGE, "172800"),
    ] {
        added.insert(name, HeaderValue::from_static(value));
    }
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    if let Some(asked) = asked.filter(|asked| are_header_names(asked)) {
        added.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    response
}
