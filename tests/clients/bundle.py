"""The MCP bundle: the official tool packs and validates it, and the binary in it starts.

Usage: bundle.py BINARY CLIENTS_FOLDER
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

binary, clients = sys.argv[1:]
modules = pathlib.Path(clients) / "node_modules"
mcpb = f"{modules}/.bin/node {modules}/@anthropic-ai/mcpb/dist/cli/cli.js"

packed = subprocess.run(
    ["scripts/bundle", binary], env={**os.environ, "MCPB": mcpb}, check=True, capture_output=True, text=True
)
bundle = packed.stdout.splitlines()[-1]

with tempfile.TemporaryDirectory() as folder:
    with zipfile.ZipFile(bundle) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        entry = manifest["server"]["entry_point"]
        # The archive keeps the permission to execute for hosts that unpack it.
        assert archive.getinfo(entry).external_attr >> 16 & 0o100, "the binary may be run"
        archive.extract(entry, folder)
    server = pathlib.Path(folder) / entry
    server.chmod(0o755)
    doctor = subprocess.run([server, "doctor", "--json"], check=True, capture_output=True, text=True)
    assert json.loads(doctor.stdout)["ok"], doctor.stdout
    version = subprocess.run([server, "--version"], check=True, capture_output=True, text=True).stdout
    assert version.split()[1] == manifest["version"], version

print(f"bundle: {pathlib.Path(bundle).name} is valid and starts")
