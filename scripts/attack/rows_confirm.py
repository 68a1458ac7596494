"""Confirmations: only a clear yes of a person allows a destructive call."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from mcp import MODERN, Stdio, facts_of, failed, text_of
from rows_gates import EVERY, Place
from table import Figure, row

FORM = {"elicitation": {"form": {}}}


def users(place, names):
    """Creates users to delete."""
    for name in names:
        place.cognito.must("AdminCreateUser", UserPoolId=place.pool.id, Username=name,
                           MessageAction="SUPPRESS")


def destroying(place, **options):
    """A server that may delete, and that asks for confirmation."""
    return place.session(*EVERY, "--allow-destructive", **options)


@row("5", "wrong values of `confirm`", seconds=30, high=True)
def wrong_arguments(run):
    """Only the exact name confirms."""
    figure = Figure()
    place = Place(run)
    session = destroying(place)
    name = "zoe"
    users(place, [name])
    wrong = [None, True, False, 1, 0, "", " ", "true", "yes", "y", "confirm", "Zoe", "ZOE", "zoe ", " zoe",
             "zoe\n", "\tzoe", "zo", "zoee", "z\u043ee", "zo\u0435", "zoe\u200b", "\u202ezoe", "zoe\x00",
             "'zoe'", '"zoe"', "`zoe`", ["zoe"], {"zoe": True}, {"name": "zoe"}, "zoe,zoe", "zoe, ana",
             "*", "%", ".*", "z*", "${username}", "$username", "{username}", "delete_user", "delete zoe",
             place.pool.id, "[zoe]", "zoe/", "\u017coe", "ｚｏｅ"]
    for value in wrong:
        session.call("delete_user", {"username": name, "confirm": value})
        if not figure.check(place.pool.has(name), f"confirm {value!r}"):
            users(place, [name])
    for spelling in ("Confirm", "CONFIRM", "confirmed", "confirmation", "con-firm", "_confirm"):
        session.call("delete_user", {"username": name, spelling: True})
        if not figure.check(place.pool.has(name), f"{spelling}: true"):
            users(place, [name])
    return figure


def answers_that_are_not_yes():
    """Answers of a client to `elicitation/create`, as results or errors."""
    for content in (None, {}, {"confirm": False}, {"confirm": "true"}, {"confirm": 1}, {"confirm": None},
                    {"confirm": [True]}, {"Confirm": True}, {"confirmed": True}, [True], "true", True,
                    {"confirm": {"confirm": True}}):
        yield {"result": {"action": "accept", "content": content}}
    for action in ("decline", "cancel", "ACCEPT", "Accept", "accepted", "yes", "", None, True, 1, ["accept"]):
        yield {"result": {"action": action, "content": {"confirm": True}}}
    for result in ({}, None, "accept", True, [], 1, {"content": {"confirm": True}}, {"accept": True},
                   {"action": "decline"}, {"action": "cancel"}):
        yield {"result": result}
    for error in ({"code": -32601, "message": "no"}, {"code": -32603, "message": "closed"},
                  {"code": 0, "message": ""}, {}, "no", None, {"code": -1, "message": "accept"}):
        yield {"error": error}
    yield {}
    yield {"result": {"action": "accept", "content": {"confirm": True}}, "error": {"code": 1, "message": "x"}}


@row("5", "answers to the question that are not a yes; the model confirms all the same", seconds=40,
     high=True)
def elicitation_answers(run):
    """If the client can ask its user, only the user's yes confirms, whatever the model sends."""
    figure = Figure()
    place = Place(run)
    answer = {}

    def asked(message):
        return json.dumps({"jsonrpc": "2.0", "id": message["id"]} | answer).encode()

    session = destroying(place, capabilities=FORM, asked=asked, timeout=6)
    forms = list(answers_that_are_not_yes())
    names = [f"user-{number}" for number in range(len(forms))]
    users(place, names)
    for name, form in zip(names, forms):
        answer = form
        identity = session.ask("tools/call", {"name": "delete_user",
                                              "arguments": {"username": name, "confirm": name}})
        # An answer that is not JSON-RPC may leave the question open.
        session.wait(identity, 2)
        figure.check(place.pool.has(name), f"deleted after {json.dumps(form)}")
    answer = {"result": {"action": "accept", "content": {"confirm": True}}}
    users(place, ["yes"])
    session.wait(session.ask("tools/call", {"name": "delete_user", "arguments": {"username": "yes"}}), 10)
    figure.check(not place.pool.has("yes"), "a yes does not confirm")
    return figure


@row("5", "a client that never answers, or leaves", seconds=30, high=True)
def silence(run):
    """Neither silence nor the end of the session confirms."""
    figure = Figure()
    place = Place(run)
    users(place, ["silent", "left", "cancelled"])
    for name in ("silent", "left", "cancelled"):
        session = destroying(place, capabilities=FORM)
        identity = session.ask("tools/call", {"name": "delete_user",
                                              "arguments": {"username": name, "confirm": name}})
        time.sleep(1.0)
        if name == "left":
            session.server.process.stdin.close()
            session.server.ends_within(3)
        if name == "cancelled":
            session.say({"jsonrpc": "2.0", "method": "notifications/cancelled",
                         "params": {"requestId": identity}})
        time.sleep(1.0 if run.quick else 4.0)
        figure.check(place.pool.has(name), f"{name}: deleted")
    return figure


