"""Calls of the Cognito API: the service model, a pool to attack, and mutations of requests."""

import copy
import json
from pathlib import Path

from wire import Connection

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL = json.loads((ROOT / "emulator/model/cognito-idp.json").read_text())
OPERATIONS, SHAPES = MODEL["operations"], MODEL["shapes"]
TARGET = "AWSCognitoIdentityProviderService."
SIGNED = ("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/cognito-idp/"
          "aws4_request, SignedHeaders=host, Signature=" + "0" * 64)
PASSWORD = "Correct-Horse-7"
READS = ("List", "Describe", "Get", "AdminGet", "AdminList")
# Operations that have the names of reads, but issue tokens or send messages.
NOT_READS = {"GetClientToken", "GetDerivedToken", "GetTokensFromRefreshToken",
             "GetUserAttributeVerificationCode"}
DESTROYS = {"AdminDeleteUser", "AdminDisableUser", "AdminDisableProviderForUser", "DeleteUser",
            "AdminDeleteSoftwareToken", "DeleteWebAuthnCredential"}


def writes(operation):
    """Whether an operation changes something, by its name alone."""
    # Requests without the name of an operation are for other services, such as those of `whoami`.
    return operation in NOT_READS or bool(operation) and not operation.startswith(READS)


def destroys(operation):
    """Whether an operation deletes or disables something that its owner cannot restore."""
    deletes = operation.startswith("Delete") and operation != "DeleteUserAttributes"
    return deletes or operation in DESTROYS


class Cognito:
    """A client of the API, over one connection."""

    def __init__(self, server, account=None):
        self.connection = Connection(server.address)
        self.signed = SIGNED.replace("AKIAIOSFODNN7EXAMPLE", account) if account else SIGNED

    def send(self, operation, body):
        """Calls an operation with a body of bytes; returns the answer."""
        headers = {"content-type": "application/x-amz-json-1.1", "authorization": self.signed,
                   "x-amz-target": TARGET + operation}
        return self.connection.request("POST", "/", headers, body)

    def call(self, operation, request):
        """Calls an operation."""
        return self.send(operation, json.dumps(request).encode())

    def must(self, operation, **request):
        """Calls an operation that must succeed; returns its answer."""
        answer = self.call(operation, request)
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {answer.body[:300]}")
        return answer.json()

    def control(self, method, path, body=None):
        """Uses a control of the emulator."""
        data = b"" if body is None else json.dumps(body).encode()
        return self.connection.request(method, f"/_emulator/{path}", {}, data).json()

    def journal(self):
        """The calls that the emulator has received."""
        return self.control("GET", "journal")["calls"]

    def forget(self):
        """Empties the journal."""
        self.control("DELETE", "journal")


class Pool:
    """A user pool with one item of each kind that requests name. `live` has the values by
    member."""

    def __init__(self, cognito, name="main"):
        self.cognito = cognito
        must = cognito.must
        pool = must("CreateUserPool", PoolName=name, AutoVerifiedAttributes=["email"])["UserPool"]
        self.id = pool["Id"]
        flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH",
                 "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        self.client = must("CreateUserPoolClient", UserPoolId=self.id, ClientName="app",
                           ExplicitAuthFlows=flows)["UserPoolClient"]["ClientId"]
        self.user("ana")
        must("CreateGroup", UserPoolId=self.id, GroupName="admins")
        tokens = self.sign_in("ana")
        must("CreateIdentityProvider", UserPoolId=self.id, ProviderName="oidc", ProviderType="OIDC",
             ProviderDetails=oidc("a secret"))
        must("CreateResourceServer", UserPoolId=self.id, Identifier="https://api", Name="api")
        job = must("CreateUserImportJob", UserPoolId=self.id, JobName="job",
                   CloudWatchLogsRoleArn="arn:aws:iam::123456789012:role/logs")["UserImportJob"]
        self.job = job
        self.live = {
            "UserPoolId": self.id, "ClientId": self.client, "Username": "ana",
            "GroupName": "admins", "ProviderName": "oidc", "Identifier": "https://api",
            "JobId": job["JobId"], "ResourceArn": pool["Arn"], "PoolName": "main",
            "AccessToken": tokens["AccessToken"], "RefreshToken": tokens["RefreshToken"],
            "Token": tokens["RefreshToken"], "Password": PASSWORD, "ClientName": "app",
            "CloudWatchLogsRoleArn": "arn:aws:iam::123456789012:role/logs", "Domain": "demo-domain",
            "AuthFlow": "USER_PASSWORD_AUTH", "ChallengeName": "NEW_PASSWORD_REQUIRED",
            "IdpIdentifier": "idp", "PreviousPassword": PASSWORD, "ProposedPassword": PASSWORD,
        }

    def user(self, name, **attributes):
        """Creates a user who can sign in."""
        must = self.cognito.must
        attributes = {"email": f"{name}@example.com", "email_verified": "true"} | attributes
        must("AdminCreateUser", UserPoolId=self.id, Username=name, MessageAction="SUPPRESS",
             UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()])
        must("AdminSetUserPassword", UserPoolId=self.id, Username=name, Password=PASSWORD,
             Permanent=True)

    def sign_in(self, name):
        """Signs a user in; returns the tokens."""
        parameters = {"USERNAME": name, "PASSWORD": PASSWORD}
        answer = self.cognito.must("InitiateAuth", ClientId=self.client, AuthParameters=parameters,
                                   AuthFlow="USER_PASSWORD_AUTH")
        return answer["AuthenticationResult"]

    def has(self, name):
        """Whether a user exists and is enabled."""
        answer = self.cognito.call("AdminGetUser", {"UserPoolId": self.id, "Username": name})
        return answer.status == 200 and answer.json()["Enabled"]


