//! Dates as text in UTC, in the profile that RFC 3339 and the `xs:dateTime` of SAML (core,
//! section 1.3.3) share.

use super::Time;
use super::calendar::{DAY, Date};

/// `time` in milliseconds, such as `2026-01-02T03:04:05.678Z`.
pub(crate) fn write(time: Time) -> String {
    let seconds = time.seconds();
    let Date { year, month, day } = Date::of(seconds.div_euclid(DAY));
    let clock = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    let milliseconds = time.0.rem_euclid(1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z")
}

/// Parses a date in UTC, with or without a fraction of a second. Digits after the
/// milliseconds are ignored. A date without `Z` is also in UTC.
pub(crate) fn parse(text: &str) -> Option<Time> {
    let text = text.trim_matches(|char: char| char.is_ascii_whitespace());
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let (date, clock) = whole.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    let days = Date { year, month, day }.days();
    let is_a_day = (1..=12).contains(&month) && Date::of(days) == Date { year, month, day };
    if !is_a_day || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let milliseconds: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let seconds = days * DAY + hour * 3600 + minute * 60 + second;
    Some(Time(seconds * 1000 + milliseconds))
}

/// The numbers of `text`, each with exactly its number of digits.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        if part.len() != digits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, time) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T23:59:59.5Z", 1_709_251_199_500),
            ("2024-02-29T23:59:59.123456789Z", 1_709_251_199_123),
            ("2024-02-29T23:59:59", 1_709_251_199_000),
        ] {
            assert_eq!(parse(text), Some(Time(time)), "{text}");
        }
        assert_eq!(write(Time(1_709_251_199_123)), "2024-02-29T23:59:59.123Z");
        for text in [
            "",
            "2024-02-30T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00+01:00",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00.1é1Z",
            "2024-01-01 00:00:00Z",
            "+024-01-01T00:00:00Z",
            "2024-01-01T00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
