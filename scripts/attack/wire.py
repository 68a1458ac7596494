"""HTTP written and read by hand, so that a row controls the exact bytes."""

import json
import re
import socket
import time
from dataclasses import dataclass


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    head: bytes
    body: bytes
    seconds: float = 0.0

    def header(self, name):
        """The value of a header, or `None`."""
        found = re.search(rb"(?mi)^" + name.encode() + rb":[ \t]*(.*?)\r?$", self.head)
        return found.group(1).decode("latin-1") if found else None

    def json(self):
        """The body as JSON."""
        # Operations without output have an empty body.
        return json.loads(self.body or b"{}")

    @property
    def longest_line(self):
        """The length of the longest line of the head."""
        return max(map(len, self.head.split(b"\r\n")))


def split(raw):
    """The answers in the bytes that a server has sent."""
    answers = []
    while raw.startswith(b"HTTP/1."):
        head, blank, rest = raw.partition(b"\r\n\r\n")
        if not blank:
            break
        status = int(head.split(b" ", 2)[1])
        answer = Answer(status, head, b"")
        length = answer.header("content-length")
        if "chunked" in (answer.header("transfer-encoding") or ""):
            answer.body, rest = chunks(rest)
        elif status not in (100, 204, 304):
            size = int(length or 0) if length is not None else len(rest)
            answer.body, rest = rest[:size], rest[size:]
        if status != 100:
            answers.append(answer)
        raw = rest
    return answers


def chunks(raw):
    """The body of a chunked answer, and the bytes after it."""
    body = b""
    while True:
        line, _, raw = raw.partition(b"\r\n")
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            return body, b""
        if size == 0:
            return body, raw.partition(b"\r\n")[2]
        body, raw = body + raw[:size], raw[size + 2:]


def exchange(address, data, wait=1.0, idle_timeout=0.3):
    """Sends bytes; returns the received bytes, and whether the server closed the connection.

    If nothing is received within `idle_timeout` seconds, the sending side is closed, which ends a
    request that was cut short. Then the server has `wait` seconds to answer.
    """
    raw = b""
    with socket.create_connection(address, 5) as connection:
        connection.settimeout(wait)
        try:
            for at in range(0, len(data), 65536):
                connection.sendall(data[at:at + 65536])
        except OSError:
            pass
        connection.settimeout(idle_timeout)
        for limit in (idle_timeout, wait):
            connection.settimeout(limit)
            try:
                while piece := connection.recv(65536):
                    raw += piece
                    if complete(raw):
                        connection.settimeout(0.05)
                return raw, True
            except TimeoutError:
                if raw:
                    return raw, False
                try:
                    connection.shutdown(socket.SHUT_WR)
                except OSError:
                    return raw, True
            except OSError:
                return raw, True
    return raw, False


def complete(raw):
    """Whether the received bytes end with a complete answer."""
    answers = split(raw)
    return bool(answers) and raw.endswith(answers[-1].body or b"\r\n\r\n")


class Connection:
    """An HTTP connection that is kept open."""

    def __init__(self, address, timeout=10):
        self.address, self.timeout = address, timeout
        self.socket = None

    def close(self):
        """Closes the connection."""
        if self.socket:
            self.socket.close()
        self.socket = None

    def request(self, method, path, headers, body=b""):
        """Sends a request; returns the answer. A lost connection raises `OSError`."""
        lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{self.address[1]}",
                 f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        data = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body
        began = time.monotonic()
        fresh = self.socket is None
        if fresh:
            self.socket = socket.create_connection(self.address, self.timeout)
        try:
            self.socket.sendall(data)
            answer = self.read()
        except OSError:
            self.close()
            if fresh:
                raise
            return self.request(method, path, headers, body)
        answer.seconds = time.monotonic() - began
        if (answer.header("connection") or "").lower() == "close":
            self.close()
        return answer

    def read(self):
        """Reads one answer."""
        buffer = bytearray()
        while (end := buffer.find(b"\r\n\r\n")) < 0:
            self.more(buffer)
        head = bytes(buffer[:end])
        answer = Answer(int(head.split(b" ", 2)[1]), head, b"")
        rest = buffer[end + 4:]
        if "chunked" in (answer.header("transfer-encoding") or ""):
            while b"0\r\n\r\n" not in rest[-7:]:
                self.more(rest)
            answer.body, _ = chunks(bytes(rest))
            return answer
        size = int(answer.header("content-length") or 0)
        while len(rest) < size:
            self.more(rest)
        answer.body = bytes(rest[:size])
        return answer

    def more(self, buffer):
        """Reads some bytes. The end of the stream raises an exception."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("the server closed the connection")
        buffer.extend(piece)
