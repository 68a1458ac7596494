//! `GET` and `POST /provider/sign-in`: the page of an identity provider that the emulator simulates.
//!
//! This path does not exist on AWS. The emulator simulates social providers, and providers whose
//! address cannot be reached. On this page the user chooses or creates an account with any claims.
//! `login_hint` signs in without the page. The provider's response goes only to the user pool, which
//! checks it like the response of a real provider.

use serde_json::{Map, Value, json};

use super::super::authorization::{Authorization, Refusal, validate};
use super::super::page::{Failure, show};
use super::super::params::{Params, encode};
use super::super::reply::{Answer, redirect};
use super::super::site::Site;
use super::super::view::{Account, Page};
use super::super::{cookies, sentences};
use super::{OIDC_RETURN, saml, secret};
use crate::cx::Cx;
use crate::settings::identity_provider::{IdentityProvider, ProviderType};
use crate::state::pool::Pool;
use crate::state::web::{Federation, SIMULATED_LIFETIME, SimulatedGrant};
use crate::wire::web::Request;

/// The maximum number of accounts that the page offers.
const MAX_ACCOUNTS: usize = 10;
/// The maximum number of bytes of all text claims of an account.
const MAX_CLAIMS: usize = 10_000;

pub(crate) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let params = Params::of_query(&request.query);
    if let Some(answer) = saml::simulated_sign_out(cx, &params) {
        return answer;
    }
    let page_request = match PageRequest::open(cx, request, params) {
        Ok(page_request) => page_request,
        Err(refusal) => return refusal.answer(request),
    };
    if request.method == "POST" {
        return page_request.post();
    }
    match page_request.params.given("login_hint") {
        Some(hint) => {
            let account = page_request.account_of_hint(hint);
            page_request.respond(account)
        }
        None => page_request.page(None),
    }
}

/// A request for the page, and the sign-in that it belongs to.
struct PageRequest<'a> {
    cx: &'a Cx<'a>,
    request: &'a Request,
    params: Params,
    secret: String,
    site: Site,
    authorization: Authorization,
    provider: IdentityProvider,
    federation: Federation,
}

impl<'a> PageRequest<'a> {
    /// Reads `request`, whose `state` or `RelayState` identifies the sign-in. The provider of
    /// that sign-in must be simulated.
    fn open(cx: &'a Cx<'a>, request: &'a Request, params: Params) -> Result<Self, Refusal> {
        let no_sign_in = || Refusal::Page(400, sentences::WENT_WRONG);
        let secret = params.given("state").or_else(|| params.given("RelayState"));
        let secret = secret.ok_or_else(no_sign_in)?.to_owned();
        let handle = secret::pool_of(&secret).and_then(|pool| cx.state.pool_handle(&pool));
        let handle = handle.ok_or_else(no_sign_in)?;
        let found = {
            let pool = handle.read();
            let waiting = pool
                .federation(&secret, cx.now())
                .filter(|it| it.is_simulated);
            waiting.and_then(|it| {
                let provider = pool.identity_provider(&it.provider).ok()?;
                Some((it.clone(), provider.clone()))
            })
        };
        let (federation, provider) = found.ok_or_else(no_sign_in)?;
        let (mut site, authorization) = validate(cx, request, Params::of_query(&federation.query))?;
        site.base = federation.base.to_string();
        Ok(Self {
            cx,
            request,
            params,
            secret,
            site,
            authorization,
            provider,
            federation,
        })
    }

    /// The page, with a message if an attempt failed.
    fn page(&self, failure: Option<Failure>) -> Answer {
        let name = &self.provider.provider_name;
        let accounts = accounts(&self.site.handle.read(), name);
        let page = Page::Provider {
            provider: name.clone(),
            action: format!("{}?{}", self.request.path, self.request.query),
            accounts,
            hint: self.params.get("login_hint").unwrap_or_default().to_owned(),
        };
        let (site, authorization) = (&self.site, &self.authorization);
        show(self.cx, self.request, site, authorization, page, failure)
    }

    fn post(&self) -> Answer {
        let form = Params::of_form(self.request);
        if !cookies::is_protected(self.request, form.get("_csrf")) {
            return self.page(Some(Failure::of_page(sentences::WENT_WRONG)));
        }
        if form.given("cancel").is_some() {
            return self.cancel();
        }
        match self.account(&form) {
            Ok(claims) => self.respond(claims),
            Err(fault) => self.page(Some(Failure::of_page(fault))),
        }
    }

