"""Gates of the MCP server on AWS: a server sends no request that it may not send.

"AWS" is an emulator behind `--backend aws --endpoint-url`. Its journal shows the requests.
"""

import json

from cognito import OPERATIONS, Cognito, Pool, destroys, request_of, writes
from mcp import Stdio, arguments_of, facts_of, failed
from servers import Listener
from table import Figure, row

EVERY = ("--toolsets", "all")
# Arguments, by their names in tools.
NAMES = {"username": "ana", "group": "admins", "name": "oidc", "identifier": "https://api",
         "domain": "demo-domain", "token": "a.b.c", "provider": "oidc", "subject": "s",
         "temporary_password": "Correct-Horse-8", "password": "Correct-Horse-7",
         "new_password": "Correct-Horse-8", "csv": "a,b\n", "limit": 1, "email": "e@example.com",
         "phone_number": "+15555550100", "device_key": "us-east-1_d", "event_id": "e",
         "credential_id": "c", "code": "123456", "cursor": "c", "role_arn": "arn:aws:iam::1:role/r"}


class Place:
    """An emulator in place of AWS, a pool in it, and a server that uses it."""

    def __init__(self, run, *flags, **options):
        self.run = run
        self.emulator = run.emulator()
        self.cognito = Cognito(self.emulator)
        self.pool = Pool(self.cognito)
        self.live = NAMES | {"user_pool_id": self.pool.id, "client_id": self.pool.client,
                             "job_id": self.pool.job["JobId"],
                             "access_token": self.pool.live["AccessToken"],
                             "refresh_token": self.pool.live["RefreshToken"]}
        self.schemas = self.session("--allow-destructive", "--confirm", "never", *EVERY).tools()
        self.server = self.session(*EVERY, *flags, **options)
        self.cognito.forget()

    def session(self, *flags, **options):
        """Another server over the same emulator."""
        aws, env = self.run.on_aws(self.emulator)
        return Stdio(self.run, *aws, "--user-pool-id", self.pool.id, "--client-id", self.pool.client,
                     *flags, env=env | options.pop("env", {}), **options)

    def sent(self, which):
        """The operations that the emulator has received and that `which` selects."""
        return [call["operation"] for call in self.cognito.journal() if which(call["operation"])]


def camel(name):
    """A name in the style of the API."""
    return "".join(word.capitalize() for word in name.split("_"))


def forms(tool, live):
    """Arguments of a tool in several forms."""
    least, most = arguments_of(tool, live, False), arguments_of(tool, live)
    yield {}
    yield least
    yield most
    yield {camel(name): value for name, value in least.items()}
    yield {name: value if isinstance(value, str) else json.dumps(value)
           for name, value in most.items()}


def spellings(name):
    """Spellings of the name of an operation or a tool."""
    snake = "".join("_" + c.lower() if c.isupper() else c for c in name).strip("_")
    yield from (name, snake, snake.upper(), snake.replace("_", "-"), name.lower(), f" {name} ",
                f"{name}\u200b", f"AWSCognitoIdentityProviderService.{name}", snake.replace("_", " "))


def drive(place, figure, which, permitted=()):
    """Calls every tool in every form and every operation in every spelling. Counts the requests
    that were sent but are not permitted."""
    run = place.run
    calls = [(name, form) for name, tool in place.schemas.items() for form in forms(tool, place.live)]
    calls += [("call_operation", {"operation": spelling, "input": request_of(name, place.pool.live)})
              for name in OPERATIONS for spelling in spellings(name)]
    calls += [(spelling, {"username": "ana"}) for name in ("delete_user", "create_user", "disable_user")
              for spelling in spellings(name)]
    run.random.shuffle(calls)
    for name, arguments in calls:
        if run.over():
            figure.note = f"{figure.tried} of {len(calls)} calls"
            break
        for extra in ({}, {"allow_writes": True, "confirm": "ana", "dry_run": False}):
            if extra and run.random.random() < 0.7:
                continue
            place.server.wait(place.server.ask("tools/call", {
                "name": name, "arguments": arguments | extra}), 30)
            figure.tried += 1
    figure.bad += [f"sent: {operation}" for operation in place.sent(which)
                   if operation not in permitted]
    figure.check(place.server.alive(), "the server is gone")
    return figure


@row("5", "read-only server: every tool and operation in many forms", seconds=25, high=True)
def read_only(run):
    """No write reaches AWS."""
    return drive(Place(run), Figure(), writes)


