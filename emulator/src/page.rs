//! Page tokens, which encode a position. They are opaque, so that clients do not depend
//! on the position.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::world::Time;

/// Lifetime of a token, as documented for `ListUsers`; inferred for the other
/// lists.
const LIFETIME: Duration = Duration::from_hours(1);
/// The largest page size. It is also the size if the request has no limit or a limit of
/// 0 (the latter inferred). `ListUsers` returns 60 users then
/// (<https://github.com/boto/boto3/issues/3432>).
const LARGEST: usize = 60;

/// The size of a page of `ListGroups` (<https://github.com/data-dot-all/dataall/pull/891>) and
/// `ListUsersInGroup` (<https://github.com/aws/aws-sdk-js-v3/issues/7013>) if the request has no
/// limit. Both are reports, not recordings. That of `AdminListGroupsForUser` is not known.
pub(crate) const OF_GROUPS: usize = 25;

/// The size of a page: the `Limit` of the request.
#[must_use]
pub(crate) fn size(limit: Option<usize>) -> usize {
    size_or(limit, LARGEST)
}

/// As [`size`], with another size if the request has no limit.
#[must_use]
pub(crate) fn size_or(limit: Option<usize>, default: usize) -> usize {
    match limit {
        None | Some(0) => default,
        Some(limit) => limit.min(LARGEST),
    }
}

#[derive(Serialize, Deserialize)]
struct Bound<P> {
    list: String,
    until: i64,
    position: P,
}

/// Takes one page of `items`. If there are more items, encodes the position at which
/// the page ends. The token is bound to `list`, a name that has everything that the
/// list depends on.
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

/// The position at which the last page ended; `None` for the first page.
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

/// Encodes a position as the token of the next page.
pub(crate) fn seal(position: &impl Serialize) -> String {
    STANDARD.encode(serde_json::to_vec(position).expect("positions are plain data"))
}

/// Decodes a token; `None` if it does not have the form of the emulator's tokens.
pub(crate) fn open<T: DeserializeOwned>(token: &str) -> Option<T> {
    serde_json::from_slice(&STANDARD.decode(token).ok()?).ok()
}

/// Refuses a page token for a list that always has one page.
pub(crate) fn refuse_token(token: Option<&str>) -> Result<()> {
    match token {
        Some(_) => Err(Error::InvalidPaginationToken),
        None => Ok(()),
    }
}
