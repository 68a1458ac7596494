//! The operations of Cognito: one table of what the server knows about each.
//!
//! A row states the effect of an operation, how Cognito authorizes it, which part of a
//! request names its user pool, what the operation destroys, and which hints apply to it.
//! The effect of a tool follows from the operations that it calls, so this table decides
//! what a read-only server refuses.

use self::Access::{Account, Pool, Public};
use self::Effect::{Add, Change, Destroy, Read};
use self::Scope::{ByAccessToken, ByArn, ByClient, ByNever, ByPool, BySession, ByUnbound};

/// The effect of an operation, or of a tool.
///
/// On AWS, [`Effect::Destroy`] has a gate of its own. It is for effects that the
/// affected user cannot undo: a deleted user is gone, and a disabled user stays
/// signed out until an administrator acts. A new password, a required password
/// reset or a global sign-out leaves the user with a way to sign in (through the
/// verified address if necessary) and is daily support work. These are
/// [`Effect::Change`], so that support does not require the permission to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Adds something, and removes nothing.
    Add,
    /// Replaces or ends something that can be set again.
    Change,
    /// Deletes something, or locks out a user until an administrator acts.
    Destroy,
}

/// How Cognito authorizes an operation.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// By IAM, for one user pool.
    Pool,
    /// By IAM, for the whole account: the action has no resource.
    Account,
    /// By the content of the request, such as a client id, a session or an access
    /// token, without IAM.
    Public,
}

/// The part of a request that limits an operation to one user pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `UserPoolId`.
    ByPool,
    /// `ResourceArn`, the ARN of a user pool.
    ByArn,
    /// `AccessToken`: its issuer names the pool.
    ByAccessToken,
    /// `ClientId`: the client belongs to a pool.
    ByClient,
    /// `Session` of a sign-in, or an access token. A session does not show its pool, but
    /// its client was checked when the session began.
    BySession,
    /// Nothing, and the operation is harmless: it reaches no pool, or its response names
    /// the pool.
    ByUnbound,
    /// Nothing: the operation cannot be limited to one pool.
    ByNever,
}

/// Whether hints read state with an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadByHints {
    /// Hints do not use it.
    No,
    /// Hints use it. A caller without the permission gets the general hint.
    Yes,
    /// Hints use it if an enabled tool declares it, so that no policy has to
    /// allow it only for hints.
    IfDeclared,
}

/// The resource that an operation destroys.
#[derive(Clone, Copy, Debug)]
pub struct Destroyed {
    /// The effect in words, before the name, as in `delete user`.
    pub action: &'static str,
    /// JSON pointer to the member of the request that identifies it.
    pub member: &'static str,
}

/// An operation of Cognito.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name, as in `AdminGetUser`.
    pub name: &'static str,
    /// The effect.
    pub effect: Effect,
    /// How Cognito authorizes a call.
    pub access: Access,
    /// How a call is limited to one user pool.
    pub scope: Scope,
    /// The destroyed resource. Present for each operation with [`Effect::Destroy`].
    pub destroyed: Option<Destroyed>,
    /// The tool whose hints also apply to a call of this operation by name.
    pub hints_as: Option<&'static str>,
    /// Whether hints read state with it.
    pub read_by_hints: ReadByHints,
}

impl Operation {
    /// Whether the operation can be limited to user pools, whatever its input.
    #[must_use]
    pub fn can_be_limited(&self) -> bool {
        self.scope != ByNever
    }

    const fn destroys(mut self, action: &'static str, member: &'static str) -> Self {
        self.destroyed = Some(Destroyed { action, member });
        self
    }

    const fn hints_as(mut self, tool: &'static str) -> Self {
        self.hints_as = Some(tool);
        self
    }

    const fn read_by_hints(mut self) -> Self {
        self.read_by_hints = ReadByHints::Yes;
        self
    }

    const fn read_by_hints_if_declared(mut self) -> Self {
        self.read_by_hints = ReadByHints::IfDeclared;
        self
    }
}

const fn row(name: &'static str, effect: Effect, access: Access, scope: Scope) -> Operation {
    Operation {
        name,
        effect,
        access,
        scope,
        destroyed: None,
        hints_as: None,
        read_by_hints: ReadByHints::No,
    }
}

