//! Tests of the pages: completeness, Cognito's contract, and hostile values.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::super::language::Language;
use super::super::view::{Look, Notice, Text, Version, View};
use super::texts::Texts;
use super::{Rendered, TEMPLATES, look, safe_address, source, try_render};

pub(crate) mod samples;

const VERSIONS: [Version; 2] = [Version::Managed, Version::Classic];

/// Texts as samples have them.
fn same(text: &str) -> String {
    text.to_owned()
}

/// Renders every sample in English, with the appearance `look` and an error.
fn render_all(
    version: Version,
    make: samples::Make<'_>,
    look: impl Fn() -> Look,
) -> Vec<(&'static str, Rendered)> {
    let render = |(name, page)| {
        let mut frame = samples::frame(version, Language::English, make);
        frame.look = look();
        frame.notice = Some(samples::error(make));
        let rendered = try_render(&View { frame, page });
        (
            name,
            rendered.unwrap_or_else(|error| panic!("{name}: {error:#}")),
        )
    };
    samples::pages(make).into_iter().map(render).collect()
}

/// The page of the sample `name`.
fn html(version: Version, name: &str) -> String {
    let all = render_all(version, &same, Look::default);
    let found = all.into_iter().find(|(other, _)| *other == name);
    found.unwrap_or_else(|| panic!("no sample {name}")).1.html
}

/// A start tag.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: Vec<(String, Option<String>)>,
    /// The text in a `script`, `style`, `textarea` or `title` element.
    text: Option<String>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(other, _)| other == name);
        found.and_then(|(_, value)| value.as_deref())
    }
}

/// The start tags of a document, as a browser finds them. All values of attributes must
/// have double quotes.
fn tags(html: &str) -> Vec<Tag> {
    static START: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^<([a-z][a-z0-9]*)((?:[ \n]+[^ \n<>="'/]+(?:="[^"]*")?)*)/?>"#).unwrap()
    });
    static ATTRIBUTE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"([^ \n=]+)(?:="([^"]*)")?"#).unwrap());
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if rest.starts_with("</") || rest.starts_with("<!DOCTYPE html>") {
            rest = &rest[rest.find('>').unwrap() + 1..];
            continue;
        }
        let groups = START
            .captures(rest)
            .unwrap_or_else(|| panic!("not a tag: {}", rest.chars().take(200).collect::<String>()));
        let name = groups[1].to_owned();
        let attributes = ATTRIBUTE.captures_iter(&groups[2]).map(|pair| {
            let value = pair.get(2).map(|value| unescaped(value.as_str()));
            (pair[1].to_owned(), value)
        });
        let attributes = attributes.collect();
        rest = &rest[groups[0].len()..];
        let mut text = None;
        if ["script", "style", "textarea", "title"].contains(&&*name) {
            let end = rest.find(&format!("</{name}")).unwrap();
            text = Some(rest[..end].to_owned());
            rest = &rest[end..];
        }
        found.push(Tag {
            name,
            attributes,
            text,
        });
    }
    found
}

