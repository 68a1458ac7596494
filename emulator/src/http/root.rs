//! `GET /`: a redirect to the console, for a browser that opens the address of the API.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::authority::Authority;
use super::{Mounted, no_such_method};
use crate::domain::site;

/// Redirects a browser to the console of this process, or shows how to start one. Other clients
/// get the error for a wrong method.
pub(super) async fn get(State(mounted): State<Mounted>, uri: Uri, headers: HeaderMap) -> Response {
    let authority = Authority::of(&uri, &headers).ok();
    let is_here = authority
        .is_some_and(|authority| authority.is_local() && !site::is_domain_host(&authority.host));
    if !is_here || !wants_html(&headers) {
        return no_such_method().await;
    }
    match mounted.console.get() {
        Some(address) => Redirect::to(address).into_response(),
        None => without_console(),
    }
}

/// Whether a client accepts HTML by name, as browsers do for the address that they open.
fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT).iter();
    let mut accept = accept.filter_map(|value| value.to_str().ok());
    accept.any(|value| value.contains("text/html"))
}

fn without_console() -> Response {
    let policy = "default-src 'none'; frame-ancestors 'none'";
    let headers = [(header::CONTENT_SECURITY_POLICY, policy)];
    let page = Html(include_str!("root.html"));
    (StatusCode::OK, headers, page).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::super::listener::Limits;
    use super::super::tests::stack;
    use super::super::{ConsoleAddress, Scheme, router_within};
    use super::*;

    async fn opened(console: Option<&str>, host: &str, accept: &str) -> Response {
        let address = ConsoleAddress::default();
        if let Some(console) = console {
            address.set(console.to_owned()).unwrap();
        }
        let router = router_within(stack().0, &Limits::default(), Scheme::Http, address);
        let request = Request::get("/")
            .header("Host", host)
            .header("Accept", accept)
            .body(Body::empty())
            .unwrap();
        router.oneshot(request).await.unwrap()
    }

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    #[tokio::test]
    async fn a_browser_is_led_to_the_console() {
        let console = "http://127.0.0.1:9230/console/";
        let led = opened(Some(console), "localhost:9229", BROWSER).await;
        assert_eq!(led.status(), 303);
        assert_eq!(led.headers()["location"], console);
        assert!(!led.headers().contains_key("access-control-allow-origin"));
        let page = opened(None, "127.0.0.1:9229", BROWSER).await;
        assert_eq!(page.status(), 200);
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    }

    #[tokio::test]
    async fn other_clients_and_hosts_get_the_error_for_a_wrong_method() {
        for (host, accept) in [
            ("localhost:9229", "*/*"),
            ("localhost:9229", "application/json"),
            ("rebound.example.com:9229", BROWSER),
            ("demo.auth.us-east-1.localhost:9229", BROWSER),
        ] {
            let refused = opened(Some("http://127.0.0.1:9230/console/"), host, accept).await;
            assert_eq!(refused.status(), 405, "{host} {accept}");
        }
    }
}
