//! What each operation of Cognito does to the world, and who may call it.
//!
//! What a tool may do is derived from the operations that it calls, so this
//! table is the one place that decides what a server which only reads refuses.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cognito_emulator::model::Model;

use crate::bounds::SIMILAR_CHARS;

/// What an operation, or a tool, does to the world.
///
/// On AWS, [`Effect::Destroy`] is behind a gate of its own. It is for what its
/// victim cannot undo: a deleted user is gone, a disabled one stays out until an
/// administrator lets them in. A new password, a demanded reset or the end of all
/// sessions sends a user back to a sign-in that is still theirs, through the
/// verified address if need be, and is the daily work of support; these are
/// [`Effect::Change`], so that nobody has to open the gate of deletion for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Adds, and takes nothing away.
    Add,
    /// Replaces or ends something that can be set again.
    Change,
    /// Deletes, or shuts somebody out until an administrator acts.
    Destroy,
}

/// How Cognito decides who may call an operation.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// By IAM, for one user pool.
    UserPool,
    /// By IAM, for all of the account: the action has no resource.
    Account,
    /// By what the request carries, such as a client id, a session or an access
    /// token. IAM is not asked.
    Public,
}

/// An operation of Cognito.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Its name, as in `AdminGetUser`.
    pub name: &'static str,
    /// What it does to the world.
    pub effect: Effect,
    /// Who may call it.
    pub access: Access,
}

/// Every operation, sorted by name.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.values()
}

/// The operation called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Operation> {
    OPERATIONS.get(name)
}

/// The operation that `name` means in whatever style it is written, as in
/// `admin_get_user`.
#[must_use]
pub fn find_alike(name: &str) -> Option<&'static Operation> {
    find(name).or_else(|| all().find(|operation| alike(operation.name, name)))
}

/// Whether two names differ in case and separators only.
#[must_use]
pub fn alike(a: &str, b: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase())
    }
    // No name is as long; a caller's is compared with all of them.
    let is_short = a.len().max(b.len()) <= SIMILAR_CHARS;
    a == b || is_short && letters(a).eq(letters(b))
}

/// The names of all operations.
pub const NAMES: &[&str] = &names();

const fn names() -> [&'static str; count()] {
    let mut all = [""; count()];
    let (mut next, mut row) = (0, 0);
    while row < EFFECTS.len() {
        let names = EFFECTS[row].1;
        let mut at = 0;
        while at < names.len() {
            all[next] = names[at];
            next += 1;
            at += 1;
        }
        row += 1;
    }
    all
}

const fn count() -> usize {
    let (mut count, mut row) = (0, 0);
    while row < EFFECTS.len() {
        count += EFFECTS[row].1.len();
        row += 1;
    }
    count
}

/// The strongest effect among `operations`; that of one that nobody knows is
/// the strongest there is.
#[must_use]
pub fn effect_of(operations: &[&str]) -> Effect {
    let effects = operations.iter().map(|name| match find(name) {
        Some(operation) => operation.effect,
        None => Effect::Destroy,
    });
    effects.max().unwrap_or(Effect::Read)
}

static OPERATIONS: LazyLock<BTreeMap<&'static str, Operation>> = LazyLock::new(|| {
    let signed = |name| {
        let operation = Model::get().operation(name);
        operation.is_none_or(|operation| operation.signed)
    };
    EFFECTS
        .iter()
        .flat_map(|(effect, names)| names.iter().map(|name| (*name, *effect)))
        .map(|(name, effect)| {
            let access = match name {
                _ if ACCOUNT.contains(&name) => Access::Account,
                _ if signed(name) => Access::UserPool,
                _ => Access::Public,
            };
            let operation = Operation {
                name,
                effect,
                access,
            };
            (name, operation)
        })
        .collect()
});

/// Actions without a resource in the service authorization reference.
const ACCOUNT: &[&str] = &[
    "CreateUserPool",
    "DescribeUserPoolDomain",
    "GetProvisionedLimit",
    "ListUserPools",
    "UpdateProvisionedLimit",
];

