"""A running emulator and its controls."""

import atexit
import http.client
import json
import os
import re
import subprocess
import threading
import urllib.parse
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Dict, Iterable, List, Optional, Sequence, Union

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

    def list(self, **matching: Any) -> List[Dict[str, Any]]:
        """Messages, newest first. Filters: recipient, username, pool, after."""
        return self._emulator.control("GET", "outbox", query=matching)["messages"]

    def wait(self, timeout: float = 10, **matching: Any) -> Dict[str, Any]:
        """The first message that matches, as soon as it is there. ``timeout`` is in seconds."""
        query = {"after": 0, **matching, "timeout": int(timeout)}
        return self._emulator.control("GET", "outbox/wait", query=query, patience=timeout + 10)["message"]

    def code(self, recipient: str, **matching: Any) -> str:
        """The newest code that was sent to an address or a phone number. Waits for the first one."""
        timeout = matching.pop("timeout", 10)
        messages = self.list(recipient=recipient, **matching)
        latest = messages[0] if messages else self.wait(timeout, recipient=recipient, **matching)
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
        """The next calls of an operation are throttled, with all attempts of the SDK."""
        self.inject({"operation": operation}, {"callers": calls}, {
            "exception": {"code": "TooManyRequestsException", "message": "Rate exceeded"}})

    def list(self) -> List[Dict[str, Any]]:
        """The faults, with the number of requests that each made fail."""
        return self._emulator.control("GET", "faults")["faults"]

    def clear(self) -> None:
        """Removes all faults."""
        self._emulator.control("DELETE", "faults")


class Emulator:
    """A running emulator, or the world of one account in it."""

    def __init__(self, endpoint: str, region: str, account: Optional[str] = None,
                 process: "Optional[subprocess.Popen[str]]" = None) -> None:
        #: The address, as in ``http://127.0.0.1:9229``.
        self.endpoint = endpoint
        self.region = region
        #: The account of this world; None for the shared world.
        self.account = account
        self._process = process
        self.outbox = Outbox(self)
        self.clock = Clock(self)
        self.faults = Faults(self)
        self.control("GET", "health", scoped=False)
        #: The pools of the start.
        self.pools = self.list_pools()

    def control(self, method: str, path: str, body: Optional[Dict[str, Any]] = None,
                query: Optional[Dict[str, Any]] = None, scoped: bool = True, patience: float = 30) -> Any:
        """Calls a control of ``GET /_emulator/``, in the world of this account."""
        given = {**(query or {}), **({"account": self.account} if scoped else {})}
        given = {name: value for name, value in given.items() if value is not None}
        target = f"/_emulator/{path}" + (f"?{urllib.parse.urlencode(given)}" if given else "")
        data = None
        if body is not None:
            data = json.dumps({name: value for name, value in body.items() if value is not None})
        address = urllib.parse.urlsplit(self.endpoint)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(address.netloc, timeout=patience)
        try:
            connection.request(method, target, data, {"content-type": "application/json"} if data else {})
            answer = connection.getresponse()
            status, text = answer.status, answer.read()
        except OSError as error:
            raise EmulatorError(f"No emulator answers at {self.endpoint}: {error}") from error
        finally:
            connection.close()
        try:
            value = json.loads(text) if text else None
        except ValueError:
            raise EmulatorError(f"{self.endpoint} is not an emulator of this version: it answers {status}.", status) from None
        if status >= 300:
            message = value.get("message") if isinstance(value, dict) else None
            raise EmulatorError(message or f"{method} {path}: {status}", status)
        return value

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
        return boto3.session.Session().client(
            "cognito-idp", endpoint_url=self.endpoint, region_name=self.region,
            aws_access_key_id=self.account or "any", aws_secret_access_key="any", config=Config(**settings))

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

        ``worker`` is a number from 0 to 127, or an account of 12 digits.
        """
        account = str(worker)
        if not re.fullmatch(r"\d{12}", account):
            if not account.isdigit() or int(account) >= WORLDS:
                raise EmulatorError(f"A worker is a number from 0 to {WORLDS - 1} or an account of 12 digits, not {worker}.")
            account = str(FIRST_ACCOUNT + int(account))
        self.control("PUT", f"worlds/{account}", scoped=False)
        return Emulator(self.endpoint, self.region, account)

    def journal(self, **matching: Any) -> List[Dict[str, Any]]:
        """The last calls, without secrets. Filters: operation, last."""
        return self.control("GET", "journal", query=matching)["calls"]

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
            self.control("DELETE", f"worlds/{self.account}", scoped=False)

    def __enter__(self) -> "Emulator":
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()


def _discard(lines: Iterable[str]) -> None:
    for _ in lines:
        pass


def _end(process: "subprocess.Popen[str]") -> None:
    atexit.unregister(process.kill)
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start_emulator(*, seed_file: Union[str, "os.PathLike[str]", None] = None, seed: Optional[int] = None,
                   empty: bool = False, port: int = 0, host: Optional[str] = None, region: str = "us-east-1",
                   args: Sequence[str] = (), binary: Optional[str] = None) -> Emulator:
    """Starts an emulator, and returns when it answers. It ends with this process.

    ``port`` 0 takes a free one. ``seed_file`` is a pool file, ``empty`` leaves the demo pool out, and
    ``args`` are more flags of ``cognito-mcp emulator``.
    """
    command = [binary or find_binary(), "emulator", "--port", str(port), "--region", region]
    command += ["--host", host] if host else []
    command += ["--seed-file", os.fspath(seed_file)] if seed_file is not None else []
    command += ["--seed", str(seed)] if seed is not None else []
    command += ["--empty"] if empty else []
    process = subprocess.Popen([*command, *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    atexit.register(process.kill)
    printed: List[str] = []
    assert process.stderr is not None
    for line in process.stderr:
        printed.append(line)
        found = re.match(r"Cognito is at (\S+) \(Region (\S+)\)\.$", line)
        if found:
            # Nothing else reads the pipe, and a full one would stop the emulator.
            threading.Thread(target=_discard, args=(process.stderr,), daemon=True).start()
            return Emulator(found[1], found[2], process=process)
    _end(process)
    reason = "".join(printed).strip()
    raise EmulatorError(reason[len("cognito-mcp: "):] if reason.startswith("cognito-mcp: ") else
                        reason or f"The emulator ended with exit code {process.returncode}.")


def connect_emulator(endpoint: str = "http://127.0.0.1:9229", *, region: str = "us-east-1",
                     worker: Union[int, str, None] = None) -> Emulator:
    """Uses an emulator that runs already. With ``worker``, in a world of its own."""
    emulator = Emulator(endpoint.rstrip("/"), region)
    return emulator if worker is None else emulator.world(worker)
