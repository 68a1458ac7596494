//! Files of the console, the web page for people.
//!
//! They are built from `console/` (TypeScript), and the built files are in the repository, so that
//! nothing but Rust is needed to compile this crate. A debug build reads them from the source tree
//! at each request, so that a change of the page needs no compilation.

use std::borrow::Cow;

/// A file of the console.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its media type, as in `Content-Type`.
    pub media_type: &'static str,
    /// Its content.
    pub content: Cow<'static, [u8]>,
}

macro_rules! files {
    ($($name:literal $media_type:literal),+ $(,)?) => {
        /// The names of all files, with their media types.
        pub const FILES: &[(&str, &str)] = &[$(($name, $media_type)),+];

        /// The content of a file, which is part of the program.
        #[cfg(not(debug_assertions))]
        fn content(name: &str) -> Option<Cow<'static, [u8]>> {
            let content: &'static [u8] = match name {
                $($name => include_bytes!(concat!("../console/dist/", $name)),)+
                _ => return None,
            };
            Some(content.into())
        }
    };
}

files! {
    "app-change.html" "text/html; charset=utf-8",
    "app-outbox.html" "text/html; charset=utf-8",
    "app-user.html" "text/html; charset=utf-8",
    "console.css" "text/css; charset=utf-8",
    "console.js" "text/javascript; charset=utf-8",
    "index.html" "text/html; charset=utf-8",
}

/// The content of a file in the source tree, or in the folder that `CONSOLE_DIST` names.
#[cfg(debug_assertions)]
fn content(name: &str) -> Option<Cow<'static, [u8]>> {
    let folder = std::env::var_os("CONSOLE_DIST")
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/console/dist").into());
    let file = std::path::Path::new(&folder).join(name);
    std::fs::read(file).ok().map(Cow::Owned)
}

/// The file called `name`, if there is one.
#[must_use]
pub fn file(name: &str) -> Option<Asset> {
    let (name, media_type) = FILES.iter().find(|(known, _)| *known == name)?;
    Some(Asset {
        media_type,
        content: content(name)?,
    })
}
