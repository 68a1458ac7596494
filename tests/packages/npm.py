"""The npm packages that scripts/artifacts packed: npm, pnpm and Yarn install them into an empty
project, which does the main job; samples of 100 tests run in parallel workers.

usage: npm.py ARTIFACTS FOLDER-WITH-NODE-MODULES [--seconds LIMIT]
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from registry import registry

HERE = pathlib.Path(__file__).resolve().parent
passed = 0


def check(name, holds, seen=None):
    global passed
    if not holds:
        raise SystemExit(f"FAILED: {name}: {seen}")
    passed += 1
    print(f"ok: {name}")


class Project:
    """An empty project in a folder of its own, with a registry."""

    def __init__(self, folder, address, clients):
        self.folder, self.address, self.clients = pathlib.Path(folder), address, clients
        self.write("package.json", '{"private": true}')
        # pnpm and Yarn read settings of their own.
        self.write(".npmrc", f"registry={address}/\nfund=false\naudit=false\nupdate-notifier=false\n")
        self.write(".yarnrc.yml", f"npmRegistryServer: {address}\nunsafeHttpWhitelist: [127.0.0.1]\nenableTelemetry: false\n"
                   "enableGlobalCache: false\nenableImmutableInstalls: false\npnpEnableEsmLoader: true\n")
        for name in ("main_job.mjs", "samples/pools.yaml"):
            shutil.copy(HERE / name, self.folder)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def run(self, *command, ok=True):
        """The output of a command. No setting of the machine applies."""
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("AWS_", "COGNITO_", "npm_", "NPM_"))}
        environment |= {"HOME": str(self.folder), "CI": "true", "YARN_ENABLE_TELEMETRY": "0",
                        "npm_config_registry": self.address + "/", "YARN_CACHE_FOLDER": str(self.folder / ".yarn-cache"),
                        "PATH": f"{self.clients}/node_modules/node/bin:{os.environ['PATH']}"}
        ran = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True,
                             timeout=300, check=False)
        if ok and ran.returncode:
            raise SystemExit(f"FAILED: {' '.join(map(str, command))}: {ran.stdout}{ran.stderr}")
        return ran


def package_managers(clients):
    """How each installs the package, how it runs a script, and how it runs the command."""
    node = clients / "node_modules/node/bin/node"
    pnpm = [clients / "node_modules/.bin/pnpm"]
    classic = [node, clients / "node_modules/yarn/bin/yarn.js"]
    berry = [node, clients / "node_modules/@yarnpkg/cli-dist/bin/yarn.js"]
    return {
        "npm": (["npm", "install", "cognito-mcp"], ["node"], ["npx", "cognito-mcp"]),
        "pnpm": ([*pnpm, "add", "cognito-mcp"], ["node"], [*pnpm, "exec", "cognito-mcp"]),
        "yarn 1": ([*classic, "add", "cognito-mcp"], ["node"], [*classic, "--silent", "cognito-mcp"]),
        "yarn 4 (Plug'n'Play)": ([*berry, "add", "cognito-mcp"], [*berry, "node"], [*berry, "cognito-mcp"]),
    }


def install(project, manager, commands):
    install_it, node, command = commands
    started = time.monotonic()
    project.run(*install_it)
    took = time.monotonic() - started
    shown = project.run(*node, "main_job.mjs").stdout
    check(f"{manager} installs it in {took:.1f} s, and the main job is done", "main job done" in shown, shown)
    answer = project.run(*command, "call", "get_user", '{"username": "ana"}').stdout
    check(f"{manager} runs the command", '"status":"CONFIRMED"' in answer, answer)
    refused = project.run(*command, "call", "get_user", '{"username": "anna"}', ok=False)
    check(f"{manager} passes errors on", refused.returncode == 1 and 'get_user {"username":"ana"}' in
          refused.stderr.replace("\n", " "), refused)
    for scope in ("user", "project"):
        shown = project.run(*command, "init", "cursor", "--scope", scope, "--print").stdout
        entry = json.loads(shown)["mcpServers"]["cognito"]
        check(f"{manager}: init writes npx for the {scope}",
              (entry["command"], entry["args"]) == ("npx", ["-y", "cognito-mcp", "serve"]), entry)


def types(project, clients):
    shutil.copy(HERE / "types.ts", project.folder)
    compiler = clients / "node_modules/typescript/bin/tsc"
    project.run("node", compiler, "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib",
                "es2022,esnext.disposable", "--types", "node", "--typeRoots", clients / "node_modules/@types", "types.ts")
    check("the types compile", True)


def common_js(text):
    """An ES module as a CommonJS one, which Jest runs without flags."""
    text = re.sub(r"^import (\{.*\}) from '(.*)';$", r"const \1 = require('\2');", text, flags=re.MULTILINE)
    return re.sub(r"^const .* = require\('vitest'\);\n", "", text, flags=re.MULTILINE).replace(".mjs", ".js") \
        .replace("export class Shop", "exports.Shop = class Shop")


def samples(project, clients, limit):
    """Four files of 25 tests, in a folder below the one with the SDK and the runners."""
    modules = clients / "node_modules"
    sources = {name: (HERE / f"samples/{name}/shop.test.mjs").read_text() for name in ("node-test", "vitest")}
    shop = (HERE / "samples/shop.mjs").read_text()
    runs = {
        "node:test": ("mjs", sources["node-test"], shop, ["node", "--test"], r"^. pass 100$"),
        "vitest": ("mjs", sources["vitest"], shop, ["node", modules / "vitest/vitest.mjs", "run", "--no-cache"], r"Tests  100 passed"),
        "jest": ("js", common_js(sources["vitest"]), common_js(shop), ["node", modules / "jest/bin/jest.js", "--ci", "--rootDir", "."],
                 r"Tests: +100 passed"),
    }
    for runner, (suffix, test, application, command, expected) in runs.items():
        project.write(f"shop.{suffix}", application)
        for number in range(4):
            project.write(f"shop{number}.test.{suffix}", test)
        started = time.monotonic()
        ran = project.run(*command)
        took = time.monotonic() - started
        output = re.sub(r"\x1b\[\d*m", "", ran.stdout + ran.stderr)
        check(f"{runner}: 100 isolated tests in {took:.1f} s", re.search(expected, output, re.MULTILINE), output)
        check(f"{runner} needs less than {limit} s", took < limit, took)
        for number in range(4):
            (project.folder / f"shop{number}.test.{suffix}").unlink()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("artifacts")
    parser.add_argument("clients", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    clients = arguments.clients.resolve()
    with registry(arguments.artifacts) as address:
        for manager, commands in package_managers(clients).items():
            with tempfile.TemporaryDirectory(prefix="npm-") as folder:
                install(Project(folder, address, clients), manager, commands)
        # Node.js finds the SDK and the runners in a folder above.
        with tempfile.TemporaryDirectory(prefix="sample-", dir=clients) as folder:
            project = Project(folder, address, clients)
            project.run("npm", "install", "cognito-mcp")
            types(project, clients)
            samples(project, clients, arguments.seconds)
    print(f"npm packages: {passed} passed, 0 failed")


if __name__ == "__main__":
    main()
