//! The appearance of the pages: the branding of managed login, and the CSS and logo of the
//! classic pages.
//!
//! Settings become custom properties of CSS. Only values of the expected form do: a colour
//! is hexadecimal digits, a radius is a number. Other values are those of Cognito's default
//! settings.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::Value;

use super::super::view::{Frame, Look, Version};

/// The appearance, as templates need it.
#[derive(Debug, Default, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent settings")]
pub(super) struct Appearance {
    /// Addresses of the icons of the page.
    favicons: Vec<String>,
    /// Classes of the body: the position of the form, the density, and the background.
    layout: String,
    /// The bar above the page.
    header: Option<Bar>,
    /// The bar below the page.
    footer: Option<Bar>,
    /// The logo of the form.
    form_logo: Option<Picture>,
    /// Whether the logo is above the form instead of in it.
    form_logo_is_outside: bool,
    /// `start`, `center` or `end`.
    form_logo_location: &'static str,
    /// Whether drawings are above headings.
    has_graphics: bool,
    /// The operator's drawings.
    graphics: Graphics,
    /// Whether buttons of external providers have an icon.
    has_provider_icons: bool,
    /// Whether external providers are above the fields for local users.
    providers_first: bool,
    /// The address of the classic logo.
    classic_logo: Option<String>,
}

/// A bar at the top or the bottom of the page.
#[derive(Debug, Serialize)]
struct Bar {
    logo: Option<Picture>,
    /// `start`, `center` or `end`.
    location: &'static str,
}

/// An image, and its variant for the dark mode if the browser selects the mode.
#[derive(Clone, Debug, Serialize)]
struct Picture {
    url: String,
    dark: Option<String>,
}

/// Drawings by the kind of page.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Graphics {
    email: Option<Picture>,
    sms: Option<Picture>,
    totp: Option<Picture>,
    password: Option<Picture>,
    web_authn: Option<Picture>,
}

impl Appearance {
    /// The appearance of a page.
    pub(super) fn new(frame: &Frame) -> Self {
        match frame.version {
            Version::Managed => Self::managed(Branding::of(&frame.look)),
            Version::Classic => Self {
                favicons: vec![ICON.to_owned()],
                layout: "classic-layout".to_owned(),
                has_provider_icons: true,
                providers_first: true,
                classic_logo: frame.look.logo.clone(),
                ..Self::default()
            },
        }
    }

    fn managed(branding: Branding<'_>) -> Self {
        let form = "/components/form/logo";
        let is_out = branding.text(&format!("{form}/formInclusion")) == Some("OUT");
        let picture = |category| branding.picture(category);
        let favicons: Vec<_> = ["FAVICON_ICO", "FAVICON_SVG"]
            .into_iter()
            .filter_map(|category| Some(picture(category)?.url))
            .collect();
        let place = |axis| branding.place(&format!("/categories/form/location/{axis}"));
        let density = match branding.text("/categories/global/spacingDensity") {
            Some("COMPACT") => " compact",
            _ => "",
        };
        let (x, y) = (place("horizontal"), place("vertical"));
        // Cognito's default image is not published.
        let has_default_image = branding.is_on("/components/pageBackground/image/enabled")
            && picture("PAGE_BACKGROUND").is_none();
        let tint = if has_default_image { " tinted" } else { "" };
        Self {
            favicons: if favicons.is_empty() {
                vec![ICON.to_owned()]
            } else {
                favicons
            },
            layout: format!("x-{x} y-{y}{density}{tint}"),
            header: branding.bar("pageHeader", "PAGE_HEADER_LOGO"),
            footer: branding.bar("pageFooter", "PAGE_FOOTER_LOGO"),
            form_logo: picture("FORM_LOGO").filter(|_| branding.is_on(&format!("{form}/enabled"))),
            form_logo_is_outside: is_out,
            form_logo_location: branding.place(&format!("{form}/location")),
            has_graphics: branding.is_on("/categories/form/displayGraphics"),
            graphics: Graphics {
                email: picture("EMAIL_GRAPHIC"),
                sms: picture("SMS_GRAPHIC"),
                totp: picture("AUTH_APP_GRAPHIC"),
                password: picture("PASSWORD_GRAPHIC"),
                web_authn: picture("PASSKEY_GRAPHIC"),
            },
            has_provider_icons: branding.is_on("/componentClasses/idpButtons/icons/enabled"),
            providers_first: branding.has_providers_first(),
            classic_logo: None,
        }
    }
}

