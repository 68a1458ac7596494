//! Pages as responses: their frame, their appearance, and their Content-Security-Policy.

use serde_json::Value;

use super::authorization::{Authorization, Refusal};
use super::language::Language;
use super::params::Params;
use super::render::{Rendered, render};
use super::reply::Answer;
use super::site::Site;
use super::view::{
    Field, Frame, Image, Look, NameLabel, Notice, Page, PasswordRules, Terms, Text, Version, View,
};
use super::{cookies, sentences};
use crate::cx::Cx;
use crate::error::Error;
use crate::state::branding::StyleView;
use crate::state::pool::Pool;
use crate::wire::web::{Request, Response};

/// A failed attempt that a page shows above its form.
#[derive(Debug)]
pub(crate) struct Failure {
    code: String,
    sentence: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            code: error.code().to_owned(),
            sentence: error.sentence().unwrap_or_default(),
        }
    }
}

impl Failure {
    /// A failure of the page itself, with a sentence of the domain.
    pub(crate) fn of_page(sentence: &str) -> Self {
        Self {
            code: "invalid_request".to_owned(),
            sentence: sentence.to_owned(),
        }
    }
}

/// The response with `page` for the request of `authorization`.
pub(crate) fn show(
    cx: &Cx<'_>,
    request: &Request,
    site: &Site,
    authorization: &Authorization,
    page: Page,
    failure: Option<Failure>,
) -> Answer {
    let notice = failure.as_ref().map(|failure| Notice {
        is_error: true,
        text: Text::Plain(failure.sentence.clone()),
    });
    let language = language(request, &authorization.params, site.is_managed);
    // The page of a provider is not Cognito's, and needs no style.
    let is_own = !matches!(page, Page::Provider { .. });
    let is_managed = site.is_managed && is_own;
    let look = match look(&site.handle.read(), &authorization.client_id, is_managed) {
        Ok(look) => look,
        Err(refusal) => return refusal.answer(request),
    };
    let targets = targets(&page, &authorization.redirect_uri);
    let frame = Frame {
        version: version(is_managed),
        language,
        look,
        query: authorization.params.sorted_query(),
        csrf: cookies::csrf(cx, request),
        notice,
        messages: messages(cx),
    };
    let rendered = render(&View { frame, page });
    let mut response = document(rendered, &targets, language);
    if authorization.params.given("lang").is_some() && site.is_managed {
        let cookie = format!("lang={}; Path=/{}", language.tag(), cookies::flags(request));
        response.headers.push(("set-cookie", cookie.into()));
    }
    match failure {
        Some(failure) => Answer::refusal(response, &failure.code, Some(&failure.sentence)),
        None => Answer::from(response),
    }
}

/// Where forms of the page may lead to, in addition to this site: the app that the sign-in returns
/// to. A field for the domain of an address leads to any provider.
fn targets(page: &Page, redirect_uri: &str) -> String {
    match page {
        Page::SignIn(page) if page.has_domain_search => format!("{} https:", origin(redirect_uri)),
        _ => origin(redirect_uri),
    }
}

fn version(is_managed: bool) -> Version {
    if is_managed {
        Version::Managed
    } else {
        Version::Classic
    }
}

/// Where the messages are that the emulator sent, unless the strip is off.
fn messages(cx: &Cx<'_>) -> Option<String> {
    let query = cx
        .state
        .account()
        .map(|account| format!("?account={account}"));
    let path = || format!("/_emulator/outbox{}", query.unwrap_or_default());
    cx.world.shows_strip().then(path)
}

/// The language: `lang`, then the cookie `lang`, then English. The classic pages are in English
/// (O44).
fn language(request: &Request, params: &Params, is_managed: bool) -> Language {
    if !is_managed {
        return Language::English;
    }
    let tags = [params.given("lang"), request.cookie("lang")];
    let mut known = tags.into_iter().flatten().filter_map(Language::of_tag);
    known.next().unwrap_or_default()
}

/// The appearance that is stored for a client. Managed login needs a style (O106).
fn look(pool: &Pool, client_id: &str, is_managed: bool) -> Result<Look, Refusal> {
    if !is_managed {
        let customization = pool.ui_customization(client_id);
        return Ok(Look {
            css: customization.css().map(ToOwned::to_owned),
            logo: customization.logo(),
            ..Look::default()
        });
    }
    let style = pool.style_of(client_id);
    let style = style.map_err(|_| Refusal::Page(403, sentences::PAGES_UNAVAILABLE))?;
    let view = StyleView::new(&pool.id, style).merged(Some(true));
    let images = view.images();
    let images = images.map(|(category, color_mode, url)| Image {
        category,
        color_mode,
        url,
    });
    Ok(Look {
        images: images.collect(),
        settings: Some(view.settings()),
        ..Look::default()
    })
}

