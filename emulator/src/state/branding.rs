//! Styles of managed login: the appearance of an app client's pages.
//!
//! A client has at most one style, and a style has one client. Images are
//! checked only against the rules that Cognito was seen to apply: the file extension, and the
//! dimensions of PNG logos.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::limit::check_room;
use super::pool::Pool;
use crate::error::{Error, Result};
use crate::world::Time;

/// Limit of styles in a pool (fact 8d).
const LIMIT: usize = 20;
/// Limit of images in a style.
const ASSETS: usize = 40;

/// One style.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Style {
    /// A UUID.
    pub id: String,
    /// The app client of the pages.
    pub client_id: String,
    /// The appearance.
    pub look: Look,
    /// Date of creation.
    pub created_at: Time,
    /// Date of the last change.
    pub modified_at: Time,
}

/// The appearance, as create and update requests give it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Look {
    /// Whether Cognito's default settings apply.
    use_cognito_provided_values: bool,
    /// Colours and forms: a document in Cognito's format.
    settings: Option<Value>,
    /// Images.
    assets: Vec<Asset>,
}

/// `AssetType`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Asset {
    category: String,
    color_mode: String,
    extension: String,
    /// The image in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<String>,
}

impl Look {
    /// Validates the source and the images. Exactly one source must be chosen
    /// (measured, floci-io/floci#2869: `UseCognitoProvidedValues: false`
    /// chooses none).
    pub fn validate(&self) -> Result<()> {
        if self.use_cognito_provided_values == self.settings.is_some() {
            return Err(Error::BrandingSource);
        }
        let faults: Vec<_> = self.assets.iter().filter_map(Asset::fault).collect();
        if faults.is_empty() {
            return Ok(());
        }
        Err(Error::InvalidAssets {
            faults: faults.join(", "),
        })
    }

    /// Returns this appearance, changed by an update.
    ///
    /// Settings and images that the update does not name are kept, because the API
    /// Reference advises to send large styles in parts. An image replaces the image of
    /// the same category, mode and id (inferred). Choosing Cognito's default values
    /// removes all settings (terraform-provider-aws, acceptance tests).
    pub fn updated(&self, given: Self) -> Result<Self> {
        let mut assets = self.assets.clone();
        assets.retain(|asset| {
            given
                .assets
                .iter()
                .all(|other| !asset.is_in_place_of(other))
        });
        assets.extend(given.assets);
        if assets.len() > ASSETS {
            return Err(Error::TooManyAssets);
        }
        let settings = given.settings.map(|settings| match self.settings.clone() {
            Some(mut all) => {
                merge(&mut all, settings);
                all
            }
            None => settings,
        });
        Ok(Self {
            use_cognito_provided_values: given.use_cognito_provided_values,
            settings,
            assets,
        })
    }
}

impl Asset {
    fn is_in_place_of(&self, other: &Self) -> bool {
        (&self.category, &self.color_mode, &self.resource_id)
            == (&other.category, &other.color_mode, &other.resource_id)
    }

    /// The reason why Cognito refuses this image, if any. Live Cognito allows `ICO` only
    /// for favicons (cdk-preflight, which does not quote the sentence). The sentence and
    /// the reverse rule are inferred. The required form of PNG logos was seen live too.
    fn fault(&self) -> Option<String> {
        let Self {
            category,
            color_mode,
            extension,
            ..
        } = self;
        let favicons = match extension.as_str() {
            "ICO" => category == "FAVICON_ICO",
            "SVG" => category != "FAVICON_ICO",
            _ => !category.starts_with("FAVICON"),
        };
        let fault = if favicons {
            let (width, height) = self.size().filter(|_| category.ends_with("_LOGO"))?;
            if width >= height && width <= 4 * height {
                return None;
            }
            format!(
                "Invalid file dimension. Assets of SubType LOGO must have a width:height ratio \
                 between 1:1 and 4:1. Detected width: {width}.0; height: {height}.0"
            )
        } else {
            format!("Invalid file extension {extension}.")
        };
        Some(format!(
            "{{category: {category}, extension: {extension}, colorMode: {color_mode}, \
             errorMessage: \"{fault}\"}}"
        ))
    }

    /// Width and height of a PNG. They follow its signature and the head of its
    /// first chunk.
    fn size(&self) -> Option<(u64, u64)> {
        let bytes = STANDARD.decode(self.bytes.as_ref()?).ok()?;
        let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
        let header = header.get(4..16)?.strip_prefix(b"IHDR")?;
        let number = |at: usize| {
            let bytes = header.get(at..at + 4)?.try_into().ok()?;
            Some(u64::from(u32::from_be_bytes(bytes)))
        };
        Some((number(0)?, number(4)?))
    }
}