/// The icon of pages without one: a padlock.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
     viewBox='0 0 16 16'%3E%3Crect x='2' y='7' width='12' height='8' rx='2' fill='%230972d3'/%3E\
     %3Cpath d='M5 7V5a3 3 0 0 1 6 0v2' fill='none' stroke='%230972d3' stroke-width='2'/%3E%3C/svg%3E";

/// Whether the branding shows the selector of languages.
pub(super) fn has_language_selector(look: &Look) -> bool {
    Branding::of(look).is_on("/categories/form/languageSelector/enabled")
}

/// CSS that cannot end its element. `\3c ` is `<` in CSS. Comments may contain `<`: the
/// validation of the API skips them. Line ends and zero characters are those that browsers
/// hash.
pub(super) fn contained(css: &str) -> String {
    css.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\0', "\u{fffd}")
        .replace('<', "\\3c ")
}

/// The custom properties and images of a branding.
pub(super) fn branding(look: &Look) -> String {
    let branding = Branding::of(look);
    let mut css = String::from(":root{");
    for (name, path) in RADII {
        let _ = write!(css, "--{name}:{}px;", branding.radius(path));
    }
    css.push('}');
    match branding.scheme() {
        Scheme::Light => branding.write_mode(&mut css, Mode::Light),
        Scheme::Dark => branding.write_mode(&mut css, Mode::Dark),
        Scheme::Adaptive => {
            branding.write_mode(&mut css, Mode::Light);
            css.push_str("@media (prefers-color-scheme:dark){");
            branding.write_mode(&mut css, Mode::Dark);
            css.push('}');
        }
    }
    css
}

/// Custom properties for radii, and their settings.
const RADII: &[(&str, &str)] = &[
    ("alert-radius", "/components/alert/borderRadius"),
    ("button-radius", "/componentClasses/buttons/borderRadius"),
    ("form-radius", "/components/form/borderRadius"),
    ("input-radius", "/componentClasses/input/borderRadius"),
];

/// Custom properties for colours, and their settings: the component, and the path in its
/// `lightMode` or `darkMode`.
const COLORS: &[(&str, &str, &str)] = &[
    ("page", "/components/pageBackground", "color"),
    ("form", "/components/form", "backgroundColor"),
    ("form-border", "/components/form", "borderColor"),
    ("heading", "/components/pageText", "headingColor"),
    ("text", "/components/pageText", "bodyColor"),
    ("description", "/components/pageText", "descriptionColor"),
    ("label", "/componentClasses/inputLabel", "textColor"),
    ("hint", "/componentClasses/inputDescription", "textColor"),
    (
        "input",
        "/componentClasses/input",
        "defaults/backgroundColor",
    ),
    (
        "input-border",
        "/componentClasses/input",
        "defaults/borderColor",
    ),
    ("placeholder", "/componentClasses/input", "placeholderColor"),
    ("focus", "/componentClasses/focusState", "borderColor"),
    ("divider", "/componentClasses/divider", "borderColor"),
    ("link", "/componentClasses/link", "defaults/textColor"),
    ("link-hover", "/componentClasses/link", "hover/textColor"),
    (
        "option",
        "/componentClasses/optionControls",
        "selected/backgroundColor",
    ),
    ("error", "/components/alert", "error/backgroundColor"),
    ("error-border", "/components/alert", "error/borderColor"),
    (
        "success",
        "/componentClasses/statusIndicator",
        "success/backgroundColor",
    ),
    (
        "success-border",
        "/componentClasses/statusIndicator",
        "success/borderColor",
    ),
    (
        "primary",
        "/components/primaryButton",
        "defaults/backgroundColor",
    ),
    (
        "primary-text",
        "/components/primaryButton",
        "defaults/textColor",
    ),
    (
        "primary-hover",
        "/components/primaryButton",
        "hover/backgroundColor",
    ),
    (
        "primary-hover-text",
        "/components/primaryButton",
        "hover/textColor",
    ),
    (
        "primary-active",
        "/components/primaryButton",
        "active/backgroundColor",
    ),
    (
        "primary-active-text",
        "/components/primaryButton",
        "active/textColor",
    ),
    (
        "secondary",
        "/components/secondaryButton",
        "defaults/backgroundColor",
    ),
    (
        "secondary-border",
        "/components/secondaryButton",
        "defaults/borderColor",
    ),
    (
        "secondary-text",
        "/components/secondaryButton",
        "defaults/textColor",
    ),
    (
        "secondary-hover",
        "/components/secondaryButton",
        "hover/backgroundColor",
    ),
    (
        "secondary-hover-border",
        "/components/secondaryButton",
        "hover/borderColor",
    ),
    (
        "secondary-hover-text",
        "/components/secondaryButton",
        "hover/textColor",
    ),
    (
        "idp",
        "/components/idpButton/standard",
        "defaults/backgroundColor",
    ),
    (
        "idp-border",
        "/components/idpButton/standard",
        "defaults/borderColor",
    ),
    (
        "idp-text",
        "/components/idpButton/standard",
        "defaults/textColor",
    ),
    (
        "idp-hover",
        "/components/idpButton/standard",
        "hover/backgroundColor",
    ),
    (
        "idp-hover-border",
        "/components/idpButton/standard",
        "hover/borderColor",
    ),
    (
        "idp-hover-text",
        "/components/idpButton/standard",
        "hover/textColor",
    ),
    ("header", "/components/pageHeader", "background/color"),
    ("header-border", "/components/pageHeader", "borderColor"),
    ("footer", "/components/pageFooter", "background/color"),
    ("footer-border", "/components/pageFooter", "borderColor"),
];

