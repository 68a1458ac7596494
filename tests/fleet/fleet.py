"""Replicas of the MCP server that share their state in a real Redis, over one emulator.

usage: fleet.py BINARY [PART...]

Every part starts its own replicas. A part that stops the store has a store of its own.

FLEET_OLD_BINARY is another version, from which the part `upgrade` upgrades to BINARY.
"""

import base64
import collections
import concurrent.futures
import contextlib
import hashlib
import html
import http.client
import json
import os
import pathlib
import random
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

BINARY = sys.argv[1]
OLD_BINARY = os.environ.get("FLEET_OLD_BINARY", BINARY)
DOCUMENTS = pathlib.Path(__file__).parents[2] / "docs" / "fleet"
TASKS = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
PASSWORD = "Correct-Horse-7"
# The form of an SDK's signature. The emulator reads the Region and does not check the signature.
SIGNED = ("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/cognito-idp/aws4_request, "
          "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + "0" * 64)
passed = 0


def check(name, holds, seen=None):
    global passed
    if not holds:
        raise SystemExit(f"FAILED: {name}: {seen!r}")
    passed += 1
    print(f"ok: {name}", flush=True)


def until(name, condition, seconds=20):
    """Waits until `condition` returns something true, and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise SystemExit(f"FAILED: {name}: not within {seconds} s")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COGNITO_"))}
    return kept | {"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"} | more


def ended(process):
    process.kill()
    process.wait()


def certificate(folder, name, *alternatives):
    """Makes a certificate that signs itself: FOLDER/NAME.pem, and its key FOLDER/NAME.key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "1", "-subj", f"/CN={name}", "-addext", "basicConstraints=CA:FALSE", "-addext", f"subjectAltName={','.join(alternatives)}",
                    "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True)


class Redis:
    """A Redis with the configuration of docs/fleet, and a port of its own. Without `tls` it is plain.

    `names` are the `--shared-name`s that its user may use.
    """

    def __init__(self, folder, names=("cognito-mcp",), tls=False):
        self.port, self.tls_port, self.folder = free_port(), free_port() if tls else 0, folder
        self.url = (f"rediss://fleet:S3cret-of-the-store@localhost:{self.tls_port}" if tls else
                    f"redis://fleet:S3cret-of-the-store@127.0.0.1:{self.port}")
        text = (DOCUMENTS / "redis.conf").read_text()
        if tls:
            certificate(folder, "redis", "DNS:localhost")
        else:
            text = re.sub("(?m)^tls-.*$", "", text)
        # The tests look into the store as the default user.
        for documented, here in [("port 0", f"port {self.port}"), ("tls-port 6379", f"tls-port {self.tls_port}"),
                                 ("user default off", "user default on nopass ~* +@all")]:
            text = re.sub(f"(?m)^{documented}$", here, text)
        text = text.replace("~{cognito-mcp}:*", " ".join(f"~{{{name}}}:*" for name in names))
        (folder / "redis.conf").write_text(f"{text}\nbind 127.0.0.1\n")
        self.start()

    def start(self):
        self.process = subprocess.Popen(["redis-server", "redis.conf"], cwd=self.folder, stdout=subprocess.DEVNULL)
        until("Redis answers", lambda: "PONG" in self.cli("ping"))

    def cli(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], capture_output=True, text=True,
                              errors="replace").stdout

    def stop(self):
        ended(self.process)


