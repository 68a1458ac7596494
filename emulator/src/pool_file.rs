//! Pool files: one file of YAML or JSON that describes user pools with their clients,
//! groups, users and all other parts.
//!
//! A pool file has the member names of the API's create operations. `Definition::get` is
//! the list of its members; the JSON Schema, the checks, and the order of members in an
//! export follow from it. A file is validated completely before anything is inserted.
//!
//! ```
//! use cognito_emulator::pool_file::{self, Mistake};
//! use cognito_emulator::stack::Stack;
//! use cognito_emulator::wire::Scope;
//!
//! # fn main() -> Result<(), Mistake> {
//! let text = "UserPools: [{PoolName: shop, Id: us-east-1_Shop}]";
//! let file = pool_file::parse("pools.yaml", text)?;
//! let stack = Stack::builder()
//!     .initial_state(move |emulator| {
//!         let loaded = pool_file::load(emulator, &Scope::default(), 0, &[file.clone()]);
//!         assert_eq!(loaded.unwrap().pools[0].id, "us-east-1_Shop");
//!     })
//!     .build();
//! let exported = stack.inspect(|emulator| {
//!     pool_file::export(emulator, stack.scope(), &pool_file::Export::default())
//! });
//! assert!(pool_file::yaml(&exported).contains("PoolName: shop"));
//! # Ok(())
//! # }
//! ```
//!
//! [`parse`] also accepts a CloudFormation template, which [`convert`] converts to a pool file
//! with chosen parameters and ids.
//!
//! Sign-in sessions, tokens, codes, failed attempts, events of threat protection, import
//! jobs and messages are not part of a pool file. `docs/pool-file.md` lists all.

mod branding;
mod check;
mod clients;
mod customizations;
mod dates;
mod definition;
mod derive;
mod devices;
mod domains;
mod entry;
mod export;
mod factors;
mod file;
mod fit;
mod form;
mod groups;
mod identities;
mod json_schema;
mod load;
mod loading;
mod logs;
mod members;
mod mistake;
mod nearest;
mod node;
mod passkeys;
mod passwords;
mod pools;
mod providers;
mod replicas;
mod resource_servers;
mod risks;
mod schema_attributes;
mod short_forms;
mod template;
mod terms;
mod users;
mod yaml;

pub use self::definition::Definition;
pub use self::export::{Export, export};
pub use self::file::PoolFile;
pub use self::fit::fit;
pub use self::json_schema::json_schema;
pub use self::load::{Loaded, LoadedPool, load, parse, parse_in};
pub use self::members::Without;
pub use self::mistake::Mistake;
pub use self::template::{Converted, Inputs, convert};
pub use self::yaml::yaml;

#[cfg(test)]
mod tests;
