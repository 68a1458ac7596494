"""Files that the server reads and writes: modes, links, FIFOs, a full disk."""

import json
import os
import stat
import subprocess

from mcp import Stdio, failed, hello
from servers import BASE, TOKEN, Server, free_port
from table import Figure, row
from wire import exchange, split


def started(run, *flags, env=None, umask=None, within=1.5, stderr=None):
    """Starts a server; returns it, and whether it is still running after a while."""
    before = os.umask(umask) if umask is not None else None
    try:
        server = Server(run, *flags, env=env, pipes=True)
    finally:
        if before is not None:
            os.umask(before)
    ended, _ = server.ends_within(within)
    return server, not ended


def mode(path):
    """The permissions of a file."""
    return stat.S_IMODE(os.stat(path).st_mode)


@row("10", "modes of the token file, the audit log and the secrets folder under every umask", seconds=20)
def modes(run):
    """Only the owner has access to each file, and the owner can read it."""
    figure = Figure()
    for umask in (0o000, 0o022, 0o077, 0o777):
        token, log = run.folder / f"token-{umask:o}", run.folder / f"audit-{umask:o}"
        server, _ = started(run, "serve", "--http", f"127.0.0.1:{free_port()}", "--http-token-file",
                            str(token), "--audit-log", str(log), umask=umask, within=1.2)
        for path in (token, log):
            if path.exists():
                figure.check(mode(path) == 0o600, f"{path.name}: {mode(path):o}")
        figure.check(token.exists(), f"umask {umask:o}: no token file")
        server.stop()
    return figure


@row("10", "token files that cannot be right: FIFO, link, folder, two lines, empty", seconds=25)
def token_files(run):
    """The start is refused in time. A token that no client can send is refused too."""
    figure = Figure()
    cases = []

    def case(name, make):
        path = run.folder / name
        make(path)
        cases.append((name, str(path)))

    case("fifo", os.mkfifo)
    case("folder", os.mkdir)
    case("empty", lambda path: path.write_text(""))
    case("two-lines", lambda path: path.write_text(f"{TOKEN}\n{TOKEN}\n"))
    case("not-ascii", lambda path: path.write_text("t\u00f6ken-" * 8))
    case("endless", lambda path: path.symlink_to("/dev/zero"))
    for _, path in cases:
        if not os.path.islink(path):
            os.chmod(path, 0o600)
    for name, path in cases:
        server, there = started(run, "serve", "--http", f"127.0.0.1:{free_port()}",
                                "--http-token-file", path, within=2.5)
        figure.check(not there and server.process.returncode == 1 and not server.panicked(),
                     f"{name}: {'it starts or hangs' if there else server.said()[:150]}")
        server.stop()
    for value in ("t\u00f6ken" * 8, f"{TOKEN}\n{TOKEN}"):
        server, there = started(run, "serve", "--http", f"127.0.0.1:{free_port()}",
                                env={"COGNITO_MCP_HTTP_TOKEN": value}, within=1.0)
        figure.check(not there, f"COGNITO_MCP_HTTP_TOKEN={value[:12]!r}: it starts")
        server.stop()
    return figure


@row("10", "audit log: full disk, link, FIFO; nothing is done that is not written", seconds=20)
def audit(run):
    """A call that cannot be recorded is not made."""
    figure = Figure()
    for name, make in (("fifo", os.mkfifo), ("link", lambda path: path.symlink_to("/dev/zero")),
                       ("folder", os.mkdir)):
        path = run.folder / f"audit-{name}"
        make(path)
        server, there = started(run, "serve", "--audit-log", str(path), within=2.0)
        figure.check(not there and not server.panicked(), f"{name}: it starts or hangs")
        server.stop()
    link = run.folder / "full"
    link.symlink_to("/dev/full")
    server, there = started(run, "serve", "--audit-log", "/dev/full", within=1.0)
    if there:
        server.stop()
        session = Stdio(run, "--audit-log", "/dev/full")
        result = session.call("create_user", {"username": "unwritten"})
        figure.check(failed(result), "a call was made that is in no log")
    return figure


def small_disk(run):
    """The folder of a file system of 16 KiB, or `None` if it cannot be mounted."""
    folder = run.folder / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)],
                          capture_output=True, check=False)
    return folder if done.returncode == 0 else None


