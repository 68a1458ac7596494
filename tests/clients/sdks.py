"""The official SDKs (TypeScript v1 and v2, and Python) as clients over stdio and HTTP:
they list tools, call them, and show the correction of a failed call.

usage: sdks.py BINARY FOLDER-WITH-NODE-MODULES
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from mcp_server import environment, serving

BINARY, CLIENTS = sys.argv[1:]
NODE = os.path.join(CLIENTS, "node_modules/node/bin/node")
TOKEN = secrets.token_hex(32)
passed = 0


def check(name, holds, seen):
    global passed
    if not holds:
        raise SystemExit(f"FAILED: {name}: {seen!r}")
    passed += 1
    print(f"ok: {name}")


async def drive(name, server, mode):
    async with Client(server, mode=mode) as client:
        tools = (await client.list_tools()).tools
        check(f"{name}: tools are listed", any(tool.name == "create_user" for tool in tools), tools)
        username = f"user-{secrets.token_hex(4)}"
        refused = await client.call_tool("create_user", {"user_name": username, "message_action": "suppress"})
        text = refused.content[0].text
        check(f"{name}: the correction is shown",
              refused.is_error and text.startswith("Error: ") and "Please retry with create_user" in text, refused)
        retry = json.loads(text.split("\n")[1])["retry"]
        created = await client.call_tool(retry["tool"], retry["arguments"])
        check(f"{name}: the retry succeeds", not created.is_error and created.structured_content, created)


async def python(url):
    for mode in ("auto", "legacy", "2026-07-28"):
        await drive(f"Python ({mode}), stdio", StdioServerParameters(command=BINARY), mode)
        async with httpx2.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"}) as http:
            await drive(f"Python ({mode}), HTTP", streamable_http_client(url, http_client=http), mode)


with serving(BINARY, COGNITO_MCP_HTTP_TOKEN=TOKEN) as url:
    asyncio.run(python(url))
    script = os.path.join(os.path.dirname(__file__), "sdks.mjs")
    subprocess.run([NODE, script, CLIENTS, BINARY, url, TOKEN], check=True, timeout=300, env=environment())
print(f"{passed} passed, 0 failed")