/// Every operation, sorted by name.
const OPERATIONS: &[Operation] = &[
    row("AddCustomAttributes", Add, Pool, ByPool),
    row("AddUserPoolClientSecret", Add, Pool, ByPool),
    row("AdminAddUserToGroup", Add, Pool, ByPool).hints_as("add_user_to_group"),
    row("AdminConfirmSignUp", Change, Pool, ByPool),
    row("AdminCreateUser", Add, Pool, ByPool).hints_as("create_user"),
    // If the pool requires MFA, the user can sign in again only after an administrator acts.
    row("AdminDeleteSoftwareToken", Destroy, Pool, ByPool)
        .destroys("delete the authenticator app of user", "/Username"),
    row("AdminDeleteUser", Destroy, Pool, ByPool).destroys("delete user", "/Username"),
    row("AdminDeleteUserAttributes", Change, Pool, ByPool),
    // The federated identity can no longer sign in to this profile.
    row("AdminDisableProviderForUser", Destroy, Pool, ByPool).destroys(
        "cut off the federated identity",
        "/User/ProviderAttributeValue",
    ),
    row("AdminDisableUser", Destroy, Pool, ByPool).destroys("disable user", "/Username"),
    row("AdminEnableUser", Change, Pool, ByPool),
    row("AdminForgetDevice", Change, Pool, ByPool),
    row("AdminGetDevice", Read, Pool, ByPool),
    row("AdminGetUser", Read, Pool, ByPool).read_by_hints(),
    row("AdminGetUserAuthFactors", Read, Pool, ByPool),
    row("AdminInitiateAuth", Add, Pool, ByPool),
    row("AdminLinkProviderForUser", Add, Pool, ByPool),
    row("AdminListDevices", Read, Pool, ByPool),
    row("AdminListGroupsForUser", Read, Pool, ByPool),
    row("AdminListUserAuthEvents", Read, Pool, ByPool),
    row("AdminListUserSessions", Read, Pool, ByPool),
    row("AdminRemoveUserFromGroup", Change, Pool, ByPool),
    row("AdminResetUserPassword", Change, Pool, ByPool),
    row("AdminRespondToAuthChallenge", Change, Pool, ByPool),
    row("AdminRevokeUserSession", Change, Pool, ByPool),
    row("AdminSetUserMFAPreference", Change, Pool, ByPool),
    row("AdminSetUserPassword", Change, Pool, ByPool).hints_as("reset_password"),
    row("AdminSetUserSettings", Change, Pool, ByPool),
    row("AdminUpdateAuthEventFeedback", Add, Pool, ByPool),
    row("AdminUpdateDeviceStatus", Change, Pool, ByPool),
    row("AdminUpdateUserAttributes", Change, Pool, ByPool).hints_as("update_user"),
    row("AdminUserGlobalSignOut", Change, Pool, ByPool),
    row("AssociateSoftwareToken", Add, Public, BySession),
    row("ChangePassword", Change, Public, ByAccessToken),
    row("CompleteWebAuthnRegistration", Add, Public, ByAccessToken),
    row("ConfirmDevice", Add, Public, ByAccessToken),
    row("ConfirmForgotPassword", Change, Public, ByClient).hints_as("confirm_forgot_password"),
    row("ConfirmSignUp", Change, Public, ByClient).hints_as("confirm_sign_up"),
    row("CreateGroup", Add, Pool, ByPool).hints_as("create_group"),
    row("CreateIdentityProvider", Add, Pool, ByPool),
    row("CreateManagedLoginBranding", Add, Pool, ByPool),
    row("CreateResourceServer", Add, Pool, ByPool),
    row("CreateTerms", Add, Pool, ByPool),
    row("CreateUserImportJob", Add, Pool, ByPool),
    row("CreateUserPool", Add, Account, ByNever),
    row("CreateUserPoolClient", Add, Pool, ByPool),
    row("CreateUserPoolDomain", Add, Pool, ByPool),
    row("CreateUserPoolReplica", Add, Pool, ByPool),
    row("DeleteGroup", Destroy, Pool, ByPool).destroys("delete group", "/GroupName"),
    row("DeleteIdentityProvider", Destroy, Pool, ByPool)
        .destroys("delete identity provider", "/ProviderName"),
    row("DeleteManagedLoginBranding", Destroy, Pool, ByPool)
        .destroys("delete managed login style", "/ManagedLoginBrandingId"),
    row("DeleteResourceServer", Destroy, Pool, ByPool)
        .destroys("delete resource server", "/Identifier"),
    row("DeleteTerms", Destroy, Pool, ByPool).destroys("delete terms", "/TermsId"),
    row("DeleteUser", Destroy, Public, ByAccessToken)
        .destroys("delete the user who is signed in:", "/AccessToken"),
    row("DeleteUserAttributes", Change, Public, ByAccessToken),
    row("DeleteUserPool", Destroy, Pool, ByPool).destroys("delete user pool", "/UserPoolId"),
    row("DeleteUserPoolClient", Destroy, Pool, ByPool).destroys("delete app client", "/ClientId"),
    // Applications that still use the secret can no longer sign in.
    row("DeleteUserPoolClientSecret", Destroy, Pool, ByPool)
        .destroys("delete client secret", "/ClientSecretId"),
    row("DeleteUserPoolDomain", Destroy, Pool, ByPool).destroys("delete domain", "/Domain"),
    row("DeleteUserPoolReplica", Destroy, Pool, ByPool)
        .destroys("delete the pool's replica in", "/RegionName"),
    row("DeleteWebAuthnCredential", Destroy, Public, ByAccessToken)
        .destroys("delete passkey", "/CredentialId"),
    row("DescribeIdentityProvider", Read, Pool, ByPool),
    row("DescribeManagedLoginBranding", Read, Pool, ByPool),
    row("DescribeManagedLoginBrandingByClient", Read, Pool, ByPool).read_by_hints_if_declared(),
    row("DescribeResourceServer", Read, Pool, ByPool),
    row("DescribeRiskConfiguration", Read, Pool, ByPool),
    row("DescribeTerms", Read, Pool, ByPool),
    row("DescribeTermsByClient", Read, Pool, ByPool),
    row("DescribeUserImportJob", Read, Pool, ByPool),
    row("DescribeUserPool", Read, Pool, ByPool).read_by_hints(),
    row("DescribeUserPoolClient", Read, Pool, ByPool).read_by_hints(),
    row("DescribeUserPoolDomain", Read, Account, ByUnbound).read_by_hints_if_declared(),
    row("ForgetDevice", Change, Public, ByAccessToken),
    row("ForgotPassword", Add, Public, ByClient).hints_as("forgot_password"),
    row("GetCSVHeader", Read, Pool, ByPool),
    row("GetClientToken", Add, Pool, ByClient),
    row("GetDerivedToken", Add, Pool, ByClient),
    row("GetDevice", Read, Public, ByAccessToken),
    row("GetGroup", Read, Pool, ByPool),
    row("GetIdentityProviderByIdentifier", Read, Pool, ByPool),
    row("GetLogDeliveryConfiguration", Read, Pool, ByPool),
    row("GetProvisionedLimit", Read, Account, ByUnbound),
    row("GetSigningCertificate", Read, Pool, ByPool),
    row("GetTokensFromRefreshToken", Add, Public, ByClient),
    row("GetUICustomization", Read, Pool, ByPool),
    row("GetUser", Read, Public, ByAccessToken),
    row(
        "GetUserAttributeVerificationCode",
        Add,
        Public,
        ByAccessToken,
    ),
    row("GetUserAuthFactors", Read, Public, ByAccessToken),
    row("GetUserPoolClientSessionConfiguration", Read, Pool, ByPool),
    row("GetUserPoolMfaConfig", Read, Pool, ByPool),
    row("GetUserPoolSessionConfiguration", Read, Pool, ByPool),
    row("GlobalSignOut", Change, Public, ByAccessToken),
    row("InitiateAuth", Add, Public, ByClient),
    row("ListDevices", Read, Public, ByAccessToken),
    row("ListGroups", Read, Pool, ByPool).read_by_hints(),
    row("ListIdentityProviders", Read, Pool, ByPool).read_by_hints_if_declared(),
    row("ListResourceServers", Read, Pool, ByPool).read_by_hints_if_declared(),
    row("ListTagsForResource", Read, Pool, ByArn),
    row("ListTerms", Read, Pool, ByPool),
    row("ListUserImportJobs", Read, Pool, ByPool),
    row("ListUserPoolClientSecrets", Read, Pool, ByPool),
    row("ListUserPoolClients", Read, Pool, ByPool).read_by_hints(),
    row("ListUserPoolReplicas", Read, Pool, ByPool),
    row("ListUserPools", Read, Account, ByNever).read_by_hints(),
    row("ListUserSessions", Read, Public, ByAccessToken),
    row("ListUsers", Read, Pool, ByPool).read_by_hints(),
    row("ListUsersInGroup", Read, Pool, ByPool),
    row("ListWebAuthnCredentials", Read, Public, ByAccessToken),
    row("ResendConfirmationCode", Add, Public, ByClient).hints_as("resend_code"),
    row("RespondToAuthChallenge", Change, Public, ByClient),
    row("RevokeToken", Change, Public, ByClient),
    row("RevokeUserSession", Change, Public, ByAccessToken),
    row("SetLogDeliveryConfiguration", Change, Pool, ByPool),
    row("SetRiskConfiguration", Change, Pool, ByPool),
    row("SetUICustomization", Change, Pool, ByPool),
    row("SetUserMFAPreference", Change, Public, ByAccessToken),
    row(
        "SetUserPoolClientSessionConfiguration",
        Change,
        Pool,
        ByPool,
    ),
    row("SetUserPoolMfaConfig", Change, Pool, ByPool),
    row("SetUserPoolSessionConfiguration", Change, Pool, ByPool),
    row("SetUserSettings", Change, Public, ByAccessToken),
    row("SignUp", Add, Public, ByClient).hints_as("sign_up"),
    row("StartUserImportJob", Add, Pool, ByPool),
    row("StartWebAuthnRegistration", Add, Public, ByAccessToken),
    row("StopUserImportJob", Change, Pool, ByPool),
    row("TagResource", Add, Pool, ByArn),
    row("UntagResource", Change, Pool, ByArn),
    row("UpdateAuthEventFeedback", Add, Public, ByPool),
    row("UpdateDeviceStatus", Change, Public, ByAccessToken),
    row("UpdateGroup", Change, Pool, ByPool),
    row("UpdateIdentityProvider", Change, Pool, ByPool),
    row("UpdateManagedLoginBranding", Change, Pool, ByPool),
    row("UpdateProvisionedLimit", Change, Account, ByNever),
    row("UpdateResourceServer", Change, Pool, ByPool),
    row("UpdateTerms", Change, Pool, ByPool),
    row("UpdateUserAttributes", Change, Public, ByAccessToken),
    row("UpdateUserPool", Change, Pool, ByPool),
    row("UpdateUserPoolClient", Change, Pool, ByPool),
    row("UpdateUserPoolDomain", Change, Pool, ByPool),
    row("UpdateUserPoolReplica", Change, Pool, ByPool),
    row("VerifySoftwareToken", Change, Public, BySession),
    row("VerifyUserAttribute", Change, Public, ByAccessToken),
];