@row("10", "audit log after a full disk: every line can be read", seconds=15)
def torn_lines(run):
    """A line that a full disk cut off does not damage the next line."""
    figure = Figure()
    folder = small_disk(run)
    if folder is None:
        figure.note = "needs the right to mount"
        return figure
    try:
        log, filler = folder / "audit.jsonl", folder / "filler"
        session = Stdio(run, "--audit-log", str(log))
        session.call("create_user", {"username": "first"})
        fill(filler)
        refused = sum(failed(session.call("create_user", {"username": f"u{number}"}))
                      for number in range(20))
        figure.check(refused, "the disk was never full")
        filler.unlink()
        for name in ("later", "last"):
            session.call("create_user", {"username": name})
        lines = log.read_text().splitlines()
        for name in ("later", "last"):
            mentioned = [line for line in lines if f'"{name}"' in line]
            torn = [line[:200] for line in mentioned if not is_json(line)]
            figure.check(mentioned and not torn, f"lines of {name}: {torn}")
        session.server.stop()
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)
    return figure


def fill(path):
    """Writes until the disk is full."""
    with open(path, "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 100)
        except OSError:
            return


def is_json(line):
    """Whether a line is JSON."""
    try:
        json.loads(line)
        return True
    except ValueError:
        return False


@row("10", "standard error on a full disk: the servers start", seconds=10)
def full_stderr(run):
    """A server does not panic because a message cannot be written."""
    figure = Figure()
    for flags in (("emulator", "--empty"), ("serve", "--listen", "127.0.0.1:0"),
                  ("serve", "--http", "127.0.0.1:0", "--insecure")):
        port = free_port()
        words = [run.binary, *flags, *(("--port", str(port)) if flags[0] == "emulator" else ())]
        with open("/dev/full", "wb") as full:
            process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=full,
                                       env=BASE | {"HOME": str(run.folder)}, cwd=run.folder)
        try:
            process.wait(1.0)
            figure.check(False, f"{' '.join(flags)}: exit status {process.returncode}")
        except subprocess.TimeoutExpired:
            figure.check(True, "")
        process.kill()
        process.communicate()
    return figure


@row("10", "`init` again and again: few backups, modes and links kept", seconds=15)
def init(run):
    """`init` replaces a file in one step and leaves few other files."""
    figure = Figure()
    home = run.folder / "home"
    home.mkdir()
    config = home / ".claude.json"
    for number in range(12):
        config.write_text(json.dumps({"number": number}))
        config.chmod(0o600)
        subprocess.run([run.binary, "init", "claude-code", "--yes"], cwd=home, check=False,
                       env=BASE | {"HOME": str(home)}, capture_output=True, timeout=20)
        figure.check(mode(config) == 0o600, f"mode {mode(config):o}")
    files = sorted(path.name for path in home.iterdir())
    figure.check(len(files) <= 8, f"{len(files)} files: {files[:5]}")
    real = home / "real.json"
    real.write_text("{}")
    config.unlink()
    config.symlink_to(real)
    subprocess.run([run.binary, "init", "claude-code", "--yes"], cwd=home, check=False,
                   env=BASE | {"HOME": str(home)}, capture_output=True, timeout=20)
    figure.check(config.is_symlink() and "cognito" in real.read_text(), "a link was replaced")
    broken = home / ".claude.json"
    broken.unlink()
    broken.write_text("{ not json")
    subprocess.run([run.binary, "init", "claude-code", "--yes"], cwd=home, check=False,
                   env=BASE | {"HOME": str(home)}, capture_output=True, timeout=20)
    figure.check(broken.read_text() == "{ not json", "what cannot be read was overwritten")
    return figure


@row("10", "messages of statuses: a cut body is the caller's fault", seconds=8)
def statuses(run):
    """A body with broken JSON gets 400, not 413 or 500."""
    figure = Figure()
    server = run.http()
    host = f"127.0.0.1:{server.port}"
    head = (f"POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            "Accept: application/json, text/event-stream\r\n")
    for name, data, good in (
            ("a chunk that is broken", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", (400,)),
            ("a body that is cut", head + "Content-Length: 50\r\n\r\n{", (400, 408)),
            ("invalid JSON", head + "Content-Length: 3\r\n\r\n{x}", (400,)),
            ("another type", head.replace("application/json\r\nAccept", "text/plain\r\nAccept")
             + "Content-Length: 2\r\n\r\n{}", (415,))):
        answers = split(exchange(server.address, data.encode(), wait=2)[0])
        status = answers[0].status if answers else None
        figure.check(status in good or status is None, f"mcp: {name}: {status}")
    emulator = run.emulator()
    data = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{{".encode()
    answers = split(exchange(emulator.address, data, wait=2)[0])
    figure.check(not answers or answers[0].status in (400, 408), f"emulator: {[a.status for a in answers]}")
    session = Stdio(run, start=False)
    session.request("initialize", hello())
    return figure
