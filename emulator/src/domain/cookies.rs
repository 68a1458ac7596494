//! Cookies of the domain: `XSRF-TOKEN`, which protects forms, and `cognito`, the browser
//! session.

use std::time::Duration;

use super::site::Site;
use crate::auth::same;
use crate::cx::Cx;
use crate::state::web::SESSION_LIFETIME;
use crate::wire::web::{Request, Response};
use crate::world::calendar;

/// The cookie whose value every form repeats.
pub(crate) const CSRF: &str = "XSRF-TOKEN";

/// The cookie that ties a sign-in at an external provider to the browser (O46).
pub(crate) const FEDERATION: &str = "csrf-state";

/// The value that forms of the page for `request` have in the field `_csrf`: that of the
/// browser's cookie, or a new one, which [`renew_csrf`] then sets.
pub(crate) fn csrf(cx: &Cx<'_>, request: &Request) -> String {
    match request.cookie(CSRF) {
        Some(value) if is_token(value) => value.to_owned(),
        _ => token_of(cx.request_id),
    }
}

/// Whether the form field `_csrf` has the value of the cookie. A page of another site can send
/// a form, but it can read neither value.
pub(crate) fn is_protected(request: &Request, field: Option<&str>) -> bool {
    match (request.cookie(CSRF), field) {
        (Some(cookie), Some(field)) => {
            is_token(cookie) && same(cookie.as_bytes(), field.as_bytes())
        }
        _ => false,
    }
}

/// Sets `XSRF-TOKEN` on every response (O46). A browser that has one keeps it, so that several
/// open pages work.
pub(crate) fn renew_csrf(cx: &Cx<'_>, request: &Request, response: &mut Response) {
    // A sign-in replaces the value (O47): a page that was opened before it is no longer valid.
    let signs_in = response.headers.iter().any(|(name, value)| {
        *name == "set-cookie" && value.starts_with("cognito") && !value.contains("Max-Age=0")
    });
    let value = if signs_in {
        token_of(cx.request_id)
    } else {
        csrf(cx, request)
    };
    let cookie = format!("{CSRF}={value}; Path=/{}", flags(request));
    response.headers.push(("set-cookie", cookie.into()));
}

/// A UUID, as Cognito's.
fn is_token(value: &str) -> bool {
    value.len() == 36
        && value
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// A value for the cookie, from the random id of the request.
fn token_of(request_id: &str) -> String {
    let digest = crate::auth::digest(request_id);
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    crate::world::sub_of(half)
}

/// The twin of [`FEDERATION`] for browsers that refuse `SameSite=None` (O46).
const FEDERATION_LEGACY: &str = "csrf-state-legacy";

/// The value of the cookie `csrf-state` for a sign-in that starts: that of the browser, so that
/// several pages can sign in at a time, or a new one.
pub(crate) fn federation(cx: &Cx<'_>, request: &Request) -> String {
    match request.cookie(FEDERATION) {
        Some(value) if is_token(value) => value.to_owned(),
        _ => cx.world.chance.uuid(),
    }
}

/// Sets the cookies of a sign-in at a provider. Some providers return by a `POST` of their own page,
/// with which browsers send only cookies with `SameSite=None`. That needs TLS. Without it, the
/// attribute is absent: browsers then send young cookies.
pub(crate) fn set_federation(request: &Request, value: &str) -> [String; 2] {
    let flags = if request.is_secure() {
        ["; Secure; HttpOnly; SameSite=None", "; Secure; HttpOnly"]
    } else {
        ["; HttpOnly", "; HttpOnly"]
    };
    let [first, legacy] = flags.map(|flags| format!("={value}; Path=/{flags}"));
    [
        format!("{FEDERATION}{first}"),
        format!("{FEDERATION_LEGACY}{legacy}"),
    ]
}

/// The value that a browser which returns from a provider has.
pub(crate) fn returned(request: &Request) -> Option<&str> {
    let value = request.cookie(FEDERATION);
    value.or_else(|| request.cookie(FEDERATION_LEGACY))
}

/// Removes the cookies of a sign-in at a provider.
pub(crate) fn clear_federation(request: &Request) -> [String; 2] {
    [FEDERATION, FEDERATION_LEGACY].map(|name| clear(name, request))
}

/// The attributes of every cookie. `Secure` needs TLS: without it some browsers drop the cookie.
pub(crate) fn flags(request: &Request) -> &'static str {
    if request.is_secure() {
        "; Secure; HttpOnly; SameSite=Lax"
    } else {
        "; HttpOnly; SameSite=Lax"
    }
}

/// The secret of the browser session in `request`.
pub(crate) fn session<'r>(site: &Site, request: &'r Request) -> Option<&'r str> {
    request.cookie(&site.session_cookie())
}

/// Sets the cookie of a browser session (O47).
pub(crate) fn set_session(cx: &Cx<'_>, site: &Site, request: &Request, secret: &str) -> String {
    let name = site.session_cookie();
    let age = SESSION_LIFETIME.as_secs();
    let expires = calendar::http_date(cx.now().plus(SESSION_LIFETIME));
    format!(
        "{name}={secret}; Max-Age={age}; Expires={expires}; Path=/{}",
        flags(request)
    )
}

/// The lifetime of the cookie of a remembered browser (inferred).
const DEVICE_LIFETIME: Duration = Duration::from_hours(365 * 24);

/// Sets the cookie of a remembered browser. It stays when the user signs out.
pub(crate) fn set_device(site: &Site, request: &Request, secret: &str) -> String {
    let name = site.device_cookie();
    let age = DEVICE_LIFETIME.as_secs();
    format!("{name}={secret}; Max-Age={age}; Path=/{}", flags(request))
}

/// Removes the cookie of a browser session.
pub(crate) fn clear(name: &str, request: &Request) -> String {
    format!(
        "{name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:10 GMT; Path=/{}",
        flags(request)
    )
}
