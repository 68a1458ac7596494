"""HTTP abuse: framing, smuggling, methods, paths, headers, bodies, and connections that are half
open."""

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from cognito import SIGNED, TARGET
from servers import TOKEN, interrupt
from table import Figure, row
from wire import exchange, split

API = "/"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def framing(host, path):
    """Requests whose length is ambiguous or wrong."""
    post = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n"
    hidden = f"GET /_emulator/health HTTP/1.1\r\nHost: {host}\r\n\r\n"
    yield post + f"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
    yield post + f"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{hidden}"
    for coding in ["xchunked", "chunked, chunked", "identity", "chunked;q=1", " chunked ",
                   "\tchunked", "CHUNKED", "gzip, chunked", "chunked, gzip", "chunked\x0b", ""]:
        yield post + f"Transfer-Encoding: {coding}\r\nContent-Length: 3\r\n\r\n0\r\n\r\n{hidden}"
        yield post + f"Transfer-Encoding: {coding}\r\n\r\n0\r\n\r\n"
    for length in ["-1", "+5", "0x5", "5, 5", "5\r\nContent-Length: 6", "99999999999999999999",
                   "1e3", "5 5", "", "٥", "5;", "0\r\nContent-Length: 0"]:
        yield post + f"Content-Length: {length}\r\n\r\nhello"
    for chunk in ["-1\r\nx", "zz\r\nx", "FFFFFFFFFFFFFFFFF\r\nx", "5 \r\nhello\r\n0\r\n\r\n",
                  "5;a=b\r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "0x5\r\nhello\r\n0\r\n\r\n",
                  "5\r\nhelloX\r\n0\r\n\r\n", "0\r\nHost: evil\r\n\r\n", "5\r\nhel"]:
        yield post + f"Transfer-Encoding: chunked\r\n\r\n{chunk}"
    yield post + "Content-Length: 100\r\n\r\nshort"
    yield post + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"
    yield post + "Expect: the-moon\r\nContent-Length: 2\r\n\r\n{}"
    yield post + "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n\r\n"
    yield post + "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def shapes(host, path):
    """Methods, paths, versions and headers."""
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "post",
                   "A" * 5000, "PO ST", "PRI"]:
        yield f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"
    for target in ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//", "/;", "*", "/%00", "/%",
                   "/%zz", "/\\..\\", "http://evil.example/", "/a" * 4000, "/?" + "a=b&" * 5000,
                   "/#x", "/_emulator/../", "/_emulator/imports/%2e%2e/%2e%2e", "/mcp/../mcp",
                   "/us-east-1_x/.well-known/../../", "/imports/1/2/3?x=%ff", "evil", "/\x7f",
                   "/_emulator/outbox?recipient=%00", "/_emulator/journal?last=-1", "/ü"]:
        yield f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"
    for version in ["HTTP/1.0", "HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/9.9", "HTTPS/1.1", "http/1.1",
                    "HTTP/1.1x", ""]:
        yield f"GET {path} {version}\r\nHost: {host}\r\n\r\n"
    for header in ["X: " + "a" * 100_000, "\r\n".join(f"X{n}: y" for n in range(300)), "X : y",
                   " X: y", "X\x00: y", "X: y\x00z", "X", ": y", "X: a\r\n b", "X: y\nZ: w",
                   "X: \x80\xff", "Cookie: " + "a=b;" * 5000, "Connection: close, close, X",
                   "X-Amz-Target: " + TARGET + "ListUsers\r\nX-Amz-Target: other",
                   "X-Amz-Target: " + "a" * 30_000, "X-Amz-Target: \x80", "Authorization: \x80",
                   "Authorization: AWS4-HMAC-SHA256 Credential=/////", "Content-Type: \x80",
                   "Authorization: " + SIGNED.replace("us-east-1", "a" * 30_000), "Host: other",
                   "Range: bytes=0-1", "Accept: ", "Origin: null", "Forwarded: for=x", "TE: trailers",
                   "X-HTTP-Method-Override: DELETE", "Content-Encoding: gzip", "Via: x" * 50]:
        yield f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{header}\r\nContent-Length: 2\r\n\r\n{{}}"
    yield "\r\n\r\n"
    yield "\x16\x03\x01\x02\x00\x01\x00"
    yield "\x00" * 1000
    yield "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00" * 9
    one = f"GET /nothing HTTP/1.1\r\nHost: {host}\r\n\r\n"
    yield one * 100


