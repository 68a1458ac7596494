"""Access to the servers over HTTP: hosts, origins, static tokens, OAuth, sessions."""

import json
import time

from cognito import Cognito, Pool
from keys import encode, keys_of, number, symmetric
from mcp import Web, failed, hello, message_of, text_of
from servers import TOKEN
from table import Figure, row
from wire import Connection, exchange, split

FOREIGN_HOSTS = [
    "evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example:{port}",
    "LOCALHOST.EVIL", "127.1.evil", "localhost.", "localhost.:{port}", "evil.example#127.0.0.1",
    "evil.example/127.0.0.1",
    "user@127.0.0.1:{port}", "127.0.0.1@evil.example", "127.0.0.1:{port}@evil", "127.0.0.1:99999",
    "127.0.0.1:-1", "127.0.0.1:x", "127.0.0.1 evil.example", "127.0.0.1,evil.example", "a" * 5000,
    "127.0.0.1\t.evil", "[::1", "::1]", "[127.0.0.1]", "1270.0.0.1", "127.0.0.1%00.evil", "%6cocalhost",
    "evil.local", "neighbour.local:{port}", "attacker.localdomain", "",
]
# Addresses of other machines, and names that no public name server has. A web page cannot make
# these names lead to this machine, so the controls of the emulator accept them.
FOREIGN_ADDRESSES = ["127.0.0.2", "10.0.0.1:{port}", "169.254.169.254", "[::2]:{port}", "metadata",
                     "xn--localhost", "evil.internal"]
FOREIGN_ORIGINS = [
    "http://evil.example", "https://evil.example", "null", "https://localhost.evil.example",
    "http://127.0.0.1.evil.example", "http://evil.example:{port}", "file://", "chrome-extension://abc",
    "http://localhost@evil.example", "http://evil.example#localhost", "http://evil.example/localhost",
    "http://10.0.0.1", "http://169.254.169.254", "http://[::2]",
    "data:text/html,x", "javascript:1", "http://localhost.", "http://local host", "http://localhost:x",
    "http://localhost:99999", "localhost", "//localhost", "http:/localhost", "http://", "http:localhost",
    "http://localhost, http://evil.example", "http://evil.example, http://localhost", "http://\x80",
    "http://localhost\t.evil", "http://neighbour.local", "https://mcp.example.com", "about:blank",
]


def raw_request(server, path, method, headers, body=b""):
    """Sends a request with exactly these header lines; returns the status, or `None`."""
    lines = [f"{method} {path} HTTP/1.1", *headers, f"Content-Length: {len(body)}",
             "Connection: close"]
    data = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body
    answers = split(exchange(server.address, data, wait=2)[0])
    return answers[0].status if answers else None


def list_tools(server, headers):
    """Requests the list of tools from MCP with these header lines."""
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "attack", "version": "1"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list",
                       "params": {"_meta": meta}}).encode()
    usual = ["Accept: application/json, text/event-stream", "Content-Type: application/json",
             "Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: tools/list"]
    return raw_request(server, "/mcp", "POST", [*headers, *usual], body)


def clock(server, headers):
    """Reads the clock of the emulator, a control, with these header lines."""
    return raw_request(server, "/_emulator/clock", "GET", headers)


def header_forms(server, ask, hosts):
    """Tries foreign hosts and origins, which must be refused, and good ones, which must be
    accepted."""
    figure = Figure()
    port = server.port
    good = f"127.0.0.1:{port}"
    for host in hosts:
        figure.check(ask(server, [f"Host: {host.format(port=port)}"]) != 200, f"Host {host}")
    for origin in FOREIGN_ORIGINS:
        lines = [f"Host: {good}", f"Origin: {origin.format(port=port)}"]
        figure.check(ask(server, lines) != 200, f"Origin {origin}")
    for lines in ([f"Host: {good}", "Host: evil.example"], ["Host: evil.example", f"Host: {good}"],
                  [f"Host: {good}", f"Origin: http://{good}", "Origin: http://evil.example"], []):
        figure.check(ask(server, lines) != 200, f"lines {lines}")
    for lines in ([f"Host: {good}"], [f"Host: localhost:{port}"],
                  [f"Host: {good}", "Origin: http://localhost:6274"]):
        figure.check(ask(server, lines) == 200, f"refused: {lines}")
    return figure


@row("4", "`Host` and `Origin` forms against MCP", seconds=25)
def hosts_of_mcp(run):
    """Hosts and origins of other machines are refused."""
    return header_forms(run.http(), list_tools, FOREIGN_HOSTS + FOREIGN_ADDRESSES)


