//! Endpoints and proxies of requests to AWS.
//!
//! The endpoints are those of the AWS SDK, from every source that it reads: the flag, the
//! environment, and the profile with its `services` section. A custom endpoint receives
//! signed requests that contain session tokens and passwords. So the server reports it at
//! start, and refuses plain HTTP to another machine.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr as _;

use aws_config::SdkConfig;
use aws_config::retry::{RetryConfig, RetryMode};
use aws_types::service_config::ServiceConfigKey;
use axum::http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use super::StartError;
use crate::config::Config;

/// The flag that allows plain HTTP to another machine.
const ALLOW: &str = "--allow-plain-http-endpoint";

/// The SDK's variable for all services, and the prefix of those for one service.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
const VARIABLE: &str = "AWS_ENDPOINT_URL";
const SETTING: &str = "endpoint_url";

/// The name of a variable that the environment does not have.
const NO_VARIABLE: &str = "AWS_ENDPOINT_URL_OF_NO_VARIABLE";

/// The name of a service that no profile has settings for.
const NO_SERVICE: &str = "No Service";

/// Ids of services, as the SDK's settings name them.
const COGNITO: &str = "Cognito Identity Provider";
const STS: &str = "STS";

/// Services from which the SDK gets credentials. The flag does not apply to them.
const OF_CREDENTIALS: [&str; 3] = [STS, "SSO", "SSO OIDC"];

/// Suffixes of AWS's host names.
///
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>
const AWS: [&str; 3] = ["amazonaws.com", "amazonaws.com.cn", "api.aws"];

/// The endpoints and the proxy of requests.
#[derive(Clone, Debug)]
pub struct Endpoints {
    region: String,
    /// Cognito's custom endpoint, if it has one.
    cognito: Option<Custom>,
    /// Custom endpoints of services for credentials and the caller's identity.
    others: Vec<(&'static str, Custom)>,
    /// The proxy of Cognito's endpoint.
    proxy: Option<Proxy>,
}

/// A configured endpoint.
#[derive(Clone, Debug, PartialEq)]
struct Custom {
    /// Scheme, host and port: a URL may have a password before the host.
    origin: String,
    host: String,
    is_plain: bool,
    source: String,
}

/// A proxy of the environment.
#[derive(Clone, Debug, PartialEq)]
struct Proxy {
    /// Scheme, host and port.
    origin: String,
    host: String,
    variable: &'static str,
}

impl Endpoints {
    /// The endpoints of a client with `sdk`, which was loaded for `config`.
    ///
    /// # Errors
    /// If one is not a URL, or if it is plain HTTP to another machine and
    /// `--allow-plain-http-endpoint` is not given.
    pub fn of(config: &Config, sdk: &SdkConfig) -> Result<Self, StartError> {
        let search = Search {
            profile: profile(config),
            sdk,
        };
        let region = sdk.region().map(ToString::to_string).unwrap_or_default();
        let flag = Config::named(config.endpoint_url.as_ref());
        let flag = flag.map(|url| (url, "--endpoint-url".to_owned()));
        let cognito = flag.clone().or_else(|| search.configured(COGNITO));
        let cognito = cognito
            .map(|(url, source)| Custom::new(&url, source))
            .transpose()?;
        let mut others = Vec::new();
        let of_identity = flag
            .or_else(|| search.configured(STS))
            .map(|found| (STS, found));
        let of_credentials = OF_CREDENTIALS
            .into_iter()
            .filter_map(|service| Some((service, search.anywhere(service)?)));
        for (service, (url, source)) in of_identity.into_iter().chain(of_credentials) {
            let found = (service, Custom::new(&url, source)?);
            if !others.contains(&found) {
                others.push(found);
            }
        }
        let base = cognito.as_ref().map_or_else(
            || format!("https://cognito-idp.{region}.amazonaws.com"),
            |custom| custom.origin.clone(),
        );
        let endpoints = Self {
            proxy: Proxy::of(&base),
            region,
            cognito,
            others,
        };
        if !config.allow_plain_http_endpoint {
            endpoints.refuse_plain()?;
        }
        Ok(endpoints)
    }