class Server:
    """Calls to an address in the stateless revision of the protocol."""

    # The headers of the caller.
    caller = {}

    def connection(self, timeout):
        return http.client.HTTPConnection(self.address, timeout=timeout)

    def get(self, path, address=None):
        connection = http.client.HTTPConnection(address, timeout=10) if address else self.connection(10)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def post(self, message, headers, timeout=60):
        connection = self.connection(timeout)
        body = json.dumps(message)
        connection.request("POST", "/mcp", body, {"content-type": "application/json",
                                                  "accept": "application/json, text/event-stream", **self.caller,
                                                  **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        messages = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
        if not messages and text.startswith("{"):
            messages = [json.loads(text)]
        return answer.status, messages[-1] if messages else None, answer.headers

    def ask(self, method, params, name, capabilities=None):
        """The status and the answer of a request."""
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": capabilities or {},
                "io.modelcontextprotocol/clientInfo": {"name": "fleet", "version": "0"}}
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
        status, answer, _ = self.post(message, {"mcp-protocol-version": "2026-07-28", "mcp-method": method,
                                                "mcp-name": name})
        return status, answer

    def call(self, tool, arguments, asks=False, capabilities=None, **more):
        """The result of a call."""
        capabilities = capabilities or ({"elicitation": {"form": {}}} if asks else {})
        status, answer = self.ask("tools/call", {"name": tool, "arguments": arguments, **more}, tool, capabilities)
        if status != 200 or "result" not in answer:
            return {"isError": True, "status": status, "answer": answer}
        return answer["result"]


class Replica(Server):
    """A replica."""

    def __init__(self, fleet, name, *flags, admits=("--insecure",), binary=BINARY, port=0):
        self.name = name
        self.log = open(fleet.folder / f"{name}.stderr", "w+")
        self.process = subprocess.Popen(
            [binary, "serve", "--http", f"127.0.0.1:{port}", *admits, "--backend", "aws",
             "--endpoint-url", fleet.emulator, "--user-pool-id", fleet.pool, "--client-id", fleet.client,
             "--allow-destructive", "--toolsets", "all", "--shared-key-file", fleet.keys, "--replica", name,
             "--metrics", "127.0.0.1:0", "--audit-log", str(fleet.folder / f"{name}.audit"), *flags],
            env=environment(COGNITO_MCP_SHARED_STATE=fleet.url, **fleet.trusted), stdout=subprocess.DEVNULL, stderr=self.log)
        self.address = until(f"{name} listens", lambda: self.said(r"MCP is at http://([^/]+)/mcp"))
        self.metrics = self.said(r"Metrics are at http://([^/]+)/metrics")

    def said(self, pattern):
        found = re.search(pattern, pathlib.Path(self.log.name).read_text())
        return found and found[1]

    def is_ready(self):
        return self.get("/ready")[0] == 200

    def kill(self):
        ended(self.process)


class Proxy(Server):
    """HAProxy with TLS and the configuration of docs/fleet, at other ports."""

    def __init__(self, folder, ports):
        self.port = free_port()
        certificate(folder, "mcp.example.com", "DNS:mcp.example.com")
        both = folder / "both.pem"
        both.write_text((folder / "mcp.example.com.pem").read_text() + (folder / "mcp.example.com.key").read_text())
        text = (DOCUMENTS / "haproxy.cfg").read_text()
        for documented, here in [("/etc/cognito-mcp/mcp.example.com.pem", str(both)),
                                 ("bind :8443", f"bind 127.0.0.1:{self.port}")]:
            if text.count(documented) != 1:
                raise SystemExit(f"FAILED: haproxy.cfg has {documented} {text.count(documented)} times")
            text = text.replace(documented, here)
        (folder / "haproxy.cfg").write_text(text)
        self.log = folder / "haproxy.log"
        addresses = {"REPLICA_ONE": f"127.0.0.1:{ports[0]}", "REPLICA_TWO": f"127.0.0.1:{ports[1]}"}
        self.process = subprocess.Popen(["haproxy", "-db", "-f", folder / "haproxy.cfg"], env=environment(**addresses),
                                        stdout=self.log.open("w"), stderr=subprocess.STDOUT)
        self.context = ssl.create_default_context(cafile=folder / "mcp.example.com.pem")
        until("the proxy answers", self.is_answering)

    def connection(self, timeout):
        connection = http.client.HTTPSConnection("mcp.example.com", self.port, timeout=timeout, context=self.context)
        # The name is only for the certificate and `Host`.
        connection._create_connection = lambda _, *more: socket.create_connection(("127.0.0.1", self.port), *more)
        return connection

    def is_answering(self):
        with contextlib.suppress(OSError):
            return self.get("/health")[0] == 200

    def kill(self):
        ended(self.process)


def facts(result):
    """The JSON of a refusal."""
    return json.loads(result["content"][0]["text"].split("\n", 1)[1])


class Fleet:
    """An emulator with a pool, and replicas over it."""

    def __init__(self, folder, url):
        self.folder, self.url, self.replicas, self.trusted = folder, url, [], {}
        self.keys = str(folder / "keys")
        with open(os.open(self.keys, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
        port = free_port()
        self.emulator = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([BINARY, "emulator", "--port", str(port)], env=environment(),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("the emulator listens", self.is_listening)
        self.pool = self.cognito("CreateUserPool", {"PoolName": "fleet"})["UserPool"]["Id"]
        made = self.cognito("CreateUserPoolClient", {
            "UserPoolId": self.pool, "ClientName": "fleet",
            "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]})
        self.client = made["UserPoolClient"]["ClientId"]

    def is_listening(self):
        with contextlib.suppress(OSError):
            socket.create_connection(self.emulator.removeprefix("http://").split(":"), 1).close()
            return True

    def cognito(self, operation, body):
        connection = http.client.HTTPConnection(self.emulator.removeprefix("http://"), timeout=20)
        connection.request("POST", "/", json.dumps(body), {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": f"AWSCognitoIdentityProviderService.{operation}",
            "x-amz-date": "20260101T000000Z", "authorization": SIGNED})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"FAILED: {operation}: {text}")
        return json.loads(text or b"{}")

    def user(self, name, password=PASSWORD, permanent=True):
        self.cognito("AdminCreateUser", {"UserPoolId": self.pool, "Username": name, "MessageAction": "SUPPRESS"})
        self.cognito("AdminSetUserPassword", {"UserPoolId": self.pool, "Username": name, "Password": password,
                                              "Permanent": permanent})

    def start(self, count, *flags, **more):
        begun = len(self.replicas)
        self.replicas += [Replica(self, f"replica-{begun + number}", *flags, **more) for number in range(count)]
        return self.replicas[begun:]

    def end(self):
        for replica in self.replicas:
            replica.kill()
        ended(self.process)


@contextlib.contextmanager
def fleet(count, *flags, **store):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fleet-"))
    redis, made = None, None
    try:
        redis = Redis(folder, **store)
        made = Fleet(folder, redis.url)
        if redis.tls_port:
            made.trusted = {"SSL_CERT_FILE": str(folder / "redis.pem")}
        made.redis = redis
        made.start(count, *flags)
        yield made
    finally:
        if made:
            made.end()
        if redis:
            redis.stop()
        shutil.rmtree(folder)


def references(made):
    """References and sign-ins that one replica makes, and another uses."""
    one, two = made.replicas[:2]
    made.user("ana")
    made.user("new", permanent=False)
    signed_in = one.call("sign_in", {"username": "ana", "password": PASSWORD})
    token = signed_in["structuredContent"]["tokens"]["access_token"]
    check("an answer has a reference", token.startswith("secret:access_token/"), token)
    decoded = two.call("decode_token", {"token": token})
    check("another replica knows the reference", not decoded.get("isError"), decoded)
    again = two.call("sign_in", {"username": "ana", "password": PASSWORD})
    check("a token is another secret", again["structuredContent"]["tokens"]["access_token"] != token)
    begun = two.call("sign_in", {"username": "new", "password": PASSWORD})
    session = begun["structuredContent"]["session"]
    ends = one.call("answer_challenge", {"session": session, "new_password": "Another-Horse-8"})
    check("another replica continues a sign-in", "tokens" in ends.get("structuredContent", {}), ends)
    over = two.call("answer_challenge", {"session": session, "new_password": "Another-Horse-9"})
    check("the sign-in is over for all", facts(over)["code"] == "UnknownSession", over)
    unknown = two.call("decode_token", {"token": "secret:access_token/" + "a" * 16})
    check("an unknown reference is refused", facts(unknown)["code"] == "UnknownSecret", unknown)


def sealed(replica, user, tool="delete_user"):
    """The sealed state of the question about a call for a user."""
    asked = replica.call(tool, {"username": user}, asks=True)
    if "requestState" not in asked:
        raise SystemExit(f"FAILED: no question: {asked}")
    return asked["requestState"]


def confirmed(replica, user, state, answer=True, tool="delete_user"):
    content = {"action": "accept", "content": {"confirm": answer}}
    return replica.call(tool, {"username": user}, asks=True, requestState=state,
                        inputResponses={"confirm": content})


def confirmations(made):
    """A confirmation that is used once, on whichever replica."""
    replicas = made.replicas
    made.user("victim")
    state = sealed(replicas[0], "victim")
    done = confirmed(replicas[1], "victim", state)
    check("another replica accepts the confirmation", not done.get("isError"), done)
    made.user("victim")
    made.user("other")
    once = [sealed(replicas[0], "victim"), sealed(replicas[1], "other")]
    no = confirmed(replicas[1], "victim", once[0], answer=False)
    check("a no refuses", facts(no)["code"] == "ConfirmationDeclined", no)
    again = confirmed(replicas[0], "victim", once[0])
    check("a used confirmation is refused", facts(again)["code"] == "ConfirmationUsed", again)
    swapped = confirmed(replicas[0], "victim", once[1])
    check("a confirmation is for one user", facts(swapped)["code"] == "ConfirmationInvalid", swapped)
    # A disabled user can be disabled again, so that only the confirmation decides.
    state = sealed(replicas[0], "victim", "disable_user")

    def race(number):
        return confirmed(replicas[number % len(replicas)], "victim", state, tool="disable_user")
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        racers = list(pool.map(race, range(1000)))
    codes = collections.Counter("ok" if not racer.get("isError") else facts(racer)["code"] for racer in racers)
    check("one of 1,000 racers wins", codes["ok"] == 1, codes)
    check("the others are refused", codes["ConfirmationUsed"] == 999, codes)


LIST_USERS = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_users", "arguments": {}}}


LIST_TOOLS = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}


def session_of(server, authorization=None):
    """The headers of a new session of an older revision."""
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "old", "version": "0"}}}
    authorization = authorization or {}
    _, _, headers = server.post(hello, authorization)
    session = {"mcp-session-id": headers["mcp-session-id"], "mcp-protocol-version": "2025-06-18", **authorization}
    server.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, session)
    return session


