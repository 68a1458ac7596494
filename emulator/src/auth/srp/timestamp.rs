//! Time in an SRP client's response: `Tue Nov 3 07:08:09 UTC 2026`.
//!
//! Cognito parses the time and signs its own spelling of it. Another spelling, such as
//! `Nov 03` or a wrong day of the week, is not refused itself but makes the signature
//! invalid (ministackorg/ministack#1758, measured).

use crate::world::Time;
use crate::world::calendar::{DAY, Date};

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The texts that a client may have signed if it sends `text`: the spelling with UTC,
/// and also the spelling with GMT if `text` has that zone. `None` if the text is not a
/// time. That a client signs the zone that it sends is inferred.
#[must_use]
pub fn spellings(text: &str) -> Option<Vec<String>> {
    let spelled = format(parse(text)?);
    let gmt = text
        .contains(" GMT ")
        .then(|| spelled.replace(" UTC ", " GMT "));
    Some([spelled].into_iter().chain(gmt).collect())
}

/// Parses a time. Names may be in upper or lower case, the day has at most two digits,
/// and the zone is UTC or GMT (measured: ministackorg/ministack#1758). Other zones,
/// including numeric ones, are refused (amazon-cognito-identity-js#683).
#[must_use]
pub fn parse(text: &str) -> Option<Time> {
    let parts: Vec<&str> = text.split(' ').collect();
    let [weekday, month, day, clock, "UTC" | "GMT", year] = parts[..] else {
        return None;
    };
    let at = |names: &[&str], name: &str| {
        let mut names = names.iter();
        names.position(|known| known.eq_ignore_ascii_case(name))
    };
    at(&WEEKDAYS, weekday)?;
    let month = at(&MONTHS, month)?;
    if day.len() > 2 {
        return None;
    }
    let clock: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = clock[..] else {
        return None;
    };
    let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    let (year, day) = (number(year)?, number(day)?);
    let date = Date {
        year,
        month: i64::try_from(month).ok()? + 1,
        day,
    };
    let days = date.days();
    let exists = Date::of(days) == date && hour < 24 && minute < 60 && second < 60;
    let seconds = days * DAY + hour * 3600 + minute * 60 + second;
    exists.then_some(Time(seconds * 1000))
}

/// Formats a time as Cognito does.
#[must_use]
pub fn format(time: Time) -> String {
    let seconds = time.seconds();
    let (days, clock) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let Date { year, month, day } = Date::of(days);
    let name = |names: &[&'static str], at: i64| names[usize::try_from(at).unwrap_or(0)];
    // The epoch was a Thursday.
    let weekday = name(&WEEKDAYS, (days + 4).rem_euclid(7));
    let month = name(&MONTHS, month - 1);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{weekday} {month} {day} {hour:02}:{minute:02}:{second:02} UTC {year}")
}

/// Parses one to four digits.
fn number(text: &str) -> Option<i64> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parses_times_of_clients() {
        for (text, seconds) in [
            ("Thu Jan 1 00:00:00 UTC 1970", 0),
            ("Tue Nov 14 22:13:20 UTC 2023", 1_700_000_000),
            // Made with `date -u -d @...`.
            ("Thu Feb 29 12:00:01 UTC 2024", 1_709_208_001),
            ("Wed Apr 5 22:42:34 UTC 2017", 1_491_432_154),
            ("Thu Dec 31 23:59:59 UTC 2099", 4_102_444_799),
        ] {
            assert_eq!(parse(text), Some(Time(seconds * 1000)), "{text}");
            assert_eq!(format(Time(seconds * 1000)), text);
        }
    }

    #[test]
    fn parses_other_spellings_and_formats_its_own() {
        for text in [
            "Wed Apr 05 22:42:34 UTC 2017",
            "Sun Apr 5 22:42:34 UTC 2017",
            "Wed Apr 5 22:42:034 UTC 2017",
            "wed apr 5 22:42:34 UTC 2017",
            "WED APR 5 22:42:34 GMT 2017",
        ] {
            let time = parse(text).expect("it can be parsed");
            assert_eq!(format(time), "Wed Apr 5 22:42:34 UTC 2017");
        }
    }

    #[test]
    fn refuses_other_texts() {
        for text in [
            "",
            "2017-04-05T22:42:34Z",
            "1491432154",
            "Mon Feb 12 15:26:37 +05:30 2018",
            "Mon Feb 12 15:56:9 IST 2018",
            "Mon Feb 012 15:56:09 UTC 2018",
            "Mon Feb 12 15:56:09 utc 2018",
            "Mon Fev 12 15:56:09 UTC 2018",
            "Mo. Feb 12 15:56:09 UTC 2018",
            "Mon Feb 12 15:56 UTC 2018",
            "Mon Feb 12 24:00:00 UTC 2018",
            "Mon Feb 12 23:60:00 UTC 2018",
            "Mon Feb 12 23:00:60 UTC 2018",
            "Wed Feb 29 00:00:00 UTC 2023",
            "Wed Feb 0 00:00:00 UTC 2023",
            "Mon  Feb 12 15:56:09 UTC 2018",
            "Mon Feb 12 15:56:09 UTC 2018 ",
            "Mon Feb -1 15:56:09 UTC 2018",
            "Mon Feb 12 15:56:09 UTC 20180",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn parses_its_own_format(seconds in -60_000_000_000_i64..250_000_000_000) {
            let time = Time(seconds * 1000);
            prop_assert_eq!(parse(&format(time)), Some(time));
        }
    }
}
