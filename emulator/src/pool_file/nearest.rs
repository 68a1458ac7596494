//! Similar names in messages about mistakes.

/// ` Did you mean x?` for the name in `known` that is most similar to `given`; empty if none
/// is similar.
pub(super) fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    // The comparison of long texts takes long.
    let is_short = |name: &str| name.len() <= LONGEST;
    if !is_short(given) {
        return String::new();
    }
    let lower = given.to_lowercase();
    let known = known.into_iter().filter(|name| is_short(name));
    let scored = known.map(|name| (name, similarity(&lower, &name.to_lowercase())));
    let best = scored.max_by(|(_, one), (_, other)| one.total_cmp(other));
    match best.filter(|(_, score)| *score >= SIMILAR) {
        Some((name, _)) => format!(" Did you mean `{name}`?"),
        None => String::new(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the names are short")]
fn similarity(one: &str, other: &str) -> f64 {
    strsim::jaro_winkler(one, other)
}

/// Bytes of the longest name that is compared: that of a group.
const LONGEST: usize = 128;
/// From this similarity on, a name is probably the one that was meant.
const SIMILAR: f64 = 0.8;

/// The names with commas, at most [`LISTED`].
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names[..names.len().min(LISTED)].join(", ");
    match names.len().checked_sub(LISTED) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

const LISTED: usize = 40;
