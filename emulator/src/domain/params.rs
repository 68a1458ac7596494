//! Parameters of requests: queries and forms.

use serde::{Serialize, Serializer};

use crate::bounds::PARAMETER;
use crate::wire::Body;
use crate::wire::web::{self, Request};

/// Decoded parameters in the order of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// The parameters of a query string, at most
    /// [`crate::bounds::PARAMETERS`].
    pub(crate) fn of_query(query: &str) -> Self {
        Self(web::pairs(query.as_bytes()))
    }

    /// The parameters of a form; none if the body has another type.
    pub(crate) fn of_form(request: &Request) -> Self {
        Self(request.form().to_vec())
    }

    /// The value of `name`. If it occurs several times, the first one counts (inferred).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        let found = pairs.find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    /// As [`Params::get`], without empty values.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The parameters as a query string in alphabetical order, as links of pages have it (O103).
    /// Only the parameters of an authorization request are kept.
    pub(crate) fn sorted_query(&self) -> String {
        let kept = |name: &str| CARRIED.contains(&name);
        let mut pairs: Vec<_> = self.0.iter().filter(|(name, _)| kept(name)).collect();
        pairs.sort();
        pairs.dedup_by(|later, first| later.0 == first.0);
        encode(
            pairs
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        )
    }

    /// The parameters with `value` for `name`, in place of its present values.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The parameters without `name`.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(given, _)| given != name);
        self
    }

    /// The parameters as a query string, in their order.
    pub(crate) fn encoded(&self) -> String {
        encode(
            self.0
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        )
    }

    /// The values of the attribute fields of a form: `requiredAttributes[NAME]`.
    pub(crate) fn attributes(&self) -> Vec<(&str, &str)> {
        let named = self.0.iter().filter_map(|(name, value)| {
            let name = name
                .strip_prefix("requiredAttributes[")?
                .strip_suffix(']')?;
            Some((name, value.as_str()))
        });
        named.collect()
    }
}

/// Parameters of an authorization request that pages pass on to each other.
const CARRIED: &[&str] = &[
    "acr_values",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "identity_provider",
    "idp_identifier",
    "lang",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "resource",
    "response_type",
    "scope",
    "state",
];

/// Encodes `pairs` as a query string, with `+` for spaces.
pub(crate) fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    query.finish()
}

/// Parameters that the journal shows. All others may be secret.
const SHOWN: &[&str] = &[
    "acr_values",
    "answer",
    "challenge",
    "client_id",
    "code_challenge_method",
    "error",
    "error_description",
    "grant_type",
    "identity_provider",
    "idp_identifier",
    "lang",
    "login_hint",
    "logout_uri",
    "max_age",
    "prompt",
    "redirect_uri",
    "resource",
    "response_type",
    "scope",
    "state",
    "token_type_hint",
    "user_name",
    "username",
];

/// A request without its secrets, as the journal shows it.
#[derive(Serialize)]
struct Described<'a> {
    method: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Shown::is_empty")]
    query: Shown<'a>,
    #[serde(skip_serializing_if = "Shown::is_empty")]
    form: Shown<'a>,
}

/// The parameters of a request to `path`. A value that may be secret is `***`.
struct Shown<'a> {
    params: &'a [(String, String)],
    path: &'a str,
}

/// `request` without its secrets, for the journal. It is written as text, because it is mostly not
/// read.
pub(crate) fn described(request: &Request) -> Body {
    let shown = |params| Shown {
        params,
        path: &request.path,
    };
    Body::in_order(&Described {
        method: &request.method,
        path: shortened(&request.path),
        query: shown(&Params::of_query(&request.query).0),
        form: shown(request.form()),
    })
}

/// The paths whose `state` is a secret of the user pool rather than the app's own value.
const SECRET_STATE: [&str; 2] = ["/oauth2/idpresponse", "/provider/sign-in"];

impl Shown<'_> {
    fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    fn value<'a>(&self, name: &str, value: &'a str) -> &'a str {
        let is_secret = name == "state" && SECRET_STATE.contains(&self.path);
        if SHOWN.contains(&name) && !is_secret {
            shortened(value)
        } else {
            "***"
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A name that occurs several times is a member of JSON once, with its last value.
        let mut members: Vec<(&str, &str)> = Vec::with_capacity(self.params.len());
        for (name, value) in self.params {
            let value = self.value(name, value);
            let name = shortened(name);
            match members.iter_mut().find(|(known, _)| *known == name) {
                Some((_, last)) => *last = value,
                None => members.push((name, value)),
            }
        }
        serializer.collect_map(members)
    }
}

fn shortened(text: &str) -> &str {
    // A character has at least one byte.
    if text.len() <= PARAMETER {
        return text;
    }
    let end = text.char_indices().nth(PARAMETER).map(|(end, _)| end);
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::PARAMETERS;

    /// The number of parameters is bounded, in queries and in forms.
    #[test]
    fn more_parameters_are_ignored() {
        let text = "a=1&".repeat(PARAMETERS) + "b=2";
        let form = Request::new("POST", "/").with_form(&text);
        for params in [Params::of_query(&text), Params::of_form(&form)] {
            assert_eq!((params.0.len(), params.get("b")), (PARAMETERS, None));
        }
    }

    /// A parameter that is sent several times is shown once, with its last value.
    #[test]
    fn repeated_parameters_are_shown_once() {
        let form = Request::new("POST", "/oauth2/token?lang=de&lang=fr")
            .with_form("code=1&code=2&scope=a+b");
        assert_eq!(
            described(&form).text(),
            r#"{"method":"POST","path":"/oauth2/token","query":{"lang":"fr"},"form":{"code":"***","scope":"a b"}}"#
        );
    }

    /// Links of pages repeat only what an authorization request can have, each parameter once.
    #[test]
    fn links_repeat_known_parameters_once() {
        let query = "state=1&state=2&unknown=3&logout_uri=4&client_id=5&user_name=6";
        assert_eq!(
            Params::of_query(query).sorted_query(),
            "client_id=5&state=1"
        );
    }
}
