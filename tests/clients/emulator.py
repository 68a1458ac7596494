"""Starts `cognito-mcp emulator` and calls its controls."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
import uuid

from botocore.exceptions import ClientError

passed = 0


def check(name, holds, seen=None):
    global passed
    if not holds:
        raise SystemExit(f"FAILED: {name}: {seen!r}")
    passed += 1
    print(f"ok: {name}")


def refused(name, code, sentence, call, *arguments, **named):
    """Checks that `call` is refused with the exception `code` and the message `sentence`."""
    try:
        answer = call(*arguments, **named)
    except ClientError as error:
        got, metadata = error.response["Error"], error.response["ResponseMetadata"]
        check(name, (got["Code"], got["Message"]) == (code, sentence), got)
        check(f"{name}: status and request id",
              metadata["HTTPStatusCode"] == 400 and uuid.UUID(metadata["RequestId"]), metadata)
    else:
        raise SystemExit(f"FAILED: {name}: expected {code}, got {answer}")


def summary(client=""):
    print(f"{client + ': ' if client else ''}{passed} passed, 0 failed")


def get(url, method="GET", body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)
    # The certificate of `--tls` is of the emulator's own authority.
    context = ssl._create_unverified_context() if url.startswith("https:") else None
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        return json.loads(answer.read() or b"null")


@contextlib.contextmanager
def emulator(binary, *flags, variables=None):
    """The address of an emulator that runs during the `with` statement."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    endpoint = f"{'https' if '--tls' in flags else 'http'}://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COGNITO_"))}
    environment |= variables or {}
    server = subprocess.Popen([binary, "emulator", "--port", str(port), *flags],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        for _ in range(200):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                get(endpoint + "/_emulator/health")
                break
            if server.poll() is not None:
                raise SystemExit("the emulator ended at its start")
            time.sleep(0.05)
        else:
            raise SystemExit("the emulator did not start")
        yield endpoint
    finally:
        server.kill()
        server.wait()
