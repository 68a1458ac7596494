"""The main job of the Python package: sign-up with the code from the outbox. Then what is refused."""

import subprocess
import sys

from cognito_mcp import EmulatorError, connect_emulator, find_binary, start_emulator


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except Exception as error:
        assert error.response["Error"]["Code"] == code, error
    else:
        raise AssertionError(f"{code} is missing")


with start_emulator(seed_file="pools.yaml") as emulator:
    client, app = emulator.client, emulator.pool("shop").clients[0].id
    assert (app, emulator.pool().issuer) == ("shopweb", f"{emulator.endpoint}/us-east-1_Shop")
    client.sign_up(ClientId=app, Username="dora", Password="Correct-Horse-7",
                   UserAttributes=[{"Name": "email", "Value": "dora@example.com"}])
    assert emulator.outbox.wait(recipient="dora@example.com", timeout=5)["purpose"] == "SignUp"
    code = emulator.outbox.code("dora@example.com")
    wrong = "000001" if code == "000000" else "000000"
    refused("CodeMismatchException", client.confirm_sign_up, ClientId=app, Username="dora", ConfirmationCode=wrong)
    client.confirm_sign_up(ClientId=app, Username="dora", ConfirmationCode=code)
    sign_in = {"ClientId": app, "AuthFlow": "USER_PASSWORD_AUTH",
               "AuthParameters": {"USERNAME": "dora", "PASSWORD": "Correct-Horse-7"}}
    assert client.initiate_auth(**sign_in)["AuthenticationResult"]["IdToken"]

    before = emulator.clock.now()
    emulator.clock.advance(3600)
    assert emulator.clock.now() >= before + 3600
    emulator.save("registered")
    emulator.faults.throttle("InitiateAuth")
    refused("TooManyRequestsException", client.initiate_auth, **sign_in)
    assert len(emulator.faults.list()) == 1 and emulator.journal(last=1)[0]["operation"] == "InitiateAuth"

    first, second = connect_emulator(emulator.endpoint, worker=1), emulator.world(2)
    first.client.create_user_pool(PoolName="orders")
    assert [pool.name for pool in first.list_pools()] == ["orders"] and second.list_pools() == []
    second.stop()

    emulator.reset()
    refused("UserNotFoundException", client.initiate_auth, **sign_in)
    emulator.restore("registered")
    assert client.initiate_auth(**sign_in)["AuthenticationResult"]["IdToken"]
    for message, call in {
            "missing.yaml": lambda: start_emulator(seed_file="missing.yaml"),
            "advance_seconds": lambda: emulator.clock.advance("soon"),
            "the pools of the start are: shop": lambda: emulator.pool("orders"),
            "0 to 127": lambda: emulator.world(500)}.items():
        try:
            call()
        except EmulatorError as error:
            assert message in str(error), error
        else:
            raise AssertionError(f"{message} is missing")

try:
    connect_emulator(emulator.endpoint)
except EmulatorError as error:
    assert "No emulator answers" in str(error)
else:
    raise AssertionError("the emulator still runs")
module = subprocess.run([sys.executable, "-m", "cognito_mcp", "--version"], capture_output=True, text=True, check=True)
command = subprocess.run([find_binary(), "--version"], capture_output=True, text=True, check=True)
assert module.stdout == command.stdout
print("main job done")
