//! Request-rate quotas: the category of each operation, and the rate of each
//! category.
//!
//! Numbers and members are from the developer guide's page "Quotas in Amazon
//! Cognito"
//! (<https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html>).
//! Rates are per account and Region, over all pools.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::bounds::PROVISIONED_RATES;
use crate::wire::Scope;

/// A group of operations that share one quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the names are Cognito's; `QUOTAS` has the operations of each"
)]
pub enum Category {
    ClientAuthentication,
    LimitManagement,
    UserAccountRecovery,
    UserAuthentication,
    UserCreation,
    UserFederation,
    UserList,
    UserPoolClientRead,
    UserPoolClientUpdate,
    UserPoolRead,
    UserPoolResourceRead,
    UserPoolResourceUpdate,
    UserPoolUpdate,
    UserRead,
    UserResourceRead,
    UserResourceUpdate,
    UserToken,
    UserUpdate,
}

/// The quota of a category.
#[derive(Debug)]
pub struct Quota {
    /// The category.
    pub category: Category,
    /// Calls per second, without provisioned rates.
    pub rate: u32,
    /// Whether AWS can increase the rate.
    pub adjustable: bool,
    /// Calls per second of any one operation to any one pool, if limited.
    pub rate_per_pool: Option<u32>,
    /// The operations that count toward the quota.
    pub operations: &'static [&'static str],
}

/// Reads of one user per second. Writes have the same rate.
pub const RATE_PER_USER: u32 = 10;

/// Challenge responses have a separate quota: this many times the quota of
/// `UserAuthentication`. Responses that exceed it count toward `UserAuthentication`.
pub const CHALLENGE_FACTOR: u32 = 3;

