//! The vocabulary of the project: words that are not used, and the form of file headers.
//!
//! The table "Words that are not used" in CONTRIBUTING.md is the data of this test. It
//! applies to all text of the project: headers, comments, identifiers, messages,
//! documents, scripts, snapshots and file names. Identifiers are split at `_` and before
//! capitals. Files that others publish are not checked.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the repository.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Files and folders with text of the project.
const OURS: [&str; 25] = [
    ".ci",
    ".github",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "README.md",
    "SECURITY.md",
    "action.yml",
    "benches",
    "bundle",
    "clippy.toml",
    "console/README.md",
    "console/src",
    "deny.toml",
    "docs",
    "emulator",
    "evaluation",
    "fidelity",
    "fuzz",
    "packages",
    "scripts",
    "server.json",
    "snapshots",
    "src",
];

/// Files and folders in them that others publish, or that are binary.
const PUBLISHED_BY_OTHERS: [&str; 9] = [
    "emulator/LICENSE-APACHE",
    "emulator/LICENSE-MIT",
    "emulator/keys/test-only-primes.bin",
    "emulator/model",
    "fidelity/aws-examples.json",
    "fuzz/corpus",
    "fuzz/target",
    "tests/it/registry",
    "tests/it/wire",
];

/// The lines around the table in CONTRIBUTING.md.
const MARKS: [&str; 2] = ["<!-- banned words -->", "<!-- end of banned words -->"];

/// Words that must not begin a header, because the header would be a question. Other
/// words are in the table.
const QUESTION_WORDS: [&str; 9] = [
    "how", "what", "when", "where", "whether", "which", "who", "whose", "why",
];

/// The words and phrases in the table. A phrase is a list of words in lower case.
fn banned(contributing: &str) -> Vec<Vec<String>> {
    let [begin, end] = MARKS;
    let (_, table) = contributing.split_once(begin).expect("the first mark");
    let (table, _) = table.split_once(end).expect("the second mark");
    let cells = table.lines().filter_map(|line| line.split('|').nth(1));
    // The first two rows are the header and its separator.
    let phrases = cells.skip(2).flat_map(|cell| cell.split(','));
    phrases
        .map(|phrase| words(phrase).map(str::to_lowercase).collect())
        .collect()
}

/// The words of a text: runs of letters, which are split before a capital after a small
/// letter.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphabetic())
        .flat_map(|run| {
            let mut rest = run;
            std::iter::from_fn(move || {
                let bytes = rest.as_bytes();
                let end = (1..bytes.len())
                    .find(|&at| {
                        bytes[at - 1].is_ascii_lowercase() && bytes[at].is_ascii_uppercase()
                    })
                    .unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                rest = after;
                (!word.is_empty()).then_some(word)
            })
        })
}

/// The banned words and phrases in `text`, with their line numbers. The table itself is
/// skipped.
fn found(text: &str, banned: &[Vec<String>]) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut is_table = false;
    for (number, line) in text.lines().enumerate() {
        is_table = (is_table || line.trim() == MARKS[0]) && line.trim() != MARKS[1];
        if !is_table {
            all.extend(words(line).map(|word| (number + 1, word.to_lowercase())));
        }
    }
    let firsts: BTreeSet<&str> = banned.iter().map(|phrase| &*phrase[0]).collect();
    let mut found = Vec::new();
    for (at, (number, word)) in all.iter().enumerate() {
        if !firsts.contains(&**word) {
            continue;
        }
        for phrase in banned {
            let there = all[at..].iter().map(|(_, word)| word).take(phrase.len());
            if there.eq(phrase) {
                found.push((*number, phrase.join(" ")));
            }
        }
    }
    found
}

/// Reads the text files at or below `path`, which is relative to [`ROOT`].
fn read(path: &Path, files: &mut Vec<(PathBuf, String)>) {
    if PUBLISHED_BY_OTHERS
        .iter()
        .any(|other| path == Path::new(other))
    {
        return;
    }
    let full = Path::new(ROOT).join(path);
    if full.is_dir() {
        let mut names: Vec<_> = fs::read_dir(&full)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        for name in names {
            read(&path.join(name), files);
        }
    } else if let Ok(text) = fs::read_to_string(&full) {
        files.push((path.to_owned(), text));
    }
}

/// All text files of the project.
fn ours() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for path in OURS.into_iter().chain(["tests"]) {
        read(Path::new(path), &mut files);
    }
    assert!(files.len() > 500, "{}", files.len());
    files
}

#[test]
fn no_word_of_the_table_is_used() {
    let contributing = fs::read_to_string(Path::new(ROOT).join("CONTRIBUTING.md")).unwrap();
    let banned = banned(&contributing);
    assert!(banned.len() > 20, "{banned:?}");
    let mut report = String::new();
    for (path, text) in ours() {
        let path = path.display().to_string();
        for (_, word) in found(&path, &banned) {
            writeln!(report, "{path}: {word} in its name").unwrap();
        }
        for (line, word) in found(&text, &banned) {
            writeln!(report, "{path}:{line}: {word}").unwrap();
        }
    }
    assert!(
        report.is_empty(),
        "use the words of CONTRIBUTING.md:\n{report}"
    );
}

#[test]
fn headers_name_their_subject() {
    let mut report = String::new();
    for (path, text) in ours() {
        let Some(header) = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("//!"))
        else {
            continue;
        };
        let first = words(header).next().unwrap_or_default().to_lowercase();
        if QUESTION_WORDS.contains(&&*first) {
            writeln!(report, "{}:1: {}", path.display(), header.trim()).unwrap();
        }
    }
    assert!(
        report.is_empty(),
        "begin these headers with a noun:\n{report}"
    );
}

#[test]
fn words_are_found_in_identifiers_and_across_lines() {
    let table = format!(
        "{}\n| word | instead |\n| --- | --- |\n| wrong, quite wrong | right |\n{}",
        MARKS[0], MARKS[1]
    );
    let banned = banned(&table);
    assert_eq!(banned, [vec!["wrong"], vec!["quite", "wrong"]]);
    let lines = |text: &str| found(text, &banned).into_iter().map(|(line, _)| line);
    for text in [
        "is_wrong",
        "isWrong()",
        "Wrong.",
        "// it's wrong",
        "WRONG_ONE",
        "{wrong:?}",
    ] {
        assert_eq!(lines(text).collect::<Vec<_>>(), [1], "{text}");
    }
    for text in ["wrongly", "unwrong", "Wrongs", "right", &table] {
        assert_eq!(lines(text).count(), 0, "{text}");
    }
    assert_eq!(lines("a\n/// quite\n/// wrong").collect::<Vec<_>>(), [2, 3]);
}