fn unescaped(html: &str) -> String {
    html.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[test]
fn every_page_renders_in_every_language() {
    for version in VERSIONS {
        for language in Language::ALL {
            let notice = Notice {
                is_error: false,
                text: Text::Key("message.confirmed"),
            };
            let mut notice = Some(notice);
            for (name, page) in samples::pages(&same) {
                let mut frame = samples::frame(version, language, &same);
                frame.notice = notice.take();
                let rendered = try_render(&View { frame, page });
                let html = rendered
                    .unwrap_or_else(|error| panic!("{name}: {error:#}"))
                    .html;
                let tags = tags(&html);
                let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
                assert_eq!(
                    (count("main"), count("h1"), count("title")),
                    (1, 1, 1),
                    "{name}"
                );
                assert_eq!(tags[0].get("lang"), Some(language.tag()));
                let csrf = tags.iter().filter(|tag| tag.get("name") == Some("_csrf"));
                assert_eq!(count("form"), csrf.count(), "{name}");
                let title = tags.iter().find_map(|tag| tag.text.as_deref());
                assert!(!title.unwrap_or_default().is_empty(), "{name}");
            }
        }
    }
}

#[test]
fn empty_values_render() {
    for version in VERSIONS {
        render_all(version, &|_| String::new(), Look::default);
        render_all(version, &same, || samples::look(&same));
    }
}

#[test]
fn labels_and_hints_refer_to_elements() {
    for version in VERSIONS {
        for (name, page) in render_all(version, &same, Look::default) {
            let tags = tags(&page.html);
            let ids: Vec<_> = tags.iter().filter_map(|tag| tag.get("id")).collect();
            let unique: BTreeSet<_> = ids.iter().collect();
            assert_eq!(ids.len(), unique.len(), "{name}: an id is used twice");
            for tag in &tags {
                let described = tag.get("aria-describedby").unwrap_or_default();
                let all = described.split(' ').filter(|id| !id.is_empty());
                for id in all.chain(tag.get("for")) {
                    assert!(ids.contains(&id), "{name}: no element has the id {id}");
                }
            }
            let labels: Vec<_> = tags.iter().filter_map(|tag| tag.get("for")).collect();
            for field in tags.iter().filter(|tag| tag.name == "input") {
                let is_labelled = field.get("id").is_some_and(|id| labels.contains(&id));
                let is_hidden =
                    field.get("type") == Some("hidden") || field.get("aria-hidden").is_some();
                assert!(is_labelled || is_hidden, "{name}: {field:?}");
            }
        }
    }
}

/// The keys of texts that the other files of this module choose.
const FOR_CALLERS: &str = "message.";

#[test]
fn tables_of_texts_are_complete() {
    let place = Regex::new(r"\{[a-z_]*\}").unwrap();
    let shape = |language: Language| {
        let all = Texts::of(language).all();
        let places =
            |text| -> BTreeSet<&str> { place.find_iter(text).map(|m| m.as_str()).collect() };
        all.map(|(key, text)| {
            assert!(!text.trim().is_empty(), "{language:?} {key}");
            (key, places(text))
        })
        .collect::<BTreeMap<_, _>>()
    };
    let english = shape(Language::English);
    assert!(english.len() > 100);
    for language in Language::ALL {
        assert_eq!(shape(language), english, "{language:?}");
    }
    for (key, text) in Texts::classic().all() {
        assert!(!text.trim().is_empty(), "{key}");
        assert!(!english.contains_key(key), "{key}");
    }
}

/// French has a no-break space before these marks, Spanish has an opening mark, Japanese has full-width
/// marks. English has the straight apostrophe of Cognito's own texts.
#[test]
fn texts_have_the_marks_of_their_language() {
    for (language, mistake) in [
        (Language::English, "[\u{2018}\u{2019}]"),
        (Language::French, "[^\u{a0}\u{202f}][?!:;]|'"),
        (Language::Spanish, "^[^¿]*[?]|^[^¡]*!"),
        (Language::Japanese, "[?!:;()]"),
    ] {
        let mistake = Regex::new(mistake).unwrap();
        let classic = (language == Language::English).then(Texts::classic);
        let classic = classic.into_iter().flat_map(Texts::all);
        for (key, text) in Texts::of(language).all().chain(classic) {
            assert!(!mistake.is_match(text), "{language:?} {key}: {text}");
        }
    }
}

#[test]
fn keys_of_texts_exist_and_are_used() {
    let texts = Texts::of(Language::English);
    let whole = Regex::new(r#"[ (=]t\("([a-zA-Z_.]+)"[,)]"#).unwrap();
    let family = Regex::new(r#""([a-z_]+\.(?:[a-z_]+\.)*)""#).unwrap();
    let mut used = BTreeSet::from(["language"]);
    let mut families = BTreeSet::from(["attribute.", FOR_CALLERS]);
    for (name, template) in TEMPLATES {
        for key in whole.captures_iter(template) {
            let key = key.get(1).unwrap().as_str();
            assert!(
                texts.get(key).is_some(),
                "{name}: no text has the key {key}"
            );
            used.insert(key);
        }
        let prefixes = family.captures_iter(template);
        families.extend(prefixes.map(|prefix| prefix.get(1).unwrap().as_str()));
    }
    // `"sign_in." ~ group`
    used.extend(["sign_in.corporate", "sign_in.social"]);
    families.remove("sign_in.");
    families.remove("name.");
    let all = texts.all().chain(Texts::classic().all());
    let unused = all.filter(|(key, _)| {
        let is_of_family = families.iter().any(|prefix| key.starts_with(prefix));
        let is_name = key.starts_with("name.");
        !used.contains(key) && !is_of_family && !is_name
    });
    assert_eq!(unused.collect::<Vec<_>>(), []);
}

/// Keys in the sources, as in `Text::Key("message.done")`.
#[test]
fn keys_in_the_sources_exist() {
    let texts = Texts::of(Language::English);
    let key = Regex::new(r#"Text::Key\([ \n]*"([^"]+)""#).unwrap();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                for key in key.captures_iter(&source) {
                    let known = texts.get(&key[1]).is_some() || &key[1] == "[^";
                    assert!(known, "{}: no text has the key {}", path.display(), &key[1]);
                    count += 1;
                }
            }
        }
    }
    assert!(count > 2, "{count}");
}

