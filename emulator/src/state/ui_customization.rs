//! Customization of the classic hosted UI: CSS and a logo, for one app client
//! or for all clients without their own.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::pool::Pool;
use crate::auth;
use crate::error::{Error, Result};
use crate::world::{Time, calendar};

/// The `ClientId` of the customization for all clients.
pub const ALL: &str = "ALL";

/// `UICustomizationType`. Empty if nothing is customized, according to the API
/// Reference of `GetUICustomization`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UiCustomization {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_pool_id: Option<String>,
    /// `ALL` for the customization of all clients (terraform-provider-aws,
    /// acceptance tests).
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<String>,
    #[serde(rename = "CSS", skip_serializing_if = "Option::is_none")]
    css: Option<String>,
    #[serde(rename = "CSSVersion", skip_serializing_if = "Option::is_none")]
    css_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date: Option<Time>,
    /// The logo in base64, for the pages. Responses do not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<SmolStr>,
}

impl UiCustomization {
    /// The customization without the logo, as responses have it.
    #[must_use]
    pub fn without_image(self) -> Self {
        Self {
            image: None,
            ..self
        }
    }

    /// The style sheet.
    #[must_use]
    pub fn css(&self) -> Option<&str> {
        self.css.as_deref()
    }

    /// The logo in base64.
    #[must_use]
    pub fn image(&self) -> Option<&str> {
        self.image.as_deref()
    }

    /// The dates of creation and of the last change.
    #[must_use]
    pub fn dates(&self) -> (Option<Time>, Option<Time>) {
        (self.creation_date, self.last_modified_date)
    }

    /// The logo as a `data:` URL. Cognito accepts PNG and JPEG (developer guide, "Hosted UI
    /// classic branding").
    #[must_use]
    pub fn logo(&self) -> Option<String> {
        let image = self.image.as_deref()?;
        // The first bytes of JPEG.
        let kind = if image.starts_with("/9j/") {
            "jpeg"
        } else {
            "png"
        };
        Some(format!("data:image/{kind};base64,{image}"))
    }
}

/// The classes that can be styled.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/hosted-ui-classic-branding.html>
const CLASSES: &[&str] = &[
    "background-customizable",
    "banner-customizable",
    "errorMessage-customizable",
    "idpButton-customizable",
    "idpButton-customizable:hover",
    "idpDescription-customizable",
    "inputField-customizable",
    "inputField-customizable:focus",
    "label-customizable",
    "legalText-customizable",
    "logo-customizable",
    "passwordCheck-notValid-customizable",
    "passwordCheck-valid-customizable",
    "redirect-customizable",
    "socialButton-customizable",
    "submitButton-customizable",
    "submitButton-customizable:hover",
    "textDescription-customizable",
];
/// Values that no property may contain, according to the same page. The page forbids
/// HTML, and therefore `<` (inferred).
const FORBIDDEN: &[&str] = &["@import", "@supports", "@page", "@media", "javascript", "<"];

/// Validates a style sheet. Its selectors must be allowed classes, alone or in a list
/// with commas. Text without a block counts as a selector (inferred).
pub fn validate_css(css: &str) -> Result<()> {
    let mut rest = css.to_owned();
    while let Some(start) = rest.find("/*") {
        let end = rest[start..].find("*/").map(|end| start + end + 2);
        rest.replace_range(start..end.unwrap_or(rest.len()), " ");
    }
    let lower = rest.to_ascii_lowercase();
    if FORBIDDEN.iter().any(|word| lower.contains(word)) {
        return Err(Error::CssNotAllowed);
    }
    let rules = rest.split('}').map(|rule| rule.split('{').next());
    for selector in rules.flatten().flat_map(|selectors| selectors.split(',')) {
        let selector = selector.trim();
        let class = selector.strip_prefix('.').unwrap_or(selector);
        if !class.is_empty() && !CLASSES.contains(&class) {
            return Err(Error::CssClassNotAllowed {
                class: class.to_owned(),
            });
        }
    }
    Ok(())
}

impl Pool {
    /// Checks that the pool has a domain. Without one a customization can be
    /// neither set nor read (terraform-provider-aws; cdk-preflight).
    pub fn check_has_domain(&self) -> Result<()> {
        if self.domains.any() {
            Ok(())
        } else {
            Err(Error::DomainRequired)
        }
    }

    /// Replaces the customization of `client_id`, or of all clients. CSS and logo are set
    /// together: an omitted one is removed, and omitting both removes the customization
    /// (terraform-provider-aws deletes it in this way).
    pub fn customize_ui(
        &mut self,
        client_id: &str,
        css: Option<String>,
        image: Option<String>,
        now: Time,
    ) -> UiCustomization {
        let before = self.ui_customizations.remove(client_id);
        if css.is_none() && image.is_none() {
            return UiCustomization::default();
        }
        let version = calendar::version(now);
        // A distribution for the pool, with a generated name.
        let digest = auth::digest(&self.id);
        let host = digest[..13]
            .iter()
            .filter_map(|byte| char::from_digit(u32::from(byte % 36), 36));
        let host: String = host.collect();
        let url = || {
            let pool = &self.id;
            format!(
                "https://d{host}.cloudfront.net/{pool}/{client_id}/{version}/assets/images/image.jpg"
            )
        };
        let customization = UiCustomization {
            user_pool_id: Some(self.id.clone()),
            client_id: Some(client_id.to_owned()),
            image_url: image.is_some().then(url),
            image: image.map(Into::into),
            css,
            css_version: Some(version.clone()),
            last_modified_date: Some(now),
            creation_date: before.and_then(|before| before.creation_date).or(Some(now)),
        };
        let kept = customization.clone();
        self.ui_customizations.insert(client_id.to_owned(), kept);
        customization
    }

    /// The customization of `client_id`, otherwise that of all clients.
    #[must_use]
    pub fn ui_customization(&self, client_id: &str) -> UiCustomization {
        let own = self.ui_customizations.get(client_id);
        let found = own.or_else(|| self.ui_customizations.get(ALL));
        found.cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, validate_css};

    #[test]
    fn style_sheets() {
        for css in [
            "",
            ".label-customizable{font-weight: 400;}",
            " /* a { */ .idpButton-customizable:hover,\n.logo-customizable { color: #fff }\n",
            ".label-customizable{} /* unfinished",
        ] {
            assert_eq!(validate_css(css), Ok(()), "{css}");
        }
        for (css, class) in [
            ("body { display: grid; }", "body"),
            (".label-customizable {} .mine {}", "mine"),
            (".label-customizable:hover {}", "label-customizable:hover"),
            (".label-customizable, p {}", "p"),
            ("Label-customizable {}", "Label-customizable"),
            ("nothing", "nothing"),
        ] {
            let refusal = validate_css(css).unwrap_err().sentence().unwrap();
            let expected = format!("The CSS class {class} is not in the list of allowed classes.");
            assert_eq!(refusal, expected, "{css}");
        }
        for css in [
            "@import 'a.css';",
            "@MEDIA print { .label-customizable {} }",
            "@supports (display: grid) { .label-customizable {} }",
            ".label-customizable {} @page { size: a4 }",
            ".label-customizable { background: url(javascript:alert(1)) }",
            ".label-customizable { content: '<b>' }",
        ] {
            assert_eq!(validate_css(css), Err(Error::CssNotAllowed), "{css}");
        }
    }
}
