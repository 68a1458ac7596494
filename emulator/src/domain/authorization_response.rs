//! The authorization response (RFC 6749, section 4.1.2): the code or the tokens with which the
//! browser returns to the app after a sign-in at a page.

use super::authorization::Authorization;
use super::cookies;
use super::reply::{Answer, redirect};
use super::site::Site;
use crate::auth::claims::Customization;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::sign_in::tokens::{self, By};
use crate::state::assurance::Strength;
use crate::state::users::UserId;
use crate::state::web::{AuthorizationCode, BrowserSession, CODE_LIFETIME, OAuthGrant};
use crate::triggers::Metadata;
use crate::triggers::token_generation::{self, Source};
use crate::wire::web::Request;
use crate::world::Time;

/// Signs the browser in, and returns to the app as [`finish`] does.
pub(crate) fn sign_in(
    cx: &Cx<'_>,
    request: &Request,
    site: &Site,
    authorization: &Authorization,
    session: BrowserSession,
) -> Answer {
    let secret = session_secret(cx);
    let mut pool = site.handle.write();
    pool.keep_browser_session(&secret, session.clone(), cx.now());
    drop(pool);
    let mut answer = finish(cx, site, authorization, &session);
    let cookie = cookies::set_session(cx, site, request, &secret);
    answer.response.headers.push(("set-cookie", cookie.into()));
    answer
}

/// A secret in the form of the cookie's value: parts of base64 and a version (O47).
pub(crate) fn session_secret(cx: &Cx<'_>) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let chance = &cx.world.chance;
    format!(
        "H4sI{}.{}.3",
        chance.text(ALPHABET, 60),
        chance.text(ALPHABET, 40)
    )
}

/// Returns to the app of `authorization` with a code or tokens for the user of `session`.
///
/// `PreTokenGeneration` runs before the browser returns: its failure is an error for the app (a
/// redirect with `PreTokenGeneration failed with error …` is in public tests of apps).
pub(crate) fn finish(
    cx: &Cx<'_>,
    site: &Site,
    authorization: &Authorization,
    session: &BrowserSession,
) -> Answer {
    match try_finish(cx, site, authorization, session) {
        Ok(answer) => answer,
        Err(error) => failed(authorization, &error),
    }
}

/// The redirect for a sign-in that failed at its end (O141).
pub(crate) fn failed(authorization: &Authorization, error: &Error) -> Answer {
    let description = description(error);
    let refusal = authorization.refusal("invalid_request", Some(description));
    refusal.answer(&Request::new("GET", "/"))
}

/// `error_description` of an exception. That of a function ends with a full stop and a space
/// (O141).
fn description(error: &Error) -> String {
    let sentence = error.sentence().unwrap_or_default();
    match error {
        Error::LambdaFailed { .. } if !sentence.ends_with(". ") => {
            format!("{} ", sentence.trim_end())
        }
        _ => sentence,
    }
}

fn try_finish(
    cx: &Cx<'_>,
    site: &Site,
    authorization: &Authorization,
    session: &BrowserSession,
) -> Result<Answer> {
    let (event, grant, strength) = {
        let pool = site.handle.read();
        let user = pool.users.get(session.user).ok_or(Error::UserNotFound)?;
        if !user.enabled {
            return Err(Error::UserDisabled);
        }
        let client_id = &authorization.client_id;
        let grant = authorization.grant.clone();
        let strength = authorization.strength(&pool, &session.assurance);
        let event = tokens::event(
            &pool,
            user,
            client_id,
            Source::HostedAuth,
            Some(&grant),
            &Metadata::new(),
        );
        (event, grant, strength)
    };
    let customization = token_generation::run(event, cx.world)?;
    let granted = Granted {
        user: session.user,
        at: session.signed_in_at,
        grant,
        strength,
        customization,
    };
    if authorization.is_code {
        Ok(code(cx, site, authorization, granted))
    } else {
        implicit(cx, site, authorization, granted)
    }
}

/// What the app gets a code or tokens for.
struct Granted {
    user: UserId,
    /// When the user signed in.
    at: Time,
    grant: OAuthGrant,
    strength: Option<Box<Strength>>,
    customization: Customization,
}

/// The code grant (O30).
fn code(cx: &Cx<'_>, site: &Site, authorization: &Authorization, granted: Granted) -> Answer {
    let secret = cx.world.chance.uuid();
    let code = AuthorizationCode {
        user: granted.user,
        client_id: authorization.client_id.as_str().into(),
        redirect_uri: authorization.redirect_uri.as_str().into(),
        challenge: authorization.challenge.as_deref().map(Into::into),
        grant: granted.grant,
        strength: granted.strength,
        customization: granted.customization,
        signed_in_at: granted.at,
        expires_at: cx.now().plus(CODE_LIFETIME),
        used: false,
    };
    site.handle.write().keep_code(&secret, code, cx.now());
    let pairs = [
        ("code", Some(secret.as_str())),
        ("state", authorization.state.as_deref()),
    ];
    let pairs = pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    Answer::from(redirect(&authorization.return_to(pairs)))
}

/// The implicit grant: tokens in the fragment, without a refresh token (O31).
fn implicit(
    cx: &Cx<'_>,
    site: &Site,
    authorization: &Authorization,
    granted: Granted,
) -> Result<Answer> {
    let Granted {
        user: id,
        at,
        grant,
        strength,
        customization,
    } = granted;
    let by = By::Oauth {
        grant,
        at,
        strength,
    };
    let grant = {
        let mut pool = site.handle.write();
        let client_id = &authorization.client_id;
        tokens::grant(cx, &mut pool, id, client_id, by, None, &customization)?
    };
    let result = grant.sign(cx.state, &site.handle.keys);
    let (access, id_token, _, expires_in) = result.into_parts();
    let expires_in = expires_in.to_string();
    let pairs = [
        ("id_token", id_token.as_deref()),
        ("access_token", Some(access.as_str())),
        ("token_type", Some("Bearer")),
        ("expires_in", Some(expires_in.as_str())),
        ("state", authorization.state.as_deref()),
    ];
    let pairs = pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    Ok(Answer::from(redirect(&authorization.return_to(pairs))))
}
