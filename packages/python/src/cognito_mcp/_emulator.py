"""A running emulator and its controls."""

import atexit
import contextlib
import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import threading
import urllib.parse
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from ._binary import find_binary

#: The first account of workers. Accounts that differ in their last digits have keys of their own.
FIRST_ACCOUNT = 100000000000
WORLDS = 128


class EmulatorError(Exception):
    """A control that failed, with its HTTP status, or an emulator that did not start."""

    def __init__(self, message: str, status: Optional[int] = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class AppClient:
    """An app client at the start."""

    id: str
    name: str


@dataclass(frozen=True)
class UserPool:
    """A user pool at the start."""

    id: str
    name: str
    #: The issuer (``iss``) of its tokens.
    issuer: str
    clients: Sequence[AppClient]


class Outbox:
    """Messages that Cognito would have sent by e-mail or SMS."""

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator

    def list(self, *, recipient: Optional[str] = None, username: Optional[str] = None, pool: Optional[str] = None,
             after: Optional[int] = None) -> List[Dict[str, Any]]:
        """Messages, newest first. ``pool`` is an id, ``after`` the number of the message before the first one."""
        query = {"recipient": recipient, "username": username, "pool": pool, "after": after}
        return self._emulator.control("GET", "outbox", query=query)["messages"]

    def wait(self, *, recipient: Optional[str] = None, username: Optional[str] = None, pool: Optional[str] = None,
             after: int = 0, timeout: float = 10) -> Dict[str, Any]:
        """The first message that matches, as soon as it is there. ``timeout`` is in seconds."""
        query = {"recipient": recipient, "username": username, "pool": pool, "after": after, "timeout": timeout}
        return self._emulator._control("GET", "outbox/wait", query=query, timeout=timeout + 10)["message"]

    def code(self, recipient: str, *, username: Optional[str] = None, pool: Optional[str] = None,
             after: Optional[int] = None, timeout: float = 10) -> str:
        """The newest code that was sent to an address or a phone number. Waits for the first one."""
        messages = self.list(recipient=recipient, username=username, pool=pool, after=after)
        latest = messages[0] if messages else self.wait(
            recipient=recipient, username=username, pool=pool, after=after or 0, timeout=timeout)
        return latest["code"]

    def clear(self) -> None:
        """Removes all messages."""
        self._emulator.control("DELETE", "outbox")


class Clock:
    """The emulator's clock."""

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator

    def now(self) -> float:
        """The emulator's time, in seconds since 1970."""
        return self._emulator.control("GET", "clock")["now"]

    def advance(self, seconds: float, token_clock: Optional[str] = None) -> None:
        """Advances the clock. With ``token_clock="real"``, new tokens have the times of the real clock."""
        self._emulator.control("POST", "clock", {"advance_seconds": seconds, "token_clock": token_clock})

    def tokens(self, clock: Optional[str] = None, age_seconds: Optional[float] = None) -> None:
        """The times of new tokens: the clock that they follow, and their age when they are issued."""
        self._emulator.control("POST", "clock", {"token_clock": clock, "token_age_seconds": age_seconds})


class Faults:
    """The injected faults."""

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator

    def inject(self, on: Any, when: Any, effect: Any) -> None:
        """Injects a fault, as ``POST /_emulator/faults`` takes it."""
        self._emulator.control("POST", "faults", {"on": on, "when": when, "effect": effect})

    def throttle(self, operation: str, calls: int = 1) -> None:
        """The next calls of an operation are throttled, with all attempts of the SDK at each."""
        self.inject({"operation": operation}, {"callers": calls}, {
            "exception": {"code": "TooManyRequestsException", "message": "Rate exceeded"}})

    def list(self) -> List[Dict[str, Any]]:
        """The faults. Each was considered for ``concerned`` requests, and applied to ``struck`` of them."""
        return self._emulator.control("GET", "faults")["faults"]

    def clear(self) -> None:
        """Removes all faults."""
        self._emulator.control("DELETE", "faults")


class Emulator:
    """A running emulator, or the world of one account in it."""

    def __init__(self, endpoint: str, region: Optional[str] = None, account: Optional[str] = None,
                 process: "Optional[subprocess.Popen[str]]" = None, fallback: str = "us-east-1") -> None:
        #: The address, as in ``http://127.0.0.1:9229``.
        self.endpoint = endpoint
        #: The account of this world; None for the shared world.
        self.account = account
        self._process = process
        self.outbox = Outbox(self)
        self.clock = Clock(self)
        self.faults = Faults(self)
        _request(endpoint, "GET", "health")
        #: The pools of the start.
        self.pools = self.list_pools()
        regions = {pool.id.partition("_")[0] for pool in self.pools}
        #: The Region of clients: the one that was chosen, or that of the pools of the start.
        self.region = region or (regions.pop() if len(regions) == 1 else fallback)

    def control(self, method: str, path: str, body: Optional[Mapping[str, Any]] = None,
                query: Optional[Mapping[str, Any]] = None) -> Any:
        """Calls a control of ``GET /_emulator/``, in the world of this account."""
        return self._control(method, path, body, query)

    def _control(self, method: str, path: str, body: Optional[Mapping[str, Any]] = None,
                 query: Optional[Mapping[str, Any]] = None, timeout: float = 30) -> Any:
        return _request(self.endpoint, method, path, body, {**(query or {}), "account": self.account}, timeout)

    @property
    def pid(self) -> Optional[int]:
        """The process, if this object started it."""
        return self._process.pid if self._process else None

    @property
    def env(self) -> Dict[str, str]:
        """The variables that boto3, the other AWS SDKs and the AWS CLI read."""
        return {
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.account or "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    @cached_property
    def client(self) -> Any:
        """A boto3 client, which makes one attempt at each call."""
        return self.new_client()

    def new_client(self, **config: Any) -> Any:
        """Another boto3 client. ``config`` are settings of ``botocore.config.Config``."""
        import boto3
        from botocore.config import Config

        settings = {"retries": {"total_max_attempts": 1}, **config}
        return boto3.session.Session().client("cognito-idp", **self.client_config, config=Config(**settings))

    @property
    def client_config(self) -> Dict[str, str]:
        """The arguments of ``boto3.client("cognito-idp", …)``."""
        return {
            "endpoint_url": self.endpoint,
            "region_name": self.region,
            "aws_access_key_id": self.account or "any",
            "aws_secret_access_key": "any",
        }

    def pool(self, name: Optional[str] = None) -> UserPool:
        """A pool of the start by its name or id; without one, the only pool."""
        for pool in self.pools:
            if name in (pool.name, pool.id) or (name is None and len(self.pools) == 1):
                return pool
        names = ", ".join(pool.name for pool in self.pools) or "none"
        raise EmulatorError(f"There is no pool {name or 'to choose'}; the pools of the start are: {names}.")

    def list_pools(self) -> List[UserPool]:
        """The pools as they are now."""
        query = {"format": "json", "without": "users,secrets,dates"}
        pools = self.control("GET", "export", query=query)["UserPools"]
        return [UserPool(pool["Id"], pool["PoolName"], f"{self.endpoint}/{pool['Id']}", tuple(
            AppClient(client["ClientId"], client["ClientName"]) for client in pool.get("UserPoolClients", ())))
            for pool in pools]

    def world(self, worker: Union[int, str]) -> "Emulator":
        """The world of a worker: pools, clock, outbox and faults of its own. ``stop`` removes it.

        ``worker`` is ``"new"`` for an account that no other program uses, a number from 0 to 127,
        or an account of 12 digits.
        """
        account = _account(worker)
        _request(self.endpoint, "PUT", f"worlds/{account}")
        return Emulator(self.endpoint, account=account, fallback=self.region)

    def journal(self, *, operation: Optional[str] = None, last: Optional[int] = None) -> List[Dict[str, Any]]:
        """The last calls, without secrets, oldest first."""
        return self.control("GET", "journal", query={"operation": operation, "last": last})["calls"]

    def reset(self) -> None:
        """Returns to the state of the start."""
        self.control("POST", "reset")

    def save(self, name: str) -> None:
        """Saves the state under a name."""
        self.control("POST", f"states/{urllib.parse.quote(name, safe='')}")

    def restore(self, name: str) -> None:
        """Returns to a saved state."""
        self.control("PUT", f"states/{urllib.parse.quote(name, safe='')}")

    def stop(self) -> None:
        """Ends the emulator, or removes the world."""
        if self._process:
            _end(self._process)
            self._process = None
        elif self.account:
            _request(self.endpoint, "DELETE", f"worlds/{self.account}")

    def __enter__(self) -> "Emulator":
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()


def _request(endpoint: str, method: str, path: str, body: Optional[Mapping[str, Any]] = None,
             query: Optional[Mapping[str, Any]] = None, timeout: float = 30) -> Any:
    """Calls a control, and waits ``timeout`` seconds for each part of the answer."""
    given = {name: value for name, value in (query or {}).items() if value is not None}
    target = f"/_emulator/{path}" + (f"?{urllib.parse.urlencode(given)}" if given else "")
    data = None
    if body is not None:
        data = json.dumps({name: value for name, value in body.items() if value is not None})
    try:
        address = urllib.parse.urlsplit(endpoint)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(address.netloc, timeout=timeout)
        try:
            connection.request(method, target, data, {"content-type": "application/json"} if data else {})
            answer = connection.getresponse()
            status, text = answer.status, answer.read()
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise EmulatorError(f"No emulator answers at {endpoint}: {error}") from error
    try:
        value = json.loads(text) if text else None
    except ValueError:
        raise EmulatorError(f"{endpoint} is not an emulator of this version: it answers {status}.", status) from None
    if status >= 300:
        message = value.get("message") if isinstance(value, dict) else None
        raise EmulatorError(message or f"{method} {path}: {status}", status)
    return value


def _account(worker: Union[int, str]) -> str:
    """The account of a worker."""
    text = str(worker)
    if text == "new":
        # Programs that share an emulator need no agreement. Numbers below are for those that choose one.
        return str(200_000_000_000 + secrets.randbelow(800_000_000_000))
    if re.fullmatch(r"[0-9]{12}", text):
        return text
    if re.fullmatch(r"[0-9]{1,3}", text) and int(text) < WORLDS:
        return str(FIRST_ACCOUNT + int(text))
    raise EmulatorError(f"A worker is `new`, a number from 0 to {WORLDS - 1} or an account of 12 digits, not {worker}.")


def _copy(lines: Iterable[str], log: bool) -> None:
    """Reads to the end, because a full pipe would stop the emulator."""
    for line in lines:
        if log:
            _print(line)


def _print(line: str) -> None:
    # The present stream, which pytest replaces for each test. It may be closed.
    with contextlib.suppress(OSError, ValueError):
        print(line, end="", file=sys.stderr, flush=True)


def _end(process: "subprocess.Popen[str]") -> None:
    atexit.unregister(process.kill)
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start_emulator(*, seed_file: Union[str, "os.PathLike[str]", None] = None, seed: Optional[int] = None,
                   empty: bool = False, port: int = 0, host: Optional[str] = None, region: Optional[str] = None,
                   args: Sequence[str] = (), env: Optional[Mapping[str, str]] = None, binary: Optional[str] = None,
                   timeout: float = 10, log: bool = False) -> Emulator:
    """Starts an emulator, and returns when it answers. It ends with this process.

    ``port`` 0 takes a free one. ``seed_file`` is a pool file, ``empty`` leaves the demo pool out, and
    ``args`` are more flags of ``cognito-mcp emulator``. Without ``region``, the Region is that of the
    pools of the file, or us-east-1. ``env`` is the environment of the emulator in place of that of
    this process, and ``timeout`` the longest time until it listens, in seconds. With ``log``, its
    messages and a line for each request are copied to standard error.
    """
    command = [binary or find_binary(), "emulator", "--port", str(port)]
    environment = dict(os.environ if env is None else env)
    if region is None and seed_file is not None:
        # The Region of the pools applies, not that of the machine.
        environment.pop("AWS_REGION", None)
        environment.pop("AWS_DEFAULT_REGION", None)
    else:
        command += ["--region", region or "us-east-1"]
    command += ["--host", host] if host else []
    command += ["--seed-file", os.fspath(seed_file)] if seed_file is not None else []
    command += ["--seed", str(seed)] if seed is not None else []
    command += ["--empty"] if empty else []
    command += ["--log", "requests"] if log else []
    process = subprocess.Popen([*command, *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, env=environment)
    atexit.register(process.kill)
    endpoint, found = _listening(process, timeout, log)
    return Emulator(endpoint, region, process=process, fallback=found)


def _listening(process: "subprocess.Popen[str]", timeout: float, log: bool) -> Tuple[str, str]:
    """The address and the Region that the emulator prints when it listens."""
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        process.kill()

    late = threading.Timer(timeout, end)
    late.daemon = True
    late.start()
    printed: List[str] = []
    assert process.stderr is not None
    for line in process.stderr:
        if log:
            _print(line)
        printed.append(line)
        found = re.match(r"Cognito is at (\S+) \(Region (\S+)\)\.$", line)
        if found:
            late.cancel()
            threading.Thread(target=_copy, args=(process.stderr, log), daemon=True).start()
            return found[1], found[2]
    late.cancel()
    _end(process)
    reason = "".join(printed).strip()
    if is_late.is_set():
        raise EmulatorError(f"The emulator did not start within {timeout} s. {reason}".strip())
    raise EmulatorError(reason[len("cognito-mcp: "):] if reason.startswith("cognito-mcp: ") else
                        reason or f"The emulator ended with exit code {process.returncode}.")


def connect_emulator(endpoint: str = "http://127.0.0.1:9229", *, region: Optional[str] = None,
                     worker: Union[int, str, None] = None) -> Emulator:
    """Uses an emulator that runs already. With ``worker``, in a world of its own: ``Emulator.world``.

    Without ``region``, the Region is that of the emulator's pools, or us-east-1.
    """
    endpoint = endpoint.rstrip("/")
    account = None if worker is None else _account(worker)
    if account:
        _request(endpoint, "PUT", f"worlds/{account}")
    return Emulator(endpoint, region, account)
