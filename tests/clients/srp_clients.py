"""pycognito, which is written for real Cognito, signs in by SRP: with a client secret,
with a new password, with a software token, and on a device.

usage: srp_clients.py BINARY
"""

import base64
import hashlib
import hmac
import struct
import sys
import time

import boto3
from pycognito import AWSSRP, Cognito
from pycognito.aws_srp import generate_hash_device
from pycognito.exceptions import ForceChangePasswordException, SoftwareTokenMFAChallengeException

from emulator import check, emulator, get, refused, summary

PASSWORD = "Correct-Horse-7"
ANY = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}


def totp(seed, now):
    """The one-time password of RFC 6238: 6 digits of HMAC-SHA-1, steps of 30 seconds."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(now) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def main(endpoint):
    cognito = boto3.client("cognito-idp", endpoint_url=endpoint, **ANY)

    def pool(**settings):
        return cognito.create_user_pool(PoolName="srp", AutoVerifiedAttributes=["email"], **settings)["UserPool"]["Id"]

    def client(pool_id, **settings):
        return cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="app", **settings)["UserPoolClient"]

    def person(pool_id, app, username, secret=None):
        return Cognito(pool_id, app, username=username, client_secret=secret,
                       boto3_client_kwargs={"endpoint_url": endpoint, **ANY})

    # Sign-up, SRP, refresh, and password change with a client that has the default settings.
    pool_id = pool()
    app = client(pool_id)["ClientId"]
    ana = person(pool_id, app, "ana")
    ana.set_base_attributes(email="ana@example.com")
    ana.register("ana", PASSWORD)
    refused("not confirmed", "UserNotConfirmedException", "User is not confirmed.", ana.authenticate, password=PASSWORD)
    code = get(f"{endpoint}/_emulator/outbox?recipient=ana@example.com")["messages"][-1]["code"]
    ana.confirm_sign_up(code, username="ana")
    refused("wrong password", "NotAuthorizedException", "Incorrect username or password.",
            ana.authenticate, password="Wrong-Horse-7")
    ana.authenticate(password=PASSWORD)
    # pycognito has verified both tokens with the pool's keys.
    check("signed in by SRP", ana.id_claims["cognito:username"] == "ana", ana.id_claims)
    old = ana.access_token
    ana.renew_access_token()
    check("refreshed", ana.access_token != old and ana.access_claims["origin_jti"] == ana.id_claims["origin_jti"])
    ana.change_password(PASSWORD, "Another-Horse-8")
    ana.authenticate(password="Another-Horse-8")
    check("signed in by the new password", ana.get_user().email == "ana@example.com")
    ana.logout()

    # A client secret, an alias, and a temporary password.
    pool_id = pool(UsernameAttributes=["email"])
    secretive = client(pool_id, GenerateSecret=True)
    cognito.admin_create_user(UserPoolId=pool_id, Username="eva@example.com", TemporaryPassword=PASSWORD,
                              MessageAction="SUPPRESS")
    eva = person(pool_id, secretive["ClientId"], "eva@example.com", secretive["ClientSecret"])
    try:
        eva.authenticate(password=PASSWORD)
    except ForceChangePasswordException:
        eva.new_password_challenge(PASSWORD, "Another-Horse-8")
    check("a new password in place of the temporary one", eva.access_claims["username"] == eva.id_claims["sub"])
    eva.authenticate(password="Another-Horse-8")
    check("signed in with SECRET_HASH", eva.id_claims["email"] == "eva@example.com", eva.id_claims)

    # A software token as the second factor.
    pool_id = pool()
    cognito.set_user_pool_mfa_config(UserPoolId=pool_id, SoftwareTokenMfaConfiguration={"Enabled": True},
                                     MfaConfiguration="OPTIONAL")
    app = client(pool_id)["ClientId"]
    for name in ("ida", "uma"):
        cognito.admin_create_user(UserPoolId=pool_id, Username=name, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=pool_id, Username=name, Password=PASSWORD, Permanent=True)
    ida = person(pool_id, app, "ida")
    ida.authenticate(password=PASSWORD)
    seed = ida.associate_software_token()
    check("the token is verified", ida.verify_software_token(totp(seed, time.time()), "phone"))
    ida.set_user_mfa_preference(sms_mfa=False, software_token_mfa=True, preferred="SOFTWARE_TOKEN")
    try:
        ida.authenticate(password=PASSWORD)
        raise SystemExit("FAILED: no second factor was asked for")
    except SoftwareTokenMFAChallengeException:
        # A code works once, so the clock is advanced to the next one.
        get(f"{endpoint}/_emulator/clock", "POST", {"advance_seconds": 30})
        ida.respond_to_software_token_mfa_challenge(totp(seed, time.time() + 30))
    check("signed in with a second factor", ida.access_claims["username"] == "ida")

    # A remembered device replaces the second factor.
    cognito.update_user_pool(UserPoolId=pool_id, MfaConfiguration="OPTIONAL", DeviceConfiguration={
        "ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False})
    first = AWSSRP("uma", PASSWORD, pool_id, app, client=cognito)
    tokens = first.authenticate_user()
    fresh = tokens["AuthenticationResult"]["NewDeviceMetadata"]
    access = tokens["AuthenticationResult"]["AccessToken"]
    # pycognito's own function always sends the call to AWS, so it is not used here.
    device_password, verifier = generate_hash_device(fresh["DeviceGroupKey"], fresh["DeviceKey"])
    answer = cognito.confirm_device(AccessToken=access, DeviceKey=fresh["DeviceKey"],
                                    DeviceSecretVerifierConfig=verifier, DeviceName="laptop")
    check("the device is remembered", not answer["UserConfirmationNecessary"], answer)
    seed = cognito.associate_software_token(AccessToken=access)["SecretCode"]
    cognito.verify_software_token(AccessToken=access, UserCode=totp(seed, time.time() + 30))
    cognito.set_user_mfa_preference(AccessToken=access,
                                    SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    again = AWSSRP("uma", PASSWORD, pool_id, app, client=cognito, device_key=fresh["DeviceKey"],
                   device_group_key=fresh["DeviceGroupKey"], device_password=device_password)
    tokens = again.authenticate_user()["AuthenticationResult"]
    check("signed in on the device without a code", "AccessToken" in tokens and "NewDeviceMetadata" not in tokens, tokens)
    devices = cognito.list_devices(AccessToken=tokens["AccessToken"])["Devices"]
    check("one device", [device["DeviceKey"] for device in devices] == [fresh["DeviceKey"]], devices)
    liar = AWSSRP("uma", PASSWORD, pool_id, app, client=cognito, device_key=fresh["DeviceKey"],
                  device_group_key=fresh["DeviceGroupKey"], device_password="wrong")
    refused("another device's password", "NotAuthorizedException", "Incorrect username or password.",
            liar.authenticate_user)


with emulator(sys.argv[1], "--empty") as address:
    main(address)
summary()