    fn refuse_plain(&self) -> Result<(), StartError> {
        let cognito = self.cognito.iter().map(|custom| (COGNITO, custom));
        let others = self
            .others
            .iter()
            .map(|(service, custom)| (*service, custom));
        for (_, custom) in cognito.chain(others).filter(|(_, custom)| custom.is_plain) {
            let Custom { origin, source, .. } = custom;
            if !is_loopback(&custom.host) {
                return Err(StartError(format!(
                    "The endpoint {origin} ({source}) is on another machine, and plain HTTP sends \
                     session tokens and passwords to it that anyone on the way can read: use https, \
                     or pass {ALLOW}."
                )));
            }
            let proxy = Proxy::of(origin).filter(|proxy| !is_loopback(&proxy.host));
            if let Some(proxy) = proxy {
                return Err(StartError(format!(
                    "The endpoint {origin} ({source}) is reached through the proxy {} ({}), and plain \
                     HTTP sends session tokens and passwords to it that anyone on the way can read: \
                     set NO_PROXY={}, or pass {ALLOW}.",
                    proxy.origin, proxy.variable, custom.host
                )));
            }
        }
        Ok(())
    }

    /// Cognito's custom endpoint and the setting that configures it, if there is one.
    #[must_use]
    pub fn custom(&self) -> Option<(&str, &str)> {
        let custom = self.cognito.as_ref()?;
        Some((&custom.origin, &custom.source))
    }

    /// Whether a custom endpoint or a proxy is in use.
    #[must_use]
    pub fn are_unusual(&self) -> bool {
        self.cognito.is_some() || !self.others.is_empty() || self.proxy.is_some()
    }

    /// The destination of requests to Cognito, in words.
    #[must_use]
    pub fn cognito(&self) -> String {
        match &self.cognito {
            None => format!("AWS in Region {}", self.region),
            Some(custom) => custom.to_string(),
        }
    }

    /// The other services with a custom endpoint that differs from Cognito's, in words.
    pub fn others(&self) -> impl Iterator<Item = (&'static str, String)> {
        let others = self.others.iter();
        let others = others.filter(|(_, custom)| self.cognito.as_ref() != Some(custom));
        others.map(|(service, custom)| (*service, custom.to_string()))
    }

    /// The custom endpoint of STS, without a path, if there is one.
    #[must_use]
    pub fn of_identity(&self) -> Option<&str> {
        let (_, custom) = self.others.iter().find(|(service, _)| *service == STS)?;
        Some(&custom.origin)
    }

    /// The proxy that requests to Cognito use, if any, in words.
    #[must_use]
    pub fn proxy(&self) -> Option<String> {
        let Proxy {
            origin, variable, ..
        } = self.proxy.as_ref()?;
        Some(format!("{origin} ({variable})"))
    }

    /// The report at start, in lines of one sentence.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("Requests go to {}.", self.cognito())];
        let others = self.others();
        lines.extend(others.map(|(service, to)| format!("Requests to {service} go to {to}.")));
        let proxy = self.proxy();
        lines.extend(proxy.map(|proxy| format!("Requests go through the proxy {proxy}.")));
        lines
    }
}

/// The configured endpoint of Cognito, which its SDK client uses.
pub(super) fn of_cognito(sdk: &SdkConfig) -> Option<String> {
    if sdk.get_origin(SETTING).is_client_config() {
        return sdk.endpoint_url().map(ToOwned::to_owned);
    }
    let configured = load(sdk, COGNITO, VARIABLE);
    configured.or_else(|| sdk.endpoint_url().map(ToOwned::to_owned))
}

/// The endpoint that `variable` or the profile configures for `service`.
fn load(sdk: &SdkConfig, service: &str, variable: &str) -> Option<String> {
    setting(sdk, service, variable, SETTING)
}

/// The value of `variable`, or of `setting` in the profile, as the SDK's clients for
/// `service` load it.
fn setting(sdk: &SdkConfig, service: &str, variable: &str, setting: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env(variable)
        .profile(setting)
        .build()
        .ok()?;
    sdk.service_config()?.load_config(key)
}

