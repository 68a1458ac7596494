"""100 tests, in as many workers as pytest-xdist has."""

import pytest


@pytest.mark.parametrize("number", range(80))
def test_a_customer_registers(shop, cognito, number):
    shop.register("dora@example.com", "Correct-Horse-7")
    shop.confirm("dora", cognito.outbox.code("dora@example.com"))
    assert shop.sign_in("dora", "Correct-Horse-7")["Username"] == "dora"
    # The customers of other tests, in this worker or another one, are not there.
    users = cognito.client.list_users(UserPoolId="us-east-1_Shop")["Users"]
    assert sorted(user["Username"] for user in users) == ["ana", "dora"]


@pytest.mark.parametrize("number", range(20))
def test_a_code_expires(shop, cognito, number):
    shop.register("eva@example.com", "Correct-Horse-7")
    cognito.clock.advance(25 * 3600, token_clock="real")
    code = cognito.outbox.code("eva@example.com")
    with pytest.raises(cognito.client.exceptions.ExpiredCodeException):
        shop.confirm("eva", code)