def sessions(made):
    """A session of an older revision that moves between replicas."""
    one, two = made.replicas[:2]
    session = session_of(one)
    for replica in [two, one, two]:
        status, answer, _ = replica.post(LIST_USERS, session)
        check(f"{replica.name} answers in the session", status == 200 and not answer["result"].get("isError"), answer)
    connection = http.client.HTTPConnection(two.address, timeout=10)
    connection.request("DELETE", "/mcp", headers=session)
    check("the session is ended", connection.getresponse().status in (200, 202, 204))
    for replica in [one, two]:
        check(f"{replica.name} does not know the session", replica.post(LIST_USERS, session)[0] == 404)


def audit(made):
    """One line per call, with replica and trace; nothing secret in logs, metrics and the store."""
    lines = [json.loads(line) for other in made.replicas
             for line in (made.folder / f"{other.name}.audit").read_text().splitlines()]
    names = {line["replica"] for line in lines}
    check("each line names its replica", names == {other.name for other in made.replicas}, names)
    check("each line has a trace", all(re.fullmatch("[0-9a-f]{32}", line["trace_id"]) for line in lines))
    answers = [other.get("/metrics", other.metrics) for other in made.replicas]
    status, text = answers[0][0], "".join(text for _, text in answers)
    check("metrics count calls", status == 200 and 'cognito_mcp_calls_total{tool="delete_user",outcome="ok"}' in text, text)
    check("metrics count refusals", 'cognito_mcp_refusals_total{code="ConfirmationUsed"}' in text, text)
    check("the store is up", "cognito_mcp_shared_state_up 1" in text, text)
    logs = "".join((made.folder / f"{other.name}.{kind}").read_text()
                   for other in made.replicas for kind in ("audit", "stderr"))
    for secret in (PASSWORD, "S3cret-of-the-store"):
        check("a secret is in no log and no metric", secret not in logs + text)
    keys = made.redis.cli("--raw", "keys", "*")
    values = made.redis.cli("--raw", "eval", "local t={} for _,k in ipairs(redis.call('keys','*')) do "
                            "if redis.call('type',k).ok=='string' then t[#t+1]=redis.call('get',k) end end return t", "0")
    check("the store has values", len(keys.split()) > 3, keys)
    check("the store has no plain secret", "eyJ" not in values and PASSWORD not in values)


