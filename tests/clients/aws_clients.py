"""boto3 and the AWS CLI against `cognito-mcp emulator`: the lifecycle of a pool, exceptions
by name, and 200 users in pages.

usage: aws_clients.py BINARY
"""

import json
import os
import subprocess
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import check, emulator, get, refused, summary

PASSWORD = "Correct-Horse-7"


def boto(endpoint):
    cognito = boto3.client(
        "cognito-idp",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"max_attempts": 0}),
    )

    refused("unknown pool", "ResourceNotFoundException", "User pool us-east-1_nope does not exist.",
            cognito.describe_user_pool, UserPoolId="us-east-1_nope")

    pool = cognito.create_user_pool(PoolName="app", AutoVerifiedAttributes=["email"])["UserPool"]
    pool_id = pool["Id"]
    check("pool id", pool_id.startswith("us-east-1_") and len(pool_id) == 19, pool_id)
    check("default policy", pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 8, pool)
    client_id = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="web",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"],
    )["UserPoolClient"]["ClientId"]

    refused("password against the policy", "InvalidPasswordException",
            "Password did not conform with password policy: Password must have uppercase characters",
            cognito.admin_create_user, UserPoolId=pool_id, Username="ana", TemporaryPassword="password123")
    user = cognito.admin_create_user(
        UserPoolId=pool_id, Username="ana", TemporaryPassword=PASSWORD, MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": "ana@example.com"}, {"Name": "email_verified", "Value": "true"}],
    )["User"]
    check("new users must change their password", user["UserStatus"] == "FORCE_CHANGE_PASSWORD", user)
    check("timestamps are dates", user["UserCreateDate"].year >= 2024, user)
    refused("taken username", "UsernameExistsException", "User account already exists",
            cognito.admin_create_user, UserPoolId=pool_id, Username="ana")
    refused("unknown user", "UserNotFoundException", "User does not exist.",
            cognito.admin_get_user, UserPoolId=pool_id, Username="bob")
    refused("wrong password", "NotAuthorizedException", "Incorrect username or password.",
            cognito.initiate_auth, ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ana", "PASSWORD": "Wrong-Horse-7"})

    challenge = cognito.initiate_auth(
        ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ana", "PASSWORD": PASSWORD})
    check("first sign-in asks for a password", challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED", challenge)
    tokens = cognito.respond_to_auth_challenge(
        ClientId=client_id, ChallengeName="NEW_PASSWORD_REQUIRED", Session=challenge["Session"],
        ChallengeResponses={"USERNAME": "ana", "NEW_PASSWORD": "Another-Horse-8"})["AuthenticationResult"]
    me = cognito.get_user(AccessToken=tokens["AccessToken"])
    check("the access token reads its user", me["Username"] == "ana", me)
    again = cognito.initiate_auth(
        ClientId=client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]})
    check("refresh", "RefreshToken" not in again["AuthenticationResult"], list(again["AuthenticationResult"]))
    cognito.admin_user_global_sign_out(UserPoolId=pool_id, Username="ana")
    refused("signed-out token", "NotAuthorizedException", "Access Token has been revoked",
            cognito.get_user, AccessToken=tokens["AccessToken"])

    # Codes arrive in the outbox.
    cognito.sign_up(ClientId=client_id, Username="eva", Password=PASSWORD,
                    UserAttributes=[{"Name": "email", "Value": "eva@example.com"}])
    refused("wrong code", "CodeMismatchException", "Invalid verification code provided, please try again.",
            cognito.confirm_sign_up, ClientId=client_id, Username="eva", ConfirmationCode="000000")
    sent = get(f"{endpoint}/_emulator/outbox?recipient=eva@example.com")
    messages = sent["messages"]
    cognito.confirm_sign_up(ClientId=client_id, Username="eva", ConfirmationCode=messages[0]["code"])
    check("confirmed", cognito.admin_get_user(UserPoolId=pool_id, Username="eva")["UserStatus"] == "CONFIRMED")

    # 200 users in pages of 60.
    for n in range(200):
        cognito.admin_create_user(UserPoolId=pool_id, Username=f"user{n:03}", MessageAction="SUPPRESS")
    pages = list(cognito.get_paginator("list_users").paginate(UserPoolId=pool_id))
    names = [user["Username"] for page in pages for user in page["Users"]]
    check("four pages", [len(page["Users"]) for page in pages] == [60, 60, 60, 22], [len(p["Users"]) for p in pages])
    check("each user once", len(names) == len(set(names)) == 202, len(names))
    found = cognito.list_users(UserPoolId=pool_id, Filter='username ^= "user19"')["Users"]
    check("prefix filter", [user["Username"] for user in found] == [f"user19{n}" for n in range(10)], found)

    # An account does not see the pools of another account.
    other = boto3.client("cognito-idp", endpoint_url=endpoint, region_name="us-east-1",
                         aws_access_key_id="111111111111", aws_secret_access_key="any")
    check("another account has no pools", other.list_user_pools(MaxResults=60)["UserPools"] == [])

    # An injected exception, for one call.
    get(f"{endpoint}/_emulator/faults", "POST",
        {"on": {"operation": "AdminGetUser"}, "when": {"nth": 1}, "effect": {"exception": {"code": "InternalErrorException"}}})
    try:
        cognito.admin_get_user(UserPoolId=pool_id, Username="ana")
    except ClientError as error:
        check("injected fault", error.response["Error"]["Code"] == "InternalErrorException", error.response)
    else:
        raise SystemExit("FAILED: the injected fault did not fire")
    check("and no more", cognito.admin_get_user(UserPoolId=pool_id, Username="ana")["Username"] == "ana")

    # The pool's keys verify its tokens.
    import jwt
    tokens = cognito.initiate_auth(
        ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ana", "PASSWORD": "Another-Horse-8"})["AuthenticationResult"]
    discovery = get(f"{endpoint}/{pool_id}/.well-known/openid-configuration")
    keys = jwt.PyJWKClient(discovery["jwks_uri"])
    claims = jwt.decode(tokens["IdToken"], keys.get_signing_key_from_jwt(tokens["IdToken"]).key,
                        algorithms=["RS256"], audience=client_id, issuer=discovery["issuer"])
    check("ID token verified by JWKS and issuer", claims["email"] == "ana@example.com", claims)
    return pool_id, client_id


def command_line(endpoint, pool_id, client_id):
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any",
                   "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint, "AWS_PAGER": "",
                   "AWS_MAX_ATTEMPTS": "1"}

    def aws(*words):
        return subprocess.run(["aws", "cognito-idp", *words, "--output", "json"],
                              env=environment, capture_output=True, text=True, timeout=60)

    created = aws("create-user-pool", "--pool-name", "cli")
    check("CLI creates a pool", created.returncode == 0, created.stderr)
    cli_pool = json.loads(created.stdout)["UserPool"]["Id"]
    made = aws("admin-create-user", "--user-pool-id", cli_pool, "--username", "cli-user", "--message-action", "SUPPRESS")
    check("CLI creates a user", made.returncode == 0, made.stderr)
    listed = aws("list-users", "--user-pool-id", pool_id)
    check("CLI pages through all users", len(json.loads(listed.stdout)["Users"]) == 202, listed.stderr)
    failed = aws("admin-set-user-password", "--user-pool-id", cli_pool, "--username", "cli-user",
                 "--password", "Short-7", "--permanent")
    check("CLI is refused by name", failed.returncode != 0 and
          "InvalidPasswordException" in failed.stderr and "Password not long enough" in failed.stderr, failed.stderr)
    signed_in = aws("initiate-auth", "--client-id", client_id, "--auth-flow", "USER_PASSWORD_AUTH",
                    "--auth-parameters", "USERNAME=ana,PASSWORD=Another-Horse-8")
    check("CLI signs in", "AuthenticationResult" in signed_in.stdout, signed_in.stderr)
    gone = aws("delete-user-pool", "--user-pool-id", cli_pool)
    check("CLI deletes the pool", gone.returncode == 0, gone.stderr)


with emulator(sys.argv[1], "--empty") as address:
    command_line(address, *boto(address))
summary()
