"""JavaScript clients in a browser (`browser.mjs`) against a new emulator.

usage: browser.py BINARY FOLDER-WITH-NODE-MODULES CHROMIUM
"""

import os
import subprocess
import sys

from emulator import emulator

BINARY, CLIENTS, CHROMIUM = sys.argv[1:]
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser.mjs")
with emulator(BINARY, "--empty") as address:
    ran = subprocess.run([os.path.join(CLIENTS, "node_modules/node/bin/node"), SCRIPT, address, CHROMIUM],
                         cwd=CLIENTS, timeout=120)
sys.exit(ran.returncode)
