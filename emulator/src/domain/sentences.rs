//! The error codes and sentences of the domain's endpoints.

/// A path without an endpoint (O6).
pub(crate) const NO_SUCH_URL: &str = "This URL doesn't exist on the authorization server.";

/// The page `/error` (O21).
pub(crate) const ERROR_PAGE: &str = "An error was encountered with the requested page.";

/// A client without OAuth (O23).
pub(crate) const NOT_ENABLED: &str = "Client is not enabled for OAuth2.0 flows.";

/// An identity provider that is unknown or not enabled for the client (O24).
pub(crate) const NO_LOGIN_OPTION: &str = "Login option is not available. Please try another one";

/// A client of managed login without a branding style (O106).
pub(crate) const PAGES_UNAVAILABLE: &str =
    "Login pages unavailable. Please contact an administrator.";

/// The sign-in page without a client (O92).
pub(crate) const NO_CLIENT_ID: &str = "Missing required parameter client_id in request URL.";

/// `resource` with scopes of another resource server (O41).
pub(crate) const OTHER_RESOURCE: &str = "custom scopes requested for resource-binding must be \
                                         assigned to the resource being requested";

/// A pool without a domain. On AWS its client has no address to send a browser to, so this
/// sentence is the emulator's own.
pub(crate) const NO_DOMAIN: &str = "The user pool has no domain, so it has no sign-in pages. \
                                    Create one with CreateUserPoolDomain.";

/// A form without the value of the cookie `XSRF-TOKEN` (inferred), and a sign-in page that was
/// left open for too long (O107).
pub(crate) const WENT_WRONG: &str = "Something went wrong";

/// The page after a link has confirmed a sign-up (inferred).
pub(crate) const CONFIRMED: &str = "Your registration has been confirmed!";

/// Two new passwords that differ (inferred).
pub(crate) const PASSWORDS_DIFFER: &str = "Passwords do not match.";

/// A token that may not call userInfo (O83).
pub(crate) const NO_OPENID: &str = "Access token does not contain openid scope";

/// A token that is not valid (O84).
pub(crate) const TOKEN_ENDED: &str = "Access token is expired, disabled, or deleted, or the user \
                                      has globally signed out.";

/// A request to userInfo without a token (O84).
pub(crate) const BAD_USER_INFO: &str = "Bad OAuth2 request at UserInfo Endpoint";

/// The description of a wrong client secret (O69).
pub(crate) const INVALID_SECRET: &str = "invalid_client_secret";

/// A `RelayState` that is unknown, used or expired (O147).
pub(crate) const BAD_RELAY_STATE: &str = "Invalid relayState from identity provider";

/// A SAML response without a request, if the provider may not begin a sign-in (O147).
pub(crate) const NOT_SOLICITED: &str = "Invalid samlResponse or relayState from identity provider";

/// A form of a provider that the emulator simulates, without a subject. The page is the emulator's own,
/// as are the next two sentences.
pub(crate) const NO_SUBJECT: &str = "Enter the subject of the account.";

/// More claims that are not a JSON object.
pub(crate) const CLAIMS_NOT_JSON: &str = "Write the claims as a JSON object.";

/// Claims of more than 10,000 bytes.
pub(crate) const CLAIMS_TOO_LONG: &str = "The claims are too long.";
