//! Invented personal data in place of that of real users.
//!
//! An invention follows from the pool's id and the original value (HMAC-SHA256), so that the
//! same value always has the same invention, in each part of a copy and in each later copy.
//! An invention has the form and the length limits of the original, so that it satisfies the
//! pool's schema. A person who knows the pool's id and guesses a value can compute its
//! invention: this hides data from readers of a file, and is not encryption.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_lc_rs::hmac;
use serde_json::Value;

/// Inventor of personal data for one pool.
#[derive(Debug)]
pub struct Faker {
    key: hmac::Key,
    folds_case: bool,
    providers: Vec<String>,
    kept: Vec<String>,
    attributes: BTreeMap<String, Limits>,
}

/// What the schema allows for an attribute.
#[derive(Debug, Default)]
struct Limits {
    data_type: String,
    least: Option<i64>,
    most: Option<i64>,
}

/// Letters of an invented identifier: 26 to the 14th power is 2 to the 65th.
const LETTERS: usize = 14;

/// Digits of an invented phone number after its country code. `+999` is reserved by ITU-T
/// E.164 and belongs to no subscriber.
const DIGITS: usize = 11;

impl Faker {
    /// An inventor for `pool`, an element of `UserPools`. It keeps the attributes in `kept`.
    #[must_use]
    pub fn new(pool: &Value, kept: &[String]) -> Self {
        let secret = format!(
            "personal data of {}",
            pool["Id"].as_str().unwrap_or_default()
        );
        let providers = pool["IdentityProviders"].as_array().into_iter().flatten();
        let mut providers: Vec<String> = providers
            .filter_map(|provider| Some(provider["ProviderName"].as_str()?.to_owned()))
            .collect();
        // A name may begin with another one.
        providers.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let schema = pool["Schema"].as_array().into_iter().flatten();
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            folds_case: pool["UsernameConfiguration"]["CaseSensitive"] == false,
            providers,
            kept: kept.to_vec(),
            attributes: schema.map(limits).collect(),
        }
    }

    /// Replaces the personal data of `user`, an element of `Users`.
    pub fn replace(&self, user: &mut Value) {
        if let Some(name) = user["Username"].as_str() {
            user["Username"] = self.username(name).into();
        }
        if let Some(Value::Object(attributes)) = user.get_mut("UserAttributes") {
            for (name, value) in attributes {
                if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
                    *value = self.attribute(name, text).into();
                }
            }
        }
        let identities = user.get_mut("Identities").and_then(Value::as_array_mut);
        for identity in identities.into_iter().flatten() {
            let id = &mut identity["ProviderAttributeValue"];
            if let Some(text) = id.as_str() {
                *id = self.identifier(text).into();
            }
        }
    }

    /// The invention for a username. That of a federated user keeps its provider.
    #[must_use]
    pub fn username(&self, name: &str) -> String {
        for provider in &self.providers {
            let (Some(start), Some(rest)) =
                (name.get(..provider.len()), name.get(provider.len()..))
            else {
                continue;
            };
            let rest = rest.strip_prefix('_');
            if let Some(rest) = rest.filter(|_| start.eq_ignore_ascii_case(provider)) {
                return format!("{start}_{}", self.identifier(rest));
            }
        }
        self.identifier(name)
    }

    fn attribute(&self, name: &str, value: &str) -> String {
        let is_flag = matches!(name, "email_verified" | "phone_number_verified");
        if is_flag || self.kept.iter().any(|kept| kept == name) {
            return value.to_owned();
        }
        match name {
            "sub" => self.uuid(value),
            "email" => self.email(value),
            "phone_number" => self.phone(value),
            "preferred_username" => self.identifier(value),
            "locale" => "en".to_owned(),
            "zoneinfo" => "Etc/UTC".to_owned(),
            "birthdate" => self.date(value),
            _ => {
                let limits = self.attributes.get(name);
                match limits.map(|limits| limits.data_type.as_str()) {
                    Some("Boolean") => value.to_owned(),
                    Some("Number" | "DateTime") => self.number(value, limits),
                    _ => self.text(value, limits.and_then(|limits| limits.most)),
                }
            }
        }
    }

    /// The invention for a value that identifies a user. It is unique, as the original is.
    fn identifier(&self, value: &str) -> String {
        if is_uuid(value) {
            self.uuid(value)
        } else if value.contains('@') {
            self.email(value)
        } else if is_phone(value) {
            self.phone(value)
        } else if value.bytes().all(|byte| byte.is_ascii_digit()) {
            self.digits(value, value.len().max(DIGITS + 4))
        } else {
            format!("user-{}", self.letters(value, LETTERS))
        }
    }

    /// The invention for a text of any form, with at most `most` characters.
    fn text(&self, value: &str, most: Option<i64>) -> String {
        let is_date = value.len() == 10 && {
            let mut parts = value.split('-').map(str::len);
            [parts.next(), parts.next(), parts.next()] == [Some(4), Some(2), Some(2)]
        };
        let invented = if is_uuid(value) {
            self.uuid(value)
        } else if is_date {
            self.date(value)
        } else if value.contains("://") {
            format!("https://example.com/{}", self.letters(value, LETTERS))
        } else if value.contains('@') && !value.contains(char::is_whitespace) {
            self.email(value)
        } else if is_phone(value) {
            self.phone(value)
        } else {
            return self.words(value);
        };
        let length = i64::try_from(invented.len()).unwrap_or(i64::MAX);
        match most {
            Some(most) if length > most => self.words(value),
            _ => invented,
        }
    }

    /// Words of the same lengths. A word has the same invention in every text, so that a
    /// full name agrees with its parts.
    fn words(&self, text: &str) -> String {
        let words = text.split(' ').map(|word| {
            if word.is_empty() {
                return String::new();
            }
            let length = word.chars().count();
            if word.bytes().all(|byte| byte.is_ascii_digit()) {
                return self.digits(word, length);
            }
            let invented = self.syllables(word, length);
            if word.chars().next().is_some_and(char::is_uppercase) {
                let mut letters = invented.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                first.into_iter().chain(letters).collect()
            } else {
                invented
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    fn email(&self, value: &str) -> String {
        format!("{}@example.com", self.letters(value, LETTERS))
    }

    fn phone(&self, value: &str) -> String {
        format!("+999{}", self.digits(value, DIGITS))
    }

    fn date(&self, value: &str) -> String {
        let [year, month, day] = self
            .stream(value)
            .first_chunk()
            .copied()
            .unwrap_or_default();
        let (year, month, day) = (1950 + u32::from(year % 50), month % 12 + 1, day % 28 + 1);
        format!("{year}-{month:02}-{day:02}")
    }

    fn number(&self, value: &str, limits: Option<&Limits>) -> String {
        let (least, most) = limits.map_or((None, None), |limits| (limits.least, limits.most));
        let bytes = self
            .stream(value)
            .first_chunk()
            .copied()
            .unwrap_or_default();
        let random = u64::from_le_bytes(bytes);
        let length = value.trim_start_matches('-').len().min(15);
        let usual = 10_i64.pow(u32::try_from(length).unwrap_or_default());
        let least = least.unwrap_or(0);
        let most = most.unwrap_or(usual.saturating_sub(1)).max(least);
        let span = u64::try_from(most.saturating_sub(least)).unwrap_or_default();
        // The remainder is at most the span, so neither conversion nor sum can fail.
        let offset = random % span.saturating_add(1).max(1);
        least
            .saturating_add(i64::try_from(offset).unwrap_or_default())
            .to_string()
    }

    fn uuid(&self, value: &str) -> String {
        let mut bytes: [u8; 16] = self
            .stream(value)
            .first_chunk()
            .copied()
            .unwrap_or_default();
        // RFC 9562, section 5.4: a random one.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::new();
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    fn digits(&self, value: &str, length: usize) -> String {
        self.spell(value, length, |byte, _| char::from(b'0' + byte % 10))
    }

    fn letters(&self, value: &str, length: usize) -> String {
        self.spell(value, length, |byte, _| char::from(b'a' + byte % 26))
    }

    /// Consonants and vowels in turn.
    fn syllables(&self, value: &str, length: usize) -> String {
        self.spell(value, length, |byte, at| {
            let letters: &[u8] = if at % 2 == 0 {
                b"bdfghklmnprstvz"
            } else {
                b"aeiou"
            };
            char::from(letters[usize::from(byte) % letters.len()])
        })
    }

    /// A text of `length` characters that differs from `value`.
    fn spell(&self, value: &str, length: usize, letter: impl Fn(u8, usize) -> char) -> String {
        let mut round = value.to_owned();
        loop {
            let stream = self.stream(&round);
            let text: String = (0..length)
                .map(|at| {
                    if at < stream.len() {
                        letter(stream[at], at)
                    } else {
                        // Longer texts repeat; nothing but their length matters.
                        letter(stream[at % stream.len()].wrapping_add(1), at)
                    }
                })
                .collect();
            if !text.eq_ignore_ascii_case(value) {
                return text;
            }
            round.push('\0');
        }
    }

    /// Random bytes that follow from `value`.
    fn stream(&self, value: &str) -> Vec<u8> {
        let folded = self.folds_case.then(|| value.to_lowercase());
        let value = folded.as_deref().unwrap_or(value);
        hmac::sign(&self.key, value.as_bytes()).as_ref().to_vec()
    }
}

/// The name and limits of an attribute in `Schema`.
fn limits(attribute: &Value) -> (String, Limits) {
    let name = attribute["Name"].as_str().unwrap_or_default();
    // Only custom attributes lack their prefix; the names of standard ones are known.
    let name = match attribute["DeveloperOnlyAttribute"].as_bool() {
        _ if STANDARD.contains(&name) => name.to_owned(),
        Some(true) => format!("dev:custom:{name}"),
        _ => format!("custom:{name}"),
    };
    let data_type = attribute["AttributeDataType"].as_str().unwrap_or_default();
    let bound =
        |constraints: &str, bound: &str| attribute[constraints][bound].as_str()?.parse().ok();
    let (least, most) = match data_type {
        "Number" => (
            bound("NumberAttributeConstraints", "MinValue"),
            bound("NumberAttributeConstraints", "MaxValue"),
        ),
        _ => (
            bound("StringAttributeConstraints", "MinLength"),
            bound("StringAttributeConstraints", "MaxLength"),
        ),
    };
    let limits = Limits {
        data_type: data_type.to_owned(),
        least,
        most,
    };
    (name, limits)
}

/// The standard attributes.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html>
const STANDARD: [&str; 21] = [
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "identities",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "sub",
    "updated_at",
    "website",
    "zoneinfo",
];

fn is_phone(value: &str) -> bool {
    value
        .strip_prefix('+')
        .is_some_and(|digits| digits.len() > 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The secret of an authenticator app in place of the user's own, which Cognito does not show:
/// 32 characters of base32.
#[must_use]
pub fn authenticator_secret(pool_id: &str, username: &str) -> String {
    let key = format!("authenticator app of {pool_id}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let tag = hmac::sign(&key, username.as_bytes());
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digits = tag.as_ref().iter();
    digits
        .map(|byte| char::from(letters[usize::from(byte & 31)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faker(pool: &Value) -> Faker {
        Faker::new(pool, &["custom:plan".to_owned()])
    }

    fn pool() -> Value {
        json!({
            "Id": "eu-west-1_Shop",
            "Schema": [
                { "Name": "age", "AttributeDataType": "Number", "NumberAttributeConstraints": { "MinValue": "18", "MaxValue": "120" } },
                { "Name": "code", "AttributeDataType": "String", "StringAttributeConstraints": { "MinLength": "1", "MaxLength": "9" } },
                { "Name": "email", "AttributeDataType": "String" },
            ],
            "IdentityProviders": [{ "ProviderName": "Google" }],
        })
    }

    #[test]
    fn inventions_have_the_form_of_their_originals() {
        let mut user = json!({
            "Username": "ana.silva@shop.example",
            "UserAttributes": {
                "sub": "0b6a4f2e-6b1c-4a5d-9a71-1f0c54d1a001",
                "email": "ana.silva@shop.example",
                "email_verified": "true",
                "phone_number": "+351912345678",
                "name": "Ana Maria Silva",
                "given_name": "Ana",
                "family_name": "Silva",
                "birthdate": "1985-04-12",
                "picture": "https://shop.example/ana.png",
                "locale": "pt-PT",
                "custom:age": "39",
                "custom:code": "a@b.c",
                "custom:plan": "gold",
            },
            "Identities": [{ "ProviderName": "Google", "ProviderAttributeValue": "117892860558610669905" }],
        });
        faker(&pool()).replace(&mut user);
        insta::assert_json_snapshot!(user, @r#"
        {
          "Username": "tcfcsxbjjdrzaa@example.com",
          "UserAttributes": {
            "sub": "56af3de3-8101-443c-b779-4f70d56ca43a",
            "email": "tcfcsxbjjdrzaa@example.com",
            "email_verified": "true",
            "phone_number": "+99944172558807",
            "name": "Hug Vopit Halel",
            "given_name": "Hug",
            "family_name": "Halel",
            "birthdate": "1965-01-23",
            "picture": "https://example.com/fuyffxvhklocon",
            "locale": "en",
            "custom:age": "76",
            "custom:code": "posez",
            "custom:plan": "gold"
          },
          "Identities": [
            {
              "ProviderName": "Google",
              "ProviderAttributeValue": "772715868172279079052"
            }
          ]
        }
        "#);
        let name = user["UserAttributes"]["name"].as_str().unwrap();
        let given = user["UserAttributes"]["given_name"].as_str().unwrap();
        let family = user["UserAttributes"]["family_name"].as_str().unwrap();
        assert!(name.starts_with(given) && name.ends_with(family), "{name}");
        assert_eq!(user["Username"], user["UserAttributes"]["email"]);
    }

    #[test]
    fn a_federated_user_keeps_the_provider() {
        let faker = faker(&pool());
        let id = faker.identifier("117892860558610669905");
        assert_eq!(
            faker.username("google_117892860558610669905"),
            format!("google_{id}")
        );
        assert_eq!(id.len(), 21);
        assert_ne!(faker.username("ana"), faker.username("ben"));
    }

    #[test]
    fn other_pools_have_other_inventions() {
        let (one, mut other) = (pool(), pool());
        other["Id"] = json!("eu-west-1_Other");
        let email = "ana@shop.example";
        assert_eq!(faker(&one).email(email), faker(&one).email(email));
        assert_ne!(faker(&one).email(email), faker(&other).email(email));
        // A pool that ignores case takes both for one user.
        assert_ne!(
            faker(&one).email(email),
            faker(&one).email("ANA@shop.example")
        );
        other["UsernameConfiguration"] = json!({ "CaseSensitive": false });
        let other = faker(&other);
        assert_eq!(other.email(email), other.email("ANA@shop.example"));
    }
}