/// The SDK's retry settings. The SDK's own search would panic at an unknown value.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
pub(super) fn retries(sdk: &SdkConfig) -> Result<RetryConfig, StartError> {
    // An empty variable sets nothing.
    let named = |variable, name| {
        let value = setting(sdk, NO_SERVICE, variable, name);
        value.filter(|value| !value.is_empty())
    };
    let mut retries = RetryConfig::standard();
    if let Some(attempts) = named("AWS_MAX_ATTEMPTS", "max_attempts") {
        let number = attempts.parse().ok().filter(|number| *number > 0);
        let number = number.ok_or_else(|| {
            StartError(format!(
                "AWS_MAX_ATTEMPTS, or max_attempts in the profile, is `{attempts}`: set a number of at least 1."
            ))
        })?;
        retries = retries.with_max_attempts(number);
    }
    if let Some(mode) = named("AWS_RETRY_MODE", "retry_mode") {
        let known = RetryMode::from_str(&mode).map_err(|_| {
            StartError(format!(
                "AWS_RETRY_MODE, or retry_mode in the profile, is `{mode}`: set `standard`."
            ))
        })?;
        retries = retries.with_retry_mode(known);
    }
    Ok(retries)
}

/// The name of the profile with the settings, by the rules of the SDK.
fn profile(config: &Config) -> String {
    Config::named(config.profile.as_ref())
        .or_else(|| config.aws_profile())
        .unwrap_or_else(|| "default".to_owned())
}

/// The search for the endpoint of a service, and for the setting that configures it.
struct Search<'a> {
    profile: String,
    sdk: &'a SdkConfig,
}

impl Search<'_> {
    /// The endpoint that the SDK's clients for `service` use, and its source.
    fn configured(&self, service: &str) -> Option<(String, String)> {
        let url = load(self.sdk, service, VARIABLE)?;
        Some((url, self.source(service)))
    }

    /// As [`Self::configured`], but `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` has no effect:
    /// the SDK's search for credentials does not read it.
    fn anywhere(&self, service: &str) -> Option<(String, String)> {
        let url = variables(service)
            .into_iter()
            .find_map(|name| std::env::var(name).ok())
            .or_else(|| load(self.sdk, service, NO_VARIABLE))?;
        Some((url, self.source(service)))
    }

    fn source(&self, service: &str) -> String {
        let names = variables(service).into_iter();
        if let Some(name) = names.into_iter().find(|name| std::env::var(name).is_ok()) {
            return name;
        }
        let profile = &self.profile;
        // For a service that does not exist, the SDK returns the setting of the profile
        // itself.
        let of_all = load(self.sdk, NO_SERVICE, NO_VARIABLE);
        if of_all == load(self.sdk, service, NO_VARIABLE) {
            format!("`endpoint_url` of the profile `{profile}`")
        } else {
            format!("the `services` section of the profile `{profile}`")
        }
    }
}

/// The variables with the endpoint of `service`. The first one that is set is used.
fn variables(service: &str) -> [String; 2] {
    let suffix = service.to_uppercase().replace(' ', "_");
    [format!("{VARIABLE}_{suffix}"), VARIABLE.to_owned()]
}

impl Custom {
    fn new(url: &str, source: String) -> Result<Self, StartError> {
        let wrong = || {
            StartError(format!(
                "The endpoint from {source} is not a URL such as https://example.com or \
                 http://127.0.0.1:9229: correct it, or remove it."
            ))
        };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let is_plain = match uri.scheme_str() {
            Some("http") => true,
            Some("https") => false,
            _ => return Err(wrong()),
        };
        let host = uri
            .host()
            .filter(|host| !host.is_empty())
            .ok_or_else(wrong)?;
        Ok(Self {
            origin: origin(&uri),
            host: host.to_owned(),
            is_plain,
            source,
        })
    }
}

impl fmt::Display for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.origin, self.source)?;
        if !is_aws(&self.host) && !is_loopback(&self.host) {
            f.write_str(", which is not a host of AWS")?;
        }
        Ok(())
    }
}