/// The HTML document with its policy: no script or style but the page's own, and forms only for
/// this site and `targets`. Browsers apply `form-action` to redirects
/// after a form, too.
fn document(rendered: Rendered, targets: &str, language: Language) -> Response {
    let list = |hashes: &[String]| match hashes {
        [] => "'none'".to_owned(),
        hashes => hashes.join(" "),
    };
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; img-src 'self' data:; form-action 'self' \
         {}; base-uri 'none'; frame-ancestors 'none'",
        list(&rendered.style_hashes),
        list(&rendered.script_hashes),
        targets,
    );
    let content_language = match language {
        Language::English => "en-US",
        other => other.tag(),
    };
    let mut response = Response::empty(200)
        .with("content-type", "text/html;charset=UTF-8")
        .with("content-language", content_language)
        .with("content-security-policy", policy);
    response.body = rendered.html.into();
    response
}

/// The origin of a URL for a policy: scheme, host and port, or only a custom scheme. Anything that
/// could end the directive is left out.
fn origin(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once(':') else {
        return String::new();
    };
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if !scheme.bytes().all(is_scheme) {
        return String::new();
    }
    if !matches!(scheme, "http" | "https") {
        return format!("{scheme}:");
    }
    let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next();
    let authority = authority.unwrap_or_default();
    let is_host = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':' | b'[' | b']')
    };
    if authority.bytes().all(is_host) {
        format!("{scheme}://{authority}")
    } else {
        String::new()
    }
}

/// The label of a field for usernames.
pub(crate) fn name_label(pool: &Pool) -> NameLabel {
    let attributes = &pool.users.naming().username_attributes;
    let has = |name: &str| attributes.iter().any(|attribute| attribute == name);
    match (has("email"), has("phone_number")) {
        (true, true) => NameLabel::EmailOrPhone,
        (true, false) => NameLabel::Email,
        (false, true) => NameLabel::Phone,
        (false, false) => NameLabel::Username,
    }
}

/// The pool's password policy.
pub(crate) fn password_rules(pool: &Pool) -> PasswordRules {
    let policy = &pool.settings.policies.password_policy;
    PasswordRules {
        minimum_length: policy.minimum_length.into(),
        uppercase: policy.require_uppercase,
        lowercase: policy.require_lowercase,
        numbers: policy.require_numbers,
        symbols: policy.require_symbols,
    }
}

/// The fields of `names`, with the values that were typed.
pub(crate) fn fields<'a>(
    pool: &Pool,
    names: impl IntoIterator<Item = &'a str>,
    typed: &Params,
) -> Vec<Field> {
    let given = typed.attributes();
    let field = |name: &str| {
        let data_type = pool
            .schema
            .get(name)
            .map(|attribute| attribute.attribute_data_type);
        let data_type = data_type.and_then(|it| serde_json::to_value(it).ok());
        let value = given.iter().find(|(attribute, _)| *attribute == name);
        Field {
            attribute: name.to_owned(),
            value: value.map_or_else(String::new, |(_, value)| (*value).to_owned()),
            data_type: match data_type {
                Some(Value::String(name)) => name,
                _ => "String".to_owned(),
            },
        }
    };
    names.into_iter().map(field).collect()
}

/// The documents of a client in the language of the page: both must exist (O114).
pub(crate) fn terms(pool: &Pool, client_id: &str, language: Language) -> Option<Terms> {
    let key = match language {
        Language::English => "cognito:english",
        Language::German => "cognito:german",
        Language::Spanish => "cognito:spanish",
        Language::French => "cognito:french",
        Language::Japanese => "cognito:japanese",
        Language::BrazilianPortuguese => "cognito:portuguese-brazil",
    };
    let link = |name: &str| {
        let terms = pool.terms_of_client(client_id, name).ok()?;
        let link = terms
            .links
            .get(key)
            .or_else(|| terms.links.get("cognito:default"))?;
        let link = link.as_str()?;
        // A link must not run a script.
        let is_web = ["https://", "http://"]
            .iter()
            .any(|scheme| link.starts_with(scheme));
        is_web.then(|| link.to_owned())
    };
    Some(Terms {
        terms_of_use: link("terms-of-use")?,
        privacy_policy: link("privacy-policy")?,
    })
}

/// The language of the page that `request` gets, for its terms.
pub(crate) fn language_of(request: &Request, site: &Site, params: &Params) -> Language {
    language(request, params, site.is_managed)
}