def bodies():
    """JSON that is deep, broken or not text."""
    for depth in (100, 127, 128, 1000, 100_000):
        yield b"[" * depth + b"]" * depth
        yield b'{"a":' * depth + b"1" + b"}" * depth
    yield b'{"UserPoolId":' * 50_000
    for number in (b"1e400", b"-0", b"01", b"1.", b".5", b"1e", b"NaN", b"Infinity", b"0x10",
                   b"9" * 5000, b"1e-999", b"-" + b"9" * 100):
        yield b'{"Limit":' + number + b"}"
    for text in (rb"\ud800", rb"\udc00\ud800", rb"\u0000", b"\x00", b"\xff\xfe", b"\xc0\xaf",
                 rb"\u12", rb"\x41", b"\xed\xa0\x80", b"\t", b"\n", rb"\ud83d"):
        yield b'{"UserPoolId":"' + text + b'"}'
    yield from (b"", b" ", b"null", b"[]", b"1", b'"x"', b"{", b"}", b"{}{}", b"{}x", b'{"a":1,}',
                b"{'a':1}", b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b'{"a":1,"a":2}', b"\x1f\x8b\x08",
                b'{"":""}', b"// x\n{}", b'{"UserPoolId":"us-east-1_x"}' + b" " * 100_000)