/// An image behind a part of the page.
struct Background {
    /// The selector of the part.
    selector: &'static str,
    /// The setting that shows the image.
    setting: &'static str,
    /// The category of the image.
    category: &'static str,
}

/// The images behind parts of the page.
const BACKGROUNDS: &[Background] = &[
    Background {
        selector: "body",
        setting: "/components/pageBackground/image/enabled",
        category: "PAGE_BACKGROUND",
    },
    Background {
        selector: ".card",
        setting: "/components/form/backgroundImage/enabled",
        category: "FORM_BACKGROUND",
    },
    Background {
        selector: ".page-bar-top",
        setting: "/components/pageHeader/backgroundImage/enabled",
        category: "PAGE_HEADER_BACKGROUND",
    },
    Background {
        selector: ".page-bar-bottom",
        setting: "/components/pageFooter/backgroundImage/enabled",
        category: "PAGE_FOOTER_BACKGROUND",
    },
];

/// The modes that a page has: `colorSchemeMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Light,
    Dark,
    /// The browser selects.
    Adaptive,
}

/// One mode of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Light,
    Dark,
}

impl Mode {
    /// The CSS keyword, the name in settings, and the `ColorMode` of images.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Light => ("light", "lightMode", "LIGHT"),
            Self::Dark => ("dark", "darkMode", "DARK"),
        }
    }
}

/// Settings and images of a branding, with Cognito's default settings behind them.
#[derive(Clone, Copy)]
struct Branding<'a> {
    look: &'a Look,
}

/// Cognito's default settings, as `state::branding` has them.
static DEFAULTS: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../model/managed-login.json");
    serde_json::from_str(text).expect("the file is JSON")
});

impl<'a> Branding<'a> {
    fn of(look: &'a Look) -> Self {
        Self { look }
    }

    /// The setting at `path` that `read` accepts: the operator's or the default one.
    fn setting<T>(self, path: &str, read: impl Fn(&'a Value) -> Option<T>) -> Option<T> {
        let own = self.look.settings.as_ref();
        let own = own
            .and_then(|settings| settings.pointer(path))
            .and_then(&read);
        own.or_else(|| DEFAULTS.pointer(path).and_then(read))
    }

    fn text(self, path: &str) -> Option<&'a str> {
        self.setting(path, Value::as_str)
    }

    fn is_on(self, path: &str) -> bool {
        self.setting(path, Value::as_bool) == Some(true)
    }

