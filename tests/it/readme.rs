//! The parts of the README that tell what the code has are made from the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use cognito_emulator::model::Model;
use cognito_emulator::ops::BUILT;
use cognito_mcp::verify::{Corpus, Evidence};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// To write the tables anew: `README_WRITE=1 cargo test readme`.
#[test]
fn tables_are_current() {
    let text = std::fs::read_to_string(README).unwrap();
    let written = [("operations", operations()), ("facts", facts())]
        .iter()
        .fold(text.clone(), |text, (name, table)| {
            filled(&text, name, table)
        });
    if std::env::var_os("README_WRITE").is_some() {
        std::fs::write(README, &written).unwrap();
    }
    let now = std::fs::read_to_string(README).unwrap();
    assert!(
        now == written,
        "write the tables anew: README_WRITE=1 cargo test readme"
    );
}

/// `text` with `table` between the marks that bear `name`.
fn filled(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}{table}{end}{after}")
}

/// Operations by what they are about, as their names say it.
fn operations() -> String {
    let built: BTreeSet<&str> = BUILT.iter().copied().collect();
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut missing = Vec::new();
    for operation in Model::get().operations() {
        if built.contains(operation.name) {
            kinds
                .entry(kind(operation.name))
                .or_default()
                .push(operation.name);
        } else {
            missing.push(operation.name);
        }
    }
    let all = Model::get().operations().count();
    let mut table = format!(
        "{} of {all} operations:\n\n| | |\n| --- | --- |\n",
        built.len()
    );
    for (kind, names) in kinds {
        writeln!(table, "| {kind} ({}) | {} |", names.len(), names.join(", ")).unwrap();
    }
    assert!(missing.is_empty(), "{missing:?}");
    table
}

/// The first that fits; the order matters.
const KINDS: &[(&str, &[&str])] = &[
    ("passkeys", &["WebAuthn"]),
    ("devices", &["Device"]),
    ("sessions", &["Session"]),
    (
        "identity providers",
        &["IdentityProvider", "ProviderForUser"],
    ),
    ("resource servers", &["ResourceServer"]),
    (
        "managed login",
        &["Branding", "UICustomization", "Terms", "Domain"],
    ),
    ("risk and logs", &["Risk", "AuthEvent", "LogDelivery"]),
    ("import", &["Import", "CSVHeader"]),
    ("groups", &["Group"]),
    ("app clients", &["UserPoolClient"]),
    (
        "second factors",
        &[
            "SoftwareToken",
            "MFAPreference",
            "MfaConfig",
            "UserSettings",
            "AuthFactors",
        ],
    ),
    (
        "sign-in and tokens",
        &["InitiateAuth", "AuthChallenge", "Token", "SignOut"],
    ),
    (
        "sign-up, codes and passwords",
        &[
            "SignUp",
            "Confirm",
            "Password",
            "Code",
            "VerifyUserAttribute",
        ],
    ),
    (
        "pools",
        &[
            "UserPool",
            "Resource",
            "CustomAttributes",
            "Limit",
            "SigningCertificate",
        ],
    ),
];

fn kind(operation: &str) -> &'static str {
    let fits = |(_, parts): &&(_, &[&str])| parts.iter().any(|part| operation.contains(part));
    KINDS.iter().find(fits).map_or("users", |(kind, _)| kind)
}

/// Cases of the corpus by area and evidence.
fn facts() -> String {
    let corpus = Corpus::read().unwrap();
    let classes = [Evidence::AwsVerified, Evidence::Docs, Evidence::Inferred];
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut total = [0; 3];
    for (area, case) in corpus.cases() {
        for (place, class) in classes.iter().enumerate() {
            if case.evidence == *class {
                counts.entry(&area.name).or_default()[place] += 1;
                total[place] += 1;
            }
        }
    }
    let mut table =
        "| area | aws-verified | docs | inferred |\n| --- | --- | --- | --- |\n".to_owned();
    for (area, [live, docs, inferred]) in &counts {
        writeln!(table, "| {area} | {live} | {docs} | {inferred} |").unwrap();
    }
    let [live, docs, inferred] = total;
    writeln!(
        table,
        "| **all** | **{live}** | **{docs}** | **{inferred}** |"
    )
    .unwrap();
    table
}