def killed(made):
    """`kill -9` in the middle of calls."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        victim, *others = made.replicas
        calls = [pool.submit(lambda: random.choice(made.replicas).call("list_users", {})) for _ in range(200)]
        until("calls are under way", lambda: sum(call.done() for call in calls) > 20)
        victim.process.send_signal(signal.SIGKILL)
        victim.process.wait()
        failed = sum(1 for call in calls if call.exception() or call.result().get("isError"))
    check("only calls of the killed replica fail", 0 < failed < 150, failed)
    for replica in others:
        check(f"{replica.name} goes on", not replica.call("list_users", {}).get("isError"))
    made.replicas.remove(victim)
    made.start(1)
    references_again = others[0].call("sign_in", {"username": "ana", "password": PASSWORD})
    token = references_again["structuredContent"]["tokens"]["access_token"]
    check("a new replica knows the references", not made.replicas[-1].call("decode_token", {"token": token}).get("isError"))


def outage(made):
    """The store is stopped, started again, slow, full, and flushed."""
    one, two = made.replicas[:2]
    made.user("ana")
    made.user("victim")
    token = one.call("sign_in", {"username": "ana", "password": PASSWORD})["structuredContent"]["tokens"]["access_token"]
    state = sealed(one, "victim")
    check("replicas are ready", one.is_ready() and two.is_ready())
    made.redis.stop()
    until("a replica is not ready", lambda: not one.is_ready())
    check("it still lives", one.get("/health")[0] == 200)
    for call in [("decode_token", {"token": token}), ("sign_in", {"username": "ana", "password": PASSWORD})]:
        refused = one.call(*call)
        seen = facts(refused)
        check(f"{call[0]} fails closed", seen["code"] == "SharedStateUnavailable" and seen["retryable"]
              and seen["retry_after_ms"] > 0, seen)
    refused = facts(confirmed(two, "victim", state))
    check("nothing is confirmed without the store", refused["code"] == "SharedStateUnavailable", refused)
    check("a read goes on", not two.call("list_users", {}).get("isError"))
    made.redis.start()
    until("replicas are ready again", lambda: one.is_ready() and two.is_ready())
    lost = facts(confirmed(one, "victim", state))
    check("a confirmation from before the restart is refused", lost["code"] == "ConfirmationUsed", lost)
    gone = facts(two.call("decode_token", {"token": token}))
    check("a lost reference is unknown", gone["code"] == "UnknownSecret", gone)

    state = sealed(one, "victim")
    made.redis.cli("flushall")
    flushed = facts(confirmed(two, "victim", state))
    check("a confirmation from before a flush is refused", flushed["code"] == "ConfirmationUsed", flushed)
    done = confirmed(two, "victim", sealed(one, "victim"))
    check("a new confirmation is accepted", not done.get("isError"), done)

    made.redis.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    slow = facts(one.call("sign_in", {"username": "ana", "password": PASSWORD}))
    took = time.monotonic() - begun
    check("a slow store fails closed in time", slow["code"] == "SharedStateUnavailable" and took < 5, (slow, took))
    made.redis.process.send_signal(signal.SIGCONT)
    until("the store answers again", one.is_ready)

    made.redis.cli("config", "set", "maxmemory", "1")
    full = facts(one.call("delete_user", {"username": "ana"}, asks=True))
    check("a full store fails closed", full["code"] == "SharedStateUnavailable" and "full" in full["message"], full)
    check("a read goes on with a full store", not one.call("list_users", {}).get("isError"))
    made.redis.cli("config", "set", "maxmemory", "0")
    check("the store has room again", not one.call("sign_in", {"username": "ana", "password": PASSWORD}).get("isError"))


def pacing(made):
    """The rate of requests of two replicas is that of one."""
    def took(replicas, calls):
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda number: replicas[number % len(replicas)].call(
                "describe_pool", {}), range(calls)))
        failed = [answer for answer in answers if answer.get("isError")]
        check("paced calls succeed", not failed, failed[:1])
        return time.monotonic() - begun
    one = took(made.replicas[:1], 60)
    time.sleep(1)
    two = took(made.replicas[:2], 60)
    off = abs(two - one) / one
    print(f"60 paced calls: one replica {one:.2f} s, two {two:.2f} s, {off:.1%} apart")
    check("replicas share the rate within 5 %", one > 2 and off < 0.05, (one, two))


def principals(made):
    """Sessions of more users than one table of the store used to have, and a task of one of them."""
    one, two = made.start(2, "--oauth-issuer", f"{made.emulator}/{made.pool}", "--oauth-audience", made.client, admits=())

    def authorization(number):
        made.user(f"client-{number}")
        signed_in = made.cognito("AdminInitiateAuth", {
            "UserPoolId": made.pool, "ClientId": made.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": f"client-{number}", "PASSWORD": PASSWORD}})
        return {"authorization": f"Bearer {signed_in['AuthenticationResult']['AccessToken']}"}

    def in_session(token):
        return two.post(LIST_TOOLS, session_of(one, token))[0]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(authorization, range(260)))
        statuses = collections.Counter(pool.map(in_session, tokens))
    check("260 principals have sessions on both replicas", statuses == {200: 260}, statuses)
    many_users(made, 40)
    one.caller = two.caller = tokens[0]
    task = one.call("update_users", change(5), capabilities=TASKS)["taskId"]
    check("its principal sees a task", "status" in task_at(two, task) and "error" not in task_at(two, task))
    one.caller = two.caller = tokens[1]
    for replica in (one, two):
        hidden = task_at(replica, task)
        check(f"{replica.name} hides the task from another principal", hidden.get("error", {}).get("code") == -32602, hidden)
        _, answer = replica.ask("tasks/cancel", {"taskId": task}, task, TASKS)
        check(f"{replica.name} does not cancel it", answer.get("error", {}).get("code") == -32602, answer)


class Domain:
    """The pool's domain, with an app client for a program and one for users, and their tokens."""

    RESOURCE = "https://mcp.example.com/mcp"
    SCOPE = f"{RESOURCE}/use"
    CALLBACK = "http://localhost:3000/callback"

    def __init__(self, made):
        self.issuer = f"{made.emulator}/{made.pool}"
        pool = {"UserPoolId": made.pool}
        made.user("ana")
        made.cognito("CreateUserPoolDomain", {**pool, "Domain": "fleet", "ManagedLoginVersion": 2})
        made.cognito("CreateResourceServer", {**pool, "Identifier": self.RESOURCE, "Name": "mcp",
                                              "Scopes": [{"ScopeName": "use", "ScopeDescription": "use"}]})
        clients = [made.cognito("CreateUserPoolClient", {
            **pool, "ClientName": flow, "AllowedOAuthFlowsUserPoolClient": True, "AllowedOAuthFlows": [flow],
            "AllowedOAuthScopes": [self.SCOPE], **more})["UserPoolClient"] for flow, more in [
                ("client_credentials", {"GenerateSecret": True}),
                ("code", {"SupportedIdentityProviders": ["COGNITO"], "CallbackURLs": [self.CALLBACK]})]]
        self.program, self.users = clients
        made.cognito("CreateManagedLoginBranding", {**pool, "ClientId": self.users["ClientId"],
                                                    "UseCognitoProvidedValues": True})

    def discover(self, issuer):
        """Reads the issuer's metadata."""
        self.metadata = json.loads(self.request(f"{issuer}/.well-known/openid-configuration")[1])

    @staticmethod
    def request(url, form=None, **headers):
        """The headers and the text of an answer. Every name of the emulator is at 127.0.0.1."""
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
        connection.request("POST" if form else "GET", f"{parts.path}?{parts.query}", form and urllib.parse.urlencode(form), {
            "host": parts.netloc, **({"content-type": "application/x-www-form-urlencoded"} if form else {}), **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 400:
            raise SystemExit(f"FAILED: {url}: {answer.status} {text}")
        return answer.headers, text

    def program_token(self):
        """An access token of the program (client credentials)."""
        _, text = self.request(self.metadata["token_endpoint"], {
            "grant_type": "client_credentials", "client_id": self.program["ClientId"],
            "client_secret": self.program["ClientSecret"], "scope": self.SCOPE})
        return json.loads(text)["access_token"]

    def user_token(self):
        """An access token of a user who signs in at the page (code with PKCE), bound to the MCP server."""
        verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {"client_id": self.users["ClientId"], "redirect_uri": self.CALLBACK}
        url = f"{self.metadata['authorization_endpoint']}?" + urllib.parse.urlencode({
            **asked, "response_type": "code", "scope": self.SCOPE, "resource": self.RESOURCE,
            "code_challenge": challenge, "code_challenge_method": "S256"})
        cookies = {}
        while True:
            headers, page = self.request(url, cookie="; ".join(cookies.values()))
            for cookie in headers.get_all("set-cookie", []):
                cookies[cookie.split("=")[0]] = cookie.split(";")[0]
            if not headers["location"]:
                break
            url = urllib.parse.urljoin(url, headers["location"])
        form = re.search(r'<form[^>]* action="([^"]+)".*?</form>', page, re.DOTALL)
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[0]))
        headers, _ = self.request(urllib.parse.urljoin(url, html.unescape(form[1])),
                                  {**fields, "username": "ana", "password": PASSWORD}, cookie="; ".join(cookies.values()))
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(headers["location"]).query)["code"][0]
        _, text = self.request(self.metadata["token_endpoint"], {
            **asked, "grant_type": "authorization_code", "code": code, "code_verifier": verifier})
        return json.loads(text)["access_token"]


