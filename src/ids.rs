//! Values that become parts of addresses: Regions, user pool ids, domains,
//! endpoints, issuers, and URLs for uploads.
//!
//! Text from a caller, a token or a response becomes a part of a URL, a path, a file name or
//! a header only if it has the form that Cognito defines. The types here enforce this:
//! their constructors check the form, and the functions that build addresses accept only
//! these types.
//!
//! Values that are only sent to Cognito in a JSON body remain strings. Cognito checks them,
//! and the caller receives Cognito's message. The URLs of SAML metadata, of OIDC issuers, of
//! callbacks and of terms are such values: this server never fetches them.

use std::fmt;

use axum::http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub use cognito_emulator::ids::Region;

/// Longest user pool id, in characters, by the service model (`UserPoolIdType`).
const LONGEST_POOL_ID: usize = 55;

/// The id of a user pool: a Region, an underscore, and letters and digits.
///
/// The service model's pattern is `[\w-]+_[0-9a-zA-Z]+`. The part before the underscore
/// is the pool's Region, which becomes a part of host names, so it must have a Region's form.
///
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolType.html>
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PoolId {
    region: Region,
    text: String,
}

/// A value without the required form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The required type of value, with an article, as in `a domain`.
    what: &'static str,
    /// The required form.
    form: &'static str,
}

impl Malformed {
    /// Creates an error message that repeats `given`, a value from the operator.
    #[must_use]
    pub fn named(self, given: &str) -> String {
        format!("`{given}` is not {}: write {}", self.what, self.form)
    }
}

/// Displays an error message that does not repeat the value. Values from callers may be
/// long, or contain instructions to a model.
impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "This is not {}: write {}", self.what, self.form)
    }
}

impl std::error::Error for Malformed {}

impl PoolId {
    /// Parses a user pool id.
    ///
    /// # Errors
    /// If `text` is not a user pool id.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let malformed = Malformed {
            what: "a user pool id",
            form: "a Region, an underscore, and letters and digits, 55 characters at most, as in \
                   us-east-1_AbCdEfGhI",
        };
        let (region, suffix) = text.split_once('_').ok_or(malformed)?;
        let is_suffix =
            !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match Region::parse(region) {
            Some(region) if is_suffix && text.len() <= LONGEST_POOL_ID => Ok(Self {
                region,
                text: text.to_owned(),
            }),
            _ => Err(malformed),
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The Region of the pool.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The pool's issuer URLs on AWS: the original URL, and the URL for the
    /// `IssuerConfiguration` type `UPDATED`.
    ///
    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_IssuerConfigurationType.html>
    #[must_use]
    pub fn issuers(&self) -> [String; 2] {
        let (region, suffix) = (&self.region, self.region.dns_suffix());
        ["cognito-idp", "issuer-cognito-idp"]
            .map(|service| format!("https://{service}.{region}.{suffix}/{}", self.text))
    }
}

impl fmt::Display for PoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The base URL of a server of the Cognito API: scheme, host, and optionally a port and a
/// path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    scheme: &'static str,
    /// Host, and the port if it is given.
    authority: String,
    /// Empty, or a path that begins with a slash and does not end with one.
    path: String,
}

impl Endpoint {
    /// Parses an endpoint.
    ///
    /// # Errors
    /// If `text` is not an `http` or `https` URL with a host, or has parts other than scheme,
    /// host, port and path.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let malformed = Malformed {
            what: "the URL of a server",
            form: "http or https, a host, and optionally a port and a path, as in \
                   http://127.0.0.1:9229",
        };
        let url = Url::parse(text).ok_or(malformed)?;
        let is_plain = |segment: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            segment.bytes().all(fits) && segment != "." && segment != ".."
        };
        if url.query || !url.path.split('/').all(is_plain) {
            return Err(malformed);
        }
        Ok(Self {
            scheme: url.scheme,
            authority: url.authority,
            path: url.path.trim_end_matches('/').to_owned(),
        })
    }

    /// The endpoint of Cognito in `region`, as the AWS SDK resolves it.
    #[must_use]
    pub fn of_cognito(region: &Region) -> Self {
        Self {
            scheme: "https",
            authority: format!("cognito-idp.{region}.{}", region.dns_suffix()),
            path: String::new(),
        }
    }

    /// The issuer URL of `pool` at this endpoint. The pool's keys are published below this URL.
    #[must_use]
    pub fn issuer(&self, pool: &PoolId) -> String {
        format!("{self}/{pool}")
    }

    /// Whether the endpoint is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(host(&self.authority))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

