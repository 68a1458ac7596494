#!/usr/bin/env python3
"""Writes fidelity/aws-examples.json: the examples for cognito-idp in the AWS CLI, as
requests and answers.

Run it with a Python that has the awscli package of the version below. The CLI itself
parses the command lines, including its shorthand syntax. The request of each command is
kept and not sent.
"""

import datetime
import json
import os
import re
import shlex
import sys
import tempfile

import awscli
from awscli.clidriver import create_clidriver
from botocore.awsrequest import AWSResponse

VERSION = "1.46.3"
EXAMPLES = os.path.join(os.path.dirname(awscli.__file__), "examples", "cognito-idp")


def blocks(text):
    """The title, the command and the text of each example on a page."""
    titles = [(m.start(), m.group(1)) for m in re.finditer(r"^\*\*(.+?)\*\*\s*$", text, re.M)]
    for index, (start, title) in enumerate(titles):
        end = titles[index + 1][0] if index + 1 < len(titles) else len(text)
        part = text[start:end]
        match = re.search(r"^\s+aws cognito-idp (.*?)(?=^\S|\Z)", part, re.M | re.S)
        if not match:
            continue
        command = "aws cognito-idp " + match.group(1)
        yield title, command, part


def files(part):
    """Contents of the files that a command reads, as the page shows them."""
    found = {}
    for match in re.finditer(r"[Cc]ontents of ``(?:file://)?([^`]+)``.*?::\n\n(.*?)(?=^\S|\Z)", part, re.M | re.S):
        # One page has these members of the answer in the request as well.
        content = re.sub(r'^\s*"(LastModifiedDate|CreationDate)": [^\n]*\n', "", match.group(2), flags=re.M)
        found[match.group(1)] = re.sub(r",(\s*[}\]])", r"\1", content)
    return found


def numbered(value):
    """`value` with dates as numbers, as in the API. Version 2 of the CLI prints them as text."""
    if isinstance(value, dict):
        return {name: numbered(member) for name, member in value.items()}
    if isinstance(value, list):
        return [numbered(element) for element in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*[+-]\d\d:\d\d", value):
        return datetime.datetime.fromisoformat(value).timestamp()
    return value


def answer(part):
    match = re.search(r"^\s*Output.*?::\s*\n(.*?)(?=^[^\s{}\]]|\Z)", part, re.M | re.S)
    if not match:
        return None
    text = match.group(1).strip()
    if not text.startswith("{"):
        return None
    # A few pages have errors: extra commas, ellipses, text after the end.
    text = re.sub(r",(\s*[}\]])", r"\1", text)
    try:
        return numbered(json.JSONDecoder(strict=False).raw_decode(text)[0])
    except json.JSONDecodeError as error:
        print(f"no JSON: {error}: {text}", file=sys.stderr)
        return None


def request(command, folder):
    """Operation and input of a command line."""
    # Some commands have a path of Windows, or the CLI's own name for the page size.
    command = command.replace("file://.\\", "file://").replace("--max-items", "--page-size")
    arguments = shlex.split(re.sub(r"\\\s*\n", " ", command))[1:]
    kept = {}

    def keep(params, model, **_):
        kept["operation"] = model.name
        kept["input"] = json.loads(params["body"] or "{}")
        return AWSResponse("", 200, {}, None), {}

    with open(os.path.join(folder, "config"), "w", encoding="utf-8") as config:
        # The examples shorten sessions, and the CLI must not fetch values that are URLs.
        config.write("[default]\nparameter_validation = false\ncli_follow_urlparam = false\n")
    os.environ.update(
        AWS_CONFIG_FILE=os.path.join(folder, "config"),
        AWS_DEFAULT_REGION="us-west-2", AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_PAGER=""
    )
    driver = create_clidriver()
    driver.session.register("before-call.cognito-identity-provider", keep)
    here = os.getcwd()
    os.chdir(folder)
    devnull = open(os.devnull, "w")
    out, sys.stdout = sys.stdout, devnull
    try:
        driver.main(arguments)
    except SystemExit:
        pass
    finally:
        sys.stdout = out
        os.chdir(here)
    return kept


def main():
    version = awscli.__version__
    if version != VERSION:
        sys.exit(f"awscli {version} is installed; the examples are those of {VERSION}")
    examples = {}
    for name in sorted(os.listdir(EXAMPLES)):
        with open(os.path.join(EXAMPLES, name), encoding="utf-8") as page:
            text = page.read()
        for number, (title, command, part) in enumerate(blocks(text), 1):
            key = f"{name.removesuffix('.rst')}-{number}"
            with tempfile.TemporaryDirectory() as folder:
                for path, content in files(part).items():
                    with open(os.path.join(folder, os.path.basename(path)), "w", encoding="utf-8") as file:
                        file.write(content)
                kept = request(command, folder)
            if not kept:
                print(f"{key}: the command line is not understood: {command}", file=sys.stderr)
                continue
            # With --query the CLI does not print the whole answer.
            shown = None if "--query" in command else answer(part)
            examples[key] = {"title": re.sub(r"^Example \d+: ", "", title), **kept, "answer": shown}
    target = os.path.join(os.path.dirname(__file__), "..", "fidelity", "aws-examples.json")
    with open(target, "w", encoding="utf-8") as file:
        json.dump(examples, file, indent=1, ensure_ascii=False)
        file.write("\n")
    shown = sum(1 for example in examples.values() if example["answer"] is not None)
    print(f"{len(examples)} examples, {shown} with an answer")


if __name__ == "__main__":
    main()