def oauth(made):
    """Two replicas behind the proxy with TLS, with the emulator as the authorization server."""
    domain = Domain(made)
    ports = [free_port(), free_port()]
    replicas = [made.start(1, "--http-url", domain.RESOURCE, "--oauth-issuer", domain.issuer, "--oauth-audience",
                           domain.program["ClientId"], "--oauth-scope", domain.SCOPE, admits=(), port=port)[0]
                for port in ports]
    proxy = Proxy(made.folder, ports)
    made.replicas.append(proxy)

    def refused(token):
        status, _, headers = proxy.post(LIST_USERS, {"authorization": f"Bearer {token}"} if token else {})
        return status, headers["www-authenticate"] or ""
    address = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
    status, challenge = refused(None)
    check("a call without a token is refused, with the public address of the metadata",
          status == 401 and f'resource_metadata="{address}"' in challenge, (status, challenge))
    status, text = proxy.get(urllib.parse.urlsplit(address).path)
    metadata = json.loads(text)
    check("the metadata is at that address", status == 200 and metadata["resource"] == domain.RESOURCE
          and metadata["scopes_supported"] == [domain.SCOPE], (status, text))
    domain.discover(metadata["authorization_servers"][0])

    def by_replica(answers):
        """The number of `answers`, which are calls without an error, by the replica that gave them."""
        logs = [(made.folder / f"{replica.name}.audit").read_text().count('"list_users"') for replica in replicas]
        failed = [failure for answer in answers() if (failure := failure_of(answer))]
        check("no call fails", not failed, failed[:1])
        return [(made.folder / f"{replica.name}.audit").read_text().count('"list_users"') - before
                for replica, before in zip(replicas, logs)]
    for holder, token in [("a program", domain.program_token()), ("a user", domain.user_token())]:
        proxy.caller = {"authorization": f"Bearer {token}"}
        seen = by_replica(lambda: [proxy.call("list_users", {}) for _ in range(20)])
        check(f"a token of {holder} is for both replicas", min(seen) > 0 and sum(seen) == 20, seen)
        session = session_of(proxy)
        seen = by_replica(lambda: [proxy.post(LIST_USERS, session)[1]["result"] for _ in range(8)])
        check(f"a session of {holder} stays on its replica", sorted(seen) == [0, 8], seen)
    proxy.caller = {}
    status, challenge = refused(token[:-6] + "AAAAAA")
    check("a changed token is refused", status == 401 and 'error="invalid_token"' in challenge, (status, challenge))
    check("metrics are not public", proxy.get("/metrics")[0] == 403)


