//! The Region and the account of the embedded emulator: those of its pools, unless a setting names a
//! Region.
//!
//! Requests without a Region or an account of their own, such as those of the tools, are in them.

use std::collections::BTreeSet;

use cognito_emulator::Emulator;
use cognito_emulator::wire::Scope;

use super::StartError;
use crate::ids::{PoolId, Region};

/// Pools that a warning names.
const SHOWN: usize = 5;

/// The Region and the account of an emulator, and where they come from.
#[derive(Clone, Debug)]
pub(super) struct Home {
    scope: Scope,
    source: Source,
}

/// Where the Region comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// A flag, the environment or `.env`.
    Setting,
    /// The pools of files.
    Pools,
    /// The id of this pool.
    DefaultPool(String),
    /// Nothing names one.
    Nothing,
}

impl Home {
    /// The home of an emulator in `region`, if a setting names one, and with the default pool
    /// `pool`.
    ///
    /// # Errors
    /// If `region` is not a Region.
    pub(super) fn new(region: Option<String>, pool: Option<&str>) -> Result<Self, StartError> {
        let mut scope = Scope::default();
        let mut source = Source::Nothing;
        if let Some(region) = region {
            if Region::parse(&region).is_none() {
                return Err(StartError(format!(
                    "`{region}` is not an AWS Region: write it as in us-east-1."
                )));
            }
            (scope.region, source) = (region, Source::Setting);
        } else if let Some(pool) = pool.and_then(|pool| PoolId::parse(pool).ok()) {
            scope.region = pool.region().to_string();
            source = Source::DefaultPool(pool.as_str().to_owned());
        }
        Ok(Self { scope, source })
    }

    /// Moves to the Region and the account of pools, each if they are all in one. A Region that a
    /// setting names stays.
    pub(super) fn follow(&mut self, regions: &BTreeSet<String>, accounts: &BTreeSet<String>) {
        if let Some(region) = only(regions)
            && self.source != Source::Setting
        {
            self.scope.region.clone_from(region);
            self.source = Source::Pools;
        }
        if let Some(account) = only(accounts) {
            self.scope.account.clone_from(account);
        }
    }

