//! The first difference between a value and the most similar accepted value.

use schemars::JsonSchema;
use serde::Serialize;

/// The first difference between two texts.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct Difference {
    /// The accepted value.
    accepted: String,
    /// The position of the first different character; the first character has position 1.
    position: usize,
    /// The character in the URL; absent at its end.
    given: Option<String>,
    /// The character of the accepted value; absent at its end.
    expected: Option<String>,
    /// The difference in words.
    pub(super) explanation: String,
}

/// The first difference of `given` from the most similar of `accepted`. None if there are none.
pub(super) fn nearest(given: &str, accepted: &[String]) -> Option<Difference> {
    let common = |other: &str| {
        let same = |(a, b): &(char, char)| a == b;
        let start = given.chars().zip(other.chars()).take_while(same).count();
        let end = given.chars().rev().zip(other.chars().rev());
        let end = end.take_while(same).count();
        // The end and the start of a short text may be the same characters.
        (start + end).min(other.chars().count().max(given.chars().count()))
    };
    let mut best: Option<(&String, usize)> = None;
    for other in accepted {
        let score = common(other);
        if best.is_none_or(|(_, highest)| score > highest) {
            best = Some((other, score));
        }
    }
    let (accepted, _) = best?;
    let start = given.chars().zip(accepted.chars());
    let start = start.take_while(|(a, b)| a == b).count();
    let (here, there) = (given.chars().nth(start), accepted.chars().nth(start));
    Some(Difference {
        explanation: in_words(given, accepted, start, here, there),
        accepted: accepted.clone(),
        position: start + 1,
        given: here.map(String::from),
        expected: there.map(String::from),
    })
}

fn in_words(
    given: &str,
    accepted: &str,
    start: usize,
    here: Option<char>,
    there: Option<char>,
) -> String {
    let position = start + 1;
    let kind = kind(given, accepted);
    let kind = kind.map_or_else(String::new, |kind| format!(" ({kind})"));
    let difference = match (here, there) {
        (Some(here), Some(there)) => {
            format!("character {position} is `{here}`, and `{there}` is registered")
        }
        (Some(here), None) => {
            format!("character {position}, `{here}`, comes after the end of the registered value")
        }
        (None, Some(there)) => {
            format!("it ends before character {position}, `{there}`, of the registered value")
        }
        (None, None) => "the two are equal".to_owned(),
    };
    format!("The most similar one is {accepted}: {difference}{kind}")
}

/// The kind of a usual difference.
fn kind(given: &str, accepted: &str) -> Option<&'static str> {
    let scheme = |url: &str| {
        url.split_once("://")
            .map(|(scheme, rest)| (scheme.to_owned(), rest.to_owned()))
    };
    if given.trim_end_matches('/') == accepted.trim_end_matches('/') {
        return Some("a slash at the end");
    }
    if given.eq_ignore_ascii_case(accepted) {
        return Some("letter case");
    }
    if given.trim() == accepted.trim() {
        return Some("a space at the start or the end");
    }
    let (given, accepted) = (scheme(given)?, scheme(accepted)?);
    if given.1 == accepted.1 {
        return Some("the scheme");
    }
    let parts = |rest: &str| {
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        (host.to_owned(), port.to_owned(), path.to_owned())
    };
    let (given, accepted) = (parts(&given.1), parts(&accepted.1));
    let local = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    if given.0 == accepted.0 && given.2 == accepted.2 {
        Some("the port")
    } else if local(&given.0) && local(&accepted.0) && given.2 == accepted.2 {
        Some("another name of this machine")
    } else if given.0 == accepted.0 && given.1 == accepted.1 {
        Some("the path or the query")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn the_first_different_character_is_named() {
        let accepted = [
            "https://app.example.com/callback".to_owned(),
            "http://localhost:3000/".to_owned(),
        ];
        let mut shown = String::new();
        for given in [
            "https://app.example.com/callback/",
            "https://app.example.com/Callback",
            "http://app.example.com/callback",
            "https://app.example.com/call",
            "https://app.example.com:8443/callback",
            "http://localhost:3000",
            "http://localhost:3001/",
            "http://127.0.0.1:3000/",
            "https://app.example.com/callback?x=1",
            "https://b\u{fc}ro.example/",
            "x",
            "",
        ] {
            let difference = nearest(given, &accepted).unwrap();
            shown.extend([given, "\n  ", &difference.explanation, "\n"]);
        }
        assert_snapshot!(shown);
        assert_eq!(nearest("x", &[]), None);
    }
}
