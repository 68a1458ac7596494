"""amazon-cognito-identity-js (`identity_js.mjs`) against a new emulator.

usage: identity_js.py BINARY FOLDER-WITH-NODE-MODULES
"""

import os
import subprocess
import sys

from emulator import emulator

BINARY, CLIENTS = sys.argv[1:]
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "identity_js.mjs")
with emulator(BINARY, "--empty") as address:
    ran = subprocess.run([os.path.join(CLIENTS, "node_modules/node/bin/node"), SCRIPT, address],
                         cwd=CLIENTS, timeout=120)
sys.exit(ran.returncode)
