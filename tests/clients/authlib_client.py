"""Authlib: discovery, the authorization code flow with PKCE and a nonce, userInfo, refresh,
revocation and client credentials, with requests.

usage: authlib_client.py BINARY
"""

import html
import re
import sys
from urllib.parse import parse_qs, urljoin, urlsplit

import boto3
import jwt
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from emulator import check, emulator, summary

CALLBACK = "http://localhost:8000/callback"
PASSWORD = "Correct-Horse-7"


def pool_of(cognito):
    """A user pool with a domain, a resource server and a user."""
    pool = cognito.create_user_pool(PoolName="authlib")["UserPool"]["Id"]
    cognito.create_user_pool_domain(UserPoolId=pool, Domain="authlib", ManagedLoginVersion=1)
    cognito.create_resource_server(UserPoolId=pool, Identifier="orders", Name="orders",
                                   Scopes=[{"ScopeName": "read", "ScopeDescription": "read"}])
    cognito.admin_create_user(UserPoolId=pool, Username="ana", MessageAction="SUPPRESS",
                              UserAttributes=[{"Name": "email", "Value": "ana@example.com"}])
    cognito.admin_set_user_password(UserPoolId=pool, Username="ana", Password=PASSWORD, Permanent=True)
    return pool


def client_of(cognito, pool, flow, scopes):
    """The id and the secret of a new app client."""
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName=flow, GenerateSecret=True, AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=[flow], AllowedOAuthScopes=scopes, SupportedIdentityProviders=["COGNITO"],
        **({"CallbackURLs": [CALLBACK]} if flow == "code" else {}))["UserPoolClient"]
    return client["ClientId"], client["ClientSecret"]


def sign_in(url):
    """Signs in at the page, without a browser; returns the address of the application."""
    browser = requests.Session()
    page = browser.get(url, timeout=10)
    form = re.search(r'<form[^>]* action="([^"]+)".*?</form>', page.text, re.DOTALL)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[0]))
    done = browser.post(urljoin(page.url, html.unescape(form[1])), allow_redirects=False, timeout=10,
                        data={**fields, "username": "ana", "password": PASSWORD})
    check("the page returns to the application", done.status_code == 302
          and done.headers["location"].startswith(CALLBACK), done.headers)
    return done.headers["location"]


def code_flow(metadata, client_id, secret, authentication):
    """Signs in and checks the tokens; `authentication` is how the client sends its secret."""
    verifier, nonce = generate_token(48), generate_token(20)
    session = OAuth2Session(client_id, secret, scope="openid email", redirect_uri=CALLBACK,
                            code_challenge_method="S256", token_endpoint_auth_method=authentication,
                            revocation_endpoint_auth_method=authentication)
    url, state = session.create_authorization_url(metadata["authorization_endpoint"],
                                                  code_verifier=verifier, nonce=nonce)
    token = session.fetch_token(metadata["token_endpoint"], authorization_response=sign_in(url), state=state,
                                code_verifier=verifier)
    key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token["id_token"])
    claims = jwt.decode(token["id_token"], key, metadata["id_token_signing_alg_values_supported"],
                        audience=client_id, issuer=metadata["issuer"])
    check(f"{authentication}: the ID token is valid", claims["cognito:username"] == "ana"
          and claims["nonce"] == nonce, claims)
    info = session.get(metadata["userinfo_endpoint"]).json()
    check(f"{authentication}: userInfo", info["email"] == "ana@example.com", info)

    renewed = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    check(f"{authentication}: refreshed", renewed["access_token"] != token["access_token"], renewed)
    revoked = session.revoke_token(metadata["revocation_endpoint"], token=token["refresh_token"])
    check(f"{authentication}: revoked", revoked.status_code == 200 and not revoked.content, revoked.text)
    try:
        session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    except OAuthError as error:
        check(f"{authentication}: the revoked token is refused", error.error == "invalid_grant", error)
    else:
        raise SystemExit("FAILED: a revoked refresh token was accepted")


def main(address):
    cognito = boto3.client("cognito-idp", endpoint_url=address, region_name="us-east-1",
                           aws_access_key_id="any", aws_secret_access_key="any")
    pool = pool_of(cognito)
    metadata = requests.get(f"{address}/{pool}/.well-known/openid-configuration", timeout=10).json()
    check("discovery", metadata["issuer"] == f"{address}/{pool}", metadata)
    client_id, secret = client_of(cognito, pool, "code", ["openid", "email"])
    for authentication in metadata["token_endpoint_auth_methods_supported"]:
        code_flow(metadata, client_id, secret, authentication)

    machine = OAuth2Session(*client_of(cognito, pool, "client_credentials", ["orders/read"]))
    token = machine.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope="orders/read")
    check("client credentials", token["token_type"] == "Bearer" and "refresh_token" not in token, token)
    try:
        machine.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", scope="orders/write")
    except OAuthError as error:
        check("a scope that the client does not have", error.error == "invalid_scope", error)
    else:
        raise SystemExit("FAILED: an unknown scope was accepted")
    query = parse_qs(urlsplit(sign_in_url(metadata, client_id)).query)
    check("an unknown scope is reported to the application", query["error"] == ["invalid_request"], query)


def sign_in_url(metadata, client_id):
    """The address that the authorization endpoint redirects a request with an unknown scope to."""
    session = OAuth2Session(client_id, scope="openid offline_access", redirect_uri=CALLBACK)
    url, _ = session.create_authorization_url(metadata["authorization_endpoint"])
    return requests.get(url, allow_redirects=False, timeout=10).headers["location"]


with emulator(sys.argv[1], "--empty") as address:
    main(address)
summary("Authlib")
