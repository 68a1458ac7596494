//! Tools that a wrong name means.

use cognito_emulator::model::Model;

use crate::arguments::{self, closeness, nearest};
use crate::bounds::SIMILAR_CHARS;
use crate::cognito::operations;
use crate::definition::Definition;

/// The most tools that are named.
const NAMED: usize = 3;
/// The least likeness of a tool that is named.
const LEAST: f64 = 0.55;
/// The most by which a tool that is named is less like the name than the nearest one.
const MARGIN: f64 = 0.28;

/// Words of one meaning at the beginning of names of tools.
const VERBS: [&[&str]; 7] = [
    &[
        "get", "describe", "show", "read", "fetch", "view", "list", "find", "search", "query",
        "lookup",
    ],
    &["create", "add", "new", "make", "put", "register", "insert"],
    &[
        "delete", "remove", "destroy", "drop", "forget", "unlink", "revoke",
    ],
    &["update", "modify", "edit", "change", "set", "put", "patch"],
    &["disable", "deactivate", "block", "suspend"],
    &["enable", "activate", "unblock"],
    &["link", "connect"],
];

/// Words that do not distinguish tools.
const NEUTRAL: [&str; 6] = ["admin", "app", "aws", "cognito", "the", "tool"];

/// The tools of `enabled` that `name` means, the nearest first: those of an operation of
/// Cognito, and those with the same words or words of the same meaning.
pub(crate) fn meant<'a>(name: &str, enabled: impl Iterator<Item = &'a Definition>) -> Vec<&'a str> {
    if name.chars().nth(SIMILAR_CHARS).is_some() {
        return Vec::new();
    }
    let enabled: Vec<&Definition> = enabled.collect();
    let own = words(name);
    let operation = operations::find_alike(name)
        .filter(|operation| Model::get().operation(operation.name).is_some());
    let score = |tool: &Definition| {
        let alike = likeness(&own, &words(tool.name()));
        // A tool with few operations is nearer to each of them.
        let calls = operation.is_some_and(|operation| tool.operations.contains(&operation.name));
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let by_operation = if calls {
            0.5 + 0.5 / tool.operations.len() as f64
        } else {
            0.0
        };
        // Among equal names, the one in the same number is nearer.
        alike + by_operation + 0.01 * closeness(name, tool.name())
    };
    let mut ranked: Vec<(f64, &str)> = enabled
        .iter()
        .map(|tool| (score(tool), tool.name()))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = ranked.first().map_or(0.0, |(best, _)| *best);
    // A noun in common is not enough, and a clearly better name leaves out the others.
    ranked.retain(|(score, _)| *score >= LEAST && best - score <= MARGIN);
    let mut found: Vec<&str> = ranked.into_iter().map(|(_, name)| name).collect();
    found.truncate(NAMED);
    if found.is_empty() {
        let names = enabled.iter().map(|tool| tool.name());
        let nearest = nearest(name, names);
        let nearest = enabled
            .iter()
            .find(|tool| nearest.as_deref() == Some(tool.name()));
        found.extend(nearest.map(|tool| tool.name()));
    }
    found
}

/// The words of a name, in lower case and in the singular, without those that do not
/// distinguish tools.
fn words(name: &str) -> Vec<String> {
    let mut words = arguments::words(name);
    words.retain(|word| !NEUTRAL.contains(&word.as_str()));
    for word in &mut words {
        if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
            word.pop();
        }
    }
    // `user_pool` is `pool`, and `user_pool_client` is `client`.
    if words.len() > 2
        && let Some(at) = words.windows(2).position(|pair| pair == ["user", "pool"])
    {
        words.remove(at);
        if words.last().is_some_and(|last| last != "pool") {
            words.retain(|word| word != "pool");
        }
    }
    words
}

/// The share of words that two names have in common. A typing error counts more than half, and two
/// verbs of one meaning half.
fn likeness(a: &[String], b: &[String]) -> f64 {
    let verbs = |a: &String, b: &String| {
        VERBS
            .iter()
            .any(|same| same.contains(&a.as_str()) && same.contains(&b.as_str()))
    };
    let shared = a.iter().filter(|word| b.contains(word)).count();
    let only = |of: &[String], other: &[String]| -> Vec<String> {
        of.iter()
            .filter(|word| !other.contains(word))
            .cloned()
            .collect()
    };
    let (rest_a, rest_b) = (only(a, b), only(b, a));
    let typed = |a: &String, b: &String| closeness(a, b) >= 0.7;
    let alike: f64 = rest_a
        .iter()
        .map(|a| {
            if rest_b.iter().any(|b| typed(a, b)) {
                0.8
            } else if rest_b.iter().any(|b| verbs(a, b)) {
                0.5
            } else {
                0.0
            }
        })
        .sum();
    let all = shared + rest_a.len().max(rest_b.len());
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let share = (shared as f64 + alike) / all.max(1) as f64;
    // Without a common word, the names are about different things.
    if shared == 0 { 0.0 } else { share }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools;

    #[test]
    fn a_wrong_name_means_the_nearest_tools() {
        for (name, expected) in [
            ("getUser", "get_user"),
            ("admin_get_user", "get_user"),
            ("AdminCreateUser", "create_user"),
            ("remove_user", "delete_user"),
            ("describe_user_pool", "describe_pool"),
            ("list_user_pool_clients", "list_clients"),
            ("creat_user", "create_user"),
            ("fetch_groups", "list_groups"),
        ] {
            let found = meant(name, tools::all());
            assert!(found.contains(&expected), "{name}: {found:?}");
            assert!(found.len() <= NAMED);
        }
        assert_eq!(
            meant(&"get_user".repeat(100), tools::all()),
            Vec::<&str>::new()
        );
    }
}
