//! Times in answers: RFC 3339 in UTC, to the millisecond.

use aws_sdk_cognitoidentityprovider::primitives::{DateTime, DateTimeFormat};

/// `time` in RFC 3339, rounded to the millisecond, which is Cognito's precision. A JSON
/// number of seconds is inexact by some nanoseconds.
pub(crate) fn rfc3339(time: Option<&DateTime>) -> Option<String> {
    rfc3339_of_milliseconds(milliseconds(time?)?)
}

/// `time` in milliseconds since the Unix epoch, rounded as in [`rfc3339`].
pub(crate) fn milliseconds(time: &DateTime) -> Option<i64> {
    let milliseconds = (time.as_nanos() + 500_000).div_euclid(1_000_000);
    i64::try_from(milliseconds).ok()
}

/// `milliseconds` since the Unix epoch in RFC 3339.
pub(crate) fn rfc3339_of_milliseconds(milliseconds: i64) -> Option<String> {
    DateTime::from_millis(milliseconds)
        .fmt(DateTimeFormat::DateTime)
        .ok()
}

/// `text`, a time in RFC 3339, in milliseconds since the Unix epoch.
pub(crate) fn milliseconds_of(text: &str) -> Option<i64> {
    milliseconds(&DateTime::from_str(text, DateTimeFormat::DateTime).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_to_the_millisecond() {
        let off = DateTime::from_secs_and_nanos(1_795_456_678, 109_999_895);
        assert_eq!(rfc3339(Some(&off)).unwrap(), "2026-11-23T17:57:58.11Z");
        assert_eq!(
            milliseconds_of("2026-11-23T17:57:58.11Z"),
            milliseconds(&off)
        );
        assert_eq!(milliseconds_of("yesterday"), None);
    }
}