@row("5", "`--allow-writes`: what destroys, in many forms", seconds=25, high=True)
def writes_only(run):
    """Nothing is deleted or disabled."""
    return drive(Place(run, "--allow-writes"), Figure(), destroys)


@row("5", "`dry_run` in many spellings and values", seconds=25, high=True)
def dry_runs(run):
    """A dry run writes nothing. An argument that may mean a dry run is one, or is refused."""
    figure = Figure()
    place = Place(run, "--allow-destructive", "--confirm", "never")
    tools = [name for name, tool in place.schemas.items()
             if "dry_run" in tool["inputSchema"].get("properties", {})]
    forms = [("dry_run", value) for value in (True, "true", "True", 1, "1", "yes", [True], {"a": 1}, "?")]
    forms += [(name, True) for name in ("dryRun", "DryRun", "dry-run", "DRY_RUN", "dryrun", "dry run")]
    calls = [(name, form) for name in tools for form in forms]
    run.random.shuffle(calls)
    for name, (spelling, value) in calls:
        if run.over():
            break
        arguments = arguments_of(place.schemas[name], place.live, False) | {spelling: value}
        if name == "call_operation":
            arguments |= {"operation": "AdminDisableUser", "input": {"Username": "ana"}}
        place.server.wait(place.server.ask("tools/call", {"name": name, "arguments": arguments}), 30)
        figure.tried += 1
    figure.bad += [f"sent: {operation}" for operation in place.sent(writes)]
    return figure


@row("5", "`--pool`: another pool under every name", seconds=30, high=True)
def confinement(run):
    """No request is about a pool other than the allowed one."""
    figure = Figure()
    place = Place(run)
    other = Pool(place.cognito, "other")
    place.server = place.session(*EVERY, "--allow-destructive", "--confirm", "never",
                                 "--pool", place.pool.id)
    place.cognito.forget()
    elsewhere = place.live | {"user_pool_id": other.id, "client_id": other.client,
                              "access_token": other.live["AccessToken"],
                              "refresh_token": other.live["RefreshToken"]}
    arn = other.live["ResourceArn"]
    pools = ["user_pool_id", "userPoolId", "UserPoolId", "USER_POOL_ID", "user-pool-id", "userpoolid",
             "user pool id", "user_pool_Id", "pool", "pool_id", "id"]
    ids = [other.id, f" {other.id}", other.id.upper(), [other.id], {"id": other.id}, arn, f"{other.id}\u200b"]
    calls = [(name, arguments_of(tool, elsewhere, False) | {spelling: value})
             for name, tool in place.schemas.items() for spelling in pools for value in ids]
    for name in OPERATIONS:
        request = request_of(name, other.live)
        for change in ({}, {"UserPoolId": arn}, {"UserPoolId": [other.id]}, {"userPoolId": other.id},
                       {"ResourceArn": arn}):
            calls.append(("call_operation", {"operation": name, "input": request | change}))
    run.random.shuffle(calls)
    for uri in (f"cognito://pools/{other.id}", f"cognito://pools/{other.id}/users/ana"):
        place.server.request("resources/read", {"uri": uri})
    for name, arguments in calls:
        if run.over():
            figure.note = f"{figure.tried} of {len(calls)} calls"
            break
        place.server.wait(place.server.ask("tools/call", {"name": name, "arguments": arguments}), 30)
        figure.tried += 1
    for call in place.cognito.journal():
        text = json.dumps(call["request"])
        if other.id in text:
            figure.bad.append(f"sent: {call['operation']} {text[:150]}")
    return figure


@row("5", "`retry` and `next` name only tools that are on, and fill in no confirmation", seconds=25)
def corrections(run):
    """A correction can be followed without changes, and never confirms."""
    figure = Figure()
    selections = [(), ("--toolsets", "users"), ("--tools", "get_*,list_*"), ("--toolsets", "sign-in,mfa"),
                  ("--exclude-tools", "create_user,update_user,get_user"), EVERY]
    for flags in selections:
        session = Stdio(run, *flags, "--confirm", "always")
        tools = session.tools()
        live = {"username": "an-unknown-user", "limit": 1}
        for name, tool in tools.items():
            for arguments in forms(tool, live):
                if run.over():
                    return figure
                answer = session.wait(session.ask("tools/call", {"name": name, "arguments": arguments}), 30)
                result = (answer or {}).get("result", {})
                facts = facts_of(result) if failed(result) else result.get("structuredContent", {})
                for key in ("retry", "next"):
                    following = facts.get(key)
                    if isinstance(following, dict) and "tool" in following:
                        good = following["tool"] in tools and "confirm" not in following["arguments"]
                        figure.check(good, f"{name} {key}: {following}")
    return figure