def oidc(secret):
    """The details of an identity provider."""
    return {"client_id": "c", "client_secret": secret, "attributes_request_method": "GET",
            "oidc_issuer": "https://issuer.example", "authorize_scopes": "openid"}


def sample(shape, member, live, depth=0, optional=False):
    """A plausible value of a shape: the live value of the member, or the minimum that the model
    allows."""
    known = SHAPES[shape]
    kind = known["type"]
    if member in live and kind == "string":
        return live[member]
    if kind == "structure":
        required = known.get("required", [])
        names = known["members"] if optional and depth < 3 else required
        return {name: sample(known["members"][name], name, live, depth + 1, optional)
                for name in names if depth < 6}
    if kind == "list":
        return [sample(known["member"], member, live, depth + 1, optional)]
    if kind == "map":
        return {"key": sample(known["value"], member, live, depth + 1, optional)}
    if kind == "boolean":
        return True
    if kind in ("integer", "long"):
        return known.get("min", 1)
    if kind == "timestamp":
        return 1_800_000_000
    if "enum" in known:
        return known["enum"][0]
    return "a" * max(1, known.get("min", 1))


def request_of(operation, live, optional=False):
    """A plausible request for an operation."""
    return sample(OPERATIONS[operation]["input"], "", live, optional=optional)


def strings(shape, path=(), depth=0):
    """The paths of all string members of a shape. `0` is an element of a list, and `key` an entry
    of a map."""
    known = SHAPES[shape]
    kind = known["type"]
    if depth > 5:
        return
    if kind == "structure":
        for name, member in known["members"].items():
            yield from strings(member, (*path, name), depth + 1)
    elif kind == "list":
        yield from strings(known["member"], (*path, 0), depth + 1)
    elif kind == "map":
        yield from strings(known["value"], (*path, "key"), depth + 1)
    elif kind == "string":
        yield path


def put(request, path, value):
    """A copy of a request with a value at a path. Missing members on the path are added."""
    request = copy.deepcopy(request)
    place = request
    for step, following in zip(path, [*path[1:], None]):
        last = following is None
        fresh = value if last else ([] if following == 0 else {})
        if step == 0:
            if not place or last:
                place[:] = [fresh]
            place = place[0]
        else:
            if last or not isinstance(place.get(step), (dict, list)):
                place[step] = fresh
            place = place[step]
    return request


HOSTILE = [
    None, True, False, 0, -1, 1.5, 2 ** 31, 2 ** 63, -2 ** 63 - 1, 10 ** 400, 1e308, [], {}, "",
    " ", "\x00", "\ud800", "\u202e", "a" * 3000, "é" * 200, "'", '"', "\\", "{}", "null", "../..",
    "%00", "${jndi:x}", "<a/>", [None], [[]], {"": None}, {"__proto__": {}}, "arn:aws:x", "-", "*",
    "us-east-1_AAAAAAAAA", [1, "a", {}], {"a": {"b": {"c": {}}}}, "\r\nX: y", "a\tb", "\x1b[31m",
]


def leaves(value, path=()):
    """The paths of all values in a request."""
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) \
        if isinstance(value, list) else ()
    for step, inner in entries:
        yield from leaves(inner, (*path, step))


def replaced(request, path, value):
    """A copy of a request with the value at an existing path replaced."""
    if not path:
        return value
    request = copy.deepcopy(request)
    place = request
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return request


def mutated(random, request, others):
    """The body of a request that is changed in one to three places, or broken as JSON."""
    for _ in range(random.randint(1, 3)):
        path = random.choice(list(leaves(request)))
        choice = random.random()
        if choice < 0.7 or not path:
            value = random.choice(HOSTILE)
        elif choice < 0.85:
            value = random.choice(others)
        else:
            value = "a" * random.choice([1, 128, 2048, 131072])
        request = replaced(request, path, value)
    body = json.dumps(request).encode("utf-8", "surrogatepass")
    choice = random.random()
    if choice < 0.04:
        return body[:random.randint(0, len(body))]
    if choice < 0.08:
        at = random.randint(0, len(body))
        return body[:at] + random.randbytes(3) + body[at:]
    if choice < 0.10:
        return body[:-1] + b',"UserPoolId":"us-east-1_AAAAAAAAA"}' if body[-1:] == b"}" else body
    if choice < 0.12:
        return b"\xef\xbb\xbf" + body
    return body
