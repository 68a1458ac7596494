"""MCP on standard input and output: hostile lines, many calls at once, and endings."""

import json
import os
import shutil
import signal
import time

from mcp import Stdio, hello
from servers import Server
from table import Figure, row
from wire import Connection

CALL = {"jsonrpc": "2.0", "id": 9, "method": "tools/call",
        "params": {"name": "whoami", "arguments": {}}}


def nested(depth):
    """A call with deeply nested arguments."""
    deep = "[" * depth + "]" * depth
    return ('{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"whoami",'
            f'"arguments":{{"a":{deep}}}}}}}').encode()


def hostile_lines():
    """Lines that are not valid requests. The second value is whether JSON-RPC requires an
    answer."""
    for line in (b"{", b"}", b"nonsense", b"{}x", b"{'a':1}", b'{"jsonrpc":"2.0","id":9', b"\xff\xfe",
                 b"\xef\xbb\xbf" + json.dumps(CALL).encode(), b"\x00", b'"', b"NaN", b"\x1b[2J",
                 b'{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"\\ud83d"}}',
                 b'{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"\xc3("}}',
                 nested(100), nested(127), nested(128), nested(1000), nested(50_000),
                 b"[" * 100_000, b'{"a":' * 100_000):
        yield line, True
    for change in ({"jsonrpc": "1.0"}, {"jsonrpc": None}, {"method": None}, {"method": 1},
                   {"method": ""}, {"method": "no/such"}, {"method": "\u0000"}, {"params": []},
                   {"params": None}, {"params": "x"}, {"params": {"name": None}},
                   {"params": {"name": {}, "arguments": {}}},
                   {"params": {"name": "whoami", "arguments": []}},
                   {"params": {"name": "whoami", "arguments": "{}"}},
                   {"params": {"name": "n" * 100_000}}, {"params": {"_meta": 1, "name": "whoami"}},
                   {"method": "initialize", "params": hello()}, {"id": 1e300}, {"id": 2 ** 63},
                   {"id": -1}, {"id": "x" * 100_000}, {"id": [1]}, {"id": {}}, {"id": True},
                   {"id": 1.5}, {"extra": {}}):
        yield json.dumps(CALL | change).encode(), True
    yield json.dumps([CALL, CALL]).encode(), True
    yield b"[]", True
    yield json.dumps({"jsonrpc": "2.0", "id": None, "method": "ping"}).encode(), True
    for line in (b"", b" ", b"\r", b"null", b"1", b'{"jsonrpc":"2.0","method":"no/such"}',
                 b'{"jsonrpc":"2.0","id":77,"result":{}}', b'{"jsonrpc":"2.0","id":77,"error":1}',
                 b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}',
                 b'{"jsonrpc":"2.0","method":"notifications/progress","params":{}}'):
        yield line, False


@row("3", "hostile lines on stdio: the server continues", seconds=40)
def lines_survived(run):
    """After each line the next ping is answered, and every line of output is valid."""
    figure = Figure()
    session = Stdio(run)
    for line, _ in hostile_lines():
        session.raw(line)
        if not figure.check(session.alive(), f"dead after {line[:100]!r}"):
            session = Stdio(run)
    figure.bad += [f"broken output: {line[:100]!r}" for line in session.broken]
    figure.check(not session.server.panicked(), "a panic")
    return figure


@row("3", "hostile lines on stdio: each is answered", seconds=60)
def lines_answered(run):
    """A request that cannot be read is answered with an error. Its id may be null."""
    figure = Figure()
    session = Stdio(run)
    for line, answered in hostile_lines():
        if not answered or run.over():
            continue
        before = session.lines
        session.raw(line)
        session.alive()
        # The ping is one line; other calls may follow it.
        end = time.monotonic() + 0.6
        while session.lines - before < 2 and time.monotonic() < end:
            time.sleep(0.01)
        figure.check(session.lines - before >= 2, f"no answer to {line[:100]!r}")
    return figure


@row("3", "1,000 calls at once on stdio; the same and the end of the input", seconds=40)
def calls_at_once(run):
    """No call is lost, and none is answered twice."""
    figure = Figure()
    for ends in (False, True):
        session = Stdio(run)
        ids = [session.ask("tools/call", {"name": "list_users", "arguments": {"limit": 2}},
                           f"call-{number}") for number in range(500 if run.quick else 1000)]
        if ends:
            session.server.process.stdin.close()
            session.server.ends_within(5)
        for identity in ids:
            answer = session.wait(identity, 10 if not ends else 0.5)
            twice = len(session.answers.get(identity, [])) > 1
            # Calls that are not done in time at the end of the input may be left unanswered.
            figure.check((answer or ends) and not twice, f"{identity}: {answer and 'twice'}")
        figure.bad += [f"broken output: {line[:80]!r}" for line in session.broken]
    return figure


def hanging(run, server_flags=()):
    """A session with a call that waits for an endpoint that does not answer."""
    import socket
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(5)
    run.sockets.append(silent)
    from servers import CREDENTIALS
    session = Stdio(run, "--backend", "aws", "--endpoint-url",
                    f"http://127.0.0.1:{silent.getsockname()[1]}", "--user-pool-id",
                    "us-east-1_AAAAAAAAA", *server_flags, env=dict(CREDENTIALS))
    session.ask("tools/call", {"name": "list_users", "arguments": {}})
    time.sleep(0.2)
    return session


def endings():
    """The ways in which a client ends a session, as functions of the server's process."""
    def both(process):
        process.stdin.close()
        os.close(process.stdout.fileno())
    yield "end of input", lambda process: process.stdin.close()
    yield "half a line and the end", lambda process: (process.stdin.write(b'{"jsonrpc"'),
                                                      process.stdin.close())
    for how in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        yield how.name, lambda process, how=how: process.send_signal(how)
    yield "both pipes closed", both