/// The user pool that issues the tokens of an OAuth protected resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    url: String,
    pool: PoolId,
    api: Endpoint,
}

impl Issuer {
    /// Parses an issuer URL. Its pool is on AWS (with either URL of [`PoolId::issuers`]), on
    /// another server with TLS, or on an emulator on this machine.
    ///
    /// # Errors
    /// If `text` is not such a URL.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let malformed = Malformed {
            what: "the issuer of a user pool",
            form: "the pool's issuer, as in \
                   https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI; plain http is \
                   for an emulator on this machine",
        };
        let text = text.trim_end_matches('/');
        let (base, pool) = text.rsplit_once('/').ok_or(malformed)?;
        let pool = PoolId::parse(pool).map_err(|_| malformed)?;
        let base = Endpoint::parse(base).map_err(|_| malformed)?;
        if base.scheme == "http" && !base.is_loopback() {
            return Err(malformed);
        }
        let url = base.issuer(&pool);
        let api = if pool.issuers().contains(&url) {
            Endpoint::of_cognito(pool.region())
        } else {
            base
        };
        Ok(Self { url, pool, api })
    }

    /// The issuer in tokens (`iss`).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// The pool.
    #[must_use]
    pub fn pool(&self) -> &PoolId {
        &self.pool
    }

    /// The endpoint of the pool's API.
    #[must_use]
    pub fn api(&self) -> &Endpoint {
        &self.api
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// A URL to which a file of users is uploaded. It is a secret, so debug output hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadUrl(String);

impl UploadUrl {
    /// Parses the URL that Cognito returned for an import job. The URL is one of Amazon S3, or
    /// of the server at `endpoint` if an endpoint is configured. All loopback names are equal
    /// here: the emulator may return `localhost` although the endpoint is `127.0.0.1`.
    ///
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html>
    ///
    /// Returns `None` for a URL of any other host.
    #[must_use]
    pub fn parse(text: &str, endpoint: Option<&Endpoint>) -> Option<Self> {
        let url = Url::parse(text)?;
        let is_of_s3 = url.scheme == "https" && is_s3(&url.authority);
        let is_of_endpoint = endpoint.is_some_and(|endpoint| {
            let (own, other) = (host(&endpoint.authority), host(&url.authority));
            let is_same = own == other || (is_loopback(own) && is_loopback(other));
            let port = |authority: &str, host: &str| authority[host.len()..].to_owned();
            is_same
                && url.scheme == endpoint.scheme
                && port(&url.authority, other) == port(&endpoint.authority, own)
        });
        (is_of_s3 || is_of_endpoint).then(|| Self(text.to_owned()))
    }

    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UploadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Whether `authority` is a host of Amazon S3 on its usual port.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>
fn is_s3(authority: &str) -> bool {
    let labels: Vec<&str> = authority.split('.').collect();
    let is_in = |region: &str, suffix: &[&str]| {
        Region::parse(region).is_some_and(|region| suffix.join(".") == region.dns_suffix())
    };
    (0..labels.len()).any(|start| match &labels[start..] {
        ["s3", "amazonaws", "com"] => true,
        ["s3", "dualstack", region, suffix @ ..] | ["s3", region, suffix @ ..] => {
            is_in(region, suffix)
        }
        // Older buckets have `s3-REGION` in their host names.
        [first, suffix @ ..] => first
            .strip_prefix("s3-")
            .is_some_and(|region| is_in(region, suffix)),
        [] => false,
    })
}

/// The domain of a pool's sign-in pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Domain {
    /// A prefix for Cognito's domain.
    Prefix(String),
    /// A custom host name.
    Custom(String),
}

impl Domain {
    /// Parses a domain.
    ///
    /// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DomainDescriptionType.html>
    ///
    /// # Errors
    /// If `text` is neither a prefix nor a host name.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let is_label = |label: &str| {
            let fits =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            (1..=63).contains(&label.len())
                && label.bytes().all(fits)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.len() > 253 || !text.split('.').all(is_label) {
            return Err(Malformed {
                what: "a domain",
                form: "a prefix of lower-case letters, digits and hyphens, or a host name, as in \
                       auth.example.com",
            });
        }
        Ok(if text.contains('.') {
            Self::Custom(text.to_owned())
        } else {
            Self::Prefix(text.to_owned())
        })
    }

    /// The URL of the sign-in pages, for a pool in `region`.
    ///
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html>;
    /// in the partition `aws-us-gov` <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-cog.html>.
    #[must_use]
    pub fn url(&self, region: &Region) -> String {
        let host = if region.partition() == "aws-us-gov" {
            "auth-fips"
        } else {
            "auth"
        };
        match self {
            Self::Prefix(prefix) => format!("https://{prefix}.{host}.{region}.amazoncognito.com"),
            Self::Custom(name) => format!("https://{name}"),
        }
    }
}

