//! The tokens that a sign-in issues.

use serde::Serialize;
use serde_json::{Value, json};

use crate::Issuer;
use crate::auth::claims::{Customization, Groups};
use crate::auth::keys::SigningKeys;
use crate::auth::{digest, jwt, refresh_token};
use crate::bearer::ADMIN_SCOPE;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::hash_order;
use crate::settings::schema::IDENTITIES;
use crate::state::State;
use crate::state::assurance::Strength;
use crate::state::client::Client;
use crate::state::device::Origin;
use crate::state::group::Group;
use crate::state::link;
use crate::state::pool::Pool;
use crate::state::token::{RefreshToken, SignIn, TokenSession};
use crate::state::user::User;
use crate::state::users::UserId;
use crate::state::web::OAuthGrant;
use crate::triggers::token_generation::{self, Generation, Source};
use crate::triggers::{DEFAULT_VALUE, Metadata};
use crate::world::{Shift, Time};

/// `AuthenticationResultType`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AuthenticationResult {
    access_token: String,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_device_metadata: Option<NewDevice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    token_type: &'static str,
}

/// `NewDeviceMetadataType`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NewDevice {
    device_key: String,
    device_group_key: String,
}

impl std::fmt::Debug for AuthenticationResult {
    /// Omits the tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthenticationResult")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

impl AuthenticationResult {
    /// The members of a response of the token endpoint, in its order: access token, ID token
    /// (only with the scope `openid`), refresh token, lifetime in seconds.
    pub(crate) fn into_parts(self) -> (String, Option<String>, Option<String>, u64) {
        let Self {
            access_token,
            id_token,
            refresh_token,
            expires_in,
            ..
        } = self;
        (access_token, id_token, refresh_token, expires_in)
    }
}

/// Tokens that are not signed yet.
pub(crate) struct Grant {
    id: jwt::Claims,
    /// Whether the ID token is issued, and whether it has `at_hash`. `None` for a sign-in
    /// through the API, whose ID token is always issued and never has it.
    oauth: Option<HasIdToken>,
    access: jwt::Claims,
    expires_in: u64,
    refresh_token: Option<String>,
    new_device: Option<NewDevice>,
    shift: Shift,
    signed_in_at: Time,
}

impl Grant {
    /// The claims of the access token and of the ID token, for callers that
    /// issue only one of them.
    pub(super) fn claims(self) -> (jwt::Claims, jwt::Claims) {
        (self.access, self.id)
    }

    /// The shift of the tokens' times, and when the user signed in.
    pub(super) fn times(&self) -> (Shift, Time) {
        (self.shift, self.signed_in_at)
    }

