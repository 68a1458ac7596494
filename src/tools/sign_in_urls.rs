//! URLs of the sign-in pages: their construction, and the reasons why Cognito refuses one.

mod check;
mod needs;
mod site;
mod url;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) use self::check::custom_scopes;
use self::check::{ClientInPool, Problem, problems};
pub(super) use self::needs::{Needs, still_needed};
use self::site::Site;
pub(super) use self::site::base;
use self::url::Url;
pub(super) use self::url::encode;
use super::{ByClient, Entry, InPool, Tool};
use crate::call::context::Cx;
use crate::error::{NextCall, ToolError, ToolResult};

/// The tools of the toolset `clients` for URLs.
pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<BuildSignInUrl>(), Entry::of::<CheckSignInUrl>()]
}

/// The path at which a sign-in begins.
const AUTHORIZE: &str = "/oauth2/authorize";

/// Build the URL that an application opens to sign a user in at the pool's sign-in pages.
#[derive(Deserialize, JsonSchema)]
struct BuildSignInUrl {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    client: ByClient,
    /// Where the sign-in returns to, exactly as registered. Absent: the client's default, or its first one.
    redirect_uri: Option<String>,
    /// Scopes. Absent: all that the client may request.
    scopes: Option<Vec<String>>,
    /// Value that comes back unchanged; applications compare it.
    state: Option<String>,
    /// Value that the ID token repeats.
    nonce: Option<String>,
    /// PKCE challenge (S256) of the application's verifier.
    code_challenge: Option<String>,
    /// Provider to go to directly; `COGNITO` is the pool's own sign-in.
    identity_provider: Option<String>,
    /// Username to fill in.
    login_hint: Option<String>,
    /// `login`, `none`, `select_account` or `consent`; managed login only.
    prompt: Option<String>,
    /// Language of the pages, as in `de`; managed login only.
    lang: Option<String>,
}

/// A URL of the sign-in pages.
#[derive(Serialize, JsonSchema)]
struct Built {
    /// The URL, for a browser.
    url: String,
    /// App client.
    client_id: String,
    /// Its name.
    client_name: Option<String>,
    /// Where the sign-in returns to.
    redirect_uri: String,
    /// What Cognito would refuse; none: users can sign in.
    problems: Vec<Problem>,
}

impl Tool for BuildSignInUrl {
    const NAME: &'static str = "build_sign_in_url";
    const TITLE: &'static str = "Build sign-in URL";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = site::OPERATIONS;
    type Answer = Built;

