//! The HTML of the domain's pages: managed login and the classic hosted UI.
//!
//! A page is a template in `pages/`, in the frame that all pages share. Its texts are in
//! `texts/`, a table for each language and one for the classic pages. Templates escape every
//! value; the only values that they do not escape are the style sheets and scripts of this
//! module.

mod look;
mod texts;

use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, context};

use serde::Serialize;

use self::look::Appearance;
use self::texts::Texts;
use super::language::Language;
use super::view::{Frame, Page, Version, View};
use crate::auth;

/// The HTML of a page, and the sources that its Content-Security-Policy allows.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// The document.
    pub(crate) html: String,
    /// Sources of `style-src`, as in `'sha256-…'`: one for each style element.
    pub(crate) style_hashes: Vec<String>,
    /// Sources of `script-src`: one for each script element.
    pub(crate) script_hashes: Vec<String>,
}

/// Renders a page. Images are `data:` URLs, or the address of the classic logo.
pub(crate) fn render(view: &View) -> Rendered {
    try_render(view).unwrap_or_else(|error| failed(&error))
}

/// Renders a page, or returns the fault of a template.
fn try_render(view: &View) -> Result<Rendered, Error> {
    let View { frame, page } = view;
    let styles = styles(frame);
    let scripts = scripts(page, frame.version);
    let page = data(page);
    let name = page.get_attr("name")?;
    let template = format!("{}.html", name.as_str().unwrap_or_default());
    let texts = Texts::of(frame.language);
    let notice = frame.notice.as_ref();
    let context = context! {
        frame => context! {
            version => data(frame.version),
            language => frame.language.tag(),
            query => &*frame.query,
            csrf => &*frame.csrf,
            notice => notice.map(data),
            messages => frame.messages.as_deref(),
        },
        managed => frame.version == Version::Managed,
        look => data(Appearance::new(frame)),
        languages => data(languages(view)),
        styles => safe_values(&styles),
        scripts => safe_values(&scripts),
        t => texts.function(),
        text => Value::from_function(move |text: Value| text_of(texts, &text)),
        text_or => Value::from_function(move |key: &str, other: &str| {
            texts.get(key).unwrap_or(other).to_owned()
        }),
        attribute => Value::from_function(move |name: &str| attribute(texts, name)),
        page,
    };
    let html = PAGES.get_template(&template)?.render(context)?;
    let hashes = |contents: &[String]| contents.iter().map(|content| source(content)).collect();
    Ok(Rendered {
        html,
        style_hashes: hashes(&styles),
        script_hashes: hashes(&scripts),
    })
}

/// A value for templates.
fn data(value: impl Serialize) -> Value {
    Value::from(Serde(value))
}

/// The templates.
static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    pages.set_undefined_behavior(UndefinedBehavior::Strict);
    pages.set_formatter(write_escaped);
    pages.add_function("safe_address", safe_address);
    pages.add_function("image_of_svg", image_of_svg);
    pages.add_function("initial", initial);
    pages.add_filter("default", default);
    pages.add_filter("trim", |text: &str| text.trim().to_owned());
    for (name, template) in TEMPLATES {
        pages
            .add_template(name, template)
            .expect("a test renders every template");
    }
    pages
});

/// Every template, by its name.
const TEMPLATES: &[(&str, &str)] = &[
    ("add_passkey.html", include_str!("pages/add_passkey.html")),
    (
        "choose_account.html",
        include_str!("pages/choose_account.html"),
    ),
    (
        "choose_factor.html",
        include_str!("pages/choose_factor.html"),
    ),
    ("choose_mfa.html", include_str!("pages/choose_mfa.html")),
    ("choose_setup.html", include_str!("pages/choose_setup.html")),
    ("code.html", include_str!("pages/code.html")),
    ("confirm.html", include_str!("pages/confirm.html")),
    (
        "confirm_by_link.html",
        include_str!("pages/confirm_by_link.html"),
    ),
    (
        "confirm_forgot.html",
        include_str!("pages/confirm_forgot.html"),
    ),
    ("fields.html", include_str!("pages/fields.html")),
    ("forgot.html", include_str!("pages/forgot.html")),
    ("frame.html", include_str!("pages/frame.html")),
    ("message.html", include_str!("pages/message.html")),
    ("new_password.html", include_str!("pages/new_password.html")),
    ("passkey.html", include_str!("pages/passkey.html")),
    ("provider.html", include_str!("pages/provider.html")),
    (
        "set_up_address.html",
        include_str!("pages/set_up_address.html"),
    ),
    ("set_up_totp.html", include_str!("pages/set_up_totp.html")),
    ("sign_in.html", include_str!("pages/sign_in.html")),
    ("sign_up.html", include_str!("pages/sign_up.html")),
];

/// Makes the passkey of a page.
const PASSKEY: &str = include_str!("pages/passkey.js");
/// Shows passwords.
const REVEAL: &str = include_str!("pages/reveal.js");

