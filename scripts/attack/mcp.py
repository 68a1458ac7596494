"""Clients of the MCP server: over standard input and output, and over HTTP."""

import json
import queue
import threading
import time

from servers import Server
from wire import Connection

MODERN = "2026-07-28"


def hello(version="2025-06-18", capabilities=None, name="attack"):
    """The parameters of `initialize`."""
    return {"protocolVersion": version, "capabilities": capabilities or {},
            "clientInfo": {"name": name, "version": "1"}}


class Stdio:
    """A session on standard input and output."""

    def __init__(self, run, *flags, env=None, cwd=None, capabilities=None, name="attack",
                 asked=None, start=True, timeout=20):
        self.server = Server(run, "serve", *flags, env=env, cwd=cwd, pipes=True)
        self.timeout = timeout
        self.asked = asked
        self.broken, self.notices = [], []
        self.lines = 0
        self.answers = {}
        self.nameless = queue.Queue()
        self.arrived = threading.Condition()
        self.closed = False
        self.last = 0
        threading.Thread(target=self.read, daemon=True).start()
        if start:
            self.request("initialize", hello(capabilities=capabilities, name=name))
            self.say({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def read(self):
        """Reads the server's output and sorts it by kind."""
        for line in self.server.process.stdout:
            self.lines += 1
            try:
                message = json.loads(line)
            except ValueError:
                self.broken.append(line)
                continue
            if "method" in message and "id" in message:
                answer = self.asked(message) if self.asked else None
                if answer is not None:
                    self.raw(answer)
            elif "method" in message:
                self.notices.append(message)
            elif message.get("id") is None:
                self.nameless.put(message)
            else:
                with self.arrived:
                    self.answers.setdefault(message["id"], []).append(message)
                    self.arrived.notify_all()
        with self.arrived:
            self.closed = True
            self.arrived.notify_all()

    def raw(self, line):
        """Writes one line of bytes."""
        try:
            self.server.process.stdin.write(line + b"\n")
            self.server.process.stdin.flush()
        except (OSError, ValueError):
            self.closed = True

    def say(self, message):
        """Writes one message."""
        self.raw(json.dumps(message).encode())

    def ask(self, method, params=None, identity=None):
        """Sends a request; returns its id."""
        self.last += 1
        identity = self.last if identity is None else identity
        self.say({"jsonrpc": "2.0", "id": identity, "method": method, "params": params or {}})
        return identity

    def wait(self, identity, timeout=None):
        """The answer to a request, or `None` if none arrives in time."""
        end = time.monotonic() + (timeout or self.timeout)
        with self.arrived:
            while identity not in self.answers:
                left = end - time.monotonic()
                if left <= 0 or self.closed and identity not in self.answers:
                    return None
                self.arrived.wait(left)
            return self.answers[identity][0]

    def request(self, method, params=None, timeout=None):
        """Sends a request and waits for the answer. Raises an exception if none arrives."""
        answer = self.wait(self.ask(method, params), timeout)
        if answer is None:
            raise RuntimeError(f"{method} was not answered: {self.server.said()[-300:]}")
        return answer

    def call(self, tool, arguments, timeout=None, **more):
        """The result of a tool call, or the error of the protocol."""
        answer = self.request("tools/call", {"name": tool, "arguments": arguments} | more, timeout)
        return answer.get("result") or answer

    def tools(self):
        """The tools, by name."""
        return {tool["name"]: tool for tool in self.request("tools/list")["result"]["tools"]}

    def alive(self, timeout=5):
        """Whether the server answers."""
        return self.wait(self.ask("ping"), timeout) is not None


class Web:
    """A client of MCP over HTTP, with or without a session."""

    def __init__(self, server, token=None):
        self.server, self.token = server, token
        self.connection = Connection(server.address)
        self.session = None
        self.last = 0

    def post(self, message, **headers):
        """Posts a message; returns the HTTP answer."""
        all_headers = {"accept": "application/json, text/event-stream",
                       "content-type": "application/json"}
        if self.token:
            all_headers["authorization"] = f"Bearer {self.token}"
        if self.session:
            all_headers["mcp-session-id"] = self.session
            all_headers["mcp-protocol-version"] = "2025-06-18"
        all_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return self.connection.request("POST", "/mcp", all_headers, body)

    def open(self):
        """Begins a session."""
        answer = self.post({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello()})
        self.session = answer.header("mcp-session-id")
        return answer

    def modern(self, method, params=None, **headers):
        """A request of the stateless protocol."""
        self.last += 1
        params = dict(params or {})
        params["_meta"] = {"io.modelcontextprotocol/protocolVersion": MODERN,
                           "io.modelcontextprotocol/clientCapabilities": {},
                           "io.modelcontextprotocol/clientInfo": {"name": "attack", "version": "1"}}
        given = {"mcp_protocol_version": MODERN, "mcp_method": method}
        if "name" in params:
            given["mcp_name"] = params["name"]
        message = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}
        return self.post(message, **(given | headers))


def message_of(answer):
    """The JSON-RPC message in an HTTP answer, which may be an event stream."""
    for line in answer.body.splitlines():
        if line.startswith(b"data: {"):
            return json.loads(line[6:])
    return json.loads(answer.body)


def text_of(result):
    """The text of a tool's result."""
    content = result.get("content") or [{}]
    return content[0].get("text", "")


def facts_of(result):
    """The facts of a failed call: the JSON of its second line."""
    lines = text_of(result).split("\n", 1)
    try:
        return json.loads(lines[1])
    except (IndexError, ValueError):
        return {}


def failed(result):
    """Whether a call failed, by its result or by the protocol."""
    return bool(result.get("isError")) or "error" in result


def arguments_of(tool, live, optional=True):
    """Plausible arguments of a tool, by its schema."""
    schema = tool["inputSchema"]
    names = schema.get("properties", {}) if optional else schema.get("required", [])
    skipped = ("dry_run", "confirm", "fields", "cursor", "response_format")
    return {name: value_of(schema["properties"][name], name, live) for name in names
            if name not in skipped}


def value_of(schema, name, live):
    """A plausible value of a schema."""
    if name in live:
        return live[name]
    for alternative in schema.get("anyOf", []) + schema.get("oneOf", []):
        return value_of(alternative, name, live)
    kind = schema.get("type")
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return {inner: value_of(schema["properties"][inner], inner, live)
                for inner in schema.get("required", [])}
    if kind == "array":
        return [value_of(schema.get("items", {}), name.rstrip("s"), live)]
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return schema.get("minimum", 1) or 1
    return "a" * max(1, schema.get("minLength", 1))
