//! Amazon Resource Names: `arn:partition:service:region:account:resource`.

use crate::error::{Error, Result};
use crate::wire::Scope;

/// The part of `arn` at `position`, counted from 0. The last part is the rest after the
/// account. Empty if `arn` has no such part.
#[must_use]
pub fn part(arn: &str, position: usize) -> &str {
    arn.splitn(6, ':').nth(position).unwrap_or_default()
}

/// The id of the user pool that `arn` names. A pool of an account or Region other than
/// `scope` is not found. An ARN of another kind is not a resource of Cognito. Both are
/// inferred.
pub fn user_pool<'a>(arn: &'a str, scope: &Scope) -> Result<&'a str> {
    let id = part(arn, 5).strip_prefix("userpool/");
    let id = id.filter(|_| part(arn, 2) == "cognito-idp");
    let id = id.ok_or_else(|| Error::NoUserPoolArn {
        arn: arn.to_owned(),
    })?;
    if part(arn, 3) != scope.region || part(arn, 4) != scope.account {
        return Err(Error::PoolNotFound {
            pool: id.to_owned(),
        });
    }
    Ok(id)
}
