"""The MCP Inspector against the server on stdio: schemas are portable, and the retry of an
error works.

usage: inspector.py BINARY FOLDER-WITH-NODE-MODULES
"""

import json
import os
import subprocess
import sys

BINARY, CLIENTS = sys.argv[1:]
NODE = os.path.join(CLIENTS, "node_modules/node/bin/node")
INSPECTOR = os.path.join(CLIENTS, "node_modules/.bin/mcp-inspector")
passed = 0


def check(name, holds, seen):
    global passed
    if not holds:
        raise SystemExit(f"FAILED: {name}: {seen}")
    passed += 1
    print(f"ok: {name}")


def inspect(*words):
    return subprocess.run([NODE, os.path.realpath(INSPECTOR), "--cli", BINARY, "--toolsets", "all", *words],
                          capture_output=True, text=True, timeout=120)


def call(tool, arguments):
    """Calls a tool of a new server."""
    done = inspect("--method", "tools/call", "--tool-name", tool,
                   "--tool-args-json", json.dumps(arguments), "--format", "json")
    return done.returncode, json.loads(done.stdout)["result"] if done.stdout.strip() else done.stderr


for era in ("legacy", "modern"):
    strict = inspect("--protocol-era", era, "--method", "tools/list", "--strict")
    # A warning would be printed before or after the JSON of the list.
    alone = strict.stdout.strip().startswith("{") and strict.stdout.strip().endswith("}")
    check(f"tools/list is strictly portable ({era})",
          strict.returncode == 0 and alone and "warning" not in strict.stderr.lower(), strict.stderr[-2000:])

_, refused = call("get_user", {"username": "anna"})
check("an unknown user is an error", refused.get("isError") is True, refused)
check("an error has one text block and no structuredContent",
      len(refused["content"]) == 1 and "structuredContent" not in refused, refused)
sentence, json_line = refused["content"][0]["text"].split("\n", 1)
error = json.loads(json_line)
check("the error suggests a retry", sentence.startswith("Error: ") and "Please retry with" in sentence, sentence)
check("the error has Cognito's exception", error["code"] == "UserNotFoundException", error)
retry = error["retry"]
code, found = call(retry["tool"], retry["arguments"])
check("the suggested retry reads the user", code == 0 and not found.get("isError"), found)
print(f"{passed} passed, 0 failed")