impl Proxy {
    /// The proxy for requests to `url`, by the rules of the SDK's HTTP client.
    fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let found = Matcher::from_env().intercept(&uri)?;
        let names: [&[&str]; 2] = match uri.scheme_str() {
            Some("https") => [&["HTTPS_PROXY", "https_proxy"], &["ALL_PROXY", "all_proxy"]],
            _ => [&["HTTP_PROXY", "http_proxy"], &["ALL_PROXY", "all_proxy"]],
        };
        // The first spelling that is set is used, even if it is empty.
        let variable = names.into_iter().find_map(|spellings| {
            let first = |name: &&&str| std::env::var(name).is_ok();
            let name = spellings.iter().find(first)?;
            let value = std::env::var(name).unwrap_or_default();
            (!value.is_empty()).then_some(*name)
        });
        Some(Self {
            origin: origin(found.uri()),
            host: found.uri().host().unwrap_or_default().to_owned(),
            variable: variable.unwrap_or("ALL_PROXY"),
        })
    }
}

/// Scheme, host and port of `uri`.
fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("http");
    let host = uri.host().unwrap_or_default();
    match uri.port_u16() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

/// Whether `url` is a plain HTTP address of this machine, such as an emulator's.
pub(super) fn is_local(url: &str) -> bool {
    let uri: Result<Uri, _> = url.parse();
    uri.is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some_and(is_loopback))
}

/// Whether `host` is this machine: `localhost`, or a loopback address written in full.
/// Other names may resolve to any address.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(is_loopback)
}

/// Whether `host` is a host name of AWS.
fn is_aws(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    AWS.into_iter().any(|suffix| {
        let name = host.strip_suffix(suffix);
        name.is_some_and(|name| name.ends_with('.') && name.len() > 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(url: &str) -> Option<Custom> {
        Custom::new(url, "--endpoint-url".to_owned()).ok()
    }

    #[test]
    fn aws_hosts_are_subdomains() {
        for (host, is) in [
            ("cognito-idp.eu-west-1.amazonaws.com", true),
            ("cognito-idp.eu-west-1.AMAZONAWS.com.", true),
            ("cognito-idp.cn-north-1.amazonaws.com.cn", true),
            ("cognito-idp.eu-west-1.api.aws", true),
            ("evilamazonaws.com", false),
            ("amazonaws.com", false),
            (".amazonaws.com", false),
            ("amazonaws.com.evil.example", false),
            ("cognito-idp.eu-west-1.amazonaws.com.evil.example", false),
            ("xapi.aws", false),
            ("aws", false),
            ("", false),
        ] {
            assert_eq!(is_aws(host), is, "{host}");
        }
    }

    #[test]
    fn loopback_is_written_in_full() {
        for (url, is) in [
            ("http://localhost:9229", true),
            ("http://LOCALHOST", true),
            ("http://127.0.0.1:1", true),
            ("http://127.255.0.9", true),
            ("http://[::1]:1", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://0.0.0.0", false),
            ("http://127.1", false),
            ("http://2130706433", false),
            ("http://localhost.evil.example", false),
            ("http://localhost.", false),
            ("http://app.localhost", false),
            ("http://127.0.0.1.evil.example", false),
            ("http://127.0.0.1@evil.example", false),
            ("http://localhost:80@evil.example", false),
            ("http://[fe80::1]", false),
            ("http://10.0.0.1", false),
        ] {
            let custom = custom(url).unwrap_or_else(|| panic!("{url}"));
            assert_eq!(is_loopback(&custom.host), is, "{url}");
        }
    }

    #[test]
    fn an_endpoint_is_a_url_with_a_host() {
        for url in [
            "",
            "localhost:4566",
            "//localhost",
            "/x",
            "ftp://localhost",
            "http://",
            "http:///x",
            "http://a b",
            "http://evil.example\\@localhost",
            "https",
        ] {
            assert_eq!(custom(url), None, "{url}");
        }
        // Reports do not show a password in a URL.
        let found = custom("https://me:S3cret@example.com:8443/path?query").unwrap();
        assert_eq!(
            found.to_string(),
            "https://example.com:8443 (--endpoint-url), which is not a host of AWS"
        );
    }
}
