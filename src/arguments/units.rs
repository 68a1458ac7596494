//! Units of time in arguments: the unit of a number, and durations as text.

use rmcp::model::JsonObject;
use serde_json::Value;

use crate::cognito::duration::Unit;

/// The milliseconds of the unit called `word`.
fn unit(word: &str) -> Option<u64> {
    if ["milliseconds", "millisecond", "msec", "ms"].contains(&word) {
        return Some(1);
    }
    // `m` may be minutes or months.
    let minutes = (word == "m").then_some(Unit::Minute);
    Some(minutes.or_else(|| Unit::named(word))?.milliseconds())
}

/// A duration such as `90d`, `12 hours`, `1h 30min` or `PT1H` (ISO 8601), in milliseconds.
/// `m` alone may be minutes or months.
pub(crate) fn duration(text: &str) -> Option<u64> {
    total(text, false)
}

/// The duration `text`. `with_m` is whether `m` means minutes.
fn total(text: &str, with_m: bool) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let with_m = with_m || text.starts_with('p');
    // ISO 8601 writes months and minutes with the same letter, so only days and the parts after
    // `T` are read.
    let parts = match text.strip_prefix('p') {
        Some(rest) => {
            let (days, times) = rest.split_once('t').unwrap_or((rest, ""));
            if days.contains(['m', 'y']) {
                return None;
            }
            format!("{days}{times}")
        }
        None => text,
    };
    let mut rest = parts.as_str();
    let mut total: Option<u64> = None;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let after = rest[digits..].trim_start();
        let letters = after
            .find(|c: char| !c.is_ascii_lowercase())
            .unwrap_or(after.len());
        let word = &after[..letters];
        if word == "m" && !with_m {
            return None;
        }
        let part = number.checked_mul(unit(word)?)?;
        total = Some(total.unwrap_or_default().checked_add(part)?);
        rest = after[letters..].trim_start();
    }
    total
}

/// The unit of the integer argument `name`, in milliseconds: the last word of its name, or the
/// unit that its description begins with, as in "Age in seconds".
pub(super) fn unit_of(name: &str, schema: &JsonObject) -> Option<u64> {
    if schema.get("type")? != "integer" {
        return None;
    }
    let last = name.rsplit('_').next().unwrap_or_default();
    // `m` and `d` alone are no units in names.
    if let Some(named) = unit(last).filter(|_| last.len() > 1) {
        return Some(named);
    }
    let description = schema.get("description").and_then(Value::as_str)?;
    let sentence = description.split(['.', ':']).next()?;
    let (_, after) = sentence.split_once(" in ")?;
    let word = after.split(|c: char| !c.is_alphabetic()).next()?;
    unit(word).filter(|_| word.len() > 1)
}

/// The number of `unit` milliseconds that `text` names, if it is whole.
pub(super) fn converted(text: &str, unit: u64) -> Option<Value> {
    // A number of months is not in question for these units.
    let duration = total(text, unit < Unit::Day.milliseconds())?;
    (duration % unit == 0).then(|| Value::from(duration / unit))
}

/// The argument of `known` that `name` means with another unit, and the value in its unit:
/// `advance_seconds` for `advance_hours`.
pub(super) fn in_other_unit<'a>(
    name: &str,
    value: &Value,
    known: impl Iterator<Item = (&'a str, &'a JsonObject)>,
) -> Option<(&'a str, Value)> {
    let name = name.to_lowercase().replace('-', "_");
    let (stem, word) = name.rsplit_once('_')?;
    let given = unit(word).filter(|_| word.len() > 1)?;
    let number = match value {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let mut meant = known.filter_map(|(known, schema)| {
        if known == stem && schema.get("type")? == "string" {
            // An age as text: `30 days`.
            return Some((known, Value::from(format!("{number} {word}"))));
        }
        let unit = unit_of(known, schema)?;
        let (own, _) = known.rsplit_once('_')?;
        let total = number.checked_mul(given)?;
        (own == stem && total % unit == 0).then(|| (known, Value::from(total / unit)))
    });
    let first = meant.next()?;
    meant.next().is_none().then_some(first)
}

/// The share for a percentage: 0.25 for `25%`.
pub(super) fn share(text: &str) -> Option<Value> {
    let percent: f64 = text.trim().strip_suffix('%')?.trim().parse().ok()?;
    serde_json::Number::from_f64(percent / 100.0).map(Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DAY: u64 = Unit::Day.milliseconds();

    #[test]
    fn durations_have_one_meaning() {
        for (text, expected) in [
            ("90d", Some(90 * DAY)),
            ("12 hours", Some(12 * 3_600_000)),
            ("1h 30min", Some(5_400_000)),
            ("90m", None),
            ("1 hour 30 minutes", Some(5_400_000)),
            ("PT45M", Some(2_700_000)),
            ("P30D", Some(30 * DAY)),
            ("P1DT1H", Some(DAY + 3_600_000)),
            ("250ms", Some(250)),
            ("P1M", None),
            ("30", None),
            ("-1d", None),
            ("1.5h", None),
            ("99999999999999999999d", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    #[test]
    fn a_unit_is_in_the_name_or_the_description() {
        let schema = |description: &str| {
            json!({ "type": "integer", "description": description })
                .as_object()
                .unwrap()
                .clone()
        };
        assert_eq!(unit_of("token_minutes", &schema("")), Some(60_000));
        assert_eq!(unit_of("delay_ms", &schema("")), Some(1));
        let age = schema("Age in seconds that new tokens have: 90000 makes expired ones.");
        assert_eq!(unit_of("token_age", &age), Some(1_000));
        assert_eq!(unit_of("limit", &schema("Users on a page.")), None);
        assert_eq!(converted("45m", 60_000), Some(json!(45)));
        assert_eq!(converted("1 hour", 60_000), Some(json!(60)));
        assert_eq!(converted("90 seconds", 60_000), None);
    }
}