/// The names of all operations, sorted.
pub const NAMES: &[&str] = &names();

const fn names() -> [&'static str; OPERATIONS.len()] {
    let mut names = [""; OPERATIONS.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = OPERATIONS[index].name;
        index += 1;
    }
    names
}

/// Every operation that hints read state with; see [`ReadByHints`].
pub const READ_BY_HINTS: &[&str] = &read_by_hints();

const fn count_read_by_hints() -> usize {
    let (mut count, mut index) = (0, 0);
    while index < OPERATIONS.len() {
        if !matches!(OPERATIONS[index].read_by_hints, ReadByHints::No) {
            count += 1;
        }
        index += 1;
    }
    count
}

const fn read_by_hints() -> [&'static str; count_read_by_hints()] {
    let mut names = [""; count_read_by_hints()];
    let (mut next, mut index) = (0, 0);
    while index < OPERATIONS.len() {
        if !matches!(OPERATIONS[index].read_by_hints, ReadByHints::No) {
            names[next] = OPERATIONS[index].name;
            next += 1;
        }
        index += 1;
    }
    names
}

/// Every operation, sorted by name.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter()
}

/// The operations that hints always read state with, which a policy should allow.
pub fn read_for_hints() -> impl Iterator<Item = &'static str> {
    let read = |operation: &&Operation| operation.read_by_hints == ReadByHints::Yes;
    all().filter(read).map(|operation| operation.name)
}

