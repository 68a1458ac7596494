//! Numbers of things, in sentences.

use std::fmt::Display;

/// `1 user`, `2 users`: `count` with `noun`, whose plural ends in `s`.
pub(crate) fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn only_one_is_singular() {
        assert_eq!(counted(0_usize, "user"), "0 users");
        assert_eq!(counted(1_u64, "user"), "1 user");
        assert_eq!(counted(2_u32, "user"), "2 users");
    }
}
