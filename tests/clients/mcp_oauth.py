"""The OAuth client of MCP's Python SDK against the MCP server over HTTP, with the emulator as the
authorization server: discovery, the sign-in page, and a call of a tool.

usage: mcp_oauth.py BINARY
"""

import asyncio
import html
import re
import sys
from urllib.parse import parse_qs, urljoin, urlsplit

import boto3
import httpx2
import jwt
import requests
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

from emulator import check, emulator, summary
from mcp_server import serving

CALLBACK = "http://localhost:3000/callback"
PASSWORD = "Correct-Horse-7"
SCOPE = "openid"


class Storage(TokenStorage):
    """Tokens, and the app client, which is known because Cognito registers none."""

    def __init__(self, client_id):
        self.client = OAuthClientInformationFull(client_id=client_id, redirect_uris=[CALLBACK],
                                                 token_endpoint_auth_method="none")
        self.tokens = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


def sign_in(url):
    """Signs in at the page, without a browser; returns the query of the application's address."""
    browser = requests.Session()
    page = browser.get(url, timeout=10)
    form = re.search(r'<form[^>]* action="([^"]+)".*?</form>', page.text, re.DOTALL)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[0]))
    done = browser.post(urljoin(page.url, html.unescape(form[1])), allow_redirects=False, timeout=10,
                        data={**fields, "username": "ana", "password": PASSWORD})
    check("the page returns to the application", done.headers["location"].startswith(CALLBACK), done.headers)
    return parse_qs(urlsplit(done.headers["location"]).query)


async def call_tool(url, client_id):
    """Signs in and calls a tool of the MCP server at `url`; returns the access token."""
    seen = {}

    async def redirect(address):
        seen["query"] = await asyncio.to_thread(sign_in, address)

    async def returned():
        query = seen["query"]
        return AuthorizationCodeResult(code=query["code"][0], state=query["state"][0])

    storage = Storage(client_id)
    metadata = OAuthClientMetadata(client_name="test", redirect_uris=[CALLBACK],
                                   token_endpoint_auth_method="none", scope=SCOPE)
    auth = OAuthClientProvider(url, metadata, storage, redirect_handler=redirect, callback_handler=returned)
    async with httpx2.AsyncClient(auth=auth) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            answer = await client.call_tool("list_pools", {})
            check("a tool is called", not answer.is_error and "demo" in answer.content[0].text, answer)
    return storage.tokens.access_token


def pool_of(cognito):
    """A user pool with a domain and a user, and its app client."""
    pool = cognito.create_user_pool(PoolName="mcp")["UserPool"]["Id"]
    cognito.create_user_pool_domain(UserPoolId=pool, Domain="mcp", ManagedLoginVersion=2)
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="mcp", AllowedOAuthFlowsUserPoolClient=True, AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=[SCOPE], SupportedIdentityProviders=["COGNITO"], CallbackURLs=[CALLBACK])
    client_id = client["UserPoolClient"]["ClientId"]
    cognito.create_managed_login_branding(UserPoolId=pool, ClientId=client_id, UseCognitoProvidedValues=True)
    cognito.admin_create_user(UserPoolId=pool, Username="ana", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username="ana", Password=PASSWORD, Permanent=True)
    return pool, client_id


BINARY = sys.argv[1]
with emulator(BINARY, "--empty") as address:
    cognito = boto3.client("cognito-idp", endpoint_url=address, region_name="us-east-1",
                           aws_access_key_id="any", aws_secret_access_key="any")
    pool, client_id = pool_of(cognito)
    with serving(BINARY, "--oauth-issuer", f"{address}/{pool}", "--oauth-scope", SCOPE) as url:
        # A token is bound to the MCP server (RFC 8707) if a resource server has its URL as identifier.
        cognito.create_resource_server(UserPoolId=pool, Identifier=url, Name="mcp")
        token = asyncio.run(call_tool(url, client_id))
        claims = jwt.decode(token, options={"verify_signature": False})
        check("the token is for the MCP server", claims["aud"] == url, claims)
summary("MCP's Python SDK with OAuth")
