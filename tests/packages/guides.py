"""The examples of guides, as a reader copies them, and every member of the helpers, with the packages
that scripts/artifacts packed.

usage: guides.py ARTIFACTS FOLDER-WITH-NODE-MODULES

A code block after a line `<!-- NAME -->` is the file NAME.
"""

import contextlib
import copy
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import npm  # noqa: E402
import python as wheels  # noqa: E402
from npm import Project, check  # noqa: E402
from registry import registry  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ARTIFACTS, CLIENTS = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
PYTHON = CLIENTS / "venv/bin/python"


def files(document, folder):
    """Writes the files of a guide, and returns its text."""
    text = (HERE.parents[1] / "docs" / document).read_text()
    found = re.findall(r"^<!-- ([\w.-]+) -->\n```\w+\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    if not found:
        raise SystemExit(f"FAILED: {document} has no files")
    for name, content in found:
        (folder / name).write_text(content)
    return text


def step(folder, guide, line):
    """Runs a command of a guide in `folder`, with the tools of npm that are installed there."""
    if f"\n{line}\n" not in guide:
        raise SystemExit(f"FAILED: the guide does not have the command: {line}")
    return folder.run("bash", "-c", line.removeprefix("npx "), **folder.tools).stdout


class Folder:
    """A folder below the one with the clients, with both packages installed."""

    def __init__(self, folder, address):
        self.path = pathlib.Path(folder)
        self.project = Project(folder, address, CLIENTS)
        self.project.run("npm", "install", "cognito-mcp")
        self.command = self.path / "installed/bin/cognito-mcp"
        # Beside the environment of the other clients, which it does not change.
        installed = self.path / "installed"
        wheels.run(folder, PYTHON, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", installed,
                   wheels.wheel(ARTIFACTS))
        self.variables = {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1",
                          "PATH": f"{installed}/bin:{CLIENTS}/venv/bin:{CLIENTS}/node_modules/node/bin:{os.environ['PATH']}"}

    def run(self, *command, ok=True, **variables):
        return wheels.run(self.path, *command, ok=ok, **(self.variables | variables))

    def below(self, name):
        """An empty folder in this one, in which everything that is installed here is found."""
        below = copy.copy(self)
        below.path = self.path / name
        below.path.mkdir()
        tools = CLIENTS / "node_modules/.bin"
        below.tools = {"PATH": f"{tools}:{self.variables['PATH']}", "HOME": str(below.path), "SLS_TELEMETRY_DISABLED": "1",
                       "CDK_DISABLE_CLI_TELEMETRY": "true", "CI": "true"}
        return below

    @contextlib.contextmanager
    def emulator(self, *flags):
        """An emulator during the `with` statement: its address."""
        server = subprocess.Popen([self.command, "emulator", "--port", "0", *flags],
                                  cwd=self.path, stderr=subprocess.PIPE, text=True)
        try:
            line = server.stderr.readline()
            found = re.match(r"Cognito is at (\S+) ", line)
            if not found:
                raise SystemExit(f"FAILED: the emulator with {flags}: {line}")
            yield found[1]
        finally:
            server.terminate()
            server.wait()


def pytest_guide(folder):
    files("pytest.md", folder.path)
    # The fixtures without the package are another conftest.py, which would apply to all tests here.
    plain = folder.below("plain")
    for name in ("conftest.py", "test_plain.py"):
        shutil.move(folder.path / name, plain.path)
    pytest = ["python", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ran = folder.run(*pytest, "test_shop.py", "test_clocks.py").stdout
    check("docs/pytest.md: the tests of the fixture pass", "5 passed" in ran, ran)
    ran = plain.run(*pytest, "-p", "no:cognito-mcp", "-c", os.devnull, "--rootdir", plain.path, plain.path).stdout
    check("docs/pytest.md: the tests without the package pass", "2 passed" in ran, ran)


def javascript_guide(folder):
    files("javascript.md", folder.path)
    ran = folder.project.run("node", "--test", "shop.test.mjs", "verify.test.mjs").stdout
    check("docs/javascript.md: the tests of startEmulator pass", re.search(r"^. pass 5$", ran, re.MULTILINE), ran)


def helpers(folder):
    """Every declared member of both packages works, and both have the same."""
    for name in ("members.mjs", "members.py"):
        shutil.copy(HERE / name, folder.path)
    ran = folder.project.run("node", "members.mjs")
    check("npm: every declared member and option works", "Emulator.reset" in ran.stdout, ran)
    check("npm: the log has the requests", "POST SignUp 400 TooManyRequestsException" in ran.stderr, ran.stderr)
    (folder.path / "members.json").write_text(ran.stdout)
    ran = folder.run("python", "members.py", "members.json")
    check("Python: every member and parameter works, and npm has the same", "members" in ran.stdout, ran)
    check("Python: the log has the requests", "POST SignUp 400 TooManyRequestsException" in ran.stderr, ran.stderr)


def from_moto(folder):
    files("migrate.md", folder.path)
    (folder.path / "pytest.ini").unlink()
    credentials = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "us-east-1"}
    ran = folder.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_with_moto.py", "test_with_emulator.py",
                     "test_with_both.py", ok=False, **credentials).stdout
    check("docs/migrate.md: the test passes with moto, with the emulator, and with both", "3 passed" in ran, ran)


