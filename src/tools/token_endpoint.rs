//! The token endpoint of a pool's domain, for the tools that get tokens there.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html>

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::sign_in_urls::encode;
use crate::call::context::Cx;
use crate::cognito::failure::UNREADABLE;
use crate::cognito::operations::Effect;
use crate::cognito::watch;
use crate::error::{ToolError, ToolResult};
use crate::ids::{Domain, Region};

/// Time limit for a token.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A refusal (RFC 6749, section 5.2).
pub(super) struct Refusal {
    /// The code, as in `invalid_grant`; empty if the response has none.
    pub(super) code: String,
    /// The error, without a hint.
    pub(super) error: Box<ToolError>,
}

/// The address of the token endpoint of `pool`, which serves `grant`.
///
/// # Errors
/// `NoDomain` if the pool has no domain; if it cannot be read.
pub(super) async fn url(cx: &Cx, pool: &str, grant: &str) -> ToolResult<String> {
    let Some(base) = base(cx, pool).await? else {
        return Err(ToolError::new(
            "NoDomain",
            format!("The pool has no domain, and the grant {grant} is served at its domain"),
        )
        .hint(
            "Give the pool a domain with `put_domain` and a `domain` of your choice, then repeat the \
             call",
        ));
    };
    Ok(format!("{base}/oauth2/token"))
}

/// The address of the pool's domain: the custom one, if it has both, because discovery names it
/// (O2).
async fn base(cx: &Cx, pool: &str) -> ToolResult<Option<String>> {
    let described = cx.cognito().describe_user_pool().user_pool_id(pool).send();
    let names = described.await?.user_pool;
    let name = names.and_then(|pool| pool.custom_domain.or(pool.domain));
    let Some(name) = name else {
        return Ok(None);
    };
    let unusable =
        |why: String| ToolError::new("InvalidDomain", format!("The domain {name}: {why}"));
    let region = Region::parse(cx.region());
    let region = region.ok_or_else(|| unusable("the Region is unknown".to_owned()))?;
    let domain = Domain::parse(&name).map_err(|form| unusable(form.to_string()))?;
    Ok(Some(domain.url(&region)))
}

/// Sends the form `fields` to the token endpoint at `url`, and reads the tokens of its response. A
/// dry run records the request, as `shown` without secrets, and does not send it.
///
/// # Errors
/// The outer error if no response came. The inner one is a refusal of the endpoint.
pub(super) async fn request<T: DeserializeOwned>(
    cx: &Cx,
    url: &str,
    shown: Value,
    fields: Vec<(&str, &str)>,
) -> ToolResult<Result<T, Refusal>> {
    watch::authorize(&format!("POST {url}"), Effect::Add, shown)
        .map_err(|withheld| ToolError::new(withheld.code(), withheld.to_string()))?;
    let request = Request::post(url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(encode(fields)));
    let request =
        request.map_err(|_| ToolError::new("RequestNotBuilt", "The domain has no URL"))?;
    let sent = watch::unless_cancelled(cx.domains().send(request, TIMEOUT)).await;
    let sent = sent.map_err(|withheld| ToolError::new(withheld.code(), withheld.to_string()))?;
    let response = sent.map_err(|_| {
        // The request has secrets, so its error is not shown.
        let mut error = ToolError::new(
            "ConnectionFailed",
            format!("No response came from the token endpoint {url}"),
        )
        .hint("A new domain of AWS needs about a minute. For a custom domain check its DNS record");
        error.retryable = true;
        error
    })?;
    if !response.status().is_success() {
        return Ok(Err(refusal(&response)));
    }
    let tokens = serde_json::from_slice(response.body()).map_err(|_| {
        ToolError::new(
            UNREADABLE,
            "The response of the token endpoint has no token",
        )
    })?;
    Ok(Ok(tokens))
}

fn refusal(response: &Response<Bytes>) -> Refusal {
    #[derive(Default, Deserialize)]
    struct Body {
        error: Option<String>,
        error_description: Option<String>,
    }
    let body: Body = serde_json::from_slice(response.body()).unwrap_or_default();
    let status = response.status().as_u16();
    let mut error = match (&body.error, body.error_description) {
        (None, _) => ToolError::new(
            UNREADABLE,
            format!("The token endpoint answered with status {status}"),
        ),
        (Some(code), Some(description)) => {
            ToolError::new(&camel_case(code), format!("{code}: {description}"))
        }
        (Some(code), None) => ToolError::new(
            &camel_case(code),
            format!("The token endpoint answered {code}"),
        ),
    };
    error.retryable = matches!(status, 429 | 500..);
    Refusal {
        code: body.error.unwrap_or_default(),
        error,
    }
}

/// The code of an error of OAuth in the form of the server's other codes, as in `InvalidScope`. Other
/// characters than letters are left out: the text is from the network.
fn camel_case(code: &str) -> String {
    let words = code.split('_').filter(|word| !word.is_empty());
    let words = words.map(|word| {
        let letters = word.chars().filter(char::is_ascii_alphabetic).take(40);
        let mut letters = letters.collect::<String>().to_ascii_lowercase();
        if let Some(first) = letters.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        letters
    });
    let code: String = words.take(4).collect();
    if code.is_empty() {
        UNREADABLE.to_owned()
    } else {
        code
    }
}
