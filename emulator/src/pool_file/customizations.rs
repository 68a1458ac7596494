//! Customizations of the classic hosted UI in a pool file.

use super::clients;
use super::entry::{Entry, words};
use super::loading::Loading;
use super::members::{Members, Without};
use super::mistake::Mistake;
use crate::state::pool::Pool;
use crate::state::ui_customization::{ALL, validate_css};

/// Sets a customization of `pool`.
pub(super) fn load(
    loading: &mut Loading<'_>,
    mut entry: Entry<'_>,
    pool: &mut Pool,
) -> Result<(), Mistake> {
    let client = match clients::reference(&mut entry, pool)? {
        Some(id) if id != ALL => clients::check(&entry, pool, id)?,
        _ => ALL.to_owned(),
    };
    if pool.ui_customizations.contains_key(&client) {
        let message = format!("`{client}` has two customizations: remove one.");
        return Err(entry.refuse(message));
    }
    let (css, image) = (entry.text("CSS"), entry.text("ImageFile"));
    if css.is_none() && image.is_none() {
        return Err(entry.refuse("`CSS` or `ImageFile` is missing."));
    }
    if let Some(css) = &css {
        validate_css(css).map_err(|error| entry.refused_member("CSS", &error))?;
    }
    if let Err(error) = pool.check_has_domain() {
        // The domain may have been deleted after the customization was set.
        loading.notes.push(entry.refuse(words(&error)));
    }
    let (created, modified) = entry.dates("CreationDate", "LastModifiedDate", loading.now);
    for now in [created, modified] {
        pool.customize_ui(&client, css.clone(), image.clone(), now);
    }
    Ok(())
}

/// The customizations of `pool`.
pub(super) fn export(pool: &Pool, without: Without) -> Vec<Members> {
    let all = pool
        .ui_customizations
        .iter()
        .map(|(client, customization)| {
            let mut members = Members::new(without);
            members.add("ClientId", client);
            members.add_some("CSS", customization.css().as_ref());
            members.add_some("ImageFile", customization.image().as_ref());
            let (created, modified) = customization.dates();
            for (name, date) in [("CreationDate", created), ("LastModifiedDate", modified)] {
                if let Some(date) = date {
                    members.date(name, date);
                }
            }
            members
        });
    all.collect()
}