    /// Signs the tokens. `state` remembers tokens whose times differ from the emulator's.
    pub(crate) fn sign(self, state: &State, keys: &SigningKeys) -> AuthenticationResult {
        let sign = |key, claims| {
            let token = jwt::sign(key, claims);
            state.shifted.keep(&token, self.shift, self.signed_in_at);
            token
        };
        let access_token = sign(keys.access(), &self.access);
        let id_token = match self.oauth {
            Some(HasIdToken(false)) => None,
            Some(HasIdToken(true)) => {
                let mut claims = self.id;
                claims.insert("at_hash".to_owned(), json!(jwt::at_hash(&access_token)));
                Some(sign(keys.id(), &hash_order::map(claims)))
            }
            None => Some(sign(keys.id(), &self.id)),
        };
        AuthenticationResult {
            access_token,
            expires_in: self.expires_in,
            token_type: "Bearer",
            refresh_token: self.refresh_token,
            id_token,
            new_device_metadata: self.new_device,
        }
    }
}

/// Whether tokens of the OAuth endpoints include an ID token.
#[derive(Clone, Copy)]
struct HasIdToken(bool);

/// Adds a refresh token to `grant`.
pub(crate) fn with_refresh_token(grant: Grant, token: String) -> Grant {
    Grant {
        refresh_token: Some(token),
        ..grant
    }
}

/// The way in which a user signed in.
pub(crate) enum By {
    /// By operations.
    Api {
        /// The strength of the sign-in, if the app asked for one by `TARGET_ACR_VALUES`.
        strength: Option<Box<Strength>>,
    },
    /// By a page of the domain.
    Oauth {
        /// What the authorization endpoint granted.
        grant: OAuthGrant,
        /// When the user signed in at the page: `auth_time`.
        at: Time,
        /// The strength of the sign-in, if the app asked for one by `acr_values`.
        strength: Option<Box<Strength>>,
    },
}

/// Records a new sign-in of the user at `id` from the device `origin`. Returns its three
/// tokens.
pub(crate) fn grant(
    cx: &Cx<'_>,
    pool: &mut Pool,
    id: UserId,
    client_id: &str,
    by: By,
    origin: Option<Origin>,
    customization: &Customization,
) -> Result<Grant> {
    let now = cx.now();
    let token = refresh_token::new(&cx.world.chance);
    let client = pool.client(client_id)?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let event_id = match user.sign_in_under_call(client_id) {
        Some(event) => event.into(),
        // Fact 6.10.
        None => cx.request_id.into(),
    };
    let (at, oauth, strength) = match by {
        By::Api { strength } => (now, None, strength),
        By::Oauth {
            grant,
            at,
            strength,
        } => (at, Some(Box::new(grant)), strength),
    };
    let sign_in = SignIn {
        id: cx.world.chance.uuid().into(),
        event_id,
        client_id: client_id.into(),
        at,
        expires_at: now.plus(client.settings.refresh_token_lifetime()),
        ended: None,
        refresh_tokens: vec![RefreshToken::first(digest(&token))],
        session: pool.tracking.is_on().then(|| TokenSession::new(cx.world)),
        device: origin.map(Box::new),
        issuer: cx.followed.map(Into::into),
        oauth,
        strength,
    };
    let origin = Origins {
        jti: &sign_in.id,
        is_refresh: false,
    };
    let renewed = renew(cx, pool, client, user, &sign_in, &origin, customization);
    let new_device = sign_in.device().filter(|origin| origin.is_new);
    let grant = Grant {
        new_device: new_device.map(|origin| NewDevice {
            device_key: origin.key.to_string(),
            device_group_key: origin.group_key.to_string(),
        }),
        ..with_refresh_token(renewed, token)
    };
    pool.keep_sign_in(id, sign_in, now);
    Ok(grant)
}

/// Scopes of a sign-in through the API.
const SCOPES: [&str; 1] = [ADMIN_SCOPE];

/// The event for `PreTokenGeneration` before tokens of `user` are issued.
pub(crate) fn event(
    pool: &Pool,
    user: &User,
    client_id: &str,
    source: Source,
    oauth: Option<&OAuthGrant>,
    metadata: &Metadata,
) -> Option<Generation> {
    let groups = groups(pool, user);
    let scopes = scopes(oauth);
    token_generation::event(pool, user, client_id, source, &groups, &scopes, metadata)
}

/// `acr` and `amr`, if the app asked for a level (O43).
fn strength(sign_in: &SignIn) -> Value {
    let mut claims = json!({});
    if let Some(strength) = &sign_in.strength {
        if let Some(acr) = &strength.acr {
            claims["acr"] = json!(acr);
        }
        claims["amr"] = json!(strength.amr);
    }
    claims
}

/// The scopes of tokens: those of `oauth`, or those of a sign-in through the API.
fn scopes(oauth: Option<&OAuthGrant>) -> Vec<&str> {
    match oauth {
        Some(grant) => grant.scopes.iter().map(|scope| &**scope).collect(),
        None => SCOPES.to_vec(),
    }
}

/// The origin of new tokens.
pub(super) struct Origins<'a> {
    /// `origin_jti`.
    pub(super) jti: &'a str,
    /// Whether a refresh token was exchanged for them.
    pub(super) is_refresh: bool,
}

/// Which of the claims `origin_jti` and `jti` a token has.
///
/// If a client does not revoke tokens, its access tokens have only `jti`, and its ID
/// tokens have neither, so two ID tokens of the same second are equal. If such a client
/// rotates refresh tokens, its ID tokens have both, and its access tokens have
/// `origin_jti` from the first refresh on (recorded 2026-09-24 in radkawar/stackd).
struct Ids {
    origin_jti: bool,
    jti: bool,
}

