//! Help of the emulator for developers, below the sentence of a refused request. It is not part of
//! Cognito, and is left out with the developer's strip.

use super::params::Params;
use super::sentences;
use crate::cx::Cx;
use crate::state::client::Client;
use crate::wire::web::Request;

/// The help for the response to `request` with `sentence`.
pub(crate) fn of_page(cx: &Cx<'_>, request: &Request, sentence: &str) -> Option<String> {
    if !cx.world.shows_strip() {
        return None;
    }
    let params = &Params::of_query(&request.query);
    if sentence == sentences::ERROR_PAGE {
        return of_error(cx, params);
    }
    let id = params.get("client_id").unwrap_or_default();
    Some(match sentence {
        sentences::PAGES_UNAVAILABLE => format!(
            "App client {id} has no style. Create one: CreateManagedLoginBranding with \
             UseCognitoProvidedValues true, or set ManagedLoginVersion 1 with UpdateUserPoolDomain."
        ),
        sentences::NOT_ENABLED => format!(
            "Set AllowedOAuthFlowsUserPoolClient, AllowedOAuthFlows, AllowedOAuthScopes and \
             CallbackURLs of app client {id} with UpdateUserPoolClient."
        ),
        sentences::NO_LOGIN_OPTION => {
            let names = of_client(cx, id, |client| {
                list(client.settings.supported_identity_providers.as_deref())
            })?;
            format!("SupportedIdentityProviders of app client {id}: {names}.")
        }
        _ => return None,
    })
}

/// The help for the page `/error`, by the reason in its query.
fn of_error(cx: &Cx<'_>, params: &Params) -> Option<String> {
    let id = params.get("client_id").unwrap_or_default();
    Some(match params.get("error")? {
        "redirect_mismatch" => {
            let urls = of_client(cx, id, |client| {
                list(client.settings.callback_urls.as_deref())
            })?;
            format!(
                "The redirect_uri is not one of the CallbackURLs of app client {id}, which must \
                 match exactly: {urls}."
            )
        }
        "Required parameters missing" => {
            "The request needs client_id, redirect_uri and response_type.".to_owned()
        }
        "invalid_request" => "No user pool at this address has this app client.".to_owned(),
        _ => return None,
    })
}

fn of_client(cx: &Cx<'_>, id: &str, read: impl Fn(&Client) -> String) -> Option<String> {
    let pool = cx.state.pool_handle_of_client(id)?.read();
    Some(read(pool.client(id).ok()?))
}

fn list(values: Option<&[String]>) -> String {
    match values {
        Some(values) if !values.is_empty() => values.join(", "),
        _ => "none".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Fixture;
    use crate::testing::browser::Browser;

    /// Each refusal names its remedy, unless the strip is off.
    #[test]
    fn refusals_name_their_remedies() {
        let mut fixture = Fixture::with_managed_site(json!({}), json!({}));
        fixture.delete_style();
        let authorize = fixture.get("authorize").to_owned();
        let login = authorize.replace("/oauth2/authorize", "/login");
        let client = fixture.get("client").to_owned();
        for (path, remedy) in [
            (login.clone(), "CreateManagedLoginBranding".to_owned()),
            (
                format!("/error?error=redirect_mismatch&client_id={client}"),
                "https://app.example/cb".to_owned(),
            ),
            (
                "/error?error=Required+parameters+missing".to_owned(),
                "response_type".to_owned(),
            ),
            (
                format!("{authorize}&identity_provider=Google"),
                "COGNITO".to_owned(),
            ),
        ] {
            fixture.emulator().world().show_strip(true);
            let page = Browser::new().get(&fixture, &path).text();
            assert!(page.contains(&remedy), "{path}: {page}");
            fixture.emulator().world().show_strip(false);
            let page = Browser::new().get(&fixture, &path).text();
            assert!(!page.contains("emulator"), "{path}: {page}");
        }
    }
}
