//! Seed files: pool files that are the emulator's initial state.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use cognito_emulator::Emulator;
use cognito_emulator::bounds::FILE_BYTES;
use cognito_emulator::pool_file::{self, Loaded, Mistake, PoolFile};
use cognito_emulator::wire::Scope;
use parking_lot::Mutex;

use super::{Defaults, StartError};
use crate::cognito::pools;
use crate::counted::counted;
use crate::guard::private_file;
use crate::stderr::note;

/// Pools that the message at start shows.
const SHOWN: usize = 20;

/// The seed files, whose form was checked, and the result of their last loading. Clones share
/// the result.
#[derive(Clone)]
pub(super) struct Seed {
    files: Arc<[PoolFile]>,
    scope: Scope,
    number: u64,
    loaded: Arc<Mutex<Result<Loaded, Mistake>>>,
}

/// Seed files whose form was checked, with their texts, before it is known in which Region and account
/// they are loaded.
pub(super) struct Parsed {
    /// The Region and the account of templates, for now.
    scope: Scope,
    texts: Vec<(String, String)>,
    files: Vec<PoolFile>,
}

impl Parsed {
    /// Reads `files`, which are in `scope` if they do not name another.
    ///
    /// # Errors
    /// If a file cannot be read, or has a mistake.
    pub(super) fn read(files: &[PathBuf], scope: &Scope) -> Result<Self, StartError> {
        let texts = files.iter().map(|path| {
            let name = path.display().to_string();
            let limit = u64::try_from(FILE_BYTES).unwrap_or(u64::MAX);
            let text = private_file::read_text(path, limit)
                .map_err(|why| StartError(format!("--seed-file {name}: {why}.")))?;
            Ok((name, text))
        });
        let texts: Vec<(String, String)> = texts.collect::<Result<_, StartError>>()?;
        let files = texts.iter().map(|(name, text)| {
            pool_file::parse_in(name, text, scope).map_err(|mistake| refused(&mistake))
        });
        Ok(Self {
            scope: scope.clone(),
            files: files.collect::<Result<_, _>>()?,
            texts,
        })
    }

    /// The Regions that the ids of their pools name.
    pub(super) fn regions(&self) -> BTreeSet<String> {
        self.files.iter().flat_map(PoolFile::regions).collect()
    }

    /// The accounts that their pools name.
    pub(super) fn accounts(&self) -> BTreeSet<String> {
        self.files.iter().flat_map(PoolFile::accounts).collect()
    }

    /// The files as the initial state. What they leave out follows from `seed`; pools without an id
    /// are in `scope`, and so are those of CloudFormation templates.
    ///
    /// # Errors
    /// If a template has a mistake.
    pub(super) fn in_scope(mut self, scope: &Scope, seed: u64) -> Result<Seed, StartError> {
        for (file, (name, text)) in self.files.iter_mut().zip(&self.texts) {
            if file.is_template() && *scope != self.scope {
                let converted = pool_file::parse_in(name, text, scope);
                *file = converted.map_err(|mistake| refused(&mistake))?;
            }
        }
        Ok(Seed {
            files: self.files.into(),
            scope: scope.clone(),
            number: seed,
            loaded: Arc::new(Mutex::new(Ok(Loaded::default()))),
        })
    }
}

impl Seed {
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Loads the files into an empty emulator.
    pub(super) fn load_into(&self, emulator: &Emulator) {
        let loaded = pool_file::load(emulator, &self.scope, self.number, &self.files);
        if let Err(mistake) = &loaded {
            tracing::error!(%mistake, "the seed files were not loaded");
        }
        *self.loaded.lock() = loaded;
    }

    /// The pool and the client of calls that name none: the only pool, if it is in `region`, and
    /// its only client.
    pub(super) fn defaults(&self, region: &str) -> Defaults {
        let loaded = self.loaded.lock();
        let loaded = loaded.as_ref();
        loaded.map_or_else(|_| Defaults::default(), |loaded| defaults(loaded, region))
    }

    /// The same, for the files in another emulator, which is empty.
    pub(super) fn defaults_in(&self, emulator: &Emulator, region: &str) -> Defaults {
        let loaded = pool_file::load(emulator, &self.scope, self.number, &self.files);
        loaded.map_or_else(|_| Defaults::default(), |loaded| defaults(&loaded, region))
    }

    /// Reports what the files do not have.
    ///
    /// # Errors
    /// If the files could not be loaded.
    pub(super) fn check(&self) -> Result<(), StartError> {
        match &*self.loaded.lock() {
            Ok(loaded) => {
                for missing in &loaded.notes {
                    note(format_args!("cognito-mcp: warning: {missing}"));
                }
                Ok(())
            }
            Err(mistake) => Err(refused(mistake)),
        }
    }

    /// Reports the ids of the pools and clients.
    pub(super) fn report(&self) {
        let loaded = self.loaded.lock();
        let Ok(Loaded { pools, .. }) = &*loaded else {
            return;
        };
        for pool in pools.iter().take(SHOWN) {
            let clients = pool.clients.iter().take(SHOWN);
            let clients: Vec<String> = clients
                .map(|(id, name)| {
                    if id == name {
                        id.clone()
                    } else {
                        format!("{id} ({name})")
                    }
                })
                .collect();
            let clients = match (clients.len(), pool.clients.len() - clients.len()) {
                (0, _) => "no app client".to_owned(),
                (_, 0) => format!("app clients {}", clients.join(", ")),
                (_, more) => format!("app clients {} and {more} more", clients.join(", ")),
            };
            let (id, name) = (&pool.id, &pool.name);
            let users = counted(pool.users, "user");
            note(format_args!("Pool {id} ({name}), {clients}, {users}."));
        }
        if let Some(more) = pools.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            note(format_args!("{more} more pools."));
        }
    }
}

fn defaults(loaded: &Loaded, region: &str) -> Defaults {
    let [pool] = loaded.pools.as_slice() else {
        return Defaults::default();
    };
    if pools::other_region(&pool.id, region).is_some() {
        return Defaults::default();
    }
    let client = match pool.clients.as_slice() {
        [(id, _)] => Some(id.clone()),
        _ => None,
    };
    Defaults {
        user_pool_id: Some(pool.id.clone()),
        client_id: client,
    }
}

fn refused(mistake: &Mistake) -> StartError {
    StartError(mistake.to_string())
}