impl Ids {
    fn of(client: &Client, is_access: bool, is_refresh: bool) -> Self {
        let revocable = client.settings.enable_token_revocation;
        let rotates = client.settings.rotates();
        if is_access {
            Self {
                origin_jti: revocable || rotates && is_refresh,
                jti: true,
            }
        } else {
            Self {
                origin_jti: revocable || rotates,
                jti: revocable || rotates,
            }
        }
    }
}

/// New ID and access tokens of an existing sign-in. `auth_time` and `event_id`
/// are the sign-in's; `jti` and the lifetimes are new (facts 6.9, 6.10).
pub(super) fn renew(
    cx: &Cx<'_>,
    pool: &Pool,
    client: &Client,
    user: &User,
    sign_in: &SignIn,
    origin: &Origins<'_>,
    customization: &Customization,
) -> Grant {
    let access_lifetime = client.settings.access_token_lifetime();
    let id_lifetime = client.settings.id_token_lifetime();
    let now = cx.now();
    let shift = cx.world.clock.shift();
    let oauth = sign_in.oauth.as_deref();
    // Claims that both tokens have, in the order of facts 6.4 and 6.5.
    let claims = |head: Value, kind: &str, lifetime: std::time::Duration| {
        let mut claims = jwt::Claims::new();
        claims.insert("sub".to_owned(), json!(user.sub));
        extend(&mut claims, head);
        let ids = Ids::of(client, kind == "access", origin.is_refresh);
        if ids.origin_jti {
            claims.insert("origin_jti".to_owned(), json!(origin.jti));
        }
        extend(
            &mut claims,
            json!({ "event_id": sign_in.event_id, "token_use": kind }),
        );
        extend(&mut claims, strength(sign_in));
        if kind == "access" {
            if oauth.is_some() {
                // Fact 6.5.
                claims.insert("version".to_owned(), json!(2));
            }
            let scopes = customization.scopes(&scopes(oauth));
            claims.insert("scope".to_owned(), json!(scopes));
        }
        let times = json!({
            "auth_time": shift.seconds(sign_in.at),
            "exp": shift.seconds(now.plus(lifetime)),
            "iat": shift.seconds(now),
        });
        extend(&mut claims, times);
        if ids.jti {
            claims.insert("jti".to_owned(), json!(cx.world.chance.uuid()));
        }
        claims
    };
    let issuer = issuer(cx, pool, sign_in);
    let groups = customization.groups(groups(pool, user));

    let mut head = access_head(&groups, sign_in);
    head["iss"] = json!(issuer);
    head["client_id"] = json!(client.id);
    if let Some(resource) = oauth.and_then(|grant| grant.resource.as_ref()) {
        head["aud"] = json!(resource);
    }
    let mut access = claims(head, "access", access_lifetime);
    access.insert("username".to_owned(), json!(user.username));
    customization.access(&mut access, &client.id);

    let mut head = id_head(&groups);
    head["aud"] = json!(client.id);
    head["iss"] = json!(issuer);
    head["cognito:username"] = json!(user.username);
    let mut id = claims(head, "id", id_lifetime);
    id.extend(attributes(pool, client, user, oauth));
    // Refreshed tokens have no nonce (inferred).
    if let Some(nonce) = oauth.and_then(|grant| grant.nonce.as_ref())
        && !origin.is_refresh
    {
        id.insert("nonce".to_owned(), json!(nonce));
    }
    customization.id(&mut id);
    Grant {
        id: hash_order::map(id),
        oauth: oauth.map(|grant| HasIdToken(grant.has("openid"))),
        access,
        expires_in: access_lifetime.as_secs(),
        refresh_token: None,
        new_device: None,
        shift,
        signed_in_at: sign_in.at,
    }
}

/// The issuer of the tokens of `sign_in`, which keeps it even if its tokens are refreshed at another
/// address.
fn issuer(cx: &Cx<'_>, pool: &Pool, sign_in: &SignIn) -> String {
    match &sign_in.issuer {
        Some(base) => Issuer::at_base(base, &pool.id),
        None => cx
            .issuer
            .of(&pool.scope.region, &pool.id, pool.has_updated_issuer()),
    }
}

/// The first claims of an access token after `sub`. Their order is fixed (live:
/// radkawar/stackd, 2026-09-24); the position of `device_key` is from fact 6.4.
fn access_head(groups: &Groups, sign_in: &SignIn) -> Value {
    let mut head = json!({});
    if !groups.names.is_empty() {
        head["cognito:groups"] = json!(groups.names);
    }
    if let Some(origin) = sign_in.device() {
        head["device_key"] = json!(origin.key);
    }
    head
}

