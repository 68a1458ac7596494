//! The form of references to secrets, such as `secret:access_token/k3v9q2m8x1t7w5ha`.

/// The prefix of references.
pub(super) const PREFIX: &str = "secret:";
/// The number of random characters in a reference. Each has five random bits, so that a
/// reference cannot be guessed.
pub(super) const ID: usize = 16;
/// The characters of ids, without letters and digits that look similar.
pub(super) const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// The maximum length of a secret's name in a reference, in characters.
const LONGEST_NAME: usize = 32;
/// The length of the longest reference. The schema of a secret argument must allow it.
#[cfg(test)]
pub(crate) const LONGEST_REFERENCE: usize = PREFIX.len() + LONGEST_NAME + 1 + ID;

/// Whether `text` has the form of a reference, known or not.
pub(crate) fn is_reference(text: &str) -> bool {
    let parts = text
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('/'));
    parts.is_some_and(|(name, id)| {
        !name.is_empty()
            && plain(name) == name
            && id.len() == ID
            && id.bytes().all(|byte| ALPHABET.contains(&byte))
    })
}

/// `name` in the form that references have: lower-case letters, digits and underscores.
pub(super) fn plain(name: &str) -> String {
    let mut plain = String::new();
    let mut lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && lower {
            plain.push('_');
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        match c {
            c if c.is_ascii_alphanumeric() => plain.push(c.to_ascii_lowercase()),
            _ if plain.ends_with('_') => {}
            _ => plain.push('_'),
        }
    }
    plain.truncate(LONGEST_NAME);
    let plain = plain.trim_matches('_');
    if plain.is_empty() {
        "secret".to_owned()
    } else {
        plain.to_owned()
    }
}
