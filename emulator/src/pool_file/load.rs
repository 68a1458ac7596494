//! Loading of pool files: everything is validated before anything is inserted.

use super::check::check;
use super::definition::Definition;
use super::derive::Seed;
use super::entry::{Entry, words};
use super::file::PoolFile;
use super::loading::Loading;
use super::mistake::Mistake;
use super::node;
use super::template::{self, Inputs};
use super::{
    branding, clients, customizations, domains, groups, pools, providers, resource_servers, risks,
    terms, users,
};
use crate::Emulator;
use crate::auth::certificate::certificate;
use crate::error::{Error, Result as Refusable};
use crate::settings::identity_provider::ProviderType;
use crate::state::State;
use crate::state::pool::Pool;
use crate::wire::Scope;

/// Parses the text of the file `name` and checks the form of its members. A CloudFormation
/// template is converted, in the Region and account of the default [`Scope`].
///
/// # Errors
///
/// The first mistake.
pub fn parse(name: &str, text: &str) -> Result<PoolFile, Mistake> {
    parse_in(name, text, &Scope::default())
}

/// As [`parse`]. A template is converted in the Region and account of `scope`.
///
/// # Errors
///
/// The first mistake.
pub fn parse_in(name: &str, text: &str, scope: &Scope) -> Result<PoolFile, Mistake> {
    let in_file = |mistake| Mistake {
        file: name.to_owned(),
        ..mistake
    };
    let document = node::read(text).map_err(in_file)?;
    if template::is_template(&document.root) {
        let inputs = Inputs {
            scope: scope.clone(),
            ..Inputs::default()
        };
        return Ok(template::convert_one(name, &document.root, &inputs)?.file);
    }
    if let Some(mistake) = document.short_form {
        return Err(in_file(mistake));
    }
    let checked = check(&document.root, Definition::get()).map_err(in_file)?;
    Ok(PoolFile::new(name, document.root, checked))
}

/// The result of loading.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The pools, in the order of the files.
    pub pools: Vec<LoadedPool>,
    /// What is allowed only because a pool may have been changed later, such as a client with
    /// the scope of a resource server that does not exist.
    pub notes: Vec<Mistake>,
}

/// A pool that was loaded.
#[derive(Clone, Debug)]
pub struct LoadedPool {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The ids and names of the clients, in the order of the file.
    pub clients: Vec<(String, String)>,
    /// The number of users.
    pub users: usize,
    /// The names of the domains.
    pub domains: Vec<String>,
}

/// Loads `files` into `emulator`. Pools without an id are in the Region of `scope`, pools
/// without an account in its account. What the files leave out follows from `seed`.
///
/// # Errors
///
/// The first mistake. Nothing is loaded then.
pub fn load(
    emulator: &Emulator,
    scope: &Scope,
    seed: u64,
    files: &[PoolFile],
) -> Result<Loaded, Mistake> {
    let mut loading = Loading::new(emulator.world(), emulator.state(), scope, Seed(seed));
    let mut staged = Vec::new();
    let mut notes = Vec::new();
    for file in files {
        let in_file = |mistake| file.place(mistake);
        let mut root = Entry::root(&file.node, file.checked.clone());
        for entry in root.entries("UserPools") {
            let one = stage(&mut loading, entry).map_err(in_file)?;
            staged.push((file, one));
        }
        notes.extend(file.notes.iter().cloned());
        notes.extend(loading.notes.drain(..).map(in_file));
    }
    let pools = insert(emulator.state(), staged)?;
    Ok(Loaded { pools, notes })
}

/// A pool that is ready to be inserted.
struct Staged {
    pool: Pool,
    shown: LoadedPool,
    /// A mistake at the pool, for a refusal of the insertion.
    refusal: Mistake,
}

fn stage(loading: &mut Loading<'_>, entry: Entry<'_>) -> Result<Staged, Mistake> {
    let refusal = entry.refuse("");
    let (mut pool, mut parts) = pools::load(loading, entry)?;
    if !loading.claim_pool(&pool.id) {
        let message = format!("Another pool has the id `{}`.", pool.id);
        return Err(parts.refuse_member("Id", message));
    }
    let pool_mut = &mut pool;
    for entry in parts.entries("ResourceServers") {
        resource_servers::load(entry, pool_mut)?;
    }
    for entry in parts.entries("Groups") {
        groups::load(loading, entry, pool_mut)?;
    }
    for entry in parts.entries("IdentityProviders") {
        providers::load(loading, entry, pool_mut)?;
    }
    let mut shown = Vec::new();
    for entry in parts.entries("UserPoolClients") {
        shown.push(clients::load(loading, entry, pool_mut)?);
    }
    for entry in parts.entries("Domains") {
        domains::load(loading, entry, pool_mut)?;
    }
    for entry in parts.entries("ManagedLoginBrandings") {
        branding::load(loading, entry, pool_mut)?;
    }
    for entry in parts.entries("UICustomizations") {
        customizations::load(loading, entry, pool_mut)?;
    }
    for entry in parts.entries("Terms") {
        terms::load(loading, entry, pool_mut)?;
    }
    for entry in parts.entries("RiskConfigurations") {
        risks::load(loading, entry, pool_mut)?;
    }
    for entry in parts.entries("Users") {
        users::load(loading, entry, pool_mut)?;
    }
    let shown = LoadedPool {
        id: pool.id.clone(),
        name: pool.name.clone(),
        clients: shown,
        users: pool.users.len(),
        domains: pool.domains.names().map(str::to_owned).collect(),
    };
    Ok(Staged {
        pool,
        shown,
        refusal,
    })
}

/// Inserts all pools, or none if one is refused.
fn insert(state: &State, staged: Vec<(&PoolFile, Staged)>) -> Result<Vec<LoadedPool>, Mistake> {
    let mut inserted: Vec<LoadedPool> = Vec::new();
    for (file, one) in staged {
        let Staged {
            pool,
            shown,
            refusal,
        } = one;
        let id = pool.id.clone();
        inserted.push(shown);
        if let Err(error) = insert_one(state, pool, &id) {
            for shown in &inserted {
                state.remove(&shown.id);
            }
            return Err(file.place(Mistake {
                message: words(&error),
                ..refusal
            }));
        }
    }
    Ok(inserted)
}

fn insert_one(state: &State, pool: Pool, id: &str) -> Refusable<()> {
    state.insert(pool)?;
    let handle = state.pool_handle(id).ok_or(Error::Internal)?;
    let mut pool = handle.write();
    for client in pool.clients.keys() {
        state.insert_client(client, id)?;
    }
    for domain in pool.domains.names() {
        state.insert_domain(domain, &pool)?;
    }
    let since = pool.created_at;
    let providers = pool.identity_providers.values();
    let saml = providers.filter(|provider| provider.provider_type == ProviderType::Saml);
    let saml: Vec<String> = saml.map(|it| it.provider_name.clone()).collect();
    for provider in saml {
        let certificate = certificate(handle.keys.access(), id, since);
        if let Some(provider) = pool.identity_providers.get_mut(&provider) {
            let name = providers::CERTIFICATE.to_owned();
            provider.provider_details.insert(name, certificate);
        }
    }
    Ok(())
}
