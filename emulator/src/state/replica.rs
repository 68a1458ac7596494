//! Replica of a pool in another Region.
//!
//! A pool has at most one replica. The replica shares the pool's id, users and settings.
//! They are the same objects, so nothing is copied, and there is no replication delay. It
//! has its own status, tags and log delivery. Signed calls in its Region find the pool if
//! the developer guide lists their operation. Unsigned calls name no Region and use the
//! primary. Tokens are those of the primary, as with an `UPDATED` issuer.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-multi-region.html>

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::limit::check_room;
use super::pool::Pool;
use crate::error::{Error, Result};
use crate::settings::tags;
use crate::world::Time;

/// The time that the creation and the deletion of a replica take. AWS documents no time.
/// With this one, clients can observe the transition.
const TAKES: Duration = Duration::from_secs(5);

/// A secondary replica.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Replica {
    region: String,
    phase: Phase,
    /// Tags of the replica.
    pub tags: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Phase {
    Creating { until: Time },
    Active,
    Inactive,
    Deleting { until: Time },
}

/// `ReplicaStatusType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Being created.
    Creating,
    /// Serves users.
    Active,
    /// Serves administrators only.
    Inactive,
    /// Being deleted.
    Deleting,
}

/// `UserPoolReplicaType`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReplicaView {
    region_name: String,
    status: Status,
    role: &'static str,
    user_pool_arn: String,
}

/// Operations that a secondary Region allows in any status. The guide lists
/// `DeleteUserPoolReplica` too, although its reference says that it is called
/// in the primary Region.
const INACTIVE: &[&str] = &[
    "AdminGetDevice",
    "AdminGetUser",
    "AdminListDevices",
    "AdminListGroupsForUser",
    "AdminListUserAuthEvents",
    "CreateUserPoolDomain",
    "DeleteUserPoolDomain",
    "DescribeIdentityProvider",
    "DescribeManagedLoginBranding",
    "DescribeManagedLoginBrandingByClient",
    "DescribeResourceServer",
    "DescribeRiskConfiguration",
    "DescribeTerms",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "DescribeUserPoolDomain",
    "GetGroup",
    "GetLogDeliveryConfiguration",
    "GetSigningCertificate",
    "GetUICustomization",
    "GetUserPoolMfaConfig",
    "ListGroups",
    "ListIdentityProviders",
    "ListResourceServers",
    "ListTagsForResource",
    "ListTerms",
    "ListUserPoolClientSecrets",
    "ListUserPoolClients",
    "ListUserPoolReplicas",
    "ListUsers",
    "ListUsersInGroup",
    "SetLogDeliveryConfiguration",
    "SetRiskConfiguration",
    "SetUserPoolMfaConfig",
    "TagResource",
    "UntagResource",
    "UpdateUserPool",
    "UpdateUserPoolDomain",
    "UpdateUserPoolReplica",
];
/// Further operations that an active replica allows. Unsigned operations are
/// not looked up here.
const ACTIVE: &[&str] = &[
    "AdminInitiateAuth",
    "AdminRespondToAuthChallenge",
    "AdminUpdateAuthEventFeedback",
    "AdminUserGlobalSignOut",
    "GetIdentityProviderByIdentifier",
];
/// Operations of these lists that the emulator does not support in a secondary Region,
/// because their settings differ from the primary's.
const REGIONAL: &[&str] = &[
    "CreateUserPoolDomain",
    "DeleteUserPoolDomain",
    "DescribeUserPoolDomain",
    "SetRiskConfiguration",
    "SetUserPoolMfaConfig",
    "UpdateUserPool",
    "UpdateUserPoolDomain",
];

impl Replica {
    fn status(&self, now: Time) -> Option<Status> {
        match self.phase {
            Phase::Creating { until } if now < until => Some(Status::Creating),
            Phase::Creating { .. } | Phase::Inactive => Some(Status::Inactive),
            Phase::Active => Some(Status::Active),
            Phase::Deleting { until } if now < until => Some(Status::Deleting),
            Phase::Deleting { .. } => None,
        }
    }
}

impl Pool {
    /// The replica and its status, unless it is deleted by now.
    #[must_use]
    pub fn replica(&self, now: Time) -> Option<(&Replica, Status)> {
        let replica = self.replica.as_deref()?;
        Some((replica, replica.status(now)?))
    }

    /// The Region of the replica.
    #[must_use]
    pub fn replica_region(&self, now: Time) -> Option<&str> {
        self.replica(now)
            .map(|(replica, _)| replica.region.as_str())
    }

    /// The tags of the pool in `region`, the Region of the pool or of its
    /// replica.
    #[must_use]
    pub fn tags_of_region(&self, region: &str) -> &Map<String, Value> {
        match &*self.replica {
            Some(replica) if replica.region == region => &replica.tags,
            _ => &self.settings.user_pool_tags,
        }
    }

    /// [`Self::tags_of_region`], for changes.
    pub fn tags_of_region_mut(&mut self, region: &str) -> &mut Map<String, Value> {
        match &mut *self.replica {
            Some(replica) if replica.region == region => &mut replica.tags,
            _ => &mut self.settings.user_pool_tags,
        }
    }

