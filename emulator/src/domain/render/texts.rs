//! The texts of the pages: those of managed login by language, and those that only the classic pages
//! have, which are always in English (O44).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::value::{Kwargs, Value};
use minijinja::{Error, ErrorKind};

use super::super::language::Language;
use super::escaped;

/// A table: keys and texts. A text may have places for values, as in `{provider}`.
type Table = BTreeMap<String, String>;

/// The texts of one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts(&'static Table);

impl Texts {
    /// The texts of `language`.
    pub(super) fn of(language: Language) -> Self {
        static TABLES: LazyLock<BTreeMap<&str, Table>> = LazyLock::new(|| {
            let tables = Language::ALL.map(|language| (language.tag(), parsed(language)));
            tables.into_iter().collect()
        });
        Self(&TABLES[language.tag()])
    }

    /// The texts that only the classic pages have.
    pub(super) fn classic() -> Self {
        static CLASSIC: LazyLock<Table> = LazyLock::new(|| {
            let text = include_str!("../texts/classic.json");
            serde_json::from_str(text).expect("a test reads every table")
        });
        Self(&CLASSIC)
    }

    /// The text of `key`.
    pub(super) fn get(self, key: &str) -> Option<&'static str> {
        let text = self.0.get(key).or_else(|| Self::classic().0.get(key));
        text.map(String::as_str)
    }

    /// The text of a key that a template names.
    pub(super) fn must(self, key: &str) -> Result<&'static str, Error> {
        let missing = || {
            Error::new(
                ErrorKind::UndefinedError,
                format!("no text has the key {key}"),
            )
        };
        self.get(key).ok_or_else(missing)
    }

    /// The function `t` of the templates: `t(key, name=value, …)`. Its result is HTML: a
    /// value may be a link.
    pub(super) fn function(self) -> Value {
        Value::from_function(move |key: &str, values: Kwargs| {
            let html = filled(&escaped(self.must(key)?), &values)?;
            values.assert_all_used()?;
            Ok::<_, Error>(Value::from_safe_string(html))
        })
    }

    /// Every key with its text.
    #[cfg(test)]
    pub(super) fn all(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.0.iter().map(|(key, text)| (&**key, &**text))
    }
}

/// Fills the places of a text, once: places in values stay as they are.
fn filled(mut text: &str, values: &Kwargs) -> Result<String, Error> {
    let mut html = String::new();
    while let Some((before, after)) = text.split_once('{') {
        let (name, rest) = after.split_once('}').unwrap_or((after, ""));
        let value: Value = values.get(name)?;
        html.push_str(before);
        let shown = value.to_string();
        html.push_str(&if value.is_safe() {
            shown
        } else {
            escaped(&shown)
        });
        text = rest;
    }
    html.push_str(text);
    Ok(html)
}

/// The table of `language`.
fn parsed(language: Language) -> Table {
    let text = match language {
        Language::English => include_str!("../texts/en.json"),
        Language::German => include_str!("../texts/de.json"),
        Language::Spanish => include_str!("../texts/es.json"),
        Language::French => include_str!("../texts/fr.json"),
        Language::Japanese => include_str!("../texts/ja.json"),
        Language::BrazilianPortuguese => include_str!("../texts/pt-BR.json"),
    };
    serde_json::from_str(text).expect("a test reads every table")
}