/// The operation with this exact name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Operation> {
    let index = OPERATIONS.binary_search_by(|operation| operation.name.cmp(name));
    index.ok().map(|index| &OPERATIONS[index])
}

/// The operation with this name in any style, such as `admin_get_user`.
#[must_use]
pub fn find_alike(name: &str) -> Option<&'static Operation> {
    find(name).or_else(|| all().find(|operation| alike(operation.name, name)))
}

/// Whether two names differ only in case and separators.
#[must_use]
pub fn alike(a: &str, b: &str) -> bool {
    let letters = |name: &str| -> String {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|c| c.to_ascii_lowercase()).collect()
    };
    letters(a) == letters(b)
}

/// The strongest effect among `operations`. An unknown operation counts as
/// [`Effect::Destroy`].
#[must_use]
pub fn effect_of(operations: &[&str]) -> Effect {
    let effects = operations.iter().map(|name| match find(name) {
        Some(operation) => operation.effect,
        None => Destroy,
    });
    effects.max().unwrap_or(Read)
}

#[cfg(test)]
mod tests {
    use cognito_emulator::model::Model;

    use super::*;

    /// The members that limit a request to a pool, in order of precedence.
    const MEMBERS: [(&str, Scope); 4] = [
        ("UserPoolId", ByPool),
        ("ResourceArn", ByArn),
        ("AccessToken", ByAccessToken),
        ("ClientId", ByClient),
    ];

