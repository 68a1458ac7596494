//! Days of the Gregorian calendar, all in UTC.

use super::Time;

/// Seconds in a day.
pub const DAY: i64 = 24 * 60 * 60;

/// A time in the format of the versions of domains and of classic branding:
/// `20250117005911`.
#[must_use]
pub fn version(time: Time) -> String {
    let (Date { year, month, day }, [hour, minute, second]) = date_and_time(time);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// A time in the format of HTTP headers (RFC 9110, section 5.6.7):
/// `Sun, 06 Nov 1994 08:49:37 GMT`.
#[must_use]
pub fn http_date(time: Time) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (date, [hour, minute, second]) = date_and_time(time);
    let days = date.days();
    let Date { year, month, day } = date;
    let name = |names: &[&'static str], index: i64| {
        let index = usize::try_from(index).unwrap_or_default();
        names.get(index).copied().unwrap_or_default()
    };
    let weekday = name(&DAYS, days.rem_euclid(7));
    let month = name(&MONTHS, month - 1);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Date and time in UTC, such as `2026-11-30T12:03:04Z` (RFC 3339).
#[must_use]
pub fn timestamp(time: Time) -> String {
    let (Date { year, month, day }, [hour, minute, second]) = date_and_time(time);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The day, and the hour, minute and second of the day.
fn date_and_time(time: Time) -> (Date, [i64; 3]) {
    let seconds = time.seconds();
    let clock = seconds.rem_euclid(DAY);
    let date = Date::of(seconds.div_euclid(DAY));
    (date, [clock / 3600, clock / 60 % 60, clock % 60])
}

/// A day of the Gregorian calendar.
#[derive(Debug, PartialEq, Eq)]
pub struct Date {
    /// Year.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// From 1.
    pub day: i64,
}

/// Days in 400 years, after which the calendar repeats.
const ERA: i64 = 146_097;
/// Days from the first of March of year 0 to the epoch.
const EPOCH: i64 = 719_468;

/// Howard Hinnant's algorithms: years that begin in March end with their leap
/// day. <https://howardhinnant.github.io/date_algorithms.html>
impl Date {
    /// Days since the epoch.
    #[must_use]
    pub fn days(&self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        year.div_euclid(400) * ERA + day_of_era - EPOCH
    }

    /// The day that is `days` after the epoch.
    #[must_use]
    pub fn of(days: i64) -> Self {
        let days = days + EPOCH;
        let day_of_era = days.rem_euclid(ERA);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = (shifted + 2) % 12 + 1;
        Self {
            year: year_of_era + days.div_euclid(ERA) * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted + 2) / 5 + 1,
        }
    }
}
