"""Pool files with known ids: the script of README.md, and boto3, pycognito,
amazon-cognito-identity-js, Amplify and MCP over stdio with the example of docs/pool-file.md.

usage: pool_file.py BINARY FOLDER-WITH-NODE-MODULES
"""

import asyncio
import base64
import hashlib
import hmac
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

import boto3
import pycognito
from mcp import Client, StdioServerParameters

from emulator import check, emulator, get, summary

BINARY, CLIENTS = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
NODE = os.path.join(CLIENTS, "node_modules/node/bin/node")
HERE = os.path.dirname(os.path.abspath(__file__))
POOL, PASSWORD = "us-east-1_Shop", "Correct-Horse-7"


def block(document, name):
    """The code block after the mark `name` of a document."""
    with open(os.path.join(HERE, "../..", document), encoding="utf-8") as file:
        return re.search(rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)```", file.read(), re.DOTALL)[1]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def readme(folder):
    """Runs the script of README.md as a reader does."""
    port = free_port()
    script = block("README.md", "known-ids.sh").replace("9230", str(port))
    commands = os.path.join(folder, "bin")
    os.mkdir(commands)
    os.symlink(BINARY, os.path.join(commands, "cognito-mcp"))
    os.symlink(sys.executable, os.path.join(commands, "python"))
    # `python` finds its packages by the folder of the virtual environment.
    environment = {**os.environ, "PATH": f"{commands}:{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}
    ran = subprocess.Popen(["bash", "-euc", script], cwd=folder, env=environment, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        # The emulator has the output too, so this waits for its end.
        output, _ = ran.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(ran.pid, signal.SIGTERM)
        raise
    check("README: the script succeeds, and ends its emulator", ran.returncode == 0, output)
    check("README: boto3 signs in at the known client", "AccessToken" in output, output)
    check("README: the user has the known sub", "'Name': 'sub', 'Value': 'ana-1'" in output, output)
    path = os.path.join(folder, "copy.yaml")
    with open(path, encoding="utf-8") as file:
        exported = file.read()
    check("README: the file is the export", "Id: us-east-1_Shop" in exported and "PasswordHash" in exported, exported)
    check("README: only its owner may read it", os.stat(path).st_mode & 0o777 == 0o600, os.stat(path))
    with emulator(BINARY, "--seed-file", path) as address:
        again = subprocess.run([BINARY, "export", "--endpoint-url", address], capture_output=True, text=True, check=True)
        check("README: the export of the export is equal", again.stdout == exported, again.stdout)


def sdk(address):
    cognito = boto3.client("cognito-idp", "us-east-1", endpoint_url=address,
                           aws_access_key_id="any", aws_secret_access_key="any")
    user = cognito.admin_get_user(UserPoolId=POOL, Username="ana@example.com")
    attributes = {one["Name"]: one["Value"] for one in user["UserAttributes"]}
    check("boto3 reads the user", attributes["sub"] == "ana" and attributes["custom:plan"] == "gold", user)
    digest = hmac.digest(b"a_secret_of_24_characters_or_more", b"ana@example.comshopapi", hashlib.sha256)
    signed_in = cognito.admin_initiate_auth(
        UserPoolId=POOL, ClientId="shopapi", AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ana@example.com", "PASSWORD": PASSWORD,
                        "SECRET_HASH": base64.b64encode(digest).decode()})
    check("boto3 signs in with the secret's hash", "AuthenticationResult" in signed_in, signed_in)
    pinned = cognito.create_user_pool(PoolName="other", UserPoolTags={"_custom_id_": "us-east-1_Other"})
    check("boto3 chooses the id of a pool", pinned["UserPool"]["Id"] == "us-east-1_Other", pinned)
    pinned = cognito.create_user_pool_client(UserPoolId="us-east-1_Other", ClientName="_custom_id_:other")
    check("boto3 chooses the id of a client", pinned["UserPoolClient"]["ClientId"] == "other", pinned)


def srp(address):
    user = pycognito.Cognito(POOL, "shopweb", username="ana@example.com", user_pool_region="us-east-1",
                             boto3_client_kwargs={"endpoint_url": address}, access_key="any", secret_key="any")
    # The library fetches the keys from AWS to verify tokens.
    user.verify_token = lambda token, name, _: setattr(user, name, token)
    user.authenticate(password=PASSWORD)
    check("pycognito signs in by SRP", user.access_token, user)
    user.client.close()


async def mcp(path):
    server = StdioServerParameters(command=BINARY, args=["serve", "--seed-file", path])
    async with Client(server) as client:
        found = await client.call_tool("get_user", {"username": "ana@example.com"})
        attributes = found.structured_content["attributes"]
        check("MCP reads the user of the only pool", attributes["sub"] == "ana", found)
        groups = await client.call_tool("list_groups", {"user_pool_id": POOL})
        check("MCP reads the pool by its id", "admins" in str(groups.structured_content), groups)


with tempfile.TemporaryDirectory() as data:
    readme(data)
with tempfile.TemporaryDirectory() as data:
    pools = os.path.join(data, "pools.yaml")
    with open(pools, "w", encoding="utf-8") as written:
        written.write(block("docs/pool-file.md", "pools.yaml"))
    with emulator(BINARY, "--seed-file", pools) as address:
        sdk(address)
        srp(address)
        get(address + "/_emulator/reset", "POST")
        srp(address)
        ran = subprocess.run([NODE, os.path.join(HERE, "pool_file.mjs"), address], cwd=CLIENTS, timeout=120, check=True)
    asyncio.run(mcp(pools))
summary("pool files")