const EFFECTS: &[(Effect, &[&str])] = &[
    (
        Effect::Read,
        &[
            "AdminGetDevice",
            "AdminGetUser",
            "AdminGetUserAuthFactors",
            "AdminListDevices",
            "AdminListGroupsForUser",
            "AdminListUserAuthEvents",
            "AdminListUserSessions",
            "DescribeIdentityProvider",
            "DescribeManagedLoginBranding",
            "DescribeManagedLoginBrandingByClient",
            "DescribeResourceServer",
            "DescribeRiskConfiguration",
            "DescribeTerms",
            "DescribeTermsByClient",
            "DescribeUserImportJob",
            "DescribeUserPool",
            "DescribeUserPoolClient",
            "DescribeUserPoolDomain",
            "GetCSVHeader",
            "GetDevice",
            "GetGroup",
            "GetIdentityProviderByIdentifier",
            "GetLogDeliveryConfiguration",
            "GetProvisionedLimit",
            "GetSigningCertificate",
            "GetUICustomization",
            "GetUser",
            "GetUserAuthFactors",
            "GetUserPoolClientSessionConfiguration",
            "GetUserPoolMfaConfig",
            "GetUserPoolSessionConfiguration",
            "ListDevices",
            "ListGroups",
            "ListIdentityProviders",
            "ListResourceServers",
            "ListTagsForResource",
            "ListTerms",
            "ListUserImportJobs",
            "ListUserPoolClientSecrets",
            "ListUserPoolClients",
            "ListUserPoolReplicas",
            "ListUserPools",
            "ListUserSessions",
            "ListUsers",
            "ListUsersInGroup",
            "ListWebAuthnCredentials",
        ],
    ),
    (
        Effect::Add,
        &[
            "AddCustomAttributes",
            "AddUserPoolClientSecret",
            "AdminAddUserToGroup",
            "AdminCreateUser",
            "AdminInitiateAuth",
            "AdminLinkProviderForUser",
            "AdminUpdateAuthEventFeedback",
            "AssociateSoftwareToken",
            "CompleteWebAuthnRegistration",
            "ConfirmDevice",
            "CreateGroup",
            "CreateIdentityProvider",
            "CreateManagedLoginBranding",
            "CreateResourceServer",
            "CreateTerms",
            "CreateUserImportJob",
            "CreateUserPool",
            "CreateUserPoolClient",
            "CreateUserPoolDomain",
            "CreateUserPoolReplica",
            // A message to the user, with a code.
            "ForgotPassword",
            "GetClientToken",
            "GetDerivedToken",
            "GetTokensFromRefreshToken",
            "GetUserAttributeVerificationCode",
            "InitiateAuth",
            "ResendConfirmationCode",
            "SignUp",
            "StartUserImportJob",
            "StartWebAuthnRegistration",
            "TagResource",
            "UpdateAuthEventFeedback",
        ],
    ),
    (
        Effect::Change,
        &[
            "AdminConfirmSignUp",
            "AdminDeleteUserAttributes",
            "AdminEnableUser",
            "AdminForgetDevice",
            "AdminRemoveUserFromGroup",
            "AdminResetUserPassword",
            // A new password, and an authenticator app, are set through challenges.
            "AdminRespondToAuthChallenge",
            "AdminRevokeUserSession",
            "AdminSetUserMFAPreference",
            "AdminSetUserPassword",
            "AdminSetUserSettings",
            "AdminUpdateDeviceStatus",
            "AdminUpdateUserAttributes",
            "AdminUserGlobalSignOut",
            "ChangePassword",
            "ConfirmForgotPassword",
            "ConfirmSignUp",
            "DeleteUserAttributes",
            "ForgetDevice",
            "GlobalSignOut",
            "RespondToAuthChallenge",
            "RevokeToken",
            "RevokeUserSession",
            "SetLogDeliveryConfiguration",
            "SetRiskConfiguration",
            "SetUICustomization",
            "SetUserMFAPreference",
            "SetUserPoolClientSessionConfiguration",
            "SetUserPoolMfaConfig",
            "SetUserPoolSessionConfiguration",
            "SetUserSettings",
            "StopUserImportJob",
            "UntagResource",
            "UpdateDeviceStatus",
            "UpdateGroup",
            "UpdateIdentityProvider",
            "UpdateManagedLoginBranding",
            "UpdateProvisionedLimit",
            "UpdateResourceServer",
            "UpdateTerms",
            "UpdateUserAttributes",
            "UpdateUserPool",
            "UpdateUserPoolClient",
            "UpdateUserPoolDomain",
            "UpdateUserPoolReplica",
            "VerifySoftwareToken",
            "VerifyUserAttribute",
        ],
    ),
    (
        Effect::Destroy,
        &[
            // The authenticator that a user signs in with is gone: where the pool
            // demands one, only an administrator lets them in again.
            "AdminDeleteSoftwareToken",
            "AdminDeleteUser",
            // The federated identity cannot sign in to its profile any more.
            "AdminDisableProviderForUser",
            "AdminDisableUser",
            "DeleteGroup",
            "DeleteIdentityProvider",
            "DeleteManagedLoginBranding",
            "DeleteResourceServer",
            "DeleteTerms",
            "DeleteUser",
            "DeleteUserPool",
            "DeleteUserPoolClient",
            // Applications that still use it are shut out.
            "DeleteUserPoolClientSecret",
            "DeleteUserPoolDomain",
            "DeleteUserPoolReplica",
            "DeleteWebAuthnCredential",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_model_has_one_effect() {
        let mut listed: Vec<&str> = EFFECTS
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        listed.sort_unstable();
        let model: Vec<&str> = Model::get()
            .operations()
            .map(|operation| operation.name)
            .collect();
        assert_eq!(listed, model);
        let mut names = NAMES.to_vec();
        names.sort_unstable();
        assert_eq!(names, model);
        for (_, names) in EFFECTS {
            assert!(names.is_sorted(), "{names:?}");
        }
        assert!(ACCOUNT.iter().all(|name| find(name).is_some()));
    }

    #[test]
    fn an_operation_is_known_in_any_style() {
        for name in [
            "AdminGetUser",
            "admin_get_user",
            "adminGetUser",
            "admin-get-user",
        ] {
            assert_eq!(
                find_alike(name).map(|found| found.name),
                Some("AdminGetUser")
            );
        }
        assert!(find_alike("GetAdminUser").is_none());
    }

    #[test]
    fn what_nobody_knows_is_the_worst() {
        assert_eq!(effect_of(&["AdminGetUser", "ListUsers"]), Effect::Read);
        assert_eq!(effect_of(&["ListUsers", "AdminCreateUser"]), Effect::Add);
        assert_eq!(effect_of(&["DropEverything"]), Effect::Destroy);
    }
}
