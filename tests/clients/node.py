"""A JavaScript program against a new emulator.

usage: node.py BINARY FOLDER-WITH-NODE-MODULES PROGRAM [ARGUMENT ...]

The program gets the emulator's address and the arguments.
"""

import os
import subprocess
import sys

from emulator import emulator

BINARY, CLIENTS, PROGRAM, *ARGUMENTS = sys.argv[1:]
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), PROGRAM)
with emulator(BINARY, "--empty") as address:
    ran = subprocess.run([os.path.join(CLIENTS, "node_modules/node/bin/node"), SCRIPT, address, *ARGUMENTS],
                         cwd=CLIENTS, timeout=240)
sys.exit(ran.returncode)