    /// Begins to create a replica in `region`. The pool needs a higher tier and
    /// a multi-Region key: a customer managed KMS key whose id begins with
    /// `mrk-`. A pool has at most one replica.
    ///
    /// A missing key is a fault of the pool's configuration rather than of the
    /// request; the reference describes `OperationNotEnabledException` for this
    /// (inferred). All sentences and their order are inferred.
    pub fn begin_replica(
        &mut self,
        region: String,
        tags: Map<String, Value>,
        now: Time,
    ) -> Result<ReplicaView> {
        self.check_tier("Multi-Region Replication")?;
        let key = &self.settings.key_configuration;
        let arn = key
            .get("KmsKeyArn")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let is_multi_region = arn
            .rsplit('/')
            .next()
            .is_some_and(|id| id.starts_with("mrk-"));
        if key
            .get("KeyType")
            .is_none_or(|kind| kind != "CUSTOMER_MANAGED_KEY")
            || !is_multi_region
        {
            return Err(Error::ReplicaNeedsKey);
        }
        if !is_region(&region) || region == self.scope.region {
            return Err(Error::ReplicaRegion { region });
        }
        let count = usize::from(self.replica(now).is_some());
        check_room("Secondary replicas", count, 1)?;
        tags::validate(&tags).map_err(tags::TagFault::of_pool)?;
        let replica = Replica {
            region,
            phase: Phase::Creating {
                until: now.plus(TAKES),
            },
            tags,
        };
        let view = self.replica_view(&replica, Status::Creating);
        self.replica = Some(Box::new(replica)).into();
        Ok(view)
    }

    /// Enables or disables the replica in `region` for users.
    pub fn activate_replica(
        &mut self,
        region: &str,
        active: bool,
        now: Time,
    ) -> Result<ReplicaView> {
        match self.check_replica(region, now)? {
            Status::Active | Status::Inactive => {}
            Status::Creating | Status::Deleting => return Err(Error::ReplicaInTransition),
        }
        let phase = if active {
            Phase::Active
        } else {
            Phase::Inactive
        };
        self.advance_replica(phase, now)
    }

    /// Begins to delete the replica in `region`, which must be inactive.
    pub fn end_replica(&mut self, region: &str, now: Time) -> Result<ReplicaView> {
        if self.check_replica(region, now)? != Status::Inactive {
            return Err(Error::ReplicaNotInactive);
        }
        self.log_delivery.remove(region);
        let until = now.plus(TAKES);
        self.advance_replica(Phase::Deleting { until }, now)
    }

    fn check_replica(&self, region: &str, now: Time) -> Result<Status> {
        if region == self.scope.region {
            return Err(Error::ReplicaIsPrimary);
        }
        match self.replica(now) {
            Some((replica, status)) if replica.region == region => Ok(status),
            _ => Err(Error::ReplicaNotFound {
                region: region.to_owned(),
            }),
        }
    }

    fn advance_replica(&mut self, phase: Phase, now: Time) -> Result<ReplicaView> {
        if let Some(replica) = &mut *self.replica {
            replica.phase = phase;
        }
        match self.replica(now) {
            Some((replica, status)) => Ok(self.replica_view(replica, status)),
            None => Err(Error::Internal),
        }
    }

    /// The primary and the replica, as lists show them.
    #[must_use]
    pub fn replicas(&self, now: Time) -> Vec<ReplicaView> {
        let primary = ReplicaView {
            region_name: self.scope.region.clone(),
            status: Status::Active,
            role: "PRIMARY",
            user_pool_arn: self.arn(),
        };
        let secondary = self
            .replica(now)
            .map(|(replica, status)| self.replica_view(replica, status));
        [primary].into_iter().chain(secondary).collect()
    }

    fn replica_view(&self, replica: &Replica, status: Status) -> ReplicaView {
        ReplicaView {
            region_name: replica.region.clone(),
            status,
            role: "SECONDARY",
            user_pool_arn: self.arn_in(&replica.region),
        }
    }

    /// Checks a signed call of `operation` in `region`, which is not the pool's
    /// own: the pool must have its replica there, and the replica must allow
    /// the operation.
    pub fn check_secondary(&self, region: &str, operation: &str, now: Time) -> Result<()> {
        let found = self
            .replica(now)
            .filter(|(replica, _)| replica.region == region);
        let Some((_, status)) = found.filter(|(_, status)| *status != Status::Creating) else {
            return Err(Error::PoolNotFound {
                pool: self.id.clone(),
            });
        };
        let active = status == Status::Active && ACTIVE.contains(&operation);
        if !active && !INACTIVE.contains(&operation) {
            return Err(Error::OperationNotEnabled);
        }
        if REGIONAL.contains(&operation) {
            return Err(Error::NotImplemented {
                operation: format!("{operation} in a secondary Region"),
            });
        }
        Ok(())
    }
}

/// Whether a name has the form of a Region's name, such as `us-gov-west-1`.
fn is_region(name: &str) -> bool {
    let mut parts = name.rsplit('-');
    let number = parts.next().unwrap_or_default();
    let words: Vec<_> = parts.collect();
    let is_word =
        |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && words.len() >= 2
        && words.iter().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions() {
        for name in [
            "us-east-1",
            "us-gov-west-1",
            "ap-southeast-5",
            "mx-central-1",
        ] {
            assert!(is_region(name), "{name}");
        }
        for name in [
            "us-east",
            "us-1",
            "us--1",
            "US-EAST-1",
            "us-east-12",
            "us-east-x",
            "useast1",
            "-----",
        ] {
            assert!(!is_region(name), "{name}");
        }
    }

    #[test]
    fn lists_name_operations() {
        for name in [INACTIVE, ACTIVE, REGIONAL].into_iter().flatten() {
            assert!(
                crate::model::Model::get().operation(name).is_some(),
                "{name}"
            );
        }
        assert!(REGIONAL.iter().all(|name| INACTIVE.contains(name)));
    }
}
