//! Opaque page tokens: a position, sealed so that clients do not build on it.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::world::Time;

/// How long a token works, as documented for `ListUsers`; inferred for the
/// other lists.
const LIFETIME: Duration = Duration::from_hours(1);
/// The largest page, and the page of a request that asks for none or for 0
/// (the latter inferred).
const LARGEST: usize = 60;

/// The size of a page: `Limit` as sent.
#[must_use]
pub(crate) fn size(limit: Option<usize>) -> usize {
    match limit {
        None | Some(0) => LARGEST,
        Some(limit) => limit.min(LARGEST),
    }
}

#[derive(Serialize, Deserialize)]
struct Bound<P> {
    list: String,
    until: i64,
    position: P,
}

/// Cuts one page off `items` and seals the place where it ended, if there is
/// more. The token belongs to `list`: a name with all that the list depends on.
pub(crate) fn cut<T, P: Serialize>(
    items: impl Iterator<Item = T>,
    size: usize,
    position: impl Fn(&T) -> P,
    list: &str,
    now: Time,
) -> (Vec<T>, Option<String>) {
    let mut items = items.peekable();
    let page: Vec<T> = items.by_ref().take(size).collect();
    let more = items.peek().is_some();
    let token = page.last().filter(|_| more).map(|last| {
        seal(&Bound {
            list: list.to_owned(),
            until: now.plus(LIFETIME).0,
            position: position(last),
        })
    });
    (page, token)
}

/// The place where the page before ended; `None` for the first page.
pub(crate) fn resume<P: DeserializeOwned>(
    token: Option<&str>,
    list: &str,
    now: Time,
) -> Result<Option<P>> {
    let Some(token) = token else { return Ok(None) };
    let bound: Bound<P> = open(token).ok_or(Error::InvalidPaginationToken)?;
    if bound.list != list || now.0 >= bound.until {
        return Err(Error::InvalidPaginationToken);
    }
    Ok(Some(bound.position))
}

/// Seals a position as the token of the next page.
pub(crate) fn seal(position: &impl Serialize) -> String {
    STANDARD.encode(serde_json::to_vec(position).expect("positions are plain data"))
}

/// Opens a token; `None` where it is not one of ours.
pub(crate) fn open<T: DeserializeOwned>(token: &str) -> Option<T> {
    serde_json::from_slice(&STANDARD.decode(token).ok()?).ok()
}

/// Refuses the token of a next page where no list is ever longer than its first.
pub(crate) fn refuse_token(token: Option<&str>) -> Result<()> {
    match token {
        Some(_) => Err(Error::InvalidPaginationToken),
        None => Ok(()),
    }
}
