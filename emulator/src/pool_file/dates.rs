//! Dates in a pool file.

use serde_json::Value;

use crate::world::Time;
use crate::world::instant;

/// The text of `time` in UTC (RFC 3339), such as `2026-01-02T03:04:05.678Z`.
pub(super) fn write(time: Time) -> Value {
    instant::write(time).into()
}

/// Parses a date and time with an offset (RFC 3339), a date alone, or seconds since the epoch.
pub(super) fn parse(text: &str) -> Option<Time> {
    if let Ok(seconds) = text.parse::<f64>() {
        let milliseconds = (seconds * 1000.0).round();
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        return (milliseconds.abs() < LATEST).then_some(Time(milliseconds as i64));
    }
    let text = text.to_ascii_uppercase();
    let (date, clock) = match text.split_once(['T', ' ']) {
        Some((date, clock)) => (date, clock),
        None => (text.as_str(), "00:00:00Z"),
    };
    // The offset has the form `+02:00`.
    let (clock, offset) = match clock.rfind(['+', '-']) {
        Some(at) => {
            let (hours, minutes) = clock[at + 1..].split_once(':')?;
            let is_valid = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            if !is_valid(hours) || !is_valid(minutes) {
                return None;
            }
            let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            let sign = if clock[at..].starts_with('+') { 1 } else { -1 };
            (&clock[..at], sign * minutes)
        }
        None => (clock.strip_suffix('Z')?, 0),
    };
    let time = instant::parse(&format!("{date}T{clock}Z"))?;
    Some(Time(time.0 - offset * 60_000))
}

/// The first millisecond after the year 9999.
const LATEST: f64 = 253_402_300_800_000.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_an_offset_or_are_numbers() {
        let time = Time(1_767_323_045_678);
        for text in [
            "2026-01-02T03:04:05.678Z",
            "2026-01-02t03:04:05.678z",
            "2026-01-02 05:04:05.678+02:00",
            "2026-01-01T22:34:05.678-04:30",
            "1767323045.678",
        ] {
            assert_eq!(parse(text), Some(time), "{text}");
        }
        assert_eq!(parse("2026-01-02"), Some(Time(1_767_312_000_000)));
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05+2",
            "1e300",
            "NaN",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