    /// `start`, `center` or `end`.
    fn place(self, path: &str) -> &'static str {
        match self.text(path) {
            Some("START" | "TOP" | "LEFT") => "start",
            Some("END" | "BOTTOM" | "RIGHT") => "end",
            _ => "center",
        }
    }

    /// A radius in pixels.
    fn radius(self, path: &str) -> f64 {
        let radius = self.setting(path, Value::as_f64).unwrap_or_default();
        radius.clamp(0.0, 100.0)
    }

    fn scheme(self) -> Scheme {
        match self.text("/categories/global/colorSchemeMode") {
            Some("DARK") => Scheme::Dark,
            Some("DYNAMIC" | "BROWSER_ADAPTIVE") => Scheme::Adaptive,
            _ => Scheme::Light,
        }
    }

    /// Whether external providers come before local users in `authMethodOrder`.
    fn has_providers_first(self) -> bool {
        let order = self.setting("/categories/auth/authMethodOrder", |order| {
            let methods = order
                .as_array()?
                .iter()
                .filter_map(Value::as_array)
                .flatten();
            let mut kinds = methods.filter_map(|method| method.get("type")?.as_str());
            kinds.find_map(|kind| match kind {
                "FEDERATED" => Some(true),
                "USERNAME_PASSWORD" => Some(false),
                _ => None,
            })
        });
        order == Some(true)
    }

    fn bar(self, component: &str, category: &str) -> Option<Bar> {
        let logo = format!("/components/{component}/logo");
        self.is_on(&format!("/categories/global/{component}/enabled"))
            .then(|| Bar {
                logo: self
                    .picture(category)
                    .filter(|_| self.is_on(&format!("{logo}/enabled"))),
                location: self.place(&format!("{logo}/location")),
            })
    }

    /// The image of a category for a mode: that of the mode, otherwise one for all modes,
    /// otherwise any.
    fn image(self, category: &str, mode: Mode) -> Option<&'a str> {
        let (_, _, own) = mode.names();
        let rank = |color_mode: &str| match color_mode {
            mode if mode == own => 0,
            "DYNAMIC" | "BROWSER_ADAPTIVE" => 1,
            _ => 2,
        };
        let images = self.look.images.iter();
        let found = images
            .filter(|image| image.category == category && is_image(&image.url))
            .min_by_key(|image| rank(&image.color_mode));
        found.map(|image| &*image.url)
    }

    fn picture(self, category: &str) -> Option<Picture> {
        let image = |mode| self.image(category, mode).map(str::to_owned);
        let (light, dark) = (image(Mode::Light)?, image(Mode::Dark)?);
        Some(match self.scheme() {
            Scheme::Adaptive => Picture {
                dark: Some(dark).filter(|dark| *dark != light),
                url: light,
            },
            Scheme::Light => Picture {
                url: light,
                dark: None,
            },
            Scheme::Dark => Picture {
                url: dark,
                dark: None,
            },
        })
    }

    /// Writes the rules of one mode.
    fn write_mode(self, css: &mut String, mode: Mode) {
        let (keyword, member, _) = mode.names();
        let _ = write!(css, ":root{{color-scheme:{keyword};");
        for (name, component, path) in COLORS {
            if let Some(color) = self.setting(&format!("{component}/{member}/{path}"), color) {
                let _ = write!(css, "--{name}:#{color};");
            }
        }
        css.push('}');
        for Background {
            selector,
            setting,
            category,
        } in BACKGROUNDS
        {
            let image = self.image(category, mode).filter(|_| self.is_on(setting));
            if let Some(url) = image {
                let _ = write!(css, "{selector}{{background-image:url(\"{url}\")}}");
            }
        }
    }
}

/// A colour: 6 hexadecimal digits, or 8 with an opacity.
fn color(value: &Value) -> Option<&str> {
    let digits = value.as_str()?;
    let is_color =
        matches!(digits.len(), 6 | 8) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_color.then_some(digits)
}

/// Whether an address is that of an image in base64. It has no character with a meaning in
/// CSS or HTML.
fn is_image(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("data:image/") else {
        return false;
    };
    let Some((format, data)) = rest.split_once(";base64,") else {
        return false;
    };
    let is_format = |c: u8| c.is_ascii_alphanumeric() || b"+-.".contains(&c);
    let is_data = |c: u8| c.is_ascii_alphanumeric() || b"+/=".contains(&c);
    format.bytes().all(is_format) && data.bytes().all(is_data)
}
