//! A pool file whose form was checked, and where its parts come from.

use std::collections::BTreeSet;

use serde_json::Value;

use super::mistake::Mistake;
use super::node::Node;
use crate::state::pinned;

/// A file whose form was checked.
#[derive(Clone, Debug)]
pub struct PoolFile {
    pub(super) name: String,
    pub(super) node: Node,
    pub(super) checked: Value,
    /// The resources of templates that the parts of the file were made from.
    pub(super) origins: Vec<Origin>,
    /// What templates have and the file does not.
    pub(super) notes: Vec<Mistake>,
}

/// The place in a template of a part of the file.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// The path of the part, as in `UserPools[0].Groups[1]`.
    pub(super) part: String,
    /// The template.
    pub(super) file: String,
    /// The path in the template, as in `Resources.Admins.Properties`.
    pub(super) path: String,
}

impl PoolFile {
    /// The file `name` with its root.
    pub(super) fn new(name: &str, node: Node, checked: Value) -> Self {
        Self {
            name: name.to_owned(),
            node,
            checked,
            origins: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The file as JSON. [`yaml`](super::yaml) writes it as YAML.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.checked
    }

    /// Whether the file was made from a template. The ids of its pools then have the Region in which
    /// the template was converted.
    #[must_use]
    pub fn is_template(&self) -> bool {
        !self.origins.is_empty()
    }

    /// The Regions that the ids of its pools name. Pools without an id are in the Region in which the
    /// file is loaded. A template has none.
    #[must_use]
    pub fn regions(&self) -> BTreeSet<String> {
        if self.is_template() {
            return BTreeSet::new();
        }
        let id = |pool: &Value| {
            let id = pool["Id"].as_str();
            let id = id.or_else(|| pool["UserPoolTags"][pinned::TAG].as_str())?;
            let (region, _) = id.rsplit_once('_')?;
            Some(region.to_owned())
        };
        self.pools().filter_map(id).collect()
    }

    /// The accounts that its pools name. Other pools are in the account in which the file is loaded.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<String> {
        let account = |pool: &Value| Some(pool["AccountId"].as_str()?.to_owned());
        self.pools().filter_map(account).collect()
    }

    fn pools(&self) -> impl Iterator<Item = &Value> {
        self.checked["UserPools"].as_array().into_iter().flatten()
    }

    /// What the file does not have of the template that it was made from.
    #[must_use]
    pub fn notes(&self) -> &[Mistake] {
        &self.notes
    }

    /// `mistake` with its file, and with its path in the template if the file was made from one.
    pub(super) fn place(&self, mistake: Mistake) -> Mistake {
        place(&self.origins, &self.name, mistake)
    }
}

/// `mistake` in a file that was made from the resources at `origins`, or else in the file `name`.
pub(super) fn place(origins: &[Origin], name: &str, mistake: Mistake) -> Mistake {
    let rest = |origin: &Origin| {
        let rest = mistake.path.strip_prefix(&origin.part)?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then(|| rest.to_owned())
    };
    let nearest = origins
        .iter()
        .filter_map(|origin| Some((origin, rest(origin)?)))
        .min_by_key(|(_, rest)| rest.len());
    match nearest {
        None => Mistake {
            file: name.to_owned(),
            ..mistake
        },
        Some((origin, rest)) => Mistake {
            file: origin.file.clone(),
            path: format!("{}{rest}", origin.path),
            ..mistake
        },
    }
}
