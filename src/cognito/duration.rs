//! Durations with a unit, as callers write them and answers show them.

use std::fmt;

/// A number of units, such as `30 minutes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duration {
    pub(crate) number: u64,
    pub(crate) unit: Unit,
}

/// A unit of time. A month has 30 days, a year 365.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    /// Every unit, with its words. The first word is in the singular.
    const WORDS: [(Self, &'static [&'static str]); 7] = [
        (Self::Second, &["second", "seconds", "sec", "secs", "s"]),
        (Self::Minute, &["minute", "minutes", "min", "mins"]),
        (Self::Hour, &["hour", "hours", "hr", "hrs", "h"]),
        (Self::Day, &["day", "days", "d"]),
        (Self::Week, &["week", "weeks", "w"]),
        (Self::Month, &["month", "months", "mo"]),
        (Self::Year, &["year", "years", "y"]),
    ];

    /// The unit that `word` names.
    pub(crate) fn named(word: &str) -> Option<Self> {
        let named = Self::WORDS.iter().find(|(_, words)| words.contains(&word));
        Some(named?.0)
    }

    pub(crate) const fn milliseconds(self) -> u64 {
        const SECOND: u64 = 1_000;
        const DAY: u64 = 24 * 60 * 60 * SECOND;
        match self {
            Self::Second => SECOND,
            Self::Minute => 60 * SECOND,
            Self::Hour => 60 * 60 * SECOND,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
            Self::Year => 365 * DAY,
        }
    }
}

impl Duration {
    /// The duration that `text` names, as in `90d` or `12 hours`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        Some(Self {
            number: text[..digits].parse().ok()?,
            unit: Unit::named(text[digits..].trim())?,
        })
    }

    pub(crate) fn milliseconds(self) -> Option<u64> {
        self.number.checked_mul(self.unit.milliseconds())
    }

    /// The number and the unit in the API's `TokenValidityUnits`, which has nothing longer than
    /// days.
    pub(crate) fn validity(self) -> (u64, &'static str) {
        let days = Unit::Day.milliseconds();
        match self.unit {
            Unit::Second => (self.number, "seconds"),
            Unit::Minute => (self.number, "minutes"),
            Unit::Hour => (self.number, "hours"),
            longer => {
                let each = longer.milliseconds() / days;
                (self.number.saturating_mul(each), "days")
            }
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut units = Unit::WORDS.iter();
        let words = units.find(|(unit, _)| *unit == self.unit);
        let word = words.map_or("", |(_, words)| words[usize::from(self.number != 1)]);
        write!(f, "{} {word}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read() {
        for (text, shown, validity) in [
            ("30 minutes", "30 minutes", (30, "minutes")),
            ("1 hours", "1 hour", (1, "hours")),
            ("2h", "2 hours", (2, "hours")),
            (" 90D ", "90 days", (90, "days")),
            ("2 weeks", "2 weeks", (14, "days")),
            ("1 year", "1 year", (365, "days")),
            ("45 sec", "45 seconds", (45, "seconds")),
        ] {
            let read = Duration::parse(text).unwrap();
            assert_eq!(read.to_string(), shown, "{text}");
            assert_eq!(Duration::parse(shown), Some(read), "{text}");
            assert_eq!(read.validity(), validity, "{text}");
        }
        for text in ["", "30", "minutes", "1.5 hours", "-1 days", "2 fortnights"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }
}