    /// As [`Home::follow`], for pools with these scopes.
    pub(super) fn follow_all(&mut self, scopes: &[Scope]) {
        let regions = scopes.iter().map(|scope| scope.region.clone());
        let accounts = scopes.iter().map(|scope| scope.account.clone());
        self.follow(&regions.collect(), &accounts.collect());
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Where an unusual Region or account comes from, in a sentence.
    pub(super) fn explained(&self) -> Option<String> {
        let Scope { region, account } = &self.scope;
        let usual = Scope::default();
        let (of_region, of_account) = (*region != usual.region, *account != usual.account);
        match &self.source {
            Source::Pools if of_region && of_account => Some(format!(
                "Region {region} and account {account} are those of the pools; --region sets \
                 another Region."
            )),
            Source::Pools if of_region => Some(format!(
                "Region {region} is that of the pools; --region sets another."
            )),
            Source::DefaultPool(pool) if of_region => Some(format!(
                "Region {region} is that of the pool {pool}; --region sets another."
            )),
            _ if of_account => Some(format!("Account {account} is that of the pools.")),
            _ => None,
        }
    }

    /// Whether requests of this home reach the pool `id`.
    pub(super) fn reaches(&self, emulator: &Emulator, id: &str) -> bool {
        let pool = emulator.state().pool_handle(id);
        pool.is_some_and(|pool| {
            let replica = pool.read();
            let replica = replica.replica_region(emulator.world().now());
            let Scope { region, account } = &self.scope;
            pool.scope.account == *account
                && (pool.scope.region == *region || replica == Some(region.as_str()))
        })
    }

    /// A warning for each reason why requests of this home do not reach pools, in a line.
    pub(super) fn warnings(&self, emulator: &Emulator) -> Vec<String> {
        let Scope { region, account } = &self.scope;
        let mut elsewhere: Vec<(String, Scope)> = Vec::new();
        for pool in emulator.state().pool_handles() {
            let id = pool.read().id.clone();
            if !self.reaches(emulator, &id) {
                elsewhere.push((id, pool.scope.clone()));
            }
        }
        let mut warnings = Vec::new();
        let of_region: Vec<&(String, Scope)> = elsewhere
            .iter()
            .filter(|(_, scope)| scope.region != *region)
            .collect();
        if !of_region.is_empty() {
            let regions = of_region.iter().map(|(_, scope)| scope.region.as_str());
            let regions: BTreeSet<&str> = regions.collect();
            let (are, them, own) = words(of_region.len());
            warnings.push(format!(
                "{} {are} not in {region}, the Region of this server: only requests for {own} own \
                 Region reach {them}. To work there, pass --region {}.",
                listed(&of_region),
                Vec::from_iter(regions).join(" or --region ")
            ));
        }
        let of_account: Vec<&(String, Scope)> = elsewhere
            .iter()
            .filter(|(_, scope)| scope.account != *account)
            .collect();
        if !of_account.is_empty() {
            let (are, them, own) = words(of_account.len());
            warnings.push(format!(
                "{} {are} not of account {account}, which this server uses: only requests whose \
                 access key id is {own} own account reach {them}.",
                listed(&of_account)
            ));
        }
        warnings
    }
}

fn only(names: &BTreeSet<String>) -> Option<&String> {
    names.first().filter(|_| names.len() == 1)
}

/// The words for one pool or several.
fn words(count: usize) -> (&'static str, &'static str, &'static str) {
    match count {
        1 => ("is", "it", "its"),
        _ => ("are", "them", "their"),
    }
}

fn listed(pools: &[&(String, Scope)]) -> String {
    let shown = pools.iter().take(SHOWN).map(|(id, _)| id.as_str());
    let shown = Vec::from_iter(shown).join(", ");
    match pools.len() {
        1 => format!("The pool {shown}"),
        count if count > SHOWN => format!("The pools {shown} and {} more", count - SHOWN),
        _ => format!("The pools {shown}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn home(setting: Option<&str>, pool: Option<&str>, regions: &[&str]) -> (String, String) {
        let mut home = Home::new(setting.map(ToOwned::to_owned), pool).unwrap();
        home.follow(&set(regions), &set(&[]));
        (
            home.scope.region.clone(),
            home.explained().unwrap_or_default(),
        )
    }

    #[test]
    fn the_region_is_the_setting_or_that_of_the_pools() {
        let eu = Some("eu-west-1");
        for (setting, pool, regions, region, explained) in [
            (None, None, &[][..], "us-east-1", ""),
            (None, None, &["us-east-1"], "us-east-1", ""),
            (
                None,
                Some("us-west-2_Shop"),
                &["eu-west-1"],
                "eu-west-1",
                "Region eu-west-1 is that of the pools; --region sets another.",
            ),
            (None, None, &["eu-west-1", "us-west-2"], "us-east-1", ""),
            (
                None,
                Some("us-west-2_Shop"),
                &["eu-west-1", "us-west-2"],
                "us-west-2",
                "Region us-west-2 is that of the pool us-west-2_Shop; --region sets another.",
            ),
            (None, Some("nonsense"), &[], "us-east-1", ""),
            (eu, Some("us-west-2_Shop"), &["us-west-2"], "eu-west-1", ""),
        ] {
            let expected = (region.to_owned(), explained.to_owned());
            assert_eq!(home(setting, pool, regions), expected);
        }
        assert!(Home::new(Some("nowhere".to_owned()), None).is_err());
    }

    #[test]
    fn the_account_is_that_of_the_pools() {
        let mut home = Home::new(Some("eu-west-1".to_owned()), None).unwrap();
        home.follow(&set(&["eu-west-1"]), &set(&["111122223333"]));
        assert_eq!(home.scope.account, "111122223333");
        assert_eq!(
            home.explained().unwrap(),
            "Account 111122223333 is that of the pools."
        );
        home.follow(&set(&[]), &set(&["111122223333", "444455556666"]));
        assert_eq!(home.scope.account, "111122223333");
    }
}
