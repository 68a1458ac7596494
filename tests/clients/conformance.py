"""The official conformance suite against the server over HTTP, with the
requirements of both eras of the protocol.

conformance-YYYY-MM-DD.yml lists the expected failures: checks that need a fixture of the
suite. The run fails if a check fails that is not listed, or if a listed check succeeds.

usage: conformance.py BINARY FOLDER-WITH-NODE-MODULES
"""

import os
import subprocess
import sys

from mcp_server import environment, serving

BINARY, CLIENTS = sys.argv[1:]
NODE = os.path.join(CLIENTS, "node_modules/node/bin/node")
SUITE = os.path.join(CLIENTS, "node_modules/@modelcontextprotocol/conformance/dist/index.js")
HERE = os.path.dirname(os.path.abspath(__file__))
SETS = ("2026-07-28", "2025-11-25")

with serving(BINARY, "--toolsets", "all", "--insecure") as url:
    for requirements in SETS:
        done = subprocess.run(
            [NODE, SUITE, "server", "--url", url, "--requirements", requirements,
             "--expected-failures", os.path.join(HERE, f"conformance-{requirements}.yml"),
             "-o", os.path.join(CLIENTS, "conformance", requirements)],
            capture_output=True, text=True, timeout=600, env=environment())
        if done.returncode != 0:
            raise SystemExit(f"{done.stdout[-20000:]}\n{done.stderr[-4000:]}\nFAILED: conformance with {requirements}")
        print(f"ok: conformance with {requirements}")
print(f"{len(SETS)} passed, 0 failed")
