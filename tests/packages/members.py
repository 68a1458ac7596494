"""Every public member and parameter of the Python package, used once in an emulator, and compared with
those of the npm package.

usage: members.py MEMBERS

MEMBERS is a file with what members.mjs prints.
"""

import collections
import inspect
import json
import os
import pathlib
import re
import sys
import urllib.request

import cognito_mcp
from cognito_mcp import Clock, EmulatorError, Faults, Outbox

#: Members of one language only: clients of the SDK.
ONLY_PYTHON = {"Emulator.client", "Emulator.new_client"}
#: A fault is one object in JavaScript.
OTHER_PARAMETERS = {"Faults.inject"}
#: Parameters of JavaScript whose members are parameters of Python.
OBJECTS = {"filter", "options", "fault"}
used = collections.defaultdict(set)


def use(call, *given, **named):
    """Calls a function, and records which parameters were given."""
    name = call.__qualname__
    used[name] |= set(inspect.signature(call).bind(*given, **named).arguments)
    return call(*given, **named)


def members(kind, instance):
    """The public methods and attributes."""
    return {f"{kind}.{name}" for name in dir(instance) if not name.startswith("_")}


def parameters(name):
    """The parameters of a public function or method; none for an attribute."""
    kind, _, member = name.rpartition(".")
    call = getattr(getattr(cognito_mcp, kind), member, None) if kind else getattr(cognito_mcp, name)
    if not inspect.isfunction(call):
        return set()
    return {one.name for one in inspect.signature(call).parameters.values()
            if one.name != "self" and one.kind is not one.VAR_KEYWORD}


def snake(name):
    return re.sub(r"(?<=[a-z])[A-Z]", lambda found: f"_{found[0].lower()}", name)


def sign_up(emulator, client, name):
    client.sign_up(ClientId="shopweb", Username=name, Password="Correct-Horse-7",
                   UserAttributes=[{"Name": "email", "Value": f"{name}@example.com"}])


def fails(message, call, *given, **named):
    try:
        use(call, *given, **named)
    except EmulatorError as error:
        assert message in str(error), error
    else:
        raise AssertionError(f"{message} is missing")


def messages(emulator):
    sign_up(emulator, emulator.client, "dora")
    matching = {"username": "dora", "pool": "us-east-1_Shop", "after": 0}
    code = use(emulator.outbox.code, "dora@example.com", **matching, timeout=1)
    assert re.fullmatch(r"\d{6}", code), code
    matching["recipient"] = "dora@example.com"
    for name, value in matching.items():
        assert len(use(emulator.outbox.list, **{name: value})) == 1, name
    assert use(emulator.outbox.list, after=1) == []
    assert use(emulator.outbox.wait, **matching, timeout=1)["code"] == code
    fails("within 0.1 seconds", emulator.outbox.code, "no@example.com", timeout=0.1)
    use(emulator.outbox.clear)
    assert use(emulator.outbox.list) == []


def clock_and_faults(emulator):
    before = use(emulator.clock.now)
    use(emulator.clock.advance, 3600, token_clock="real")
    use(emulator.clock.tokens, clock="emulator", age_seconds=60)
    assert use(emulator.clock.now) >= before + 3600
    use(emulator.faults.inject, on="any", when="always", effect={"delay_ms": 1})
    use(emulator.faults.clear)
    use(emulator.faults.throttle, "SignUp", calls=2)
    patient = use(emulator.new_client, retries={"total_max_attempts": 2})
    for client in (patient, emulator.client):
        try:
            sign_up(emulator, client, "eva")
        except client.exceptions.TooManyRequestsException:
            pass
        else:
            raise AssertionError("a call was not throttled")
    fault, = use(emulator.faults.list)
    assert (fault["struck"], fault["callers_struck"]) == (3, 2), fault
    use(emulator.faults.clear)


def the_rest(emulator):
    assert emulator.pid > 0 and emulator.account is None and emulator.region == "us-east-1"
    assert emulator.env["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"] == emulator.endpoint
    assert emulator.client_config["region_name"] == "us-east-1"
    assert use(emulator.pool, "shop") == emulator.pools[0] and use(emulator.list_pools) == emulator.pools
    assert len(use(emulator.journal, operation="SignUp", last=1)) == 1
    use(emulator.save, "registered")
    use(emulator.reset)
    use(emulator.restore, "registered")
    assert use(emulator.control, "GET", "states")["states"][0]["name"] == "registered"
    use(emulator.control, "POST", "clock", body={"advance_seconds": 1}, query={})
    first = use(emulator.world, "new")
    second = use(cognito_mcp.connect_emulator, emulator.endpoint, region="eu-west-1", worker="new")
    assert first.account != second.account and (first.region, second.region) == ("us-east-1", "eu-west-1")
    assert use(emulator.world, 3).account == "100000000003"
    use(first.stop)


def main():
    declared = json.loads(pathlib.Path(sys.argv[1]).read_text())
    start = cognito_mcp.start_emulator
    with use(start, seed_file="pools.yaml", seed=7, port=0, host="127.0.0.1", args=["--no-custom-ids"],
             env={**os.environ, "AWS_REGION": "ap-south-1"}, binary=cognito_mcp.find_binary(), timeout=10,
             log=True) as emulator, use(start, empty=True, region="eu-west-1") as other:
        assert (other.region, other.pools) == ("eu-west-1", [])
        for part in (messages, clock_and_faults, the_rest):
            part(emulator)
        # The filter of the emulator, so that a new one is not forgotten.
        known = urllib.request.urlopen(f"{emulator.endpoint}/_emulator/").read().decode()
        filters = re.search(r"Filter with ([\w, ]+)\.", known)[1].split(", ")
        assert set(filters) - {"account"} <= parameters("Outbox.list"), filters
        here = members("Emulator", emulator)
    fails("No emulator answers", emulator.reset)
    for kind in (Outbox, Clock, Faults):
        here |= members(kind.__name__, kind)
    here |= {"start_emulator", "connect_emulator"}
    there = {snake(name): {snake(one) for one in names} - OBJECTS for name, names in declared.items()}
    assert here - ONLY_PYTHON == set(there), here ^ set(there)
    for name in here:
        given = parameters(name)
        assert given <= used[name], f"{name}: {given - used[name]} is not used"
        if name not in ONLY_PYTHON | OTHER_PARAMETERS:
            assert given == there[name], f"{name}: {given ^ there[name]} is in one package only"
    print(f"{len(here)} members")


main()