/// The claims of an ID token about groups. The claims of an ID token are in the order of a
/// hash map: by their hashes, and in order of insertion if hashes collide.
fn id_head(groups: &Groups) -> Value {
    let mut head = json!({});
    if !groups.names.is_empty() {
        head["cognito:groups"] = json!(groups.names);
    }
    if !groups.roles.is_empty() {
        head["cognito:roles"] = json!(groups.roles);
    }
    if let Some(role) = &groups.preferred_role {
        head["cognito:preferred_role"] = json!(role);
    }
    head
}

/// The claims of the attributes that the client may read, and that the scopes of a sign-in at
/// a page allow.
fn attributes(
    pool: &Pool,
    client: &Client,
    user: &User,
    oauth: Option<&OAuthGrant>,
) -> Vec<(String, Value)> {
    let own = user.attributes.iter();
    let own = own.map(|(name, value)| (name, claim(name, value)));
    let missing = pool.missing_attributes(user);
    let missing = missing.map(|name| (name, json!(DEFAULT_VALUE)));
    own.chain(missing)
        .filter(|(name, _)| client.may_read(name))
        .filter(|(name, _)| oauth.is_none_or(|grant| grant.allows_claim(name)))
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn extend(claims: &mut jwt::Claims, more: Value) {
    if let Value::Object(more) = more {
        claims.extend(more);
    }
}

/// Attributes are strings in an ID token, except for the verified flags (facts
/// 6.11, 6.12) and linked identities.
fn claim(name: &str, value: &str) -> Value {
    match name {
        "email_verified" | "phone_number_verified" => value.eq_ignore_ascii_case("true").into(),
        IDENTITIES => link::claim(value),
        _ => value.into(),
    }
}

/// The user's groups, lowest precedence first; the order is inferred.
pub(super) fn groups(pool: &Pool, user: &User) -> Groups {
    let mut groups: Vec<&Group> = user
        .groups
        .iter()
        .filter_map(|name| pool.groups.get(&**name))
        .collect();
    groups.sort_by_key(|group| precedence(group));
    let mut roles: Vec<String> = Vec::new();
    for role in groups.iter().filter_map(|group| group.role_arn.as_ref()) {
        // A role of several groups is listed once (live: radkawar/stackd, 2026-09-24).
        if !roles.contains(role) {
            roles.push(role.clone());
        }
    }
    Groups {
        names: groups
            .iter()
            .map(|group| group.group_name.clone())
            .collect(),
        roles,
        preferred_role: preferred_role(&groups).map(str::to_owned),
    }
}

/// A group without precedence comes last:
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html>
fn precedence(group: &Group) -> u64 {
    group.precedence.map_or(u64::MAX, u64::from)
}

/// The role of the group with the lowest precedence; `None` if groups with different
/// roles tie (fact 6.13), or if no group with a role has a precedence (live:
/// radkawar/stackd, 2026-09-24; imo-tikuwa/cognito-demo, 2025-07).
fn preferred_role<'a>(groups: &[&'a Group]) -> Option<&'a str> {
    let with_role = || {
        groups
            .iter()
            .filter_map(|group| Some((group.precedence?, group.role_arn.as_deref()?)))
    };
    let lowest = with_role().map(|(precedence, _)| precedence).min()?;
    let mut best = with_role()
        .filter(|(precedence, _)| *precedence == lowest)
        .map(|(_, role)| role);
    let role = best.next()?;
    best.all(|other| other == role).then_some(role)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::state::group::Group;
    use crate::testing::Fixture;
    use crate::world::Time;

    const SIGN_IN: &str = r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;

    /// Adds ana to groups. Each has a name, a precedence and a role.
    fn join(fixture: &Fixture, groups: &[(&str, Option<u32>, Option<&str>)]) {
        let handle = fixture.pool_handle();
        let mut pool = handle.write();
        for (name, precedence, role) in groups {
            let group = Group {
                group_name: (*name).to_owned(),
                user_pool_id: pool.id.clone(),
                description: None,
                role_arn: role.map(|role| format!("arn:aws:iam::123456789012:role/{role}")),
                precedence: *precedence,
                last_modified_date: Time(0),
                creation_date: Time(0),
            };
            pool.groups.insert((*name).to_owned(), group);
        }
        pool.edit("ana", Time(0), |user| {
            user.groups = groups.iter().map(|(name, ..)| (*name).into()).collect();
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn attributes_that_the_client_may_read_are_in_the_id_token() {
        let pool =
            json!({"Schema": [{"Name": "team", "AttributeDataType": "String", "Mutable": true}]});
        let client = json!({
            "ReadAttributes": ["email", "email_verified", "phone_number_verified", "custom:team"],
            "AccessTokenValidity": 10,
            "IdTokenValidity": 20,
            "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes"},
        });
        let attributes = json!([
            {"Name": "email", "Value": "ana@example.com"},
            {"Name": "email_verified", "Value": "True"},
            {"Name": "phone_number", "Value": "+12065559934"},
            {"Name": "phone_number_verified", "Value": "false"},
            {"Name": "custom:team", "Value": "7"},
        ]);
        let mut fixture = Fixture::with_pool_and_client(pool, client).and_user("ana", attributes);
        fixture.run(SIGN_IN);
        assert_snapshot!(fixture.run("claims access\nclaims id"), @r##"
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700000600,"iat":1700000000,"jti":"#3","username":"ana"}
        {"sub":"$sub","email_verified":true,"custom:team":"7","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","phone_number_verified":false,"cognito:username":"ana","origin_jti":"#1","aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"exp":1700001200,"iat":1700000000,"jti":"#4","email":"ana@example.com"}
        "##);
    }

    #[test]
    fn groups_and_their_roles() {
        for (groups, expected) in [
            (
                vec![("none", None, None)],
                json!({"cognito:groups": ["none"]}),
            ),
            (
                vec![
                    ("a", None, Some("a")),
                    ("b", Some(2), Some("b")),
                    ("c", Some(1), None),
                ],
                json!({
                    "cognito:groups": ["c", "b", "a"],
                    "cognito:roles": ["arn:aws:iam::123456789012:role/b", "arn:aws:iam::123456789012:role/a"],
                    "cognito:preferred_role": "arn:aws:iam::123456789012:role/b",
                }),
            ),
            // A tie between groups with different roles, and a tie between groups with
            // the same role.
            (
                vec![("a", Some(1), Some("a")), ("b", Some(1), Some("b"))],
                json!({
                    "cognito:groups": ["a", "b"],
                    "cognito:roles": ["arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/b"],
                }),
            ),
            (
                vec![("a", Some(1), Some("a")), ("b", Some(1), Some("a"))],
                json!({
                    "cognito:groups": ["a", "b"],
                    "cognito:roles": ["arn:aws:iam::123456789012:role/a"],
                    "cognito:preferred_role": "arn:aws:iam::123456789012:role/a",
                }),
            ),
        ] {
            let mut fixture = Fixture::with_user("ana");
            join(&fixture, &groups);
            fixture.run(SIGN_IN);
            let claims = |text: String| serde_json::from_str::<super::jwt::Claims>(&text).unwrap();
            let mut id = claims(fixture.run("claims id"));
            id.retain(|name, _| name.starts_with("cognito:") && name != "cognito:username");
            assert_eq!(json!(id), expected);
            let access = claims(fixture.run("claims access"));
            assert_eq!(access["cognito:groups"], expected["cognito:groups"]);
            assert!(!access.contains_key("cognito:roles"));
        }
    }

    /// Stored sign-ins are removed when their tokens expire.
    #[test]
    fn sign_ins_and_sessions_are_forgotten() {
        let mut fixture = Fixture::with_user("ana");
        for _ in 0..3 {
            fixture.run(SIGN_IN);
        }
        let kept = |fixture: &Fixture| {
            let pool = fixture.pool_handle().read();
            let user = pool.user("ana").unwrap();
            (user.sign_ins.len(), pool.refresh_tokens.len())
        };
        assert_eq!(kept(&fixture), (3, 3));
        // 30 days, plus the day for which the last access token can be valid.
        fixture.run("advance 2678399");
        fixture.run(SIGN_IN);
        assert_eq!(kept(&fixture), (4, 4));
        fixture.run("advance 1");
        fixture.run(SIGN_IN);
        assert_eq!(kept(&fixture), (2, 2));
    }
}