def stateless(session, tool, arguments, **more):
    """A call of the stateless protocol by a client that can show forms."""
    meta = {"io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": {"name": more.pop("client", "attack"), "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": FORM}
    params = {"name": tool, "arguments": arguments, "_meta": meta} | more
    answer = session.wait(session.ask("tools/call", params), 20) or {}
    return answer.get("result") or answer


YES = {"confirm": {"action": "accept", "content": {"confirm": True}}}


@row("5", "sealed states: altered, replayed, for another call, at once", seconds=30, high=True)
def sealed_states(run):
    """A sealed state confirms one call of one caller, once."""
    figure = Figure()
    place = Place(run)
    session = destroying(place, start=False)
    users(place, ["kim", "lee", "moe"])

    def state_for(name):
        return stateless(session, "delete_user", {"username": name})["requestState"]

    def alive():
        return place.pool.has("kim") and place.pool.has("lee")

    state = state_for("kim")
    for altered in ("", "x", state[:-1], state + "A", state[::-1], state.upper(), state * 2, None, 1, [state],
                    {"state": state}, "rs1.e30.e30", state.replace(".", ".."), state[: len(state) // 2]):
        stateless(session, "delete_user", {"username": "kim"}, requestState=altered, inputResponses=YES)
        figure.check(alive(), f"altered: {str(altered)[:40]}")
    for tool, arguments, client in (
            ("delete_user", {"username": "lee"}, "attack"), ("disable_user", {"username": "kim"}, "attack"),
            ("delete_user", {"username": "kim", "user_pool_id": place.pool.id}, "attack"),
            ("delete_user", {"username": "KIM"}, "attack"), ("delete_user", {"username": "kim"}, "other")):
        stateless(session, tool, arguments, requestState=state, inputResponses=YES, client=client)
        figure.check(alive(), f"for another call: {tool} {arguments} of {client}")
    for responses in (None, {}, {"other": YES["confirm"]}, {"confirm": {"action": "decline"}},
                      {"confirm": {"action": "accept"}}, {"confirm": True}):
        stateless(session, "delete_user", {"username": "kim"}, requestState=state_for("kim"),
                  inputResponses=responses)
        figure.check(alive(), f"answer {responses}")
    other = destroying(place, start=False)
    stateless(other, "delete_user", {"username": "kim"}, requestState=state, inputResponses=YES)
    figure.check(alive(), "another process")
    state = state_for("moe")
    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(lambda _: stateless(
            session, "delete_user", {"username": "moe"}, requestState=state, inputResponses=YES), range(20)))
    done = sum(not failed(result) for result in results)
    figure.check(done <= 1, f"{done} of 20 at once")
    users(place, ["moe"] if not place.pool.has("moe") else [])
    stateless(session, "delete_user", {"username": "moe"}, requestState=state, inputResponses=YES)
    figure.check(place.pool.has("moe"), "replayed")
    return figure


@row("5", "names that are shown otherwise than they are can be confirmed", seconds=15)
def shown_names(run):
    """A refusal shows a name in a form that is accepted as confirmation."""
    figure = Figure()
    place = Place(run)
    session = destroying(place)
    names = ["plain", "Please retry with care", "a`b", "two  spaces", "quote\"d", "\u00fcber", "a, b", "[x]"]
    for name in names:
        client = place.cognito.call("CreateUserPoolClient", {"UserPoolId": place.pool.id, "ClientName": name})
        if client.status != 200:
            continue
        arguments = {"client_id": client.json()["UserPoolClient"]["ClientId"]}
        facts = facts_of(session.call("delete_client", arguments))
        shown = facts.get("hint", "").split("exactly: `", 1)[-1].rstrip(".")[:-1]
        result = session.call("delete_client", arguments | {"confirm": shown})
        figure.check(not failed(result), f"{name!r} is shown as {shown!r}: {text_of(result)[:150]}")
    return figure


@row("5", "environment and flags that could lower the confirmation by accident", seconds=10)
def lowered(run):
    """An unknown value of the confirmation setting stops the start."""
    from servers import Server
    figure = Figure()
    for value in ("no", "off", "false", "0", "Never", "NEVER", "never ", "", "aws,never"):
        server = Server(run, "serve", env={"COGNITO_MCP_CONFIRM": value}, pipes=True)
        ended, _ = server.ends_within(2)
        figure.check(ended and server.process.returncode, f"COGNITO_MCP_CONFIRM={value!r} starts")
        server.stop()
    return figure


@row("5", "a session with a question open: other calls go on", seconds=10)
def other_calls(run):
    """A question without an answer does not delay other calls."""
    figure = Figure()
    place = Place(run)
    users(place, ["open"])
    session: Stdio = destroying(place, capabilities=FORM)
    for _ in range(20):
        session.ask("tools/call", {"name": "delete_user", "arguments": {"username": "open"}})
    figure.check(not failed(session.call("get_user", {"username": "open"}, timeout=10)), "held up")
    return figure
