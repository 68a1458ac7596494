//! Requests to a pool's domain, and what cases compare of the responses.
//!
//! A response that is not JSON is described: where a redirect leads, and the hidden fields and the
//! notice of a page.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::answer::Answer;

/// The name under which a case keeps its cookies.
const COOKIES: &str = " cookies";

/// A request with its values filled in.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) method: Option<String>,
    pub(super) path: String,
    pub(super) domain: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) form: Option<Vec<(String, String)>>,
    pub(super) json: Option<Value>,
    pub(super) basic: Option<(String, String)>,
    pub(super) bearer: Option<String>,
    /// The host that the request names, if it is not that of the connection.
    pub(super) host: Option<String>,
    pub(super) cookies: BTreeMap<String, String>,
}

impl Request {
    pub(super) fn method(&self) -> &str {
        match &self.method {
            Some(method) => method,
            None if self.form.is_some() || self.json.is_some() => "POST",
            None => "GET",
        }
    }

    /// The path with its query. A URL loses its scheme and host: the target has its own.
    pub(super) fn target(&self) -> String {
        let path = match self.path.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |start| &rest[start..]),
            None => &self.path,
        };
        let query = encode(&self.query);
        match (query.is_empty(), path.contains('?')) {
            (true, _) => path.to_owned(),
            (false, true) => format!("{path}&{query}"),
            (false, false) => format!("{path}?{query}"),
        }
    }

    pub(super) fn body(&self) -> String {
        match (&self.form, &self.json) {
            (Some(form), _) => encode(form),
            (None, Some(json)) => json.to_string(),
            (None, None) => String::new(),
        }
    }

    pub(super) fn headers(&self) -> BTreeMap<String, String> {
        let mut headers = BTreeMap::new();
        let mut add = |name: &str, value: String| headers.insert(name.to_owned(), value);
        if self.form.is_some() {
            add(
                "content-type",
                "application/x-www-form-urlencoded".to_owned(),
            );
        } else if self.json.is_some() {
            add("content-type", "application/json".to_owned());
        }
        if let Some((id, secret)) = &self.basic {
            let pair = BASE64_STANDARD.encode(format!("{id}:{secret}"));
            add("authorization", format!("Basic {pair}"));
        } else if let Some(token) = &self.bearer {
            add("authorization", format!("Bearer {token}"));
        }
        if let Some(host) = &self.host {
            add("host", host.clone());
        }
        if !self.cookies.is_empty() {
            let pairs = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            let pairs: Vec<_> = pairs.collect();
            add("cookie", pairs.join("; "));
        }
        headers
    }
}

/// A value as a parameter.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn encode(pairs: &[(String, String)]) -> String {
    let encoded = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    let encoded: Vec<_> = encoded.collect();
    encoded.join("&")
}

fn escape(text: &str) -> String {
    let spaces = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
    spaces.to_string().replace("%20", "+")
}

/// The cookies that a case has kept.
pub(super) fn cookies(names: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let kept = names.get(COOKIES).and_then(Value::as_object);
    let pairs = kept.into_iter().flatten();
    pairs
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// Keeps the cookies of a response for the case.
pub(super) fn keep_cookies(names: &mut BTreeMap<String, Value>, answer: &Answer) {
    let mut kept = cookies(names);
    for cookie in &answer.cookies {
        let mut parts = cookie.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            continue;
        };
        let value = value.trim_matches('"');
        let is_over = parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) || value.is_empty();
        if is_over {
            kept.remove(name);
        } else {
            kept.insert(name.to_owned(), value.to_owned());
        }
    }
    names.insert(COOKIES.to_owned(), json!(kept));
}

