"""Starts `cognito-mcp --http` and returns its address."""

import contextlib
import os
import subprocess


def environment(**more):
    """The environment without variables that configure the server."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("AWS_", "COGNITO_"))} | more


@contextlib.contextmanager
def serving(binary, *flags, **more):
    """The URL of a server that runs during the `with` statement."""
    server = subprocess.Popen([binary, "serve", "--http", "127.0.0.1:0", *flags], env=environment(**more),
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        line = server.stderr.readline().strip()
        if not line.startswith("MCP is at http://"):
            raise SystemExit(f"FAILED: the server did not start: {line} {server.stderr.read()}")
        yield line.removeprefix("MCP is at ").rstrip(".")
        server.terminate()
        if server.wait(timeout=30) != 0:
            raise SystemExit(f"FAILED: the server ended with {server.returncode}")
    finally:
        server.kill()
        server.wait()
