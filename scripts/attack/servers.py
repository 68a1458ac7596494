"""Servers under attack. This program starts each one on loopback, measures it, and ends it."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from table import Clock

TICKS = os.sysconf("SC_CLK_TCK")
# The server gets only these variables, `HOME`, and those that a row sets.
BASE = {"PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true"}
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "the-session-token-of-the-attack",
    "AWS_REGION": "us-east-1",
}
TOKEN = "0123456789abcdef0123456789abcdef"


def free_port():
    """A port of loopback that is currently free."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A process of the binary. Its standard error goes to a file."""

    def __init__(self, run, *flags, env=None, cwd=None, pipes=False, prefix=(), port=None):
        self.port = port
        self.errors = run.folder / f"stderr-{random.getrandbits(48):x}"
        pipe = subprocess.PIPE if pipes else subprocess.DEVNULL
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [*prefix, run.binary, *flags],
                stdin=pipe, stdout=pipe, stderr=errors, cwd=cwd or run.folder,
                env=BASE | {"HOME": str(run.folder)} | (env or {}),
            )
        run.servers.append(self)

    @property
    def address(self):
        """The address on which the server listens."""
        return ("127.0.0.1", self.port)

    def ready(self):
        """Waits until the server listens; returns the server."""
        for _ in range(400):
            if self.process.poll() is not None:
                raise RuntimeError(f"the server did not start: {self.said()}")
            try:
                socket.create_connection(self.address, 1).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("the server does not listen")

    def alive(self):
        """Whether the process is running."""
        return self.process.poll() is None

    def said(self):
        """The server's output on standard error."""
        return self.errors.read_text(errors="replace")

    def panicked(self):
        """Whether the server reported a panic."""
        return "panicked" in self.said()

    def memory(self, which="VmRSS"):
        """Resident memory in MB (`man 5 proc_pid_status`)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(which):
                return int(line.split()[1]) / 1024
        return 0.0

    def peak(self):
        """The maximum of resident memory so far, in MB."""
        return self.memory("VmHWM")

    def spent(self):
        """Seconds of CPU, user and system (`man 5 proc_pid_stat`)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def ends_within(self, seconds):
        """Whether the process ends within a time, and the time that it took."""
        began = time.monotonic()
        try:
            self.process.wait(seconds)
            return True, time.monotonic() - began
        except subprocess.TimeoutExpired:
            return False, seconds

    def stop(self):
        """Ends the process."""
        if self.alive():
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe:
                    pipe.close()
            except OSError:
                pass


class Run:
    """The means of a row: the binary, a folder, a time limit, and servers that end with the row."""

    def __init__(self, binary, quick, seconds, seed):
        self.binary = str(binary)
        self.quick = quick
        self.clock = Clock(seconds)
        self.random = random.Random(seed)
        self.folder = Path(tempfile.mkdtemp(prefix="attack-"))
        self.servers = []
        self.sockets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for opened in self.sockets:
            opened.close()
        for server in self.servers:
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def over(self):
        """Whether the row has to end."""
        return self.clock.over()

    def emulator(self, *flags, **options):
        """The emulator over HTTP, without the demo."""
        port = free_port()
        return Server(self, "emulator", "--empty", "--port", str(port), *flags,
                      port=port, **options).ready()

    def http(self, *flags, guard=("--insecure",), env=None, **options):
        """The MCP server over HTTP."""
        port = free_port()
        return Server(self, "serve", "--http", f"127.0.0.1:{port}", *guard, *flags,
                      port=port, env=env, **options).ready()

    def with_token(self, *flags, **options):
        """The MCP server over HTTP, with a static token."""
        return self.http(*flags, guard=(), env={"COGNITO_MCP_HTTP_TOKEN": TOKEN}, **options)

    def on_aws(self, emulator):
        """Flags and environment of a server that uses an emulator as AWS."""
        url = f"http://127.0.0.1:{emulator.port}"
        return ["--backend", "aws", "--endpoint-url", url], dict(CREDENTIALS)

    def connect(self, address, timeout=5):
        """A connection that ends with the row."""
        opened = socket.create_connection(address, timeout)
        self.sockets.append(opened)
        return opened


class Listener:
    """A TCP listener that records the bytes of each connection."""

    def __init__(self, answer=b""):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(16)
        self.port = self.socket.getsockname()[1]
        self.received = []
        self.answer = answer
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Records the first bytes that each connection sends."""
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.settimeout(1)
            try:
                self.received.append(connection.recv(65536))
                if self.answer:
                    connection.sendall(self.answer)
            except OSError:
                self.received.append(b"")
            connection.close()

    def close(self):
        """Stops listening."""
        self.socket.close()


def interrupt(server, how=signal.SIGINT, within=1.5):
    """Sends a signal; returns whether the server ends in time."""
    server.process.send_signal(how)
    return server.ends_within(within)
