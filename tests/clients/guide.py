"""The examples of `docs/oauth.md`, as a reader copies them, against a new emulator.

usage: guide.py BINARY FOLDER-WITH-NODE-MODULES CHROMIUM
"""

import contextlib
import html
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import urllib.parse

import boto3
import requests

from emulator import check, emulator, get, summary

BINARY, CLIENTS, CHROMIUM = sys.argv[1:]
NODE = os.path.join(CLIENTS, "node_modules/node/bin/node")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
DEMO = ("us-east-1_WKxVCHhGW", "1f5sn71v9qegbcvdue4kvkoo73")


class Guide:
    """The guide's examples, with the addresses of this run."""

    def __init__(self, address, port, folder):
        self.folder = folder
        with open(os.path.join(ROOT, "docs/oauth.md"), encoding="utf-8") as guide:
            text = guide.read()
        # Two runs on one machine must not share a port, and Chromium is the system's.
        for documented, here in [
                ("http://127.0.0.1:9229", address), ("localhost:3000", f"localhost:{port}"), ("listen(3000", f"listen({port}"),
                ("from 'playwright'", "from 'playwright-core'"),
                ("launch()", f"launch({{ executablePath: '{CHROMIUM}', args: ['--no-sandbox'] }})")]:
            if documented not in text:
                raise SystemExit(f"FAILED: the guide lacks {documented}")
            text = text.replace(documented, here)
        self.files = dict(re.findall(r"<!-- ([\w.]+) -->\n```\w+\n(.*?)```", text, re.DOTALL))
        self.commands = re.findall(r"^\$ (curl .*)$", text, re.MULTILINE)
        for name, content in self.files.items():
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(content)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, name, *arguments):
        """The output of an example."""
        program = NODE if name.endswith(".mjs") else sys.executable
        ran = subprocess.run([program, self.path(name), *arguments], capture_output=True, text=True, timeout=120)
        check(f"{name} runs", ran.returncode == 0, ran.stderr)
        return ran.stdout.split()

    def command(self, part):
        """The JSON that a command of the guide prints."""
        command, = [one for one in self.commands if part in one]
        ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
        check(f"{command.split(' ')[1]} runs", ran.returncode == 0, ran.stderr)
        return json.loads(ran.stdout)


@contextlib.contextmanager
def application(guide, name):
    """An example that is a server, during the `with` statement: the address that it prints."""
    server = subprocess.Popen([NODE, guide.path(name)], stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().split()[-1]
    finally:
        server.kill()
        server.wait()


def submit(browser, page, **values):
    """Sends the first form of a page."""
    form = re.search(r'<form[^>]* action="([^"]+)".*?</form>', page.text, re.DOTALL)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0]))
    return browser.post(urllib.parse.urljoin(page.url, html.unescape(form[1])), data=fields | values, timeout=10)


def five_minutes(guide):
    with application(guide, "app.mjs") as home:
        browser = requests.Session()
        check("the application offers the sign-in", 'href="/login"' in browser.get(home, timeout=10).text)
        done = submit(browser, browser.get(home + "login", timeout=10), username="ana", password="Demo-Passw0rd")
        check("ana is signed in", done.url == home and "Signed in as" in done.text, done.text)
        out = browser.get(home + "logout", timeout=10)
        check("sign-out returns to the application", out.url == home and 'href="/login"' in out.text, out.text)
        again = browser.get(home + "login", timeout=10)
        check("the next sign-in shows the page", 'name="password"' in again.text)
        page = submit(browser, again, username="ben", password="Temporary-1")
        check("ben gets the page for a new password", 'value="NEW_PASSWORD_REQUIRED"' in page.text, page.text)
        guide.run("sign_up.mjs")
        outbox = guide.command("outbox")
        check("the outbox has the code", re.fullmatch(r"\d{6}", outbox["messages"][0]["code"]), outbox)


def own_pool(guide, cognito):
    pool, client = guide.run("pool.py")
    space = {}
    exec(compile(guide.files["sign_in.py"], "sign_in.py", "exec"), space)  # noqa: S102 (the guide's own text)
    tokens = space["sign_in"](client, "https://shop.example/callback", "ana@example.com", "Correct-Horse-7")
    user = cognito.admin_get_user(UserPoolId=pool, Username="ana@example.com")
    check("the pool's user gets tokens", tokens["token_type"] == "Bearer" and user["UserStatus"] == "CONFIRMED", tokens)
    return pool


def time_passes(guide, address):
    browser = requests.Session()
    query = {"client_id": DEMO[1], "response_type": "code", "redirect_uri": "http://localhost:3000/"}
    page = browser.get(f"{address}/oauth2/authorize", params=query, timeout=10)
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    browser.post(page.url, data=form | {"username": "ana", "password": "Demo-Passw0rd"}, allow_redirects=False, timeout=10)

    def place():
        answer = browser.get(f"{address}/oauth2/authorize", params=query, allow_redirects=False, timeout=10)
        return answer.headers["location"]

    check("the browser is signed in", place().startswith("http://localhost:3000/?code="), place())
    guide.command("clock")
    check("after an hour the page is shown", place().startswith(f"{address}/login?"), place())


def other_provider(guide, address, pool):
    client, = guide.run("provider.py", pool)
    browser = requests.Session()
    query = {"client_id": client, "response_type": "code", "redirect_uri": "https://shop.example/callback"}
    page = browser.get(f"{address}/oauth2/authorize", params=query, timeout=10)
    check("the page has a button for the provider", "Continue with Google" in page.text, page.text)

    def last(**more):
        """The address of the application that a sign-in ends at, or the page that it stays at."""
        url, params = f"{address}/oauth2/authorize", query | {"identity_provider": "Google"} | more
        for _ in range(8):
            answer = browser.get(url, params=params, allow_redirects=False, timeout=10)
            if "location" not in answer.headers:
                return answer
            url, params = urllib.parse.urljoin(url, answer.headers["location"]), None
            if url.startswith("https://shop.example/"):
                return url
        raise SystemExit("FAILED: too many redirects")

    page = last()
    check("the emulator simulates the provider", "Sign in with Google" in getattr(page, "text", ""), page)
    returned = last(login_hint="eva@example.com")
    check("login_hint signs in at once", "code=" in str(returned), returned)


def main():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    # Node.js finds the packages in a folder above the examples.
    with emulator(BINARY) as address, tempfile.TemporaryDirectory(prefix="guide-", dir=CLIENTS) as folder:
        guide = Guide(address, port, folder)
        cognito = boto3.client("cognito-idp", endpoint_url=address, region_name="us-east-1",
                               aws_access_key_id="any", aws_secret_access_key="any")
        client = cognito.describe_user_pool_client(UserPoolId=DEMO[0], ClientId=DEMO[1])["UserPoolClient"]
        check("the demo's app client accepts the example's addresses",
              {"http://localhost:3000/", "http://localhost:3000/callback"} <= set(client["CallbackURLs"])
              and "http://localhost:3000/" in client["LogoutURLs"], client)
        urls = [*client["CallbackURLs"], f"http://localhost:{port}/", f"http://localhost:{port}/callback"]
        kept = {name: value for name, value in client.items()
                if name not in ("CreationDate", "LastModifiedDate", "CallbackURLs", "LogoutURLs")}
        cognito.update_user_pool_client(**kept, CallbackURLs=urls, LogoutURLs=urls)
        five_minutes(guide)
        pool = own_pool(guide, cognito)
        time_passes(guide, address)
        get(address + "/_emulator/clock", "POST", {"advance_seconds": 0, "token_clock": "emulator"})
        other_provider(guide, address, pool)
    summary("docs/oauth.md")


main()
