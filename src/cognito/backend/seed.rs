//! Seed files: pool files that are the emulator's initial state.

use std::path::PathBuf;
use std::sync::Arc;

use cognito_emulator::Emulator;
use cognito_emulator::bounds::FILE_BYTES;
use cognito_emulator::pool_file::{self, Loaded, Mistake, PoolFile};
use cognito_emulator::wire::Scope;
use parking_lot::Mutex;

use super::{Defaults, StartError};
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

impl Seed {
    /// Reads `files`. What they leave out follows from `seed`; pools without an id are in
    /// `scope`, and so are those of CloudFormation templates.
    pub(super) fn read(files: &[PathBuf], scope: &Scope, seed: u64) -> Result<Self, StartError> {
        let files: Result<Vec<PoolFile>, StartError> = files
            .iter()
            .map(|path| {
                let name = path.display().to_string();
                let limit = u64::try_from(FILE_BYTES).unwrap_or(u64::MAX);
                let text = private_file::read_text(path, limit)
                    .map_err(|why| StartError(format!("--seed-file {name}: {why}.")))?;
                pool_file::parse_in(&name, &text, scope).map_err(|mistake| refused(&mistake))
            })
            .collect();
        Ok(Self {
            files: files?.into(),
            scope: scope.clone(),
            number: seed,
            loaded: Arc::new(Mutex::new(Ok(Loaded::default()))),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Loads the files into an empty emulator.
    pub(super) fn plant(&self, emulator: &Emulator) {
        let loaded = pool_file::load(emulator, &self.scope, self.number, &self.files);
        if let Err(mistake) = &loaded {
            tracing::error!(%mistake, "the seed files were not loaded");
        }
        *self.loaded.lock() = loaded;
    }

    /// The pool and the client of calls that name none: the only pool, and its only client.
    pub(super) fn defaults(&self) -> Defaults {
        self.loaded
            .lock()
            .as_ref()
            .map(defaults)
            .unwrap_or_default()
    }

    /// The same, for the files in another emulator, which is empty.
    pub(super) fn defaults_in(&self, emulator: &Emulator) -> Defaults {
        let loaded = pool_file::load(emulator, &self.scope, self.number, &self.files);
        loaded.as_ref().map(defaults).unwrap_or_default()
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
            let users = match pool.users {
                1 => "1 user".to_owned(),
                count => format!("{count} users"),
            };
            note(format_args!("Pool {id} ({name}), {clients}, {users}."));
        }
        if let Some(more) = pools.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            note(format_args!("{more} more pools."));
        }
    }
}

fn defaults(loaded: &Loaded) -> Defaults {
    let [pool] = loaded.pools.as_slice() else {
        return Defaults::default();
    };
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