@row("4", "`Host` and `Origin` forms against the controls of the emulator", seconds=25)
def hosts_of_the_controls(run):
    """Hosts and origins of other machines are refused, except those of `FOREIGN_ADDRESSES`."""
    return header_forms(run.emulator(), clock, FOREIGN_HOSTS)


@row("4", "an absolute target of another host", seconds=5)
def absolute_targets(run):
    """If the target of a request is absolute, its host counts."""
    figure = Figure()
    for server, path in ((run.http(), "/mcp"), (run.emulator(), "/_emulator/clock")):
        lines = [f"Host: 127.0.0.1:{server.port}"]
        if path == "/mcp":
            status = raw_request(server, f"http://evil.example{path}", "GET", lines)
            figure.check(status in (None, 400, 403, 421), f"{path}: {status}")
        else:
            status = raw_request(server, f"http://evil.example{path}", "GET", lines)
            figure.check(status != 200, f"{path}: {status}")
    return figure


@row("4", "static token: forms of the header, methods, paths", seconds=15)
def static_tokens(run):
    """Only the token itself is accepted, and only in a header of the right form."""
    figure = Figure()
    server = run.with_token()
    host = f"Host: 127.0.0.1:{server.port}"
    for value in (TOKEN, f"Basic {TOKEN}", f"Token {TOKEN}", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}0",
                  f"Bearer {TOKEN[::-1]}", f"Bearer {TOKEN.upper()}", "Bearer", "Bearer ", "Bearer  ",
                  f"Bearer{TOKEN}", f"Bearer\t{TOKEN}", f"Bearer {TOKEN},x", f"Bearer x {TOKEN}",
                  f"Bearer \"{TOKEN}\"", f"Bearer token={TOKEN}", "Bearer null", "Bearer undefined",
                  f"Bearer {TOKEN}\x00", "Bearer *", "Bearer " + "a" * 10_000, f"Negotiate {TOKEN}",
                  f"DPoP {TOKEN}"):
        figure.check(list_tools(server, [host, f"Authorization: {value}"]) != 200, repr(value))
    good = f"Authorization: Bearer {TOKEN}"
    for lines in (["Authorization: Bearer x", good], [f"X-Authorization: Bearer {TOKEN}"],
                  [f"Proxy-Authorization: Bearer {TOKEN}"], [f"Cookie: token={TOKEN}"], []):
        figure.check(list_tools(server, [host, *lines]) != 200, lines)
    for path in (f"/mcp?access_token={TOKEN}", f"/mcp?token={TOKEN}", "/mcp/", "/MCP", "//mcp", "/mcp;x",
                 "/mcp%2f", "/mcp/../mcp", "/.well-known/oauth-protected-resource"):
        for method in ("GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD"):
            status = raw_request(server, path, method, [host])
            figure.check(status != 200 or method == "OPTIONS", f"{method} {path}: {status}")
    figure.check(list_tools(server, [host, good]) == 200, "the right token is refused")
    return figure


class Guarded:
    """An emulator, a pool in it, and an MCP server that accepts the pool's tokens."""

    def __init__(self, run, *flags):
        self.emulator = run.emulator()
        self.cognito = Cognito(self.emulator)
        self.pool = Pool(self.cognito)
        base = f"http://127.0.0.1:{self.emulator.port}/{self.pool.id}"
        self.issuer = base
        answer = self.cognito.connection.request("GET", f"/{self.pool.id}/.well-known/jwks.json", {})
        self.jwks = answer.json()
        self.id_key, self.key = keys_of(self.jwks)
        guard = ("--oauth-issuer", base, "--oauth-audience", self.pool.client, *flags)
        self.server = run.http(guard=guard)

    def claims(self, **changes):
        """The claims of a valid access token, with changes. `...` removes a claim."""
        now = int(time.time())
        claims = {"sub": "11111111-1111-7011-8111-111111111111", "iss": self.issuer,
                  "client_id": self.pool.client, "token_use": "access", "username": "ana",
                  "scope": "aws.cognito.signin.user.admin", "auth_time": now, "iat": now,
                  "exp": now + 3600, "jti": "j", "origin_jti": "o"}
        return {name: value for name, value in (claims | changes).items() if value is not ...}

    def admits(self, token):
        """Whether the server answers a request with this token."""
        return Web(self.server, token).modern("tools/list").status == 200