def many_users(made, count, first=0):
    """Users, so many that a change of all needs several calls."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: made.user(f"many-{number}"), range(first, count)))


def change(batch):
    """A change of many users, in calls of `batch` users."""
    return {"action": "set_attributes", "attributes": {"nickname": secrets.token_hex(4)}, "batch_size": batch,
            "where": [{"field": "username", "op": "starts_with", "value": "many-"}]}


def task_at(replica, task):
    """The task, as a replica reports it."""
    status, answer = replica.ask("tasks/get", {"taskId": task}, task, TASKS)
    return answer["result"] if status == 200 and "result" in answer else {"status": status, "error": answer["error"]}


def tasks(made):
    """Tasks that are asked for, and cancelled, at another replica than their own."""
    one, two = made.replicas[:2]
    many_users(made, 40)

    def begun(batch):
        answer = one.call("update_users", change(batch), capabilities=TASKS)
        check("a change of many users becomes a task", answer.get("resultType") == "task", answer)
        return answer["taskId"]
    task = begun(5)
    seen = task_at(two, task)
    check("another replica knows the task at once", seen["status"] in ("working", "completed"), seen)
    done = until("the other replica reports the end", lambda: task_at(two, task)["status"] == "completed" and task_at(two, task))
    sums = done["result"]["structuredContent"]
    check("another replica has the task's result", (sums["done"], sums["failed"]) == (40, 0), sums)
    check("both replicas report the same result", task_at(one, task)["result"] == done["result"])
    status, answer = two.ask("tasks/result", {"taskId": task}, task, TASKS)
    check("tasks/result is not in this revision", answer["error"]["code"] == -32601, (status, answer))
    many_users(made, 300, 40)
    cancelled = begun(1)
    status, answer = two.ask("tasks/cancel", {"taskId": cancelled}, cancelled, TASKS)
    check("another replica accepts the cancellation", status == 200 and "result" in answer, answer)
    for replica in (one, two):
        until(f"{replica.name} reports the cancellation", lambda: task_at(replica, cancelled)["status"] == "cancelled", 4)
    for replica in (one, two):
        unknown = task_at(replica, "00000000-0000-4000-8000-000000000000")
        check(f"{replica.name} does not know another task", unknown["error"]["code"] == -32602, unknown)
    lost = begun(1)
    one.kill()
    seen = task_at(two, lost)
    check("a task whose replica was killed is reported as it was", seen["status"] == "working", seen)
    check("a result outlives its replica", task_at(two, task)["result"] == done["result"])


class Load:
    """Clients that call until they are stopped, and what failed."""

    def __init__(self, *clients):
        self.stopped, self.calls, self.failures = threading.Event(), collections.Counter(), []
        self.threads = [threading.Thread(target=self.run, args=[client]) for client in clients]
        for thread in self.threads:
            thread.start()

    def run(self, client):
        while not self.stopped.is_set():
            self.count(client)

    def count(self, client):
        name = client.__name__
        try:
            failure = client()
        except Exception as error:
            failure = repr(error)
        self.calls[name] += 1
        if failure:
            self.failures.append((name, failure))

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join()


def failure_of(result):
    return result if result.get("isError") else None


def upgrade(made):
    """Replicas that are replaced one by one under load, behind a proxy."""
    ports = [free_port(), free_port()]
    newer = made.folder / "cognito-mcp-of-another-version"
    shutil.copy(BINARY, newer)

    def start(number, version, binary):
        replica = Replica(made, f"replica-{number}-{version}", "--http-url", "https://mcp.example.com/mcp",
                          "--http-drain", "30", binary=binary, port=ports[number])
        made.replicas.append(replica)
        until(f"{replica.name} is ready", replica.is_ready)
        return replica
    old = [start(number, "old", OLD_BINARY) for number in range(2)]
    made.trusted = {}
    stranger = made.start(1)[0]
    status, text = stranger.get("/ready")
    check("a store with another certificate is refused", status == 503 and "does not trust" in text, text)
    stranger.kill()
    made.trusted = {"SSL_CERT_FILE": str(made.folder / "redis.pem")}
    proxy = Proxy(made.folder, ports)
    made.replicas.append(proxy)
    many_users(made, 30)
    for name in ("ana", "victim", "asked", "again"):
        made.user(name)
    made.user("new", permanent=False)
    token = proxy.call("sign_in", {"username": "ana", "password": PASSWORD})["structuredContent"]["tokens"]["access_token"]
    begun = proxy.call("sign_in", {"username": "new", "password": PASSWORD})["structuredContent"]["session"]
    questions = {name: sealed(proxy, name, "disable_user") for name in ("victim", "again")}
    used = confirmed(proxy, "again", questions["again"], tool="disable_user")
    check("the proxy leads to the replicas", not used.get("isError"), used)
    session = session_of(proxy)

    def reads():
        return failure_of(proxy.call("list_users", {}))

    def uses_a_reference():
        return failure_of(proxy.call("decode_token", {"token": token}))

    def confirms():
        return failure_of(confirmed(proxy, "asked", sealed(proxy, "asked", "disable_user"), tool="disable_user"))

    def in_a_session():
        status, answer, _ = proxy.post(LIST_USERS, session)
        return None if status == 200 and not answer["result"].get("isError") else (status, answer)

    def takes_long(server=proxy):
        # Longer than the second in which a replica without --http-drain ends.
        result = server.call("update_users", change(30))
        return failure_of(result) or (None if result["structuredContent"]["done"] == 30 else result)

    def ended_at(replica):
        return takes_long(replica), time.monotonic()
    load = Load(reads, uses_a_reference, confirms, in_a_session, takes_long)
    until("clients call", lambda: len(load.calls) >= 4)
    task = proxy.call("update_users", change(10), capabilities=TASKS)["taskId"]
    for number, replica in enumerate(old):
        audit = made.folder / f"{replica.name}.audit"
        before = audit.read_text().count("update_users")
        own = concurrent.futures.ThreadPoolExecutor(1).submit(ended_at, replica)
        until("a long call is under way", lambda: audit.read_text().count("update_users") > before)
        begun_at = time.monotonic()
        replica.process.send_signal(signal.SIGTERM)
        status, text = until("/ready says no", lambda: (seen := replica.get("/ready"))[0] == 503 and seen)
        check(f"{replica.name} drains", json.loads(text)["status"] == "ending", text)
        check(f"{replica.name} still lives", replica.get("/health")[0] == 200)
        code = replica.process.wait(60)
        print(f"{replica.name} ended after {time.monotonic() - begun_at:.1f} s", flush=True)
        check(f"{replica.name} ends well", code == 0, code)
        failure, finished = own.result()
        check("a call that was under way finishes", not failure and finished - begun_at > 1, (failure, finished - begun_at))
        start(number, "new", newer)
        before = sum(load.calls.values())
        until("clients go on", lambda: sum(load.calls.values()) > before + 20)
    load.stop()
    print(f"calls during the upgrade: {dict(load.calls)}", flush=True)
    check("no call failed", not load.failures, load.failures[:3])
    check("each client called", all(load.calls[client] > 1 for client in (
        "reads", "uses_a_reference", "confirms", "in_a_session", "takes_long")), load.calls)
    log = proxy.log.read_text()
    check("the proxy saw both replicas leave", all(f"Server replicas/{name} is DOWN" in log for name in ("one", "two")))
    done = confirmed(proxy, "victim", questions["victim"], tool="disable_user")
    check("a confirmation outlives the upgrade", not done.get("isError"), done)
    for name in ("victim", "again"):
        twice = confirmed(proxy, name, questions[name], tool="disable_user")
        check("a used confirmation is refused after the upgrade", facts(twice)["code"] == "ConfirmationUsed", twice)
    known = proxy.call("decode_token", {"token": token})
    check("a reference outlives the upgrade", not known.get("isError"), known)
    ends = proxy.call("answer_challenge", {"session": begun, "new_password": "Another-Horse-8"})
    check("a sign-in outlives the upgrade", "tokens" in ends.get("structuredContent", {}), ends)
    seen = task_at(proxy, task)
    check("a task outlives the upgrade", seen["status"] == "completed", seen)


def forms(made):
    """Two versions whose stored forms differ: neither reads what the other has stored.

    The form is a part of the name of each key, as the name of the fleet is. So a replica of another
    `--shared-name` is one whose stored forms differ.
    """
    old = made.replicas[0]
    new = made.start(1, "--shared-name", "cognito-mcp-2")[0]
    made.user("ana")
    made.user("victim")
    made.user("new", permanent=False)
    many_users(made, 40)
    token = old.call("sign_in", {"username": "ana", "password": PASSWORD})["structuredContent"]["tokens"]["access_token"]
    begun = old.call("sign_in", {"username": "new", "password": PASSWORD})["structuredContent"]["session"]
    state = sealed(old, "victim")
    task = old.call("update_users", change(5), capabilities=TASKS)["taskId"]
    session = session_of(old)
    for what, answer, code in [
            ("a reference", new.call("decode_token", {"token": token}), "UnknownSecret"),
            ("a confirmation", confirmed(new, "victim", state), "ConfirmationUsed"),
            ("a sign-in", new.call("answer_challenge", {"session": begun, "new_password": PASSWORD + "8"}), "UnknownSession")]:
        check(f"{what} of another form is unknown", facts(answer)["code"] == code, answer)
    check("a session of another form is unknown", new.post(LIST_USERS, session)[0] == 404)
    check("a task of another form is unknown", task_at(new, task)["error"]["code"] == -32602)
    done = confirmed(old, "victim", state)
    check("the older version goes on with what it has stored", not done.get("isError"), done)


class Name:
    """A port that leads to another one, as the name of a store does: new connections go to `port`."""

    def __init__(self, port):
        self.port = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            client = self.listener.accept()[0]
            store = socket.create_connection(("127.0.0.1", self.port))
            for one, other in [(client, store), (store, client)]:
                threading.Thread(target=self.copy, args=[one, other], daemon=True).start()

    @staticmethod
    def copy(one, other):
        with contextlib.suppress(OSError):
            while text := one.recv(65536):
                other.sendall(text)
            other.shutdown(socket.SHUT_WR)


def failover(made):
    """A store whose copy becomes the primary, while connections to the old one stay open."""
    name, url = Name(made.redis.port), made.url
    made.url = url.replace(str(made.redis.port), str(name.address))
    replica = made.start(1)[0]
    made.user("ana")
    sign_in = ("sign_in", {"username": "ana", "password": PASSWORD})
    token = replica.call(*sign_in)["structuredContent"]["tokens"]["access_token"]
    folder = made.folder / "copy"
    folder.mkdir()
    copy = Redis(folder)
    try:
        made.redis.cli("config", "set", "repl-diskless-sync-delay", "0")
        copy.cli("replicaof", "127.0.0.1", str(made.redis.port))
        until("the copy is complete", lambda: "master_link_status:up" in copy.cli("info", "replication"))
        copy.cli("replicaof", "no", "one")
        made.redis.cli("replicaof", "127.0.0.1", str(copy.port))
        status, text = until("the old primary is not ready", lambda: (seen := replica.get("/ready"))[0] == 503 and seen)
        refused = facts(replica.call(*sign_in))
        check("a store without writes stops calls before they have an effect", refused["code"] == "SharedStateUnavailable",
              (text, refused))
        name.port = copy.port
        until("the replica is connected to the new primary", replica.is_ready, 5)
        check("a call succeeds", not replica.call(*sign_in).get("isError"))
        known = replica.call("decode_token", {"token": token})
        check("a reference outlives the failover", not known.get("isError"), known)
    finally:
        copy.stop()


def main():
    begun = time.monotonic()
    chosen = sys.argv[2:]
    for count in (2, 3):
        if chosen and "flows" not in chosen:
            break
        with fleet(count) as made:
            for part in (references, confirmations, sessions, audit):
                part(made)
            if count == 3:
                killed(made)
    for part, count, store in [(tasks, 2, {}), (principals, 0, {}), (oauth, 0, {"tls": True}),
                               (upgrade, 0, {"tls": True}), (forms, 1, {"names": ["cognito-mcp", "cognito-mcp-2"]}),
                               (pacing, 2, {}), (outage, 2, {}), (failover, 0, {})]:
        if not chosen or part.__name__ in chosen:
            with fleet(count, **store) as made:
                part(made)
    print(f"fleet: {passed} passed, 0 failed, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