TOKEN_WITH_KEY = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJhIn0.c2ln"


@row("5", "`verify_token`: addresses in the name of a pool", seconds=20, high=True)
def addresses(run):
    """The name of a pool does not lead to another host or another path."""
    figure = Figure()
    listener = Listener()
    host = f"127.0.0.1:{listener.port}"
    from servers import CREDENTIALS
    flags = ("--backend", "aws", "--user-pool-id", "us-east-1_AAAAAAAAA", "--toolsets", "tokens")
    session = Stdio(run, *flags, env=dict(CREDENTIALS), timeout=12)
    for pool in (f"@{host}/any/path?data_", f"x@{host}/_", f"a.{host}/_", f"{host}/#_", f"{host}?_x",
                 f"//{host}/_", f"\\@{host}\\_", f"@{host}#_a", f"us-east-1.x@{host}/_AAAAAAAAA",
                 f"x@{host}:80/_", f"%40{host}/_"):
        identity = session.ask("tools/call", {"name": "verify_token", "arguments": {
            "user_pool_id": pool, "token": TOKEN_WITH_KEY}})
        session.wait(identity, 3)
        figure.check(not listener.received, f"a request for {pool}")
        listener.received.clear()
    listener.close()
    emulator = run.emulator()
    aws, env = run.on_aws(emulator)
    session = Stdio(run, *aws, "--user-pool-id", "us-east-1_AAAAAAAAA", "--toolsets", "tokens", env=env)
    listener = Listener(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
    session = Stdio(run, "--backend", "aws", "--endpoint-url", f"http://127.0.0.1:{listener.port}",
                    "--user-pool-id", "us-east-1_AAAAAAAAA", "--toolsets", "tokens", env=env)
    for pool in ("_emulator/outbox?x=", "../_emulator/outbox?x=", "_emulator/outbox#", "a/../../x_y",
                 "us-east-1_AAAAAAAAA/../x", "us-east-1_AAAAAAAAA?x", "%2e%2e/_x"):
        session.wait(session.ask("tools/call", {"name": "verify_token", "arguments": {
            "user_pool_id": pool, "token": TOKEN_WITH_KEY}}), 3)
        paths = [data.split(b" ")[1] for data in listener.received if b" " in data]
        figure.check(not paths, f"{pool} became {paths}")
        listener.received.clear()
    listener.close()
    return figure


@row("5", "`.env` of the folder or above: endpoint, gates, confirmation", seconds=20, high=True)
def dotenv(run):
    """The file `.env` of a repository neither redirects the server nor opens a gate."""
    figure = Figure()
    for name in ("sub/deep", "."):
        listener = Listener(b"HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n")
        url = f"http://127.0.0.1:{listener.port}"
        root = run.folder / f"repository-{listener.port}"
        (root / "sub/deep").mkdir(parents=True)
        (root / ".env").write_text(
            f"AWS_ENDPOINT_URL={url}\nCOGNITO_MCP_CONFIRM=never\nCOGNITO_MCP_TOOLSETS=all\n"
            f"RUST_LOG=trace\nHTTP_PROXY={url}\n")
        from servers import CREDENTIALS
        session = None
        try:
            session = Stdio(run, "--backend", "aws", "--user-pool-id", "us-east-1_AAAAAAAAA",
                            "--allow-destructive", env=dict(CREDENTIALS), cwd=root / name, timeout=6)
            tools = session.tools()
            figure.check(len(tools) < 60, f"{name}: the file selects {len(tools)} tools")
            for call in (("reset_password", {"username": "ana", "new_password": "Correct-Horse-8"}),
                         ("delete_user", {"username": "ana"})):
                session.wait(session.ask("tools/call", {"name": call[0], "arguments": call[1]}), 3)
        except RuntimeError as error:
            # A refused start is a good result.
            figure.note = f"a start was refused: {error}"[:150]
        leaked = [data[:60] for data in listener.received]
        figure.check(not leaked, f"{name}: the listener of the file received {leaked[:2]}")
        listener.close()
        if session:
            session.server.stop()
    return figure