/// Characters that need no encoding in a segment of a path (RFC 3986, section 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes `text` as one segment of a resource's URI.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// An absolute HTTP URL, parsed by the parser of the HTTP client.
struct Url {
    scheme: &'static str,
    /// Host and port, without credentials.
    authority: String,
    path: String,
    query: bool,
}

impl Url {
    fn parse(text: &str) -> Option<Self> {
        // These characters are rejected first. The parser drops a fragment, and it accepts some
        // characters that other parsers treat as separators.
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"#\\\"<>^`{|}".contains(&byte))
        {
            return None;
        }
        let uri: Uri = text.parse().ok()?;
        let scheme = ["https", "http"]
            .into_iter()
            .find(|scheme| uri.scheme_str() == Some(scheme))?;
        let authority = uri.authority()?.as_str();
        let name = host(authority);
        let port = &authority[name.len()..];
        let is_port = port.is_empty()
            || port
                .strip_prefix(':')
                .is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
        (is_host(name) && is_port).then(|| Self {
            scheme,
            authority: authority.to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().is_some(),
        })
    }
}

/// The host in `authority`, without the port.
fn host(authority: &str) -> &str {
    let end = match authority.find(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    &authority[..end]
}

/// Whether `text` is a host name, an IPv4 address, or an IPv6 address in brackets.
fn is_host(text: &str) -> bool {
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.strip_suffix(']');
        return inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(fits);
    text.len() <= 253 && text.split('.').all(is_label)
}

/// Whether `host` is `localhost` or a loopback address.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use aws_sdk_cognitoidentityprovider::config::endpoint::{
        DefaultResolver, Params, ResolveEndpoint,
    };

    use super::*;

    #[test]
    fn malformed_pool_ids_are_rejected() {
        let longest = format!("us-east-1_{}", "a".repeat(45));
        for id in ["us-east-1_AbCdEfGhI", "us-gov-west-1_0", &longest] {
            let parsed = PoolId::parse(id).unwrap();
            assert_eq!(parsed.to_string(), id);
            assert_eq!(
                id.strip_prefix(parsed.region().as_str()).unwrap().find('_'),
                Some(0)
            );
        }
        let longer = format!("{longest}a");
        for other in [
            "",
            "_",
            "us-east-1",
            "us-east-1_",
            "_AbCdEfGhI",
            "us-east-1_a_b",
            "us-east-1_a-b",
            "us-east-1_a/b",
            "us-east-1_a\n",
            "us-east-1.evil.com_x",
            "localhost_x",
            "us-east-1_\u{e4}",
            "us-east-1_\u{661}",
            &longer,
        ] {
            assert!(PoolId::parse(other).is_err(), "{other:?}");
        }
    }

    /// The Regions cover every partition.
    #[tokio::test]
    async fn endpoints_equal_those_of_the_sdk() {
        for region in [
            "us-east-1",
            "eu-central-2",
            "ap-southeast-5",
            "mx-central-1",
            "us-gov-east-1",
            "cn-north-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "us-isof-south-1",
            "eusc-de-east-1",
        ] {
            let params = Params::builder().region(region.to_owned()).build().unwrap();
            let sdk = DefaultResolver::new();
            let resolved = ResolveEndpoint::resolve_endpoint(&sdk, &params)
                .await
                .unwrap();
            let ours = Endpoint::of_cognito(&Region::parse(region).unwrap());
            assert_eq!(ours.to_string(), resolved.url(), "{region}");
        }
    }

    #[test]
    fn malformed_endpoints_are_rejected() {
        for (text, endpoint) in [
            ("http://127.0.0.1:9229", "http://127.0.0.1:9229"),
            ("http://[::1]:9229/", "http://[::1]:9229"),
            (
                "https://vpce-1.example.com/cognito/",
                "https://vpce-1.example.com/cognito",
            ),
            (
                "http://cognito_emulator:9229",
                "http://cognito_emulator:9229",
            ),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().to_string(), endpoint);
        }
        for other in [
            "",
            "127.0.0.1:9229",
            "//127.0.0.1",
            "/path",
            "ftp://127.0.0.1",
            "http://",
            "http://user@127.0.0.1",
            "http://user:word@127.0.0.1:80",
            "http://127.0.0.1:80@evil.com",
            "http://127.0.0.1:0",
            "http://127.0.0.1:65536",
            "http://127.0.0.1:80:80",
            "http://127.0.0.1?x=1",
            "http://127.0.0.1#x",
            "http://127.0.0.1/../x",
            "http://127.0.0.1/%2e%2e/x",
            "http://127.0.0.1\\@evil.com",
            "http://127.0.0.1\n",
            "http://evil\u{3002}com",
            "http://[::1",
            "http://[::1]x",
            "http://[evil.com]",
            "http://a..b",
        ] {
            assert!(Endpoint::parse(other).is_err(), "{other:?}");
        }
    }

    #[test]
    fn malformed_issuers_are_rejected() {
        let api = |text: &str| Issuer::parse(text).unwrap().api().to_string();
        let aws = "https://cognito-idp.eu-west-1.amazonaws.com";
        assert_eq!(api(&format!("{aws}/eu-west-1_A")), aws);
        assert_eq!(
            api("https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A"),
            aws
        );
        assert_eq!(
            api("http://localhost:9229/us-east-1_A/"),
            "http://localhost:9229"
        );
        assert_eq!(
            api("https://emulator.example.com/cognito/us-east-1_A"),
            "https://emulator.example.com/cognito"
        );
        // This is not an issuer of AWS, because the host's Region is not the pool's Region.
        let other = "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-1_A";
        assert_eq!(api(other), "https://cognito-idp.eu-west-2.amazonaws.com");
        for other in [
            "",
            "eu-west-1_A",
            "/eu-west-1_A",
            "http://issuer.example.com/eu-west-1_A",
            "http://localhost.evil.com/eu-west-1_A",
            "http://127.0.0.1@evil.com/eu-west-1_A",
            "http://127.0.0.1.evil.com/eu-west-1_A",
            "https://example.com/pool",
            "https://example.com/..",
            "https://example.com/eu-west-1_A?x",
            "https://example.com/eu-west-1_A#x",
            "https://user@example.com/eu-west-1_A",
        ] {
            assert!(Issuer::parse(other).is_err(), "{other:?}");
        }
    }

    #[test]
    fn uploads_go_to_s3_or_the_endpoint() {
        let endpoint = |text: &str| Some(Endpoint::parse(text).unwrap());
        let signed = "?X-Amz-Security-Token=a%2Bb%3D&X-Amz-Signature=0f";
        let may = |url: &str, endpoint: &Option<Endpoint>| {
            UploadUrl::parse(&format!("{url}{signed}"), endpoint.as_ref()).is_some()
        };
        for url in [
            "https://aws-cognito-idp-user-import-pdx.s3.us-west-2.amazonaws.com/1/us-west-2_A/import-1",
            "https://s3.us-west-2.amazonaws.com/bucket/1",
            "https://bucket.s3.amazonaws.com/1",
            "https://bucket.s3.dualstack.eu-west-1.amazonaws.com/1",
            "https://bucket.s3-us-west-2.amazonaws.com/1",
            "https://bucket.s3.cn-north-1.amazonaws.com.cn/1",
        ] {
            assert!(may(url, &None), "{url}");
        }
        let local = endpoint("http://127.0.0.1:9229");
        let remote = endpoint("http://cognito:9229/base");
        assert!(may("http://127.0.0.1:9229/imports/1", &local));
        assert!(may("http://localhost:9229/imports/1", &local));
        assert!(may("http://cognito:9229/imports/1", &remote));
        for url in [
            "",
            "http://bucket.s3.us-west-2.amazonaws.com/1",
            "https://bucket.s3.us-west-2.amazonaws.com:8443/1",
            "https://bucket.s3.us-west-2.amazonaws.com.evil.com/1",
            "https://bucket.s3.us-west-2.amazonaws.com@evil.com/1",
            "https://bucket.s3.cn-north-1.amazonaws.com/1",
            "https://bucket.s3.evil.com/1",
            "https://s3.evil.amazonaws.com/1",
            "https://evil-s3.amazonaws.com/1",
            "https://ec2.us-west-2.amazonaws.com/1",
            "https://s3-website.evil.com/1",
            "file:///etc/passwd",
            "//bucket.s3.us-west-2.amazonaws.com/1",
            "https://bucket.s3.us-west-2.amazonaws.com\\@evil.com/1",
            "https://169.254.169.254/latest/",
            "http://127.0.0.1:9229/imports/1",
            "http://localhost/",
        ] {
            assert!(!may(url, &None), "{url}");
            assert!(!may(url, &remote), "{url}");
        }
        assert!(!may("http://169.254.169.254/latest/", &local));
        assert!(!may("http://127.0.0.1:9230/imports/1", &local));
        assert!(!may("http://localhost/imports/1", &local));
        assert!(!may("https://cognito:9229/imports/1", &remote));
        assert!(!may("http://cognito/imports/1", &remote));
    }

    #[test]
    fn malformed_domains_are_rejected() {
        let region = Region::parse("us-east-1").unwrap();
        let url = |text: &str| Domain::parse(text).ok().map(|domain| domain.url(&region));
        assert_eq!(
            url("my-app").as_deref(),
            Some("https://my-app.auth.us-east-1.amazoncognito.com")
        );
        assert_eq!(
            url("auth.example.com").as_deref(),
            Some("https://auth.example.com")
        );
        let gov = Region::parse("us-gov-west-1").unwrap();
        assert_eq!(
            Domain::parse("my-app").unwrap().url(&gov),
            "https://my-app.auth-fips.us-gov-west-1.amazoncognito.com"
        );
        for other in [
            "",
            ".",
            "-a",
            "a-",
            "A",
            "a_b",
            "a..b",
            "a.",
            "a/b",
            "a@b",
            "a:1",
            "a?b",
            "a#b",
            "a%2fb",
            "\u{e4}",
            "evil.com/",
            "user@evil.com",
            "a\nb",
        ] {
            assert_eq!(url(other), None, "{other:?}");
        }
    }

    #[test]
    fn segments_contain_no_separator() {
        assert_eq!(segment("us-east-1_AbC"), "us-east-1_AbC");
        assert_eq!(segment("../a?b#c%2f\u{e4}"), "..%2Fa%3Fb%23c%252f%C3%A4");
    }
}