    #[test]
    fn the_table_has_every_operation_of_the_model() {
        let model: Vec<&str> = Model::get()
            .operations()
            .map(|operation| operation.name)
            .collect();
        assert!(model.is_sorted(), "the model's operations are sorted");
        assert_eq!(NAMES, model);
    }

    /// Signed requests are authorized by IAM, all others by their content.
    #[test]
    fn access_matches_the_model() {
        for operation in all() {
            let signed = Model::get().operation(operation.name).unwrap().signed;
            assert_eq!(signed, operation.access != Public, "{}", operation.name);
        }
    }

    #[test]
    fn scopes_match_the_members_of_the_model() {
        for operation in all() {
            let input = Model::get().operation(operation.name).unwrap().input();
            let by_member = MEMBERS
                .iter()
                .find(|(member, _)| input.member(member).is_some());
            let allowed: &[Scope] = match by_member {
                Some((_, ByAccessToken)) if input.member("Session").is_some() => &[BySession],
                Some((_, scope)) => std::slice::from_ref(scope),
                None => &[ByUnbound, ByNever],
            };
            assert!(
                allowed.contains(&operation.scope),
                "{} has the scope {:?}, not one of {allowed:?}",
                operation.name,
                operation.scope
            );
        }
    }

    #[test]
    fn destroyed_resources_are_members_of_requests() {
        for operation in all() {
            let Some(destroyed) = operation.destroyed else {
                assert_ne!(operation.effect, Destroy, "{}", operation.name);
                continue;
            };
            assert_eq!(operation.effect, Destroy, "{}", operation.name);
            let input = Model::get().operation(operation.name).unwrap().input();
            let first = destroyed.member.split('/').nth(1).unwrap();
            assert!(input.member(first).is_some(), "{}", operation.name);
        }
    }

    #[test]
    fn hints_only_read() {
        assert!(!READ_BY_HINTS.is_empty());
        for name in READ_BY_HINTS {
            assert_eq!(effect_of(&[name]), Read, "{name}");
        }
    }

    #[test]
    fn an_operation_is_found_in_any_style() {
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
    fn an_unknown_operation_has_the_strongest_effect() {
        assert_eq!(effect_of(&["AdminGetUser", "ListUsers"]), Read);
        assert_eq!(effect_of(&["ListUsers", "AdminCreateUser"]), Add);
        assert_eq!(effect_of(&["DropEverything"]), Destroy);
    }
}
