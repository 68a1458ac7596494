"""Accounts with their own clock, faults and outbox, with boto3: many workers and one emulator.

usage: worlds.py BINARY
"""

import concurrent.futures
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import check, emulator, get, summary

WORKERS = 12


def client(endpoint, account):
    return boto3.session.Session().client(
        "cognito-idp", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=account,
        aws_secret_access_key="any", config=Config(retries={"total_max_attempts": 1}))


def code_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def worker(endpoint, number):
    """What a worker sees: its clock, the result of a code, the codes of its fault, its messages."""
    account = str(100000000000 + number)

    def control(method, path, body=None):
        return get(f"{endpoint}/_emulator/{path}?account={account}", method, body)

    control("POST", "reset")
    cognito = client(endpoint, account)
    pool = cognito.create_user_pool(PoolName="app", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    app = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app")["UserPoolClient"]["ClientId"]
    cognito.sign_up(ClientId=app, Username="ana", Password="Correct-Horse-7",
                    UserAttributes=[{"Name": "email", "Value": "ana@example.com"}])
    messages = control("GET", "outbox")["messages"]
    before = control("GET", "clock")["now"]
    hours = 25 if number % 2 else 1
    after = control("POST", "clock", {"advance_seconds": hours * 3600})["now"]
    confirmed = code_of(cognito.confirm_sign_up, ClientId=app, Username="ana", ConfirmationCode=messages[0]["code"])
    control("POST", "faults", {"on": {"operation": "ListUsers"}, "when": {"first": number}, "effect": {
        "exception": {"code": "InternalErrorException", "message": account}}})
    struck = [code_of(cognito.list_users, UserPoolId=pool) for _ in range(WORKERS)]
    return pool, len(messages), round((after - before) / 3600), confirmed, sum(1 for one in struck if one)


def main(binary):
    with emulator(binary, "--empty") as endpoint, concurrent.futures.ThreadPoolExecutor(WORKERS) as workers:
        seen = list(workers.map(lambda number: worker(endpoint, number), range(1, WORKERS + 1)))
        check("every worker has its own pool", len({pool for pool, *_ in seen}) == WORKERS, seen)
        for number, (_, messages, hours, confirmed, struck) in enumerate(seen, 1):
            expected = (1, 25, "ExpiredCodeException", number) if number % 2 else (1, 1, None, number)
            check(f"worker {number} has its own clock, fault and outbox",
                  (messages, hours, confirmed, struck) == expected, (messages, hours, confirmed, struck))
        get(f"{endpoint}/_emulator/reset?account=100000000001", "POST")
        pools = [world["pools"] for world in get(f"{endpoint}/_emulator/worlds")["worlds"]]
        check("a reset of one account leaves the others", pools == [0] + [1] * (WORKERS - 1), pools)
        for pool, *_ in seen[1:2]:
            keys = get(f"{endpoint}/{pool}/.well-known/jwks.json")["keys"]
            check("the keys of a pool are published", len(keys) == 2, keys)
        check("the shared world is empty",
              client(endpoint, "any").list_user_pools(MaxResults=9)["UserPools"] == [])
    summary("boto3, one account for each worker")


main(sys.argv[1])