/// The response as cases compare it: a redirect as `to`, `query` and `fragment`, a page as `fields`
/// and `notice`. The header `set-cookie` has all cookies, one a line. `base` is the address of the
/// domain, which `to` omits.
pub(super) fn described(mut answer: Answer, base: &str) -> Answer {
    if !answer.cookies.is_empty() {
        let cookies = answer.cookies.join("\n");
        answer.headers.insert("set-cookie".to_owned(), cookies);
    }
    if let Some(location) = answer.headers.get("location") {
        answer.text = redirect(location, base).to_string();
    } else if answer.body().is_null() && answer.text.contains('<') {
        answer.text = page(&answer.text).to_string();
    }
    answer
}

fn redirect(location: &str, base: &str) -> Value {
    let (rest, fragment) = location.split_once('#').unwrap_or((location, ""));
    let (to, query) = rest.split_once('?').unwrap_or((rest, ""));
    let to = to.strip_prefix(base).unwrap_or(to);
    json!({
        "url": location,
        "to": to,
        "query": pairs(query),
        "fragment": pairs(fragment),
        "order": names(query).chain(names(fragment)).collect::<Vec<_>>(),
    })
}

fn pairs(query: &str) -> Map<String, Value> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decode(name), json!(decode(value))))
        .collect()
}

fn names(query: &str) -> impl Iterator<Item = String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, _)| decode(name))
}

fn decode(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

/// The parts of a page: its title, first heading and notice, the fields with their values, the
/// addresses of its forms, its links by their text, all of its text, and whether it asks for a
/// password.
fn page(html: &str) -> Value {
    let html = &without(&without(html, "style"), "script");
    let mut fields = Map::new();
    for tag in html.split("<input").skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        if let Some(name) = attribute(tag, "name") {
            let value = attribute(tag, "value").unwrap_or_default();
            fields.entry(name).or_insert(json!(value));
        }
    }
    let between = |start: &str, end: &str| {
        let (_, rest) = html.split_once(start)?;
        let (_, rest) = rest.split_once('>')?;
        Some(plain(rest.split(end).next().unwrap_or_default()))
    };
    let notice =
        between("role=\"alert\"", "</div>").or_else(|| between("<p id=\"errorMessage\"", "</p>"));
    json!({
        "title": between("<title", "</title>"),
        "heading": between("<h1", "</h1>").filter(|text| !text.is_empty()),
        "subheading": between("<h2", "</h2>"),
        "notice": notice,
        "fields": fields,
        "forms": forms(html),
        "links": links(html),
        "text": spaced(html),
        "asks_for_password": html.contains("type=\"password\""),
    })
}

/// `html` without the elements `name` and their content.
fn without(html: &str, name: &str) -> String {
    let (start, end) = (format!("<{name}"), format!("</{name}>"));
    let mut parts = html.split(&start);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once(&end).map_or("", |(_, rest)| rest));
    }
    kept
}

/// The `action` of each form.
fn forms(html: &str) -> Vec<String> {
    let tags = html.split("<form").skip(1);
    let tags = tags.filter_map(|tag| tag.split('>').next());
    tags.filter_map(|tag| attribute(tag, "action")).collect()
}

/// The address of each link, by its text.
fn links(html: &str) -> Map<String, Value> {
    let mut links = Map::new();
    for link in html.split("<a ").skip(1) {
        let Some((tag, rest)) = link.split_once('>') else {
            continue;
        };
        let text = plain(rest.split("</a>").next().unwrap_or_default());
        if let Some(href) = attribute(tag, "href") {
            links.entry(text).or_insert(json!(href));
        }
    }
    links
}

/// The text of `html`, with one space between elements.
fn spaced(html: &str) -> String {
    let text = plain(&html.replace('<', " <"));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = format!("{name}=\"");
    let (_, rest) = tag.split_once(&start)?;
    Some(plain(rest.split('"').next().unwrap_or_default()))
}

/// Text without tags and the usual escapes.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for character in html.chars() {
        match character {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if in_tag => {}
            other => text.push(other),
        }
    }
    let text = text
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&#x2f;", "/")
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    text.trim().to_owned()
}