/// Rows O96 to O101.
#[test]
fn classic_pages_have_cognitos_names() {
    let html = html(Version::Classic, "sign_in");
    for part in [
        "<title>Signin</title>",
        "name=\"cognitoSignInForm\"",
        "action=\"/login?client_id=3k8&amp;redirect_uri=",
        "id=\"signInFormUsername\" name=\"username\"",
        "id=\"signInFormPassword\" name=\"password\"",
        "<input type=\"hidden\" name=\"cognitoAsfData\" value=\"\">",
        "name=\"signInSubmitButton\"",
        "Sign in with your email and password",
        "placeholder=\"name@host.com\"",
        "Need an account? <a href=\"/signup?client_id",
        ">Forgot your password?</a>",
        "submitButton-customizable",
        "background-customizable",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
    let html = self::html(Version::Classic, "sign_up");
    for part in [
        "<form method=\"POST\" action=\"/signup?client_id=3k8",
        "name=\"signupform\"",
        "name=\"requiredAttributes[given_name]\"",
        "name=\"requiredAttributes[email]\"",
        "name=\"signUpButton\">Sign up</button>",
        "Sign up with a new account",
        "Already have an account? <a href=\"/login?client_id",
        "Password must contain a lower case letter",
        "Password must contain an upper case letter",
        "Password must contain a number",
        "Password must contain a special character",
        "Password must contain at least 8 characters",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
    assert!(self::html(Version::Classic, "confirm").contains("name=\"verification_code\""));
}

/// Rows O102 to O105 and O114.
#[test]
fn managed_pages_have_cognitos_names() {
    let html = html(Version::Managed, "sign_in");
    for part in [
        "<h2>Sign in</h2>",
        "Sign in to your account.",
        "id=\"primary-form\" aria-label=\"primary-form\"",
        "for=\"signInFormUsername\">Email address</label>",
        "placeholder=\"name@host.com\"",
        "placeholder=\"Enter password\"",
        ">Show password</label>",
        "<a href=\"/forgotPassword?client_id=3k8",
        "<button class=\"submit\" type=\"submit\">Sign in</button>",
        "New user? <a href=\"/signup?client_id=3k8",
        ">Create an account</a>",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
    assert!(!html.contains("-customizable"));
    let first = self::html(Version::Managed, "sign_in_first");
    assert!(!first.contains("type=\"password\""));
    let terms = "By signing up, you agree to our <a href=\"https://example.com/terms\"";
    assert!(self::html(Version::Managed, "sign_up").contains(terms));
    let branded = render_all(Version::Managed, &same, || samples::look(&same));
    assert!(branded[0].1.html.contains("alt=\"Form logo\""));
}

#[test]
fn a_strict_content_security_policy_allows_the_pages() {
    for version in VERSIONS {
        for (name, page) in render_all(version, &same, || samples::look(&same)) {
            let tags = tags(&page.html);
            let hashes = |name: &str| -> Vec<_> {
                let tags = tags.iter().filter(|tag| tag.name == name);
                tags.map(|tag| source(tag.text.as_deref().unwrap()))
                    .collect()
            };
            assert_eq!(hashes("style"), page.style_hashes, "{name}");
            assert_eq!(hashes("script"), page.script_hashes, "{name}");
            for tag in &tags {
                let is_inline = |(name, _): &(String, _)| name == "style" || name.starts_with("on");
                assert!(!tag.attributes.iter().any(is_inline), "{name}: {tag:?}");
                let resources = ["src", "srcset"].map(|name| tag.get(name));
                let icon = Some(tag).filter(|tag| tag.name == "link");
                let icon = icon.and_then(|tag| tag.get("href"));
                for address in resources.into_iter().flatten().chain(icon) {
                    let is_own = address.starts_with("data:image/") || address.starts_with('/');
                    assert!(is_own, "{name}: {address}");
                }
            }
        }
    }
    let empty = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
    assert_eq!(source(""), empty);
}

/// Texts that leave their place if they are not escaped.
const HOSTILE: &[&str] = &[
    "\"><script>alert(1)</script>",
    "' onfocus='alert(1)' autofocus='",
    "\" onfocus=\"alert(1)\" autofocus=\"",
    "<img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    "/* </STYLE ><svg onload=alert(1)> */",
    "</textarea></title></noscript><script>alert(1)</script>",
    "<!-- ",
    "{{ page }}{% include \"frame.html\" %}{# ",
    "{provider}{{destination}}",
    "\u{2028}<script>\u{2029}",
    "a\"\r\n\0<b>&lt;",
    "javascript:alert(1)",
    "java\nscript:alert(1)//\"",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "red;}body{background:url(https://example.com)}",
    "aaaaaaaa\");}body{display:none}</style>",
];

/// Tags with the names of their attributes: all that a hostile value could change.
fn structure(html: &str) -> Vec<(String, Vec<String>)> {
    let names = |tag: Tag| {
        let attributes = tag.attributes.into_iter().map(|(name, _)| name);
        (tag.name, attributes.collect())
    };
    tags(html).into_iter().map(names).collect()
}

#[test]
fn hostile_values_stay_values() {
    let style = Regex::new("<style>[^<]*</style>").unwrap();
    for version in VERSIONS {
        let word = |_: &str| "word".to_owned();
        let plain = render_all(version, &word, || samples::look(&word));
        let all = HOSTILE.concat();
        for hostile in [&*all, "javascript:alert(1)", "\"", "<", "{{"] {
            let make = |_: &str| hostile.to_owned();
            let pages = render_all(version, &make, || samples::look(&make));
            for ((name, page), (_, plain)) in pages.iter().zip(&plain) {
                assert_eq!(
                    structure(&page.html),
                    structure(&plain.html),
                    "{name}: {hostile}"
                );
                assert_eq!(page.script_hashes, plain.script_hashes);
                let outside = style.replace_all(&page.html, "");
                for raw in HOSTILE.iter().filter(|raw| raw.contains(['<', '"'])) {
                    assert!(!outside.contains(raw), "{name}: {raw}");
                }
                for tag in tags(&page.html).iter().filter(|tag| tag.name == "a") {
                    let href = tag.get("href").unwrap_or_default();
                    let read: String = href.chars().filter(|c| *c > ' ').collect();
                    assert!(!read.starts_with("javascript:"), "{name}: {href}");
                }
            }
        }
    }
}

/// The texts in a value, with their paths.
fn texts(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((path.to_owned(), text.clone())),
        Value::Array(all) => all.iter().for_each(|one| texts(one, path, found)),
        Value::Object(members) => {
            for (name, member) in members {
                texts(member, &format!("{path}.{name}"), found);
            }
        }
        _ => {}
    }
}

/// Members whose texts are constants of this program.
const CONSTANTS: [&str; 8] = [
    "asks",
    "category",
    "color_mode",
    "key",
    "label",
    "language",
    "medium",
    "version",
];

/// The test above makes every text hostile that a sample gets from its maker. Here each text of each
/// page is such a text in at least one sample, and no sample has another text.
#[test]
fn every_text_of_a_page_is_made_hostile() {
    let make = |_: &str| "made".to_owned();
    let mut views = Vec::new();
    for (name, page) in samples::pages(&make) {
        let mut frame = samples::frame(Version::Managed, Language::English, &make);
        frame.look = samples::look(&make);
        frame.notice = Some(samples::error(&make));
        views.push((name, serde_json::to_value(View { frame, page }).unwrap()));
    }
    let (mut all, mut hostile) = (BTreeSet::new(), BTreeSet::new());
    for (name, view) in &views {
        let kind = view["page"]["name"].as_str().unwrap();
        let mut found = Vec::new();
        texts(&view["frame"], "frame", &mut found);
        texts(&view["page"], kind, &mut found);
        for (path, text) in found {
            let last = path.rsplit('.').next().unwrap();
            let is_constant = CONSTANTS.contains(&last) || path == format!("{kind}.name");
            if is_constant || path.starts_with("frame.look.settings.") {
                continue;
            }
            assert!(text == "made" || text.is_empty(), "{name}: {path}: {text}");
            if !text.is_empty() {
                hostile.insert(path.clone());
            }
            all.insert(path);
        }
    }
    assert_eq!(all.difference(&hostile).collect::<Vec<_>>(), [""; 0]);
    assert!(hostile.len() > 50, "{hostile:?}");
}

/// Every value of a document, replaced.
fn replaced(document: &Value, value: &Value) -> Value {
    match document {
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), replaced(member, value)))
            .collect(),
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            value.clone()
        }
    }
}