def bad_claims(place):
    """Claims that no server may accept, signed with the right key."""
    now = int(time.time())
    client = place.pool.client
    yield from ({"iss": value} for value in (
        ..., "", None, place.issuer + "/", place.issuer.upper(), place.issuer[:-1], "https://evil",
        [place.issuer], [place.issuer, "https://evil"], {}, place.issuer + "x", 1))
    yield from ({"client_id": value} for value in (..., "", None, "other", [client], client + " ",
                                                   client.upper(), {"a": client}, 0))
    yield from ({"aud": value} for value in ("other", [], [None], [client + "x"], {}, 1, "", [""], True,
                                             [[client]], "https://evil/mcp"))
    yield from ({"token_use": value} for value in (..., "id", "refresh", "", None, "Access", ["access"]))
    yield from ({"exp": value} for value in (..., now - 100, 0, -1, None, "x", str(now + 100), [], {}))
    yield from ({"nbf": value} for value in (now + 3600, 10 ** 12))
    yield from ({"sub": value} for value in (..., None, 1, []))


def bad_headers(place):
    """Headers that no server may accept, signed with the right key."""
    yield from ({"alg": value} for value in ("none", "None", "", "RS384", "RS512", "PS256", "HS256",
                                             "ES256", ..., "rs256", None, 1))
    yield from ({"kid": value} for value in (..., "", "other", None, place.id_key.kid, "../" * 5, 1))
    yield {"crit": ["exp"]}
    yield {"crit": ["b64"], "b64": False}
    yield {"kid": "other", "jwk": place.jwks["keys"][1]}
    yield {"kid": "other", "jku": place.issuer + "/.well-known/jwks.json"}
    yield {"kid": "other", "x5u": "http://127.0.0.1:1/"}


def bad_texts(place, good):
    """Texts that are not valid tokens."""
    header, claims, signature = good.split(".")
    yield from ("", ".", "..", "...", "a.b.c", good[:-1], good + "A", good + ".", good + "=", "." + good,
                good.replace(".", ".."), f"{header}.{claims}", f"{header}.{claims}.",
                f"{header}.{claims}.{signature[::-1]}", f"{claims}.{header}.{signature}",
                f"{header}=.{claims}.{signature}", good.upper(), good * 2, "Bearer " + good,
                f"{header}.{claims[:-1]}.{signature}", "a" * 20_000,
                f"{encode(b'[]')}.{claims}.{signature}", f"{header}.{encode(b'{}')}.{signature}")
    yield json.dumps({"payload": claims, "signatures": [{"protected": header, "signature": signature}]})
    modulus = place.jwks["keys"][1]["n"]
    size = number(modulus)
    for secret in (modulus.encode(), size.to_bytes(256, "big"), json.dumps(place.jwks).encode(), b""):
        yield symmetric(secret, place.claims(), place.key.kid)


@row("4", "tokens in the OAuth mode: algorithms, keys, claims, forms", seconds=25)
def oauth_tokens(run):
    """Only an access token of the pool, for this server, is accepted."""
    figure = Figure()
    place = Guarded(run, "--oauth-scope", "aws.cognito.signin.user.admin")
    tokens = place.pool.sign_in("ana")
    figure.check(place.admits(tokens["AccessToken"]), "a good token is refused")
    for name in ("IdToken", "RefreshToken"):
        figure.check(not place.admits(tokens[name]), name)
    for changes in bad_claims(place):
        figure.check(not place.admits(place.key.token(place.claims(**changes))), f"claims {changes}")
    for changes in bad_headers(place):
        figure.check(not place.admits(place.key.token(place.claims(), changes)), f"header {changes}")
    for algorithm in ("RS384", "RS512"):
        token = place.key.token(place.claims(), algorithm=algorithm)
        figure.check(not place.admits(token), algorithm)
    for text in bad_texts(place, tokens["AccessToken"]):
        figure.check(not place.admits(text), f"text {text[:60]}")
    for scope in ("", "openid", "aws.cognito.signin.user.adminx", "aws.cognito", ["x"]):
        figure.check(not place.admits(place.key.token(place.claims(scope=scope))), f"scope {scope}")
    other = Pool(place.cognito, "other")
    figure.check(not place.admits(other.sign_in("ana")["AccessToken"]), "another pool's token")
    return figure


@row("4", "operators who are disabled, signed out or revoked are refused in 90 s", seconds=120,
     background=True, quick=False)
