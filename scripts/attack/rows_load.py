"""Concurrent callers and triggers: no lost data, one winner of a race, and triggers that
misbehave."""

import threading
from concurrent.futures import ThreadPoolExecutor

from cognito import PASSWORD, Cognito, Pool
from servers import Listener
from table import Figure, row

CALLERS = 12


@row("8", "concurrent mixed calls: errors, lost users, lost attributes", seconds=20)
def mixed(run):
    """Written data can be read afterwards."""
    figure = Figure()
    server = run.emulator()
    pool = Pool(Cognito(server))
    written, lock, count = {}, threading.Lock(), [0]

    def work(number):
        cognito, step = Cognito(server), 0
        while not run.over():
            step += 1
            name = f"user-{number}-{step}"
            user = {"UserPoolId": pool.id, "Username": name}
            answers = [cognito.call("AdminCreateUser", user | {"MessageAction": "SUPPRESS"})]
            for value in ("first", f"last-{step}"):
                answers.append(cognito.call("AdminUpdateUserAttributes", user | {
                    "UserAttributes": [{"Name": "nickname", "Value": value}]}))
            if step % 4 == 0:
                answers.append(cognito.call("AdminDeleteUser", user))
            answers.append(cognito.call("ListUsers", {"UserPoolId": pool.id, "Limit": 3}))
            with lock:
                count[0] += len(answers)
                figure.bad += [f"{name}: {answer.status} {answer.body[:100]}" for answer in answers
                               if answer.status != 200]
                written[name] = None if step % 4 == 0 else f"last-{step}"

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    sampled = run.random.sample(sorted(written), min(500, len(written)))
    for name in sampled:
        answer = pool.cognito.call("AdminGetUser", {"UserPoolId": pool.id, "Username": name})
        if written[name] is None:
            figure.check(answer.status == 400, f"{name} was deleted and is there")
        else:
            figure.check(answer.status == 200 and written[name] in answer.body.decode(), f"{name} is lost")
    figure.tried += count[0]
    return figure


def race(server, operation, request):
    """Makes the same call from several callers at once; returns the answers."""
    barrier = threading.Barrier(CALLERS)

    def one(_):
        cognito = Cognito(server)
        cognito.control("GET", "health")
        barrier.wait()
        return cognito.call(operation, request)

    with ThreadPoolExecutor(CALLERS) as threads:
        return list(threads.map(one, range(CALLERS)))


@row("9", "races of 12 callers: one winner", seconds=25)
def races(run):
    """Of equal calls that may succeed once, exactly one succeeds."""
    figure = Figure()
    server = run.emulator()
    pool = Pool(Cognito(server))
    must, number = pool.cognito.must, 0
    must("UpdateUserPool", UserPoolId=pool.id, AutoVerifiedAttributes=["email"],
         AdminCreateUserConfig={"AllowAdminCreateUserOnly": False})
    rotating = must("CreateUserPoolClient", UserPoolId=pool.id, ClientName="rotating",
                    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
                    RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0})
    rotating = rotating["UserPoolClient"]["ClientId"]
    while not run.over():
        number += 1
        name, address = f"racer{number}", f"racer{number}@example.com"
        user = {"UserPoolId": pool.id, "Username": name}
        sign_up = {"ClientId": pool.client, "Username": name, "Password": PASSWORD,
                   "UserAttributes": [{"Name": "email", "Value": address}]}
        one_winner(figure, "SignUp", race(server, "SignUp", sign_up))
        code = pool.cognito.control("GET", f"outbox?username={name}")["messages"][0]["code"]
        one_winner(figure, "ConfirmSignUp", race(server, "ConfirmSignUp", {
            "ClientId": pool.client, "Username": name, "ConfirmationCode": code}))
        one_winner(figure, "CreateGroup", race(server, "CreateGroup", {
            "UserPoolId": pool.id, "GroupName": name}))
        tokens = must("InitiateAuth", ClientId=rotating, AuthFlow="USER_PASSWORD_AUTH",
                      AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD})["AuthenticationResult"]
        one_winner(figure, "GetTokensFromRefreshToken", race(server, "GetTokensFromRefreshToken", {
            "ClientId": rotating, "RefreshToken": tokens["RefreshToken"]}))
        must("ForgotPassword", ClientId=pool.client, Username=name)
        code = pool.cognito.control("GET", f"outbox?username={name}")["messages"][0]["code"]
        one_winner(figure, "ConfirmForgotPassword", race(server, "ConfirmForgotPassword", {
            "ClientId": pool.client, "Username": name, "ConfirmationCode": code,
            "Password": "Correct-Horse-8"}))
        one_winner(figure, "AdminDeleteUser", race(server, "AdminDeleteUser", user))
    return figure


def one_winner(figure, operation, answers):
    """Counts the winners of a race."""
    winners = sum(answer.status == 200 for answer in answers)
    others = {answer.body[:80] for answer in answers if answer.status >= 500}
    figure.check(winners == 1 and not others, f"{operation}: {winners} winners {others or ''}")


@row("8", "triggers that close, send garbage, redirect, or too much", seconds=25)
def triggers(run):
    """The exception is the right one, redirects are not followed, and memory does not grow."""
    figure = Figure()
    target = Listener(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
    answers = {
        "closes": b"", "garbage": b"\x00\xff" * 500 + b"\r\n\r\n",
        "redirect": f"HTTP/1.1 307 X\r\nlocation: http://127.0.0.1:{target.port}/\r\n"
                    "content-length: 0\r\n\r\n".encode(),
        "no json": b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{x}",
        "deep": b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n" + b"[" * 200_000,
        "large": b"HTTP/1.1 200 OK\r\ncontent-length: 20000000\r\n\r\n" + b" " * 20_000_000,
        "error": b"HTTP/1.1 200 OK\r\nx-amz-function-error: Unhandled\r\ncontent-length: 2\r\n\r\n{}",
    }
    for name, answer in answers.items():
        listener = Listener(answer)
        server = run.emulator("--trigger", f"check=http://127.0.0.1:{listener.port}")
        cognito = Cognito(server)
        pool = cognito.must("CreateUserPool", PoolName="p", LambdaConfig={
            "PreSignUp": "arn:aws:lambda:us-east-1:123456789012:function:check"})["UserPool"]["Id"]
        before = server.memory()
        cognito.connection.timeout = 30
        reply = cognito.call("AdminCreateUser", {"UserPoolId": pool, "Username": "ana"})
        figure.check(reply.status == 400 and b"Lambda" in reply.body and reply.longest_line < 15_900,
                     f"{name}: {reply.status} {reply.body[:150]}")
        figure.check(server.memory() - before < 60, f"{name}: grew by {server.memory() - before:.0f} MB")
        listener.close()
        server.stop()
    figure.check(not target.received, "a redirect was followed")
    target.close()
    return figure