/// Every category, in the order of the guide's page.
pub const QUOTAS: &[Quota] = &[
    Quota {
        category: Category::UserAuthentication,
        rate: 120,
        adjustable: true,
        rate_per_pool: None,
        operations: &[
            "AdminInitiateAuth",
            "AdminRespondToAuthChallenge",
            "GetTokensFromRefreshToken",
            "InitiateAuth",
            "RespondToAuthChallenge",
        ],
    },
    Quota {
        category: Category::UserCreation,
        rate: 50,
        adjustable: true,
        rate_per_pool: None,
        operations: &[
            "AdminConfirmSignUp",
            "AdminCreateUser",
            "ConfirmSignUp",
            "SignUp",
        ],
    },
    Quota {
        category: Category::UserFederation,
        rate: 25,
        adjustable: true,
        rate_per_pool: None,
        // Responses of identity providers count toward this quota. No operation does.
        operations: &[],
    },
    Quota {
        category: Category::UserAccountRecovery,
        rate: 30,
        adjustable: false,
        rate_per_pool: None,
        // The throttle also counts challenge responses that set a new password.
        operations: &[
            "AdminResetUserPassword",
            "AdminSetUserPassword",
            "ChangePassword",
            "ConfirmForgotPassword",
            "ForgotPassword",
        ],
    },
    Quota {
        category: Category::UserRead,
        rate: 120,
        adjustable: true,
        rate_per_pool: None,
        operations: &["AdminGetUser", "AdminGetUserAuthFactors", "GetUser"],
    },
    Quota {
        category: Category::UserUpdate,
        rate: 25,
        adjustable: false,
        rate_per_pool: None,
        operations: &[
            "AdminAddUserToGroup",
            "AdminDeleteUser",
            "AdminDeleteUserAttributes",
            "AdminDisableProviderForUser",
            "AdminDisableUser",
            "AdminEnableUser",
            "AdminLinkProviderForUser",
            "AdminRemoveUserFromGroup",
            "AdminUpdateUserAttributes",
            "AdminUserGlobalSignOut",
            "DeleteUser",
            "DeleteUserAttributes",
            "GlobalSignOut",
            "UpdateUserAttributes",
            "VerifyUserAttribute",
        ],
    },
    Quota {
        category: Category::UserToken,
        rate: 120,
        adjustable: true,
        rate_per_pool: None,
        operations: &["RevokeToken"],
    },
    Quota {
        category: Category::UserResourceRead,
        rate: 50,
        adjustable: true,
        rate_per_pool: None,
        operations: &[
            "AdminGetDevice",
            "AdminListDevices",
            "AdminListGroupsForUser",
            "AdminListUserAuthEvents",
            "GetDevice",
            "GetUserAttributeVerificationCode",
            "ListDevices",
            "ResendConfirmationCode",
        ],
    },
    Quota {
        category: Category::UserResourceUpdate,
        rate: 25,
        adjustable: false,
        rate_per_pool: None,
        operations: &[
            "AdminDeleteSoftwareToken",
            "AdminForgetDevice",
            "AdminSetUserMFAPreference",
            "AdminSetUserSettings",
            "AdminUpdateAuthEventFeedback",
            "AdminUpdateDeviceStatus",
            "AssociateSoftwareToken",
            "ConfirmDevice",
            "ForgetDevice",
            "SetUserMFAPreference",
            "SetUserSettings",
            "UpdateAuthEventFeedback",
            "UpdateDeviceStatus",
            "VerifySoftwareToken",
        ],
    },
    Quota {
        category: Category::UserList,
        rate: 30,
        adjustable: false,
        rate_per_pool: None,
        operations: &["ListUsers", "ListUsersInGroup"],
    },
    Quota {
        category: Category::UserPoolRead,
        rate: 15,
        adjustable: false,
        rate_per_pool: None,
        operations: &["DescribeUserPool", "ListUserPools"],
    },
    Quota {
        category: Category::UserPoolUpdate,
        rate: 15,
        adjustable: false,
        rate_per_pool: None,
        operations: &["CreateUserPool", "DeleteUserPool", "UpdateUserPool"],
    },
    Quota {
        category: Category::UserPoolResourceRead,
        rate: 20,
        adjustable: false,
        rate_per_pool: Some(5),
        operations: &[
            "DescribeIdentityProvider",
            "DescribeManagedLoginBranding",
            "DescribeManagedLoginBrandingByClient",
            "DescribeResourceServer",
            "DescribeRiskConfiguration",
            "DescribeUserImportJob",
            "DescribeUserPoolDomain",
            "GetCSVHeader",
            "GetGroup",
            "GetIdentityProviderByIdentifier",
            "GetSigningCertificate",
            "GetUICustomization",
            "GetUserPoolMfaConfig",
            "ListGroups",
            "ListIdentityProviders",
            "ListResourceServers",
            "ListTagsForResource",
            "ListUserImportJobs",
        ],
    },
    Quota {
        category: Category::UserPoolResourceUpdate,
        rate: 15,
        adjustable: false,
        rate_per_pool: Some(5),
        operations: &[
            "AddCustomAttributes",
            "CreateGroup",
            "CreateIdentityProvider",
            "CreateManagedLoginBranding",
            "CreateResourceServer",
            "CreateUserImportJob",
            "CreateUserPoolDomain",
            "DeleteGroup",
            "DeleteIdentityProvider",
            "DeleteManagedLoginBranding",
            "DeleteResourceServer",
            "DeleteUserPoolDomain",
            "SetRiskConfiguration",
            "SetUICustomization",
            "SetUserPoolMfaConfig",
            "StartUserImportJob",
            "StopUserImportJob",
            "TagResource",
            "UntagResource",
            "UpdateGroup",
            "UpdateIdentityProvider",
            "UpdateManagedLoginBranding",
            "UpdateResourceServer",
            "UpdateUserPoolDomain",
        ],
    },
    Quota {
        category: Category::UserPoolClientRead,
        rate: 15,
        adjustable: false,
        rate_per_pool: Some(5),
        operations: &["DescribeUserPoolClient", "ListUserPoolClients"],
    },
    Quota {
        category: Category::UserPoolClientUpdate,
        rate: 15,
        adjustable: false,
        rate_per_pool: Some(5),
        operations: &[
            "CreateUserPoolClient",
            "DeleteUserPoolClient",
            "UpdateUserPoolClient",
        ],
    },
    Quota {
        category: Category::ClientAuthentication,
        rate: 150,
        adjustable: false,
        rate_per_pool: None,
        operations: &["GetClientToken"],
    },
    Quota {
        category: Category::LimitManagement,
        rate: 1,
        adjustable: false,
        rate_per_pool: None,
        operations: &["GetProvisionedLimit", "UpdateProvisionedLimit"],
    },
];

/// Provisioned rates of accounts, by category. `UpdateProvisionedLimit` writes
/// them and the throttle uses them.
#[derive(Debug, Default)]
pub struct Provisioned(Mutex<BTreeMap<(Scope, Category), u32>>);

impl Provisioned {
    /// The rate of `category` in `scope`, in calls per second.
    pub fn rate(&self, scope: &Scope, category: Category) -> u32 {
        let provisioned = self.0.lock().get(&(scope.clone(), category)).copied();
        provisioned.unwrap_or_else(|| quota(category).rate)
    }

    /// Provisions a rate.
    pub fn set(&self, scope: &Scope, category: Category, rate: u32) {
        let mut rates = self.0.lock();
        rates.insert((scope.clone(), category), rate);
        if rates.len() > PROVISIONED_RATES {
            rates.pop_first();
        }
    }

    /// Removes every provisioned rate.
    pub fn clear(&self) {
        self.0.lock().clear();
    }

    /// Moves the rates of `account` to `to`.
    pub(crate) fn hand_over(&self, account: &str, to: &Self) {
        let moved = |(scope, _): &(Scope, Category), _: &mut u32| scope.account == account;
        let moved: Vec<_> = self.0.lock().extract_if(.., moved).collect();
        to.0.lock().extend(moved);
    }

    /// The present rates.
    pub(crate) fn save(&self) -> BTreeMap<(Scope, Category), u32> {
        self.0.lock().clone()
    }

    /// Returns to saved rates.
    pub(crate) fn restore(&self, saved: BTreeMap<(Scope, Category), u32>) {
        *self.0.lock() = saved;
    }
}