def revoked_operators(run):
    """A server in OAuth mode notices that an operator lost access."""
    figure = Figure()
    place = Guarded(run)
    pool, left = place.pool, {}
    for name in ("disabled", "signed-out", "revoked", "deleted"):
        pool.user(name)
        tokens = pool.sign_in(name)
        left[name] = tokens["AccessToken"]
        figure.check(place.admits(tokens["AccessToken"]), f"{name}: refused from the start")
        user = {"UserPoolId": pool.id, "Username": name}
        operation, request = {
            "disabled": ("AdminDisableUser", user), "signed-out": ("AdminUserGlobalSignOut", user),
            "deleted": ("AdminDeleteUser", user),
            "revoked": ("RevokeToken", {"Token": tokens["RefreshToken"], "ClientId": pool.client}),
        }[name]
        pool.cognito.must(operation, **request)
    end = time.monotonic() + 90
    while left and time.monotonic() < end:
        left = {name: token for name, token in left.items() if place.admits(token)}
        time.sleep(2)
    figure.bad += [f"{name}: still admitted after 90 s" for name in left]
    return figure


@row("4", "sessions and references of other operators", seconds=15)
def foreign_sessions(run):
    """Only the operator who opened a session, or got a reference to a secret, can use it."""
    figure = Figure()
    place = Guarded(run, "--toolsets", "all", "--reveal-secrets=false")
    place.pool.user("ben")
    ana, ben = [Web(place.server, place.pool.sign_in(name)["AccessToken"]) for name in ("ana", "ben")]
    ana.open()
    call = {"jsonrpc": "2.0", "id": 3, "method": "tools/call",
            "params": {"name": "create_client", "arguments": {"name": "x", "secret": True}}}
    ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
    reference = message_of(ana.post(call))["result"]["structuredContent"]["client_secret"]
    for session in (ana.session, ana.session.upper(), ana.session[:-1], "*", "x" * 36, ana.session + " "):
        ben.session = session
        for message in (ping, call):
            status = ben.post(message).status
            figure.check(status in (400, 404) or session == ana.session.upper(), f"{session}: {status}")
        connection = Connection(place.server.address)
        headers = {"authorization": f"Bearer {ben.token}", "mcp-session-id": session,
                   "accept": "text/event-stream"}
        # `DELETE` of a session that does not exist has no effect.
        for method in ("GET", "DELETE") if session == ana.session else ("GET",):
            status = connection.request(method, "/mcp", headers).status
            figure.check(status >= 400, f"{method} of session {session}: {status}")
    ben.session = None
    ben.open()
    for operator, may in ((ben, False), (ana, True)):
        made = message_of(operator.post(call))["result"]["structuredContent"]
        rotate = {"name": "rotate_client_secret", "arguments": {
            "client_id": made["client_id"], "client_secret": reference}}
        result = message_of(operator.post({"jsonrpc": "2.0", "id": 4, "method": "tools/call",
                                           "params": rotate}))["result"]
        figure.check(failed(result) != may, f"a reference of {'their own' if may else 'another'}: "
                                            f"{text_of(result)[:200]}")
    figure.check(ana.post(ping).status == 200, "the owner is refused")
    return figure


@row("4", "addresses beyond loopback need a flag", seconds=6)
def beyond_loopback(run):
    """One flag is not enough to listen for other machines."""
    from servers import Server, free_port
    figure = Figure()
    port = str(free_port())
    for flags in (("emulator", "--host", "0.0.0.0", "--port", port),
                  ("serve", "--listen", f"0.0.0.0:{port}"), ("emulator", "--host", "::", "--port", port),
                  ("serve", "--http", f"0.0.0.0:{port}", "--insecure"),
                  ("serve", "--http", f"0.0.0.0:{port}", "--http-url", "http://a.example", "--insecure")):
        server = Server(run, *flags, pipes=True)
        ended, _ = server.ends_within(2.0)
        figure.check(ended and server.process.returncode != 0, " ".join(flags))
        server.stop()
    return figure


@row("4", "hello in forms of all versions, to MCP without a session", seconds=5)
def hellos(run):
    """An unknown version of the protocol is answered, and is not a server error."""
    figure = Figure()
    server = run.http()
    for version in ("2025-06-18", "1.0", "", "9999-99-99", "2024-11-05", "latest", "\u0000"):
        web = Web(server)
        answer = web.post({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello(version)})
        figure.check(answer.status < 500, f"{version}: {answer.status}")
    return figure