#[test]
fn settings_of_another_form_are_ignored() {
    let defaults = include_str!("../../../model/managed-login.json");
    let defaults: Value = serde_json::from_str(defaults).unwrap();
    let style = |settings| {
        look::branding(&Look {
            settings,
            ..Look::default()
        })
    };
    let expected = style(None);
    assert!(expected.contains("--primary:#0972d3ff;"), "{expected}");
    assert!(!expected.contains("prefers-color-scheme"), "{expected}");
    let others = HOSTILE.iter().map(|text| Value::from(*text)).chain([
        Value::Null,
        Value::from(vec![1]),
        Value::from("#0972d3"),
        Value::from("0972d"),
        Value::from("0972d3f"),
        Value::from("red;}*"),
        Value::from("a;}b{c:d"),
        Value::from("０９７２ｄ３"),
    ]);
    for other in others {
        assert_eq!(
            style(Some(replaced(&defaults, &other))),
            expected,
            "{other}"
        );
    }
    let huge = replaced(&defaults, &Value::from(1e300));
    assert!(style(Some(huge)).starts_with(":root{--alert-radius:100px;"));
    let color = replaced(&defaults, &Value::from("Ab12cD"));
    assert!(style(Some(color)).contains("--primary:#Ab12cD;"));
}

#[test]
fn operators_css_stays_in_its_element() {
    for css in HOSTILE {
        let contained = look::contained(css);
        assert!(!contained.contains(['<', '\r', '\0']), "{contained}");
    }
    let css = ".submitButton-customizable{color:#fff}\r\n.label-customizable{color:red}";
    assert_eq!(look::contained(css), css.replace('\r', ""));
}

