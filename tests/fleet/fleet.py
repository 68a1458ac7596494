"""Replicas of the MCP server that share their state in a real Redis, over one emulator.

usage: fleet.py BINARY

Every part starts its own replicas. A part that stops the store has a store of its own.
"""

import base64
import collections
import concurrent.futures
import contextlib
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
import subprocess
import sys
import tempfile
import time

BINARY = sys.argv[1]
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


class Redis:
    """A Redis with an ACL user and a password."""

    def __init__(self, folder, *flags):
        self.port, self.folder, self.flags = free_port(), folder, flags
        self.url = f"redis://fleet:S3cret-of-the-store@127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder,
             # What docs/fleet.md grants.
             "--user", "fleet", "on", ">S3cret-of-the-store", "~{cognito-mcp}:*", "-@all", "+@read", "+@write",
             "+@scripting", "+@connection", "+time", "+info", *self.flags],
            stdout=subprocess.DEVNULL)
        until("Redis answers", lambda: "PONG" in self.cli("ping"))

    def cli(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], capture_output=True, text=True,
                              errors="replace").stdout

    def stop(self):
        ended(self.process)


class Replica:
    """A replica, and calls to it in the stateless revision of the protocol."""

    def __init__(self, fleet, name, *flags):
        self.name = name
        self.log = open(fleet.folder / f"{name}.stderr", "w+")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--http", "127.0.0.1:0", "--insecure", "--backend", "aws", "--endpoint-url", fleet.emulator,
             "--user-pool-id", fleet.pool, "--client-id", fleet.client, "--allow-destructive",
             "--toolsets", "all", "--shared-key-file", fleet.keys, "--replica", name, "--metrics", "127.0.0.1:0",
             "--audit-log", str(fleet.folder / f"{name}.audit"), *flags],
            env=environment(COGNITO_MCP_SHARED_STATE=fleet.url), stdout=subprocess.DEVNULL, stderr=self.log)
        self.address = until(f"{name} listens", lambda: self.said(r"MCP is at http://([^/]+)/mcp"))
        self.metrics = self.said(r"Metrics are at http://([^/]+)/metrics")

    def said(self, pattern):
        found = re.search(pattern, pathlib.Path(self.log.name).read_text())
        return found and found[1]

    def get(self, path, address=None):
        connection = http.client.HTTPConnection(address or self.address, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def is_ready(self):
        return self.get("/ready")[0] == 200

    def post(self, message, headers, timeout=30):
        connection = http.client.HTTPConnection(self.address, timeout=timeout)
        body = json.dumps(message)
        connection.request("POST", "/mcp", body, {"content-type": "application/json",
                                                  "accept": "application/json, text/event-stream", **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        messages = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
        if not messages and text.startswith("{"):
            messages = [json.loads(text)]
        return answer.status, messages[-1] if messages else None, answer.headers

    def call(self, tool, arguments, asks=False, **more):
        """The result of a call."""
        capabilities = {"elicitation": {"form": {}}} if asks else {}
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": capabilities,
                "io.modelcontextprotocol/clientInfo": {"name": "fleet", "version": "0"}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                   "params": {"name": tool, "arguments": arguments, "_meta": meta, **more}}
        status, answer, _ = self.post(message, {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call",
                                                "mcp-name": tool})
        if status != 200 or "result" not in answer:
            return {"isError": True, "status": status, "answer": answer}
        return answer["result"]

    def kill(self):
        ended(self.process)


def facts(result):
    """The JSON of a refusal."""
    return json.loads(result["content"][0]["text"].split("\n", 1)[1])


class Fleet:
    """An emulator with a pool, and replicas over it."""

    def __init__(self, folder, url):
        self.folder, self.url, self.replicas = folder, url, []
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

    def start(self, count, *flags):
        begun = len(self.replicas)
        self.replicas += [Replica(self, f"replica-{begun + number}", *flags) for number in range(count)]
        return self.replicas[begun:]

    def end(self):
        for replica in self.replicas:
            replica.kill()
        ended(self.process)


@contextlib.contextmanager
def fleet(count, *flags, store=()):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fleet-"))
    redis, made = None, None
    try:
        redis = Redis(str(folder), *store)
        made = Fleet(folder, redis.url)
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


def sessions(made):
    """A session of an older revision that moves between replicas."""
    one, two = made.replicas[:2]
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "old", "version": "0"}}}
    _, _, headers = one.post(hello, {})
    session = {"mcp-session-id": headers["mcp-session-id"], "mcp-protocol-version": "2025-06-18"}
    one.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, session)
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_users", "arguments": {}}}
    for replica in [two, one, two]:
        status, answer, _ = replica.post(call, session)
        check(f"{replica.name} answers in the session", status == 200 and not answer["result"].get("isError"), answer)
    connection = http.client.HTTPConnection(two.address, timeout=10)
    connection.request("DELETE", "/mcp", headers=session)
    check("the session is ended", connection.getresponse().status in (200, 202, 204))
    for replica in [one, two]:
        check(f"{replica.name} does not know the session", replica.post(call, session)[0] == 404)


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


def main():
    begun = time.monotonic()
    for count in (2, 3):
        with fleet(count) as made:
            for part in (references, confirmations, sessions, audit):
                part(made)
            if count == 3:
                killed(made)
    with fleet(2) as made:
        pacing(made)
    with fleet(2) as made:
        outage(made)
    print(f"fleet: {passed} passed, 0 failed, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
