"""The examples of guides, as a reader copies them, with the packages that scripts/artifacts packed.

usage: guides.py ARTIFACTS FOLDER-WITH-NODE-MODULES

A code block after a line `<!-- NAME -->` is the file NAME.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
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
    found = re.findall(r"^<!-- ([\w.]+) -->\n```\w+\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    if not found:
        raise SystemExit(f"FAILED: {document} has no files")
    for name, content in found:
        (folder / name).write_text(content)
    return text


class Folder:
    """A folder below the one with the clients, with both packages installed."""

    def __init__(self, folder, address):
        self.path = pathlib.Path(folder)
        self.project = Project(folder, address, CLIENTS)
        self.project.run("npm", "install", "cognito-mcp")
        # Beside the environment of the other clients, which it does not change.
        installed = self.path / "installed"
        wheels.run(folder, PYTHON, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", installed,
                   wheels.wheel(ARTIFACTS))
        self.variables = {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1",
                          "PATH": f"{installed}/bin:{CLIENTS}/venv/bin:{CLIENTS}/node_modules/node/bin:{os.environ['PATH']}"}

    def run(self, *command, ok=True, **variables):
        return wheels.run(self.path, *command, ok=ok, **self.variables, **variables)

    @contextlib.contextmanager
    def emulator(self, *flags):
        """An emulator during the `with` statement: its address."""
        server = subprocess.Popen([self.path / "installed/bin/cognito-mcp", "emulator", "--port", "0", *flags],
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
    ran = folder.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shop.py").stdout
    check("docs/pytest.md: the tests of the fixture pass", "3 passed" in ran, ran)


def javascript_guide(folder):
    files("javascript.md", folder.path)
    ran = folder.project.run("node", "--test", "shop.test.mjs").stdout
    check("docs/javascript.md: the tests of startEmulator pass", re.search(r"^. pass 3$", ran, re.MULTILINE), ran)


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


def main():
    with registry(ARTIFACTS) as address, tempfile.TemporaryDirectory(prefix="guides-", dir=CLIENTS) as folder:
        folder = Folder(folder, address)
        for guide in (pytest_guide, javascript_guide, from_moto, from_cognito_local, from_localstack, authorizers):
            guide(folder)
    print(f"guides: {npm.passed} passed, 0 failed")


if __name__ == "__main__":
    main()
