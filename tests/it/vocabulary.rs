//! The vocabulary of the sources: words that are not used, and headers that name
//! their subject.
//!
//! The list of words is the table in CONTRIBUTING.md.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// The folders and files that people read and write. Recorded data, generated
/// schemas and licences are not among them.
const READ: &[&str] = &[
    ".ci",
    ".github",
    "benches",
    "bundle",
    "docs",
    "emulator/benches",
    "emulator/examples",
    "emulator/keys",
    "emulator/src",
    "emulator/tests",
    "evaluation",
    "fidelity",
    "fuzz",
    "scripts",
    "snapshots",
    "src",
    "tests",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "README.md",
    "SECURITY.md",
    "clippy.toml",
    "deny.toml",
    "emulator/Cargo.toml",
    "server.json",
];

/// Endings of text that people write. Scripts have no ending.
const ENDINGS: &[&str] = &[
    "", "json", "md", "mjs", "py", "rs", "snap", "toml", "txt", "yml",
];

/// Data that others wrote: examples of the AWS documentation, schemas of MCP.
const DATA: &[&str] = &["aws-examples.json", "injection.json", "package-lock.json"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file with its content, without the list of words itself.
fn texts() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for name in READ {
        collect(&root().join(name), &mut files);
    }
    assert!(files.len() > 500, "{} files", files.len());
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).ok()?;
        Some((path, without_the_list(&text)))
    };
    files.into_iter().filter_map(read).collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let is_data = ["target", "node_modules", "corpus", "wire", "registry"]
            .iter()
            .any(|name| path.ends_with(name));
        if !is_data {
            for entry in fs::read_dir(path).unwrap() {
                collect(&entry.unwrap().path(), files);
            }
        }
        return;
    }
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let is_data = DATA.iter().any(|name| path.ends_with(name));
    if path.exists() && ENDINGS.contains(&&*ending) && !is_data {
        files.push(path.to_owned());
    }
}

const BEGIN: &str = "<!-- banned words -->";
const END: &str = "<!-- /banned words -->";

fn without_the_list(text: &str) -> String {
    match (text.split_once(BEGIN), text.split_once(END)) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        _ => text.to_owned(),
    }
}

/// The first column of the table in CONTRIBUTING.md.
fn banned_words() -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let (_, table) = page.split_once(BEGIN).unwrap();
    let (table, _) = table.split_once(END).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(2);
    rows.flat_map(|row| row.split('|').nth(1).unwrap().split(','))
        .map(|word| word.trim().to_owned())
        .collect()
}

/// The words of a line in lower case; `camelCase` and `snake_case` are several words.
fn words(line: &str) -> Vec<String> {
    static WORD: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("[A-Z]?[a-z]+|[A-Z]+").unwrap());
    WORD.find_iter(line)
        .map(|word| word.as_str().to_ascii_lowercase())
        .collect()
}

#[test]
fn no_text_uses_a_banned_word() {
    let banned = banned_words();
    assert!(banned.contains("told") && banned.len() >= 20, "{banned:?}");
    let mut found = Vec::new();
    for (path, text) in texts() {
        for (index, line) in text.lines().enumerate() {
            let used = words(line).into_iter().filter(|word| banned.contains(word));
            let path = path.strip_prefix(root()).unwrap().display();
            found.extend(used.map(|word| format!("{path}:{}: {word}", index + 1)));
        }
    }
    assert!(
        found.is_empty(),
        "{} uses of banned words:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn words_are_found_in_identifiers() {
    assert_eq!(words("fn was_told(x)"), ["fn", "was", "told", "x"]);
    assert_eq!(words("ToldPlace told_by"), ["told", "place", "told", "by"]);
}

/// A header is a sentence that begins with its subject, and not with a question word.
#[test]
fn every_header_names_its_subject() {
    const QUESTIONS: [&str; 9] = [
        "How ", "What ", "When ", "Where ", "Whether ", "Which ", "Who ", "Whose ", "Why ",
    ];
    let mut bad = Vec::new();
    for (path, text) in texts() {
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let header: Vec<&str> = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .map(|line| line.trim_start_matches("//!").trim())
            .take_while(|line| !line.is_empty())
            .collect();
        let header = header.join(" ");
        let is_question = QUESTIONS.iter().any(|word| header.starts_with(word));
        if header.is_empty() || is_question || !header.ends_with(['.', ':']) {
            bad.push(format!("{}: {header}", path.display()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