    /// The claims of the account that the form chooses or creates.
    fn account(&self, form: &Params) -> Result<Map<String, Value>, &'static str> {
        if let Some(subject) = form.given("account") {
            return Ok(self
                .existing_account(subject)
                .unwrap_or_else(|| new_account(subject)));
        }
        let subject = form.given("sub").map(str::trim).filter(|it| !it.is_empty());
        let subject = subject.ok_or(sentences::NO_SUBJECT)?;
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), json!(subject));
        for name in ["email", "given_name", "family_name"] {
            if let Some(value) = form.given(name) {
                claims.insert(name.to_owned(), json!(value));
            }
        }
        if claims.contains_key("email") {
            let is_verified = form.get("email_verified") == Some("true");
            claims.insert("email_verified".to_owned(), json!(is_verified));
        }
        if let Some(text) = form.given("claims") {
            let more: Option<Map<String, Value>> = serde_json::from_str(text).ok();
            claims.extend(more.ok_or(sentences::CLAIMS_NOT_JSON)?);
        }
        let texts = claims.values().filter_map(Value::as_str);
        if texts.map(str::len).sum::<usize>() > MAX_CLAIMS {
            return Err(sentences::CLAIMS_TOO_LONG);
        }
        Ok(claims)
    }

    /// The account whose subject or address is `hint`. If there is none, a new one.
    fn account_of_hint(&self, hint: &str) -> Map<String, Value> {
        let by_email = || {
            let pool = self.site.handle.read();
            let mut all = pool.web.simulated_accounts.iter();
            let found = all.find(|((provider, _), account)| {
                *provider == self.provider.provider_name
                    && account.claims.get("email") == Some(&json!(hint))
            });
            found.map(|((_, subject), _)| subject.clone())
        };
        let existing = self.existing_account(hint);
        let existing = existing.or_else(|| self.existing_account(&by_email()?));
        existing.unwrap_or_else(|| new_account(hint))
    }

    /// The claims of the account with this subject, if it exists.
    fn existing_account(&self, subject: &str) -> Option<Map<String, Value>> {
        let key = (self.provider.provider_name.clone(), subject.to_owned());
        let pool = self.site.handle.read();
        let mut claims = pool.web.simulated_accounts.get(&key)?.claims.clone();
        claims.insert("sub".to_owned(), json!(subject));
        Some(claims)
    }

    /// Redirects the browser to the user pool with a code or an assertion for the account.
    fn respond(&self, claims: Map<String, Value>) -> Answer {
        let name = &self.provider.provider_name;
        let subject = claims.get("sub").map(text).unwrap_or_default();
        let now = self.cx.now();
        let mut kept = claims.clone();
        kept.remove("sub");
        let mut pool = self.site.handle.write();
        pool.keep_simulated_account(name, &subject, kept, now);
        drop(pool);
        let claims = issued_claims(&self.provider, claims);
        if self.provider.provider_type == ProviderType::Saml {
            let (cx, site) = (self.cx, &self.site);
            let response =
                saml::simulated_response(cx, site, &self.provider, &self.federation, &claims);
            return Answer::from(saml::post_back(site, &response, &self.secret));
        }
        let code = self.cx.world.chance.opaque(40);
        let grant = SimulatedGrant {
            provider: name.clone(),
            claims,
            nonce: Some(self.federation.nonce.to_string()),
            is_token: false,
            expires_at: now.plus(SIMULATED_LIFETIME),
        };
        self.site
            .handle
            .write()
            .keep_simulated_grant(&code, grant, now);
        self.redirect_back(&[("code", &code)])
    }

    /// Redirects the browser to the user pool with `access_denied`, because the user cancelled (RFC
    /// 6749, section 4.1.2.1).
    fn cancel(&self) -> Answer {
        if self.provider.provider_type == ProviderType::Saml {
            let (cx, site) = (self.cx, &self.site);
            let response = saml::simulated_refusal(cx, site, &self.provider, &self.federation);
            return Answer::from(saml::post_back(site, &response, &self.secret));
        }
        self.redirect_back(&[("error", "access_denied")])
    }

    fn redirect_back(&self, pairs: &[(&str, &str)]) -> Answer {
        let state = ("state", self.secret.as_str());
        let query = encode(pairs.iter().copied().chain([state]));
        Answer::from(redirect(&self.site.url(OIDC_RETURN, &query)))
    }
}

/// The accounts of `provider`, the most recently used one first.
fn accounts(pool: &Pool, provider: &str) -> Vec<Account> {
    let all = pool.web.simulated_accounts.iter();
    let mut own: Vec<_> = all.filter(|((name, _), _)| name == provider).collect();
    own.sort_by_key(|(_, account)| std::cmp::Reverse(account.used_at));
    let shown = own
        .into_iter()
        .take(MAX_ACCOUNTS)
        .map(|((_, subject), account)| {
            let claim = |name: &str| account.claims.get(name).map(text).unwrap_or_default();
            let names = [claim("given_name"), claim("family_name")];
            Account {
                sub: subject.clone(),
                email: claim("email"),
                name: names.join(" ").trim().to_owned(),
            }
        });
    shown.collect()
}

/// The claims of a new account. Its subject is `hint`, and also its address if `hint` is an address.
fn new_account(hint: &str) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(hint));
    if hint.contains('@') {
        claims.insert("email".to_owned(), json!(hint));
        claims.insert("email_verified".to_owned(), json!(true));
    }
    claims
}

/// The claims that the provider issues: those of the account, the full name, and the claims of the
/// attribute mapping.
///
/// An account may have a value under the name of the pool's attribute. The claim that is mapped to
/// this attribute then has the same value. The subject is also issued under the claim that is mapped
/// to `username`, whose name depends on the type of the provider.
fn issued_claims(
    provider: &IdentityProvider,
    mut claims: Map<String, Value>,
) -> Map<String, Value> {
    let names = ["given_name", "family_name"].map(|name| claims.get(name).map(text));
    let names: Vec<String> = names.into_iter().flatten().collect();
    if !names.is_empty() {
        let full = names.join(" ");
        claims.entry("name").or_insert_with(|| json!(full));
    }
    let default = provider.provider_type.default_mapping();
    let mapping = provider.attribute_mapping.iter().chain(&default);
    for (attribute, claim) in mapping {
        let own = if attribute == "username" {
            "sub"
        } else {
            attribute
        };
        if let Some(value) = claims.get(own).cloned() {
            claims.entry(claim.clone()).or_insert(value);
        }
    }
    claims
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}
