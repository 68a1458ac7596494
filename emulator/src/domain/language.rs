//! The languages of the pages.

use serde::Serialize;

/// A language of the pages, by the values of `lang` that managed login documents.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html#managed-login-localization>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub(crate) enum Language {
    /// English, also for unknown values (inferred).
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Japanese.
    #[serde(rename = "ja")]
    Japanese,
    /// Portuguese of Brazil.
    #[serde(rename = "pt-BR")]
    BrazilianPortuguese,
}

impl Language {
    /// Every language of the tables of texts.
    pub(crate) const ALL: [Self; 6] = [
        Self::English,
        Self::German,
        Self::Spanish,
        Self::French,
        Self::Japanese,
        Self::BrazilianPortuguese,
    ];

    /// The value of `lang` and of the cookie, a tag of BCP 47.
    #[must_use]
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::Japanese => "ja",
            Self::BrazilianPortuguese => "pt-BR",
        }
    }

    /// The language of `tag`.
    #[must_use]
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(tag))
    }
}
