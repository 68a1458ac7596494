"""Growth that a caller can cause: memory, processor time, answers and files."""

import json
import time

from cognito import Cognito, Pool, oidc
from mcp import Stdio, Web, hello
from rows_gates import NAMES
from rows_http import halves
from rows_secrets import beside
from servers import Server
from table import Measure, growth


@growth("sessions of MCP that are never ended", limit=110, seconds=20)
def sessions(run):
    """Clients that open a session for each call and leave it open."""
    server = run.http()
    before = server.memory()
    opened = 0
    refused = 0
    while opened < (1500 if run.quick else 3000) and not run.over():
        refused += Web(server).open().status >= 400
        opened += 1
    return Measure(before, server.memory(), note=f"{opened} sessions, {refused} refused")


@growth("processor time after pools are made and deleted (s)", limit=0.6, seconds=20)
def keys(run):
    """The keys of a deleted pool are no longer generated."""
    server = run.emulator()
    cognito = Cognito(server)
    count = 40 if run.quick else 150
    for number in range(count):
        pool = cognito.must("CreateUserPool", PoolName=f"p{number}")["UserPool"]["Id"]
        cognito.must("DeleteUserPool", UserPoolId=pool)
    before = server.spent()
    time.sleep(2 if run.quick else 6)
    return Measure(before, server.spent(), "s", note=f"{count} pools")


@growth("files of import jobs that are never started", limit=420, seconds=25)
def import_files(run):
    """Uploads of 60 MB to import jobs that are not started."""
    server = run.emulator()
    pool = Pool(Cognito(server))
    before, uploads = server.memory(), 0
    body = b"a," * (30 << 20)
    for number in range(7 if run.quick else 12):
        if run.over():
            break
        job = pool.cognito.must("CreateUserImportJob", UserPoolId=pool.id, JobName=f"j{number}",
                                CloudWatchLogsRoleArn="arn:aws:iam::123456789012:role/logs")
        url = job["UserImportJob"]["PreSignedUrl"]
        path = "/" + url.split("/", 3)[3]
        headers = {"x-amz-server-side-encryption": "aws:kms", "content-type": "text/csv"}
        pool.cognito.connection.timeout = 30
        try:
            status = pool.cognito.connection.request("PUT", path, headers, body).status
        except OSError:
            # The upload is refused before the body is read, and the connection is closed.
            status = 503
            pool.cognito.connection.close()
        uploads += status == 200
    return Measure(before, server.memory(), note=f"{uploads} uploads of 60 MB accepted")


@growth("200 half bodies of 3.9 MB to the emulator", limit=300, seconds=20)
def half_bodies(run):
    """Bodies that are never finished."""
    server = run.emulator()
    before = server.memory()
    head = halves("half body", server).replace(b"Content-Length: 1000", b"Content-Length: 4000000")
    for _ in range(110 if run.quick else 200):
        connection = run.connect(server.address)
        try:
            connection.sendall(head + b" " * 3_900_000)
        except OSError:
            pass
        if run.over():
            break
    time.sleep(0.3)
    return Measure(before, server.memory(), note="while they are open")


def answer_size(session, tool, arguments):
    """The size of the answer to a call in bytes, and its time in seconds."""
    began = time.monotonic()
    answer = session.wait(session.ask("tools/call", {"name": tool, "arguments": arguments}), 60)
    return len(json.dumps(answer)) / 1e6, time.monotonic() - began


@growth("answers to errors: the largest of several calls", limit=0.6, seconds=40)
def error_answers(run):
    """Errors about wrong members, wrong fields, long names and many bad rows."""
    session = Stdio(run, "--toolsets", "all")
    count = 4_000 if run.quick else 20_000
    calls = [
        ("call_operation", {"operation": "ListUsers", "fields": [f"wrong{n}" for n in range(count)]}),
        ("call_operation", {"operation": "ListUsers", "input": {f"wrong{n}": 1 for n in range(count)}}),
        ("create_users", {"users": [{"username": "a", "wrong": n} for n in range(count)]}),
        ("get_user", {f"wrong{n}": 1 for n in range(count)}),
        ("get_user", {"username": "a" * 1_000_000}),
        ("list_users", {"filter": "x" * 1_000_000}),
        ("create_user", {"username": "a", "attributes": {f"custom:{n}": "x" for n in range(count)}}),
    ]
    sizes = []
    for tool, arguments in calls:
        if run.over():
            break
        size, _ = answer_size(session, tool, arguments)
        sizes.append((size, tool))
    size, tool = max(sizes)
    return Measure(0, size, note=f"{tool}, {len(sizes)} calls")


@growth("processor time of one call with a long name (s)", limit=2, seconds=60)
def long_names(run):
    """The time of the search for the nearest name."""
    session = Stdio(run, "--toolsets", "all", timeout=60)
    name = "ListUserz" * (2_000 if run.quick else 6_000)
    before = session.server.spent()
    for tool, arguments in (("call_operation", {"operation": name}),
                            ("describe_operation", {"operation": name}),
                            (name, {}), ("get_user", {name: "ana"}), ("get_user", {"usernam": name})):
        session.wait(session.ask("tools/call", {"name": tool, "arguments": arguments}), 60)
    return Measure(before, session.server.spent(), "s", note=f"five names of {len(name):,} characters")


