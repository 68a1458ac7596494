"""A JavaScript program against a new emulator.

usage: node.py [--tls] BINARY FOLDER-WITH-NODE-MODULES PROGRAM [ARGUMENT ...]

The program gets the emulator's address and the arguments.
"""

import os
import subprocess
import sys
import tempfile

from emulator import emulator

FLAGS = [one for one in sys.argv[1:] if one == "--tls"]
BINARY, CLIENTS, PROGRAM, *ARGUMENTS = sys.argv[1 + len(FLAGS):]
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), PROGRAM)
with tempfile.TemporaryDirectory() as data:
    # With `--tls` the emulator makes its authority here, and Node.js trusts it.
    os.environ["XDG_DATA_HOME"] = data
    if FLAGS:
        os.environ["NODE_EXTRA_CA_CERTS"] = os.path.join(data, "cognito-mcp/tls/ca.pem")
    with emulator(BINARY, "--empty", *FLAGS) as address:
        ran = subprocess.run([os.path.join(CLIENTS, "node_modules/node/bin/node"), SCRIPT, address, *ARGUMENTS],
                             cwd=CLIENTS, timeout=400)
sys.exit(ran.returncode)