#[test]
fn images_are_checked() {
    let style = |url: &str| {
        let make = |text: &str| {
            let text = if text.starts_with("data:") { url } else { text };
            text.to_owned()
        };
        look::branding(&samples::look(&make))
    };
    let good = "data:image/svg+xml;base64,PHN2Zz4=";
    assert!(style(good).contains(&format!("body{{background-image:url(\"{good}\")}}")));
    for bad in HOSTILE.iter().chain(&[
        "https://example.com/a.png",
        "data:image/png;base64,AAAA\")}*{color:red}",
        "data:image/png\")}*{color:red;base64,AAAA",
        "data:text/html;base64,AAAA",
    ]) {
        assert!(!style(bad).contains("url("), "{bad}");
    }
}

/// The text of a fault may have parts of a value.
#[test]
fn the_fault_of_a_template_is_escaped() {
    let error = minijinja::Error::new(minijinja::ErrorKind::BadInclude, "<script>");
    let html = super::failed(&error).html;
    assert!(
        html.contains("&lt;script&gt;") && !html.contains("<script>"),
        "{html}"
    );
}

#[test]
fn characters_with_a_meaning_are_escaped() {
    let escaped = "&amp;&lt;&gt;&quot;&#39;/a\u{e9}";
    for escape in [super::escaped, super::super::reply::escape] {
        assert_eq!(escape("&<>\"'/a\u{e9}"), escaped);
    }
}

#[test]
fn addresses_that_run_code_are_replaced() {
    for address in [
        "javascript:alert(1)",
        "\u{1}JavaScript:alert(1)",
        "java\tscript\n:alert(1)",
        "JaVaScRiPt:alert(1)",
        "vbscript:x",
        "data:text/html,x",
        "blob:x",
    ] {
        assert_eq!(safe_address(address), "#", "{address:?}");
    }
    for address in [
        "/login?a=b:c",
        "https://example.com/#a",
        "myapp://callback",
        "",
        "?a",
        "a",
    ] {
        assert_eq!(safe_address(address), address);
    }
}

#[test]
fn schemes_of_colours() {
    let style = |mode: &str| {
        let settings = serde_json::json!({"categories": {"global": {"colorSchemeMode": mode}}});
        look::branding(&Look {
            settings: Some(settings),
            ..Look::default()
        })
    };
    let (light, dark) = (
        "color-scheme:light;--page:#ffffffff",
        "color-scheme:dark;--page:#0f1b2aff",
    );
    for (mode, has_light, has_dark) in [
        ("LIGHT", true, false),
        ("DARK", false, true),
        ("DYNAMIC", true, true),
        ("?", true, false),
    ] {
        let style = style(mode);
        assert_eq!(
            (style.contains(light), style.contains(dark)),
            (has_light, has_dark),
            "{mode}"
        );
    }
}

#[test]
fn the_selector_of_languages_keeps_the_query() {
    let pages = render_all(Version::Managed, &same, || samples::look(&same));
    let href = "<a href=\"/login?lang=pt-BR&amp;client_id=3k8&amp;redirect_uri=https%3A%2F%2Fapp.example.com%2F&amp;response_type=code&amp;scope=email+openid\" lang=\"pt-BR\"";
    assert!(pages[0].1.html.contains(href), "{}", pages[0].1.html);
}