@growth("answers on stdout that are not read", limit=40, seconds=20)
def unread(run):
    """A client that sends calls and does not read is slowed down, at the latest by its own pipe."""
    import os
    server = Server(run, "serve", pipes=True)
    pipe = server.process.stdin
    pipe.write(json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize",
                           "params": hello()}).encode() + b"\n")
    pipe.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
    pipe.flush()
    server.process.stdout.readline()
    before, sent = server.memory(), 0
    os.set_blocking(pipe.fileno(), False)
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "list_users", "arguments": {}}}).encode() + b"\n"
    end = time.monotonic() + min(run.clock.left(), 4 if run.quick else 12)
    while time.monotonic() < end and sent < 20_000:
        try:
            os.write(pipe.fileno(), line)
            sent += 1
        except BlockingIOError:
            time.sleep(0.01)
    time.sleep(1)
    return Measure(before, server.memory(), note=f"{sent:,} calls accepted")


@growth("pools over many accounts", limit=170, seconds=20)
def accounts(run):
    """An access key of 12 digits is an account, and each account has a limit of its own."""
    server = run.emulator()
    before, made = server.memory(), 0
    for account in range(3 if run.quick else 10):
        cognito = Cognito(server, f"{account:012}")
        for number in range(300 if run.quick else 1000):
            if run.over():
                break
            made += cognito.call("CreateUserPool", {"PoolName": f"p{number}"}).status == 200
    return Measure(before, server.memory(), note=f"{made:,} pools")


@growth("sign-ins of one user", limit=40, seconds=20)
def sign_ins(run):
    """Sessions that are never signed out."""
    server = run.emulator()
    pool = Pool(Cognito(server))
    before, count = server.memory(), 0
    while not run.over() and count < 20_000:
        pool.sign_in("ana")
        count += 1
    return Measure(before, server.memory(), note=f"{count:,} sign-ins")


@growth("a line of 50 MB on stdio", limit=25, seconds=15)
def long_line(run):
    """A line that does not end."""
    session = Stdio(run)
    before = session.server.memory()
    session.raw(b'{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"'
                + b"a" * 50_000_000 + b'"}}')
    answered = session.wait(5, 3) is not None or not session.nameless.empty()
    return Measure(before, session.server.peak(), note=f"answered: {answered}, alive: {session.alive()}")


@growth("reading the journal", limit=20, seconds=20)
def journal(run):
    """A read of the journal leaves no copy in memory."""
    server = run.emulator()
    pool = Pool(Cognito(server))
    text = "x" * 900
    for _ in range(3_000 if run.quick else 12_000):
        pool.cognito.call("AdminGetUser", {"UserPoolId": pool.id, "Username": text})
        if run.over():
            break
    before = server.memory()
    pool.cognito.connection.timeout = 60
    size = 0
    for _ in range(2):
        answer = pool.cognito.connection.request("GET", "/_emulator/journal", {})
        size = len(answer.body)
    return Measure(before, server.memory(), note=f"{size / 1e6:.1f} MB read")


@growth("references to secrets: files of `--secrets-dir` after failed calls", limit=5, seconds=15)
def secret_files(run):
    """A secret that was sent with a failed call is not kept."""
    folder = run.folder / "secrets"
    session, cognito = beside(run, "--secrets-dir", str(folder))
    pool = Pool(cognito)
    live = NAMES | {"user_pool_id": pool.id, "client_id": pool.client}
    before = len(list(folder.iterdir()))
    for number in range(60):
        session.call("confirm_sign_up", {"username": "ana", "code": f"wrong code {number}"} | {
            "user_pool_id": live["user_pool_id"], "client_id": live["client_id"]})
        session.call("sign_in", {"username": "ana", "password": f"wrong pass {number}",
                                 "user_pool_id": pool.id, "client_id": pool.client})
        cognito.call("CreateIdentityProvider", {"UserPoolId": pool.id, "ProviderDetails": oidc("x")})
    return Measure(before, len(list(folder.iterdir())), "files")


@growth("Regions and accounts that only read", limit=15, seconds=30)
def readers(run):
    """An account without items needs no memory. The journal is full before the measurement."""
    server = run.emulator()
    cognito = Cognito(server)
    for _ in range(10_000):
        cognito.call("ListUserPools", {"MaxResults": 1})
    before, count = server.memory(), 0
    while not run.over() and count < 10_000:
        cognito.signed = cognito.signed.replace("/us-east-1/", f"/r{count}/") if count == 0 else \
            cognito.signed.replace(f"/r{count - 1}/", f"/r{count}/")
        cognito.call("ListUserPools", {"MaxResults": 1})
        count += 1
    return Measure(before, server.memory(), note=f"{count:,} Regions")