    fn example() -> Value {
        json!({ "client_id": "1example23456789", "redirect_uri": "https://app.example.com/callback" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Built> {
        let pool = cx.pool(&self.pool).await?;
        let client = cx.client(&self.client, &self.pool).await?;
        let site = Site::of_pool(cx, &pool).await?;
        let client_in_pool = ClientInPool::read(cx, &pool, &client, &site).await?;
        let Some(base) = site.bases.first() else {
            return Err(no_base(cx, &site));
        };
        let redirect_uri = self
            .redirect_uri
            .as_ref()
            .or(client_in_pool.default_redirect_uri());
        let Some(redirect_uri) = redirect_uri.cloned() else {
            return Err(ToolError::argument(
                "/redirect_uri",
                "is required: the client has no callback URL",
            )
            .hint("Give the address of the application that handles the sign-in"));
        };
        let response_type = if client_in_pool.only_implicit() {
            "token"
        } else {
            "code"
        };
        let scope = self.scopes.map(|scopes| scopes.join(" "));
        let method = self.code_challenge.as_ref().map(|_| "S256".to_owned());
        let pairs = [
            ("client_id", Some(client.clone())),
            ("response_type", Some(response_type.to_owned())),
            ("redirect_uri", Some(redirect_uri.clone())),
            ("scope", scope),
            ("state", self.state),
            ("nonce", self.nonce),
            ("code_challenge", self.code_challenge),
            ("code_challenge_method", method),
            ("identity_provider", self.identity_provider),
            ("login_hint", self.login_hint),
            ("prompt", self.prompt),
            ("lang", self.lang),
        ];
        let pairs = pairs
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let url = format!("{base}{AUTHORIZE}?{}", encode(pairs));
        let parsed = Url::parse(&url)
            .map_err(|why| ToolError::new("InvalidDomain", format!("The domain {base}: {why}")))?;
        Ok(Built {
            problems: problems(cx, &parsed, &site, Some(&client_in_pool)),
            url,
            client_id: client,
            client_name: client_in_pool.name().map(ToOwned::to_owned),
            redirect_uri,
        })
    }
}

/// The error of a pool without an address for its sign-in pages.
fn no_base(cx: &Cx, site: &Site) -> Box<ToolError> {
    if site.has_domain && cx.emulator().is_ok() {
        return ToolError::new(
            "NoAddress",
            "The emulator is not served over HTTP, so no browser can open its sign-in pages",
        )
        .hint(
            "Ask the person who runs the server to start it with --listen, as in `cognito-mcp \
             serve --listen 127.0.0.1:9229`",
        );
    }
    ToolError::new(
        "NoDomain",
        "The pool has no domain, so it has no sign-in pages",
    )
    .hint("Give the pool a domain with `put_domain`, then repeat the call")
}

/// Check the URL that an application opens for a sign-in, sign-up or sign-out: which parts Cognito refuses, why, and the calls that fix the app client.
#[derive(Deserialize, JsonSchema)]
struct CheckSignInUrl {
    #[serde(flatten)]
    pool: InPool,
    /// The complete URL.
    #[schemars(length(min = 1, max = 8192))]
    url: String,
}

/// The result of the check.
#[derive(Serialize, JsonSchema)]
struct Checked {
    /// Whether Cognito accepts the URL.
    accepted: bool,
    /// The result in words.
    explanation: String,
    /// The problems, in the order in which Cognito reports them.
    problems: Vec<Problem>,
    /// The call that fixes the first problem.
    next: Option<NextCall>,
}

impl Tool for CheckSignInUrl {
    const NAME: &'static str = "check_sign_in_url";
    const TITLE: &'static str = "Check sign-in URL";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = site::OPERATIONS;
    type Answer = Checked;

    fn example() -> Value {
        json!({
            "url": "https://example-sign-in.auth.us-east-1.amazoncognito.com/oauth2/authorize\
                ?client_id=1example23456789&response_type=code&redirect_uri=https://app.example.com/",
        })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Checked> {
        let url = Url::parse(self.url.trim()).map_err(|why| {
            ToolError::argument("/url", why)
                .hint("Give the complete URL that the browser opens, beginning with https://")
        })?;
        let pool = cx.pool(&self.pool).await?;
        let site = Site::of_pool(cx, &pool).await?;
        let client = url.given("client_id");
        let client_in_pool = match client {
            Some(client) => match ClientInPool::read(cx, &pool, client, &site).await {
                Ok(found) => Some(found),
                Err(refused) if is_unknown(&refused) => None,
                Err(refused) => return Err(refused),
            },
            None => None,
        };
        let problems = problems(cx, &url, &site, client_in_pool.as_ref());
        Ok(Checked {
            accepted: problems.is_empty(),
            explanation: in_words(&problems),
            next: problems.first().and_then(|first| first.fix.clone()),
            problems,
        })
    }
}

/// Whether Cognito refused the id of an app client.
fn is_unknown(refused: &ToolError) -> bool {
    // The exception for an unknown pool has the same name.
    let is_client = refused.message.starts_with("User pool client ");
    match refused.code.as_str() {
        "ResourceNotFoundException" => is_client,
        "InvalidParameterException" => refused.message.contains("lientId"),
        _ => false,
    }
}

fn in_words(problems: &[Problem]) -> String {
    match problems {
        [] => "Cognito accepts the URL.".to_owned(),
        [only] => format!("Cognito refuses the URL. {}: {}.", only.part, only.problem),
        [first, others @ ..] => format!(
            "Cognito refuses the URL. {}: {}. When that is fixed, {} more {}.",
            first.part,
            first.problem,
            others.len(),
            if others.len() == 1 {
                "problem follows"
            } else {
                "problems follow"
            }
        ),
    }
}