def from_cognito_local(folder):
    shutil.copytree(HERE / "samples/cognito-local", folder.path / ".cognito")
    converted = folder.project.run("node", "convert.mjs", ".cognito").stdout
    (folder.path / "pools.json").write_text(converted)
    with folder.emulator("--seed-file", "pools.json") as address:
        code = ("import boto3, sys\n"
                "cognito = boto3.client('cognito-idp', 'us-east-1', endpoint_url=sys.argv[1],"
                " aws_access_key_id='any', aws_secret_access_key='any')\n"
                "sign_in = dict(ClientId='6cqejci1j6x9bapqdnmthmfy6', AuthFlow='USER_PASSWORD_AUTH')\n"
                "tokens = cognito.initiate_auth(**sign_in, AuthParameters={'USERNAME': 'ana@example.com', 'PASSWORD': 'Correct-Horse-7'})\n"
                "user = cognito.get_user(AccessToken=tokens['AuthenticationResult']['AccessToken'])\n"
                "print(user['Username'], [group['GroupName'] for group in cognito.admin_list_groups_for_user("
                "UserPoolId='us-east-1_2I0O9amS', Username='ana@example.com')['Groups']])\n"
                "try:\n"
                "    cognito.initiate_auth(**sign_in, AuthParameters={'USERNAME': 'dora@example.com', 'PASSWORD': 'Correct-Horse-7'})\n"
                "except cognito.exceptions.UserNotConfirmedException as error:\n"
                "    print(error)\n")
        shown = folder.run("python", "-c", code, address).stdout
    check("docs/migrate.md: users of cognito-local keep their sub, password and groups",
          "3493eb1a-5394-40ea-9f80-45840652820e ['admins']" in shown and "User is not confirmed." in shown, shown)


def from_localstack(folder):
    with folder.emulator("--empty") as address:
        script = folder.path / "localstack.sh"
        script.write_text(script.read_text().replace("http://127.0.0.1:9229", address))
        shown = folder.run("bash", "-e", "localstack.sh").stdout.split()
    check("docs/migrate.md: LocalStack's custom ids work", shown == ['"us-east-1_Moved"', '"movedweb"'], shown)


def authorizers(folder):
    files("lambda-authorizers.md", folder.path)
    shutil.copy(HERE / "samples/pools.yaml", folder.path)
    (folder.path / "invoke.mjs").write_text(
        "import { handler } from './authorizer.mjs';\n"
        "const [token] = process.argv.slice(2);\n"
        "console.log(JSON.stringify(await handler({ headers: { authorization: `Bearer ${token}` } })));\n")
    (folder.path / "invoke.py").write_text(
        "import json, sys\nfrom authorizer import handler\n"
        "print(json.dumps(handler({'authorizationToken': f'Bearer {sys.argv[1]}', 'methodArn': 'arn:aws:execute-api:::GET/'}, None)))\n")
    with folder.emulator("--seed-file", "pools.yaml") as address:
        def token(name):
            body = json.dumps({"ClientId": "shopweb", "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {
                "USERNAME": "ana", "PASSWORD": "Correct-Horse-7"}})
            answer = subprocess.run(["curl", "--silent", address, "-H", "content-type: application/x-amz-json-1.1", "-H",
                                     "x-amz-target: AWSCognitoIdentityProviderService.InitiateAuth", "-d", body],
                                    capture_output=True, text=True, check=True).stdout
            return json.loads(answer)["AuthenticationResult"][name]

        variables = {"ISSUER": f"{address}/us-east-1_Shop", "CLIENT_ID": "shopweb"}
        access, identity = token("AccessToken"), token("IdToken")
        damaged = access[:-20] + ("A" * 20)
        for name, command in (("Node.js", ["node", "invoke.mjs"]), ("Python", ["python", "invoke.py"])):
            shown = folder.run(*command, access, **variables).stdout
            check(f"docs/lambda-authorizers.md: {name} admits an access token", '"username": "ana"' in shown or
                  '"username":"ana"' in shown, shown)
            other = {**variables, "CLIENT_ID": "another"}
            for what, given, settings in (("an ID token", identity, variables), ("a damaged token", damaged, variables),
                                          ("a token of another client", access, other)):
                ran = folder.run(*command, given, ok=False, **settings)
                refused = '"isAuthorized":false' in ran.stdout if name == "Node.js" else "Unauthorized" in ran.stderr
                check(f"docs/lambda-authorizers.md: {name} refuses {what}", refused, ran)