/// The quota of a category.
pub(crate) fn quota(category: Category) -> &'static Quota {
    QUOTAS
        .iter()
        .find(|quota| quota.category == category)
        .expect("QUOTAS has every category")
}

/// The category of an operation in the table.
#[must_use]
pub fn category(operation: &str) -> Option<Category> {
    static CATEGORIES: LazyLock<BTreeMap<&str, Category>> = LazyLock::new(|| {
        let pairs =
            |quota: &'static Quota| quota.operations.iter().map(|name| (*name, quota.category));
        QUOTAS.iter().flat_map(pairs).collect()
    });
    CATEGORIES.get(operation).copied()
}

/// The pages of a domain, with the category of requests that act there. The guide names the
/// categories of sign-in, sign-up and federation; the rest is inferred from the operation that a
/// page is like.
pub const PAGES: &[(&str, Category)] = &[
    ("domain/AddPasskey", Category::UserUpdate),
    ("domain/Authorize", Category::UserAuthentication),
    ("domain/Confirm", Category::UserCreation),
    (
        "domain/ConfirmForgotPassword",
        Category::UserAccountRecovery,
    ),
    ("domain/ConfirmUser", Category::UserCreation),
    ("domain/ForgotPassword", Category::UserAccountRecovery),
    ("domain/IdpResponse", Category::UserFederation),
    ("domain/Login", Category::UserAuthentication),
    ("domain/ResendCode", Category::UserResourceRead),
    ("domain/Revoke", Category::UserToken),
    ("domain/SamlResponse", Category::UserFederation),
    ("domain/SignUp", Category::UserCreation),
    ("domain/Token", Category::UserAuthentication),
    ("domain/UserInfo", Category::UserRead),
];

/// The category of a request for a page. Requests that only show a page have none, and a client
/// that authenticates itself at the token endpoint has its own.
#[must_use]
pub fn category_of_page(operation: &str, method: &str, grant: Option<&str>) -> Option<Category> {
    let shows = method == "GET"
        && !matches!(
            operation,
            "domain/ConfirmUser" | "domain/IdpResponse" | "domain/UserInfo"
        );
    if shows {
        return None;
    }
    if operation == "domain/Token" && grant == Some("client_credentials") {
        return Some(Category::ClientAuthentication);
    }
    let (_, category) = PAGES.iter().find(|(page, _)| *page == operation)?;
    Some(*category)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Model;

    /// Operations without a category on the guide's page. The throttle does not limit them.
    const WITHOUT_CATEGORY: &[&str] = &[
        "AddUserPoolClientSecret",
        "AdminListUserSessions",
        "AdminRevokeUserSession",
        "CompleteWebAuthnRegistration",
        "CreateTerms",
        "CreateUserPoolReplica",
        "DeleteTerms",
        "DeleteUserPoolClientSecret",
        "DeleteUserPoolReplica",
        "DeleteWebAuthnCredential",
        "DescribeTerms",
        "DescribeTermsByClient",
        "GetDerivedToken",
        "GetLogDeliveryConfiguration",
        "GetUserAuthFactors",
        "GetUserPoolClientSessionConfiguration",
        "GetUserPoolSessionConfiguration",
        "ListTerms",
        "ListUserPoolClientSecrets",
        "ListUserPoolReplicas",
        "ListUserSessions",
        "ListWebAuthnCredentials",
        "RevokeUserSession",
        "SetLogDeliveryConfiguration",
        "SetUserPoolClientSessionConfiguration",
        "SetUserPoolSessionConfiguration",
        "StartWebAuthnRegistration",
        "UpdateTerms",
        "UpdateUserPoolReplica",
    ];

    #[test]
    fn every_operation_is_in_the_table_once() {
        let mut listed: Vec<&str> = QUOTAS
            .iter()
            .flat_map(|quota| quota.operations)
            .copied()
            .collect();
        listed.extend(WITHOUT_CATEGORY);
        listed.sort_unstable();
        let mut all: Vec<&str> = Model::get().operations().map(|found| found.name).collect();
        all.sort_unstable();
        assert_eq!(listed, all);
    }

    #[test]
    fn every_category_has_one_quota() {
        let mut categories: Vec<_> = QUOTAS.iter().map(|quota| quota.category).collect();
        categories.sort_unstable();
        categories.dedup();
        assert_eq!(categories.len(), QUOTAS.len());
        assert_eq!(categories.len(), Category::UserUpdate as usize + 1);
    }

    #[test]
    fn provisioned_rates_are_bounded() {
        let provisioned = Provisioned::default();
        let scope = |number: usize| Scope {
            account: format!("{number:012}"),
            ..Scope::default()
        };
        for number in 0..2 * PROVISIONED_RATES {
            provisioned.set(&scope(number), Category::UserRead, 1);
        }
        assert_eq!(provisioned.0.lock().len(), PROVISIONED_RATES);
        let latest = scope(2 * PROVISIONED_RATES - 1);
        assert_eq!(provisioned.rate(&latest, Category::UserRead), 1);
    }
}