@row("3", "endings of stdio, with and without a call that hangs: in 2.5 s", seconds=40)
def stdio_endings(run):
    """The process ends, in whatever way the client leaves."""
    figure, slowest = Figure(), 0.0
    for start in (lambda: Stdio(run), lambda: hanging(run), lambda: Stdio(run, start=False)):
        for name, end in endings():
            session = start()
            time.sleep(0.05)
            if name == "both pipes closed":
                session.server.process.stdin.close()
                close_output(session)
            else:
                end(session.server.process)
            ended, took = session.server.ends_within(2.5)
            slowest = max(slowest, took)
            figure.check(ended, f"{name}: alive after {took:.1f} s")
            session.server.stop()
    figure.note = f"slowest {slowest:.2f} s"
    return figure


def close_output(session):
    """Closes the reading end of a server's output while a thread reads it."""
    descriptor = session.server.process.stdout.fileno()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, descriptor)
    os.close(null)


@row("3", "output closed while the input is open: the server ends", seconds=15)
def output_closed(run):
    """A client that no longer reads has left. The server notices this when it writes."""
    figure = Figure()
    for calls in (1, 50):
        server = Server(run, "serve", pipes=True)
        pipe = server.process.stdin
        pipe.write(json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize",
                               "params": hello()}).encode() + b"\n")
        pipe.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
        pipe.flush()
        server.process.stdout.readline()
        server.process.stdout.close()
        try:
            for _ in range(calls):
                pipe.write(json.dumps(CALL).encode() + b"\n")
                pipe.flush()
        except OSError:
            pass
        ended, _ = server.ends_within(3)
        figure.check(ended, f"alive after {calls} calls whose answers are not read")
    return figure


@row("3", "TERM and INT end process 1, as in a container", seconds=30)
def process_one(run):
    """Process 1 has no default action for signals, so the server needs handlers."""
    figure = Figure()
    unshare = shutil.which("unshare")
    if not unshare or os.getuid():
        figure.note = "needs root and unshare"
        return figure
    prefix = (unshare, "--pid", "--fork", "--kill-child=KILL")
    for how in (signal.SIGTERM, signal.SIGINT):
        for name, start in (
                ("emulator", lambda: run.emulator(prefix=prefix)),
                ("http", lambda: run.http(prefix=prefix)),
                ("stdio", lambda: Server(run, "serve", pipes=True, prefix=prefix))):
            server = start()
            time.sleep(0.3)
            child = child_of(server.process.pid)
            os.kill(child, how)
            ended, _ = server.ends_within(2)
            figure.check(ended, f"{how.name} of {name} as process 1: alive after 2 s")
            server.stop()
    return figure


def child_of(pid):
    """The id of the process that `unshare` started."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return int(children.read().split()[0])


def answer_or_refusal(session, identity):
    """The answer to a request, or an error without an id for a line that cannot be read."""
    for _ in range(50):
        answer = session.wait(identity, 0.1)
        if answer is not None:
            return answer, None
        if not session.nameless.empty():
            return None, session.nameless.get()
    return None, None


@row("3", "mutated tool calls", seconds=30)
def mutated_calls(run):
    """Calls neither hang nor fail internally, and every error is two lines with JSON in the
    second."""
    from cognito import HOSTILE
    from mcp import arguments_of, facts_of, failed, text_of
    figure = Figure()
    session = Stdio(run, "--toolsets", "all")
    tools = {name: tool for name, tool in session.tools().items() if name != "reset_emulator"}
    live = {"username": "ana", "group": "admins"}
    names = list(tools)
    while not run.over():
        name = run.random.choice(names)
        arguments = arguments_of(tools[name], live, run.random.random() < 0.5)
        if name in ("advance_clock", "inject_fault"):
            arguments = {}
        for key in run.random.sample(list(arguments), min(len(arguments), 2)):
            value = run.random.choice(HOSTILE)
            arguments[key] = "?" if value == "\ud800" else value
        identity = session.ask("tools/call", {"name": name, "arguments": arguments})
        answer, refused = answer_or_refusal(session, identity)
        if refused is not None:
            # Python writes numbers that other JSON parsers refuse. The error for them has no id.
            figure.check(refused["error"]["code"] == -32700, f"{name}: {refused}")
            continue
        result = (answer or {}).get("result", answer)
        if result is None:
            figure.check(False, f"{name} {str(arguments)[:150]}: no answer")
            session = Stdio(run, "--toolsets", "all")
            continue
        good = "error" not in result or result["error"]["code"] == -32602
        if failed(result) and "error" not in result:
            good = facts_of(result) and text_of(result).count("\n") == 1 and \
                facts_of(result)["code"] != "InternalError"
        figure.check(good, f"{name} {str(arguments)[:150]}: {str(result)[:150]}")
    figure.check(session.alive() and not session.server.panicked(), "the server is gone")
    return figure


@row("7", "half bodies of MCP without a token do not reach the body", seconds=5)
def refused_before_the_body(run):
    """A caller without a token is refused after the head of the request."""
    from rows_http import halves
    from wire import split
    figure = Figure()
    server = run.with_token()
    connection = run.connect(server.address)
    connection.sendall(halves("half body mcp", server))
    connection.settimeout(2)
    try:
        answers = split(connection.recv(65536))
    except OSError:
        answers = []
    figure.check(answers and answers[0].status == 401, "no 401 before the body")
    good = Connection(server.address).request("GET", "/mcp", {})
    figure.check(good.status == 401, f"GET without a token: {good.status}")
    return figure