/// The contents of the page's style elements. The operator's CSS is in an element of its
/// own, so that an open block in it does not reach the other rules.
fn styles(frame: &Frame) -> Vec<String> {
    let shared = include_str!("pages/shared.css");
    let own = match frame.version {
        Version::Managed => include_str!("pages/managed.css"),
        Version::Classic => include_str!("pages/classic.css"),
    };
    let custom = match (frame.version, &frame.look.css) {
        (Version::Managed, _) => Some(look::branding(&frame.look)),
        (Version::Classic, css) => css.as_deref().map(look::contained),
    };
    let base = format!("{shared}{own}");
    [Some(base), custom].into_iter().flatten().collect()
}

/// The contents of the page's script elements.
fn scripts(page: &Page, version: Version) -> Vec<String> {
    let script = match (page, version) {
        (Page::Passkey { .. } | Page::AddPasskey { .. }, _) => Some(PASSKEY),
        (
            Page::SignIn(_)
            | Page::SignUp { .. }
            | Page::NewPassword { .. }
            | Page::ConfirmForgot { .. },
            Version::Managed,
        ) => Some(REVEAL),
        _ => None,
    };
    script.map(str::to_owned).into_iter().collect()
}

/// The source expression of an inline element with this content.
///
/// <https://www.w3.org/TR/CSP3/#grammardef-hash-source>
fn source(content: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(auth::digest(content)))
}

/// A link to the page in another language.
#[derive(Serialize)]
struct Translation {
    tag: &'static str,
    name: &'static str,
    href: String,
}

/// Links to the page in each language, if the branding has the selector of languages and
/// the page is one that a link can show.
fn languages(view: &View) -> Vec<Translation> {
    let View { frame, page } = view;
    let path = match page {
        Page::SignIn(page) if page.step.is_none() => "/login",
        Page::SignUp { .. } => "/signup",
        Page::Forgot { .. } => "/forgotPassword",
        _ => return Vec::new(),
    };
    if frame.version == Version::Classic || !look::has_language_selector(&frame.look) {
        return Vec::new();
    }
    let others = frame.query.split('&');
    let others: Vec<_> = others
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
        .collect();
    let link = |language: Language| {
        let tag = language.tag();
        let mut href = format!("{path}?lang={tag}");
        for pair in &others {
            let _ = write!(href, "&{pair}");
        }
        let name = Texts::of(language).get("language").unwrap_or(tag);
        Translation { tag, name, href }
    };
    Language::ALL.into_iter().map(link).collect()
}

/// The words of a `Text`.
fn text_of(texts: Texts, text: &Value) -> Result<String, Error> {
    if let Some(plain) = text.get_attr("plain")?.as_str() {
        return Ok(plain.to_owned());
    }
    let key = text.get_attr("key")?;
    texts
        .must(key.as_str().unwrap_or_default())
        .map(str::to_owned)
}

/// The label of an attribute. That of a custom attribute is its name without the prefix.
fn attribute(texts: Texts, name: &str) -> String {
    let known = texts.get(&format!("attribute.{name}"));
    let name = name.strip_prefix("dev:").unwrap_or(name);
    let name = name.strip_prefix("custom:").unwrap_or(name);
    known.unwrap_or(name).to_owned()
}

/// Writes a value as HTML text. Unlike the engine's own escaping, this one keeps `/`:
/// clients search the page for `action="/login?…"`.
fn write_escaped(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_none() {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "a missing value is written",
        ));
    }
    let text = value.to_string();
    let text = if value.is_safe() {
        text
    } else {
        escaped(&text)
    };
    out.write_str(&text).map_err(Error::from)
}

/// A text in HTML, also within quoted attributes.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

/// Values that templates write as they are.
fn safe_values(contents: &[String]) -> Vec<Value> {
    let contents = contents.iter().cloned();
    contents.map(Value::from_safe_string).collect()
}

/// An address for a link. One with a scheme that runs code is replaced. Apps have schemes
/// of their own, so other schemes are allowed.
fn safe_address(address: &str) -> String {
    // Browsers remove these characters before they read the scheme.
    let read: String = address.chars().filter(|c| *c > ' ').collect();
    let scheme = read.split_once(':').map(|(scheme, _)| scheme);
    let is_code = scheme.is_some_and(|scheme| {
        let scheme = scheme.to_ascii_lowercase();
        ["blob", "data", "javascript", "vbscript"].contains(&&*scheme)
    });
    if is_code { "#" } else { address }.to_owned()
}

/// The filter `default`: the other value, if a member is missing.
fn default(value: Value, other: Value) -> Value {
    if value.is_undefined() { other } else { value }
}

/// The first letter of a name, as a capital.
fn initial(name: &str) -> String {
    let first = name.chars().next().unwrap_or('?');
    first.to_uppercase().collect()
}

/// An SVG document as the address of an image. Scripts in images do not run.
fn image_of_svg(svg: &str) -> String {
    let namespace = "xmlns=\"http://www.w3.org/2000/svg\"";
    let svg = if svg.contains("xmlns=") {
        svg.to_owned()
    } else {
        svg.replacen("<svg", &format!("<svg {namespace}"), 1)
    };
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
}

/// The page of a template that has a fault. Tests render every template.
fn failed(error: &Error) -> Rendered {
    let error = escaped(&error.to_string());
    Rendered {
        html: format!("<!DOCTYPE html><title>Emulator</title><p>This page has a fault: {error}"),
        style_hashes: Vec::new(),
        script_hashes: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