def api_request(host, body):
    """A request of the emulator's API."""
    return (f"POST / HTTP/1.1\r\nHost: {host}\r\nX-Amz-Target: {TARGET}ListUsers\r\n"
            f"Authorization: {SIGNED}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def mcp_request(host, body):
    """A request of MCP."""
    return (f"POST /mcp HTTP/1.1\r\nHost: {host}\r\nAccept: application/json, text/event-stream\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def abuse(run, server, path, request):
    """Sends every request to one server."""
    figure = Figure()
    host = f"127.0.0.1:{server.port}"
    everything = [text.encode("latin-1", "replace")
                  for text in (*framing(host, path), *shapes(host, path))]
    everything += [request(host, body) for body in bodies()]

    def attempt(data):
        """Sends one request; returns the problem with the outcome, if any."""
        if run.over():
            return "out of time"
        raw, closed = exchange(server.address, data, wait=1.0, idle_timeout=0.2)
        answers = split(raw)
        wrong = [answer.status for answer in answers if answer.status >= 500
                 and answer.status not in (501, 505)]
        if any(b'"status":"ok"' in answer.body for answer in answers):
            return "a hidden request was answered"
        if wrong:
            return f"answers {wrong}"
        return "" if answers or closed else "no answer"

    with ThreadPoolExecutor(8) as threads:
        for data, wrong in zip(everything, threads.map(attempt, everything)):
            figure.check(not wrong, f"{data[:90]!r}: {wrong}")
    fresh, _ = exchange(server.address, request(host, json.dumps(PING).encode()), idle_timeout=2)
    figure.check(server.alive() and not server.panicked() and split(fresh), "the server is gone")
    return figure


@row("1", "HTTP/1 abuse of the emulator", seconds=25)
def abuse_of_the_emulator(run):
    """Framing, smuggling, pipelining, methods, paths, headers, encodings, JSON."""
    return abuse(run, run.emulator(), API, api_request)


@row("1", "HTTP/1 abuse of MCP", seconds=25)
def abuse_of_mcp(run):
    """The same as for the emulator."""
    return abuse(run, run.http(), "/mcp", mcp_request)


def halves(kind, server):
    """The bytes that a half-sent connection has sent."""
    host = f"127.0.0.1:{server.port}"
    path = "/mcp" if kind.endswith("mcp") else "/"
    if kind.startswith("idle"):
        return b""
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nX-"
    if kind.startswith("half header"):
        return head.encode()
    return (head + "A: b\r\nContent-Type: application/json\r\nAccept: application/json, "
            "text/event-stream\r\nContent-Length: 1000\r\n\r\n{").encode()


def served(server, kind):
    """Whether another client is answered while connections are half open."""
    path = "/mcp" if kind.endswith("mcp") else "/"
    host = f"127.0.0.1:{server.port}"
    request = mcp_request(host, json.dumps(PING).encode()) if path == "/mcp" else \
        api_request(host, b"{}")
    answers = split(exchange(server.address, request, idle_timeout=4)[0])
    return bool(answers) and answers[0].status < 500


def half_open(run, kinds, count, timeout):
    """Opens connections that send half a request; waits until the server closes them."""
    figure, late = Figure(), 0
    for kind, server in kinds:
        opened = []
        for _ in range(count):
            connection = run.connect(server.address)
            connection.sendall(halves(kind, server))
            connection.settimeout(0.01)
            opened.append(connection)
        time.sleep(0.3)
        figure.check(served(server, kind), f"{kind}: others are not served")
        end = time.monotonic() + timeout
        while opened and time.monotonic() < end:
            opened = [connection for connection in opened if not is_closed(connection)]
            time.sleep(0.2)
        late = max(late, timeout - (end - time.monotonic()))
        figure.tried += count
        if opened:
            figure.bad.append(f"{kind}: {len(opened)} of {count} are still open after {timeout} s")
        for connection in opened:
            connection.close()
    figure.note = f"all closed after {late:.0f} s" if not figure.bad else ""
    return figure


def is_closed(connection):
    """Whether the peer has closed a connection. Reads the bytes that were sent before."""
    try:
        return connection.recv(65536) == b""
    except (TimeoutError, BlockingIOError):
        return False
    except OSError:
        return True


@row("1", "half headers and half bodies: closed, and others served", seconds=180, background=True)
def half_requests(run):
    """Half headers and half bodies against the emulator, MCP, and the emulator beside MCP."""
    beside = run.http("--listen", "127.0.0.1:0")
    kinds = [("half header", run.emulator()), ("half header mcp", run.http()),
             ("half body", run.emulator()), ("half body mcp", run.http()),
             ("half body mcp", beside)]
    return in_parallel(run, kinds, 150, 40 if run.quick else 90)


@row("1", "idle connections: closed, and others served", seconds=180, background=True, quick=False)
def idle(run):
    """Connections that never send anything."""
    kinds = [("idle", run.emulator()), ("idle mcp", run.http())]
    return in_parallel(run, kinds, 100, 90)


def in_parallel(run, kinds, count, timeout):
    """Runs `half_open` for all kinds at once."""
    figure = Figure()
    with ThreadPoolExecutor(len(kinds)) as pool:
        for one in pool.map(lambda kind: half_open(run, [kind], count, timeout), kinds):
            figure.tried += one.tried
            figure.bad += one.bad
            figure.note = one.note
    return figure


@row("1", "INT and TERM while requests are half sent: ends in two seconds", seconds=40)
def ending_while_half_sent(run):
    """A half header, a half body and an idle connection do not keep a server alive."""
    figure = Figure()
    for how in (signal.SIGINT, signal.SIGTERM):
        for kind in ("half header", "half body", "idle"):
            for name, server in (("emulator", run.emulator()), ("mcp", run.http()),
                                 ("listen", run.http("--listen", "127.0.0.1:0"))):
                sent = halves(kind if name == "emulator" else f"{kind} mcp", server)
                run.connect(server.address).sendall(sent)
                time.sleep(0.1)
                ended, took = interrupt(server, how, within=2.0)
                figure.check(ended, f"{how.name} of {name} with {kind}: alive after {took:.1f} s")
                server.stop()
    return figure


@row("1", "more requests than places: 503 at once, and room again", seconds=20)
def room(run):
    """Half bodies of callers without the token do not use up the places for requests."""
    figure = Figure()
    server = run.with_token()
    for _ in range(150):
        run.connect(server.address).sendall(halves("half body mcp", server))
    time.sleep(0.3)
    request = mcp_request(f"127.0.0.1:{server.port}", json.dumps(PING).encode())
    bearer = f"\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type".encode()
    request = request.replace(b"\r\nContent-Type", bearer, 1)
    answers = split(exchange(server.address, request, idle_timeout=4)[0])
    figure.check(answers and answers[0].status < 500, "callers without a token keep others out")
    return figure
