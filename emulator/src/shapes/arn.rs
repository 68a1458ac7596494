//! Amazon Resource Names: `arn:partition:service:region:account:resource`.

/// The part of `arn` at `position`, counted from 0; the last one is all that
/// follows the account. Empty where there is none.
#[must_use]
pub fn part(arn: &str, position: usize) -> &str {
    arn.splitn(6, ':').nth(position).unwrap_or_default()
}