/// Merges `over` into `base`: objects member by member, all other values as a
/// whole.
fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                merge(base.entry(name).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

/// Cognito's default settings, as far as the example of the AWS CLI's
/// `update-managed-login-branding` shows them. The merge of a style with these settings
/// is inferred from their colours.
static DEFAULTS: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../model/managed-login.json");
    serde_json::from_str(text).expect("the file is JSON")
});

/// `ManagedLoginBrandingType`. A style without settings omits them. `Assets` is always
/// present, even if it is empty (measured, floci-io/floci#2869).
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StyleView {
    managed_login_branding_id: String,
    user_pool_id: String,
    use_cognito_provided_values: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Value>,
    assets: Vec<Asset>,
    creation_date: Time,
    last_modified_date: Time,
}

impl StyleView {
    /// `style` of the pool `pool_id`, without defaults.
    #[must_use]
    pub fn new(pool_id: &str, style: &Style) -> Self {
        let look = style.look.clone();
        Self {
            managed_login_branding_id: style.id.clone(),
            user_pool_id: pool_id.to_owned(),
            use_cognito_provided_values: look.use_cognito_provided_values,
            settings: look.settings,
            assets: look.assets,
            creation_date: style.created_at,
            last_modified_date: style.modified_at,
        }
    }

    /// The settings; an empty document if there are none.
    #[must_use]
    pub fn settings(&self) -> Value {
        self.settings.clone().unwrap_or_default()
    }

    /// The images: category, colour mode, and a `data:` URL.
    pub fn images(&self) -> impl Iterator<Item = (String, String, String)> {
        self.assets.iter().filter_map(|asset| {
            let kind = match asset.extension.as_str() {
                "ICO" => "x-icon",
                "JPEG" => "jpeg",
                "PNG" => "png",
                "SVG" => "svg+xml",
                "WEBP" => "webp",
                _ => return None,
            };
            let url = format!("data:image/{kind};base64,{}", asset.bytes.as_ref()?);
            Some((asset.category.clone(), asset.color_mode.clone(), url))
        })
    }

    /// `style` with `ReturnMergedResources`: Cognito's defaults for settings
    /// that the style does not set. Cognito's default images are not published.
    #[must_use]
    pub fn merged(mut self, merged: Option<bool>) -> Self {
        if merged == Some(true) {
            let mut all = DEFAULTS.clone();
            if let Some(settings) = self.settings {
                merge(&mut all, settings);
            }
            self.settings = Some(all);
        }
        self
    }
}

impl Pool {
    /// The style `id` (R203).
    pub fn style(&self, id: &str) -> Result<&Style> {
        let found = self.styles.iter().find(|style| style.id == id);
        found.ok_or(Error::BrandingNotFound)
    }

    /// The style `id`, for changes.
    pub fn style_mut(&mut self, id: &str) -> Result<&mut Style> {
        let found = self.styles.iter_mut().find(|style| style.id == id);
        found.ok_or(Error::BrandingNotFound)
    }

    /// The style of an app client of this pool (the sentence was measured,
    /// floci-io/floci#2869).
    pub fn style_of(&self, client_id: &str) -> Result<&Style> {
        self.client(client_id)?;
        let found = self
            .styles
            .iter()
            .find(|style| style.client_id == client_id);
        found.ok_or_else(|| Error::BrandingOfClientNotFound {
            client: client_id.to_owned(),
        })
    }

    /// Adds a new style, unless its client has one or the pool is full (fact
    /// 8d).
    pub fn insert_style(&mut self, style: Style) -> Result<()> {
        if self.style_of(&style.client_id).is_ok() {
            return Err(Error::BrandingExists {
                client: style.client_id,
            });
        }
        check_room("Managed login branding styles", self.styles.len(), LIMIT)?;
        self.styles.push(style);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::merge;

    #[test]
    fn objects_are_merged_and_other_values_replaced() {
        let mut base = json!({"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1}});
        merge(
            &mut base,
            json!({"a": {"c": [3]}, "d": 2, "f": {"g": null}}),
        );
        let merged = json!({"a": {"b": 1, "c": [3]}, "d": 2, "f": {"g": null}});
        assert_eq!(base, merged);
    }
}