def infrastructure(folder):
    """AWS CDK, Serverless Framework and AWS SAM."""
    folder = folder.below("infrastructure")
    guide = files("infrastructure.md", folder.path)
    expected = {name: (folder.path / name).read_text() for name in ("cdk-outputs.json", "converted.yaml")}

    step(folder, guide, "npx cdk synth --quiet --app 'node app.mjs'")
    ran = step(folder, guide, "node --test shop.test.mjs")
    check("docs/infrastructure.md: a template of the CDK is a seed file", re.search(r"^. pass 1$", ran, re.MULTILINE), ran)
    step(folder, guide, "cognito-mcp convert cdk.out/ShopStack.template.json --output pools.yaml --outputs cdk-outputs.json")
    outputs = (folder.path / "cdk-outputs.json").read_text()
    check("docs/infrastructure.md: the outputs have the ids", outputs == expected["cdk-outputs.json"], outputs)
    with folder.emulator("--seed-file", "pools.yaml") as address:
        code = ("import boto3, sys\ncognito = boto3.client('cognito-idp', 'us-east-1', endpoint_url=sys.argv[1],"
                " aws_access_key_id='any', aws_secret_access_key='any')\n"
                "print(cognito.describe_user_pool_client(UserPoolId='us-east-1_PoolD3F588B8', ClientId='PoolWeb224A1DFF')"
                "['UserPoolClient']['AccessTokenValidity'], cognito.get_group(UserPoolId='us-east-1_PoolD3F588B8',"
                " GroupName='admins')['Group']['GroupName'])\n")
        shown = folder.run("python", "-c", code, address).stdout
    check("docs/infrastructure.md: so has the emulator", shown == "15 admins\n", shown)

    shown = step(folder, guide, "cognito-mcp convert template.yaml --parameter Stage=test --value Users=us-east-1_Shop --value Web=shopweb")
    check("docs/infrastructure.md: a template of SAM is converted", shown == expected["converted.yaml"], shown)
    ran = folder.run("cognito-mcp", "convert", "template.yaml", ok=False)
    check("docs/infrastructure.md: a missing parameter is explained", ran.returncode == 1 and
          ran.stderr.removeprefix("cognito-mcp: ").strip() in guide, ran)
    serverless(folder, guide)


def serverless(folder, guide):
    package = folder.below("serverless")
    for name in ("serverless.yml", "welcome.mjs", "lambda.mjs"):
        shutil.copy(folder.path / name, package.path)
    step(package, guide, "npx osls package")
    step(package, guide, "cognito-mcp convert .serverless/cloudformation-template-update-stack.json --stack-name shop-test --output pools.yaml")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    server = package.path / "lambda.mjs"
    server.write_text(server.read_text().replace("9001", str(port)))
    function = subprocess.Popen([CLIENTS / "node_modules/node/bin/node", "lambda.mjs"], cwd=package.path)
    try:
        with package.emulator("--seed-file", "pools.yaml", "--trigger", f"shop-test-welcome=http://127.0.0.1:{port}") as address:
            code = ("import boto3, sys\ncognito = boto3.client('cognito-idp', 'us-east-1', endpoint_url=sys.argv[1],"
                    " aws_access_key_id='any', aws_secret_access_key='any')\n"
                    "for name in ('ana@example.com', 'ben@example.org'):\n"
                    "    cognito.sign_up(ClientId='Web', Username=name, Password='Correct-Horse-7')\n"
                    "    print(cognito.admin_get_user(UserPoolId='us-east-1_CognitoUserPoolShop', Username=name)['UserStatus'])\n")
            shown = package.run("python", "-c", code, address).stdout
    finally:
        function.kill()
        function.wait()
    check("docs/infrastructure.md: a function of Serverless is a trigger", shown == "CONFIRMED\nUNCONFIRMED\n", shown)


def main():
    with registry(ARTIFACTS) as address, tempfile.TemporaryDirectory(prefix="guides-", dir=CLIENTS) as folder:
        folder = Folder(folder, address)
        for guide in (helpers, pytest_guide, javascript_guide, from_moto, from_cognito_local, from_localstack, authorizers,
                      infrastructure):
            guide(folder)
    print(f"guides: {npm.passed} passed, 0 failed")


if __name__ == "__main__":
    main()
