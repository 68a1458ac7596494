"""A JavaScript program against a new emulator.

usage: node.py [--tls] BINARY FOLDER-WITH-NODE-MODULES PROGRAM [ARGUMENT ...]

The program gets the emulator's address and the arguments.
"""

import os
import subprocess
import sys

from emulator import emulator

FLAGS = [one for one in sys.argv[1:] if one == "--tls"]
BINARY, CLIENTS, PROGRAM, *ARGUMENTS = sys.argv[1 + len(FLAGS):]
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), PROGRAM)
# The certificate of `--tls` is of the emulator's own authority.
ENVIRONMENT = os.environ | ({"NODE_TLS_REJECT_UNAUTHORIZED": "0", "NODE_NO_WARNINGS": "1"} if FLAGS else {})
with emulator(BINARY, "--empty", *FLAGS) as address:
    ran = subprocess.run([os.path.join(CLIENTS, "node_modules/node/bin/node"), SCRIPT, address, *ARGUMENTS],
                         cwd=CLIENTS, env=ENVIRONMENT, timeout=240)
sys.exit(ran.returncode)
