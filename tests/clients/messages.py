"""E-mail through real SMTP servers (aiosmtpd), messages to a webhook, and codes of custom senders
that the official clients of the AWS Encryption SDK decrypt.

usage: messages.py BINARY FOLDER-WITH-NODE-MODULES
"""

import base64
import contextlib
import datetime
import email
import email.policy
import http.server
import ipaddress
import json
import logging
import os
import queue
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import warnings

import aws_encryption_sdk
import boto3
import botocore.session
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from aws_encryption_sdk import CommitmentPolicy, StrictAwsKmsMasterKeyProvider
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from emulator import check, emulator, get, summary

BINARY, CLIENTS = sys.argv[1:]
NODE = os.path.join(CLIENTS, "node_modules/node/bin/node")
SENDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "custom_sender.mjs")
PASSWORD = "Correct-Horse-7"
# The servers and the clients report the failures that these tests cause.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
ANY = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}


class Inbox:
    """The handler of an SMTP server: a queue of the messages that arrived."""

    def __init__(self):
        self.messages = queue.Queue()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return f"550 No such user {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.put((envelope.mail_from, envelope.rcpt_tos, message, session))
        return "250 OK"

    def next(self):
        return self.messages.get(timeout=60)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def smtp_server(port, inbox, **options):
    server = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    server.start()
    try:
        yield
    finally:
        server.stop()


def client(endpoint):
    return boto3.client("cognito-idp", endpoint_url=endpoint, **ANY)


def new_pool(cognito, **settings):
    pool = cognito.create_user_pool(PoolName="messages", AutoVerifiedAttributes=["email"], **settings)
    pool = pool["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    app = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app", ExplicitAuthFlows=flows)
    return pool, app["UserPoolClient"]["ClientId"]


def deliveries(endpoint):
    return get(endpoint + "/_emulator/deliveries")["deliveries"]


def settled(endpoint, channel=0):
    """The report of a channel once nothing waits in it."""
    for _ in range(600):
        report = deliveries(endpoint)[channel]
        if report["queued"] == 0:
            return report
        time.sleep(0.05)
    raise SystemExit(f"FAILED: messages still wait: {report}")


def certificate(folder, file):
    """The files of a certificate for localhost, of its key, and of the authority that signed it."""
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([
        x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])

    def made(name, issuer, issuer_key, key, is_authority):
        title = lambda text: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
        builder = (x509.CertificateBuilder().subject_name(title(name)).issuer_name(title(issuer))
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=2))
                   .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True))
        if not is_authority:
            builder = builder.add_extension(names, critical=False)
        return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    contents = {
        "": made("localhost", "authority", authority_key, key, False),
        "-key": key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                  serialization.NoEncryption()),
        "-authority": made("authority", "authority", authority_key, authority_key, True),
    }
    paths = []
    for suffix, content in contents.items():
        paths.append(os.path.join(folder, f"{file}{suffix}.pem"))
        with open(paths[-1], "wb") as written:
            written.write(content)
    return paths


def invitation():
    """An invitation arrives as e-mail, and the user signs in with the password in it."""
    inbox, port = Inbox(), free_port()
    with smtp_server(port, inbox), emulator(BINARY, "--empty", "--smtp", f"smtp://127.0.0.1:{port}") as endpoint:
        cognito = client(endpoint)
        template = {"EmailSubject": "Willkommen, {username} – Zugang",
                    "EmailMessage": "<p>Hello {username},</p><p>your password: <b>{####}</b></p>",
                    "SMSMessage": "{username} {####}"}
        sender = {"EmailSendingAccount": "DEVELOPER", "From": "Ana of Example <a@example.com>",
                  "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com",
                  "ReplyToEmailAddress": "help@example.com"}
        pool, app = new_pool(cognito, EmailConfiguration=sender,
                             AdminCreateUserConfig={"InviteMessageTemplate": template})
        # Without `<` and `&`: they would be part of the template's HTML.
        cognito.admin_create_user(UserPoolId=pool, Username="dora", DesiredDeliveryMediums=["EMAIL"],
                                  TemporaryPassword="Temporary-Passw0rd",
                                  UserAttributes=[{"Name": "email", "Value": "dora@example.com"}])
        mail_from, recipients, message, _ = inbox.next()
        check("envelope", (mail_from, recipients) == ("a@example.com", ["dora@example.com"]), (mail_from, recipients))
        check("sender", message["From"] == "Ana of Example <a@example.com>", message["From"])
        check("reply address", message["Reply-To"] == "help@example.com", message["Reply-To"])
        check("subject", message["Subject"] == "Willkommen, dora – Zugang", message["Subject"])
        html = message.get_body(("html",)).get_content().strip()
        text = message.get_body(("plain",)).get_content().strip()
        check("html", html == "<p>Hello dora,</p><p>your password: <b>Temporary-Passw0rd</b></p>", html)
        check("text", text.splitlines() == ["Hello dora,", "", "your password: Temporary-Passw0rd"], text)
        started = cognito.initiate_auth(ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={
            "USERNAME": "dora", "PASSWORD": text.rsplit(" ", 1)[1]})
        check("sign-in with the password of the mail", started["ChallengeName"] == "NEW_PASSWORD_REQUIRED", started)

        cognito.sign_up(ClientId=app, Username="emil", Password=PASSWORD,
                        UserAttributes=[{"Name": "email", "Value": "emil@example.com"}])
        code = inbox.next()[2].get_body(("plain",)).get_content().strip().rstrip(".").rsplit(" ", 1)[1]
        cognito.confirm_sign_up(ClientId=app, Username="emil", ConfirmationCode=code)
        report = settled(endpoint)
        check("report", (report["channel"], report["server"], report["delivered"], report["failed"], report["failure"])
              == ("smtp", f"smtp://127.0.0.1:{port}", 2, 0, None), report)

        # An address that the server refuses is a failure; the call itself succeeds.
        cognito.sign_up(ClientId=app, Username="fay", Password=PASSWORD,
                        UserAttributes=[{"Name": "email", "Value": "refused@example.com"}])
        report = settled(endpoint)
        check("a refused address fails", (report["delivered"], report["failed"]) == (2, 1), report)
        check("the server's text is not repeated", report["failure"] == "the server answered 550", report)


def later_server():
    """A server that starts after the emulator gets the first messages."""
    inbox, port = Inbox(), free_port()
    with emulator(BINARY, "--empty", "--smtp", f"smtp://127.0.0.1:{port}") as endpoint:
        cognito = client(endpoint)
        _, app = new_pool(cognito)
        for name in ("ana", "bob"):
            cognito.sign_up(ClientId=app, Username=name, Password=PASSWORD,
                            UserAttributes=[{"Name": "email", "Value": f"{name}@example.com"}])
        while deliveries(endpoint)[0]["failure"] is None:
            time.sleep(0.02)
        report = deliveries(endpoint)[0]
        check("messages wait for the server", (report["queued"], report["failed"]) == (2, 0), report)
        check("the reason", report["failure"] == "no connection (connection refused)", report)
        with smtp_server(port, inbox):
            received = [inbox.next()[1] for _ in range(2)]
        check("they arrive in order", received == [["ana@example.com"], ["bob@example.com"]], received)
        report = settled(endpoint)
        check("the report is good again", (report["delivered"], report["failure"]) == (2, None), report)


def secured():
    """AUTH over TLS from the start, and over STARTTLS; wrong passwords and certificates fail."""
    def authenticate(server, session, envelope, mechanism, data):
        good = LoginPassword(b"ana@example.com", b"p@ss/word")
        return AuthResult(success=data == good, handled=False)

    with tempfile.TemporaryDirectory() as folder:
        files, others = certificate(folder, "server"), certificate(folder, "other")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files[:2])
        user = "ana%40example.com:p%40ss%2Fword"
        for name, scheme, query, options in [
                ("TLS", "smtps", "", {"ssl_context": context}),
                ("STARTTLS", "smtp", "?tls=required", {"tls_context": context, "require_starttls": True})]:
            inbox, port = Inbox(), free_port()
            options |= {"authenticator": authenticate, "auth_required": True,
                        # With TLS from the start, aiosmtpd does not know that the connection is secure.
                        "auth_require_tls": name == "STARTTLS"}
            with smtp_server(port, inbox, **options):
                for what, credentials, trusted, expected in [
                        ("is accepted", user, files[2], None),
                        ("refuses a wrong password", "ana%40example.com:wrong", files[2], "the server answered 535"),
                        ("refuses an unknown certificate", user, others[2], "TLS failed")]:
                    variables = {"COGNITO_MCP_SMTP": f"{scheme}://{credentials}@localhost:{port}{query}",
                                 "SSL_CERT_FILE": trusted}
                    with emulator(BINARY, "--empty", variables=variables) as endpoint:
                        cognito = client(endpoint)
                        _, app = new_pool(cognito)
                        cognito.sign_up(ClientId=app, Username="ana", Password=PASSWORD,
                                        UserAttributes=[{"Name": "email", "Value": "ana@example.com"}])
                        report = settled(endpoint)
                        if expected is None:
                            check(f"{name}: AUTH {what}", report["delivered"] == 1, report)
                            check(f"{name}: the user is known", inbox.next()[3].authenticated)
                        else:
                            check(f"{name}: {what}", report["failed"] == 1 and report["failure"].startswith(expected),
                                  report)
                        check(f"{name}: no secret is reported", "p%40ss" not in json.dumps(report)
                              and report["server"] == f"{scheme}://localhost:{port}", report)


class Posted(http.server.BaseHTTPRequestHandler):
    """Keeps the JSON of each request in the server's queue, and answers with `answer`."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        content = json.dumps(self.server.answer(self.path, body)).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def web_server(answer):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Posted)
    server.answer = answer
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def kms_session():
    """Clients of the AWS SDK that read the address of KMS from `AWS_ENDPOINT_URL_KMS`."""
    session = botocore.session.Session()
    session.set_credentials("any", "any")
    return session


def decrypt_in_python(encrypted, key):
    provider = StrictAwsKmsMasterKeyProvider(key_ids=[key], botocore_session=kms_session())
    decrypting = aws_encryption_sdk.EncryptionSDKClient(
        commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)
    plaintext, header = decrypting.decrypt(source=base64.b64decode(encrypted), key_provider=provider)
    return plaintext.decode(), header.encryption_context


def custom_senders():
    """Functions behind HTTP decrypt codes with the official clients, and users confirm with them."""
    events, posted = queue.Queue(), queue.Queue()

    def answer(path, body):
        (posted if path == "/messages" else events).put(body)
        return body

    function = "arn:aws:lambda:us-east-1:123456789012:function:"
    settings = {
        "CustomEmailSender": {"LambdaVersion": "V1_0", "LambdaArn": function + "mail"},
        "CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": function + "sms"},
        "KMSKeyID": KEY,
    }
    sms = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
    with web_server(answer) as web, emulator(
            BINARY, "--empty", "--message-webhook", web + "/messages", "--trigger", f"mail={web}/mail",
            "--trigger", f"sms={web}/sms") as endpoint:
        os.environ.update(AWS_ENDPOINT_URL_KMS=endpoint, AWS_REGION="us-east-1", AWS_ACCESS_KEY_ID="any",
                          AWS_SECRET_ACCESS_KEY="any")
        cognito = client(endpoint)
        pool, app = new_pool(cognito, LambdaConfig=settings, SmsConfiguration=sms)

        cognito.sign_up(ClientId=app, Username="ana", Password=PASSWORD,
                        UserAttributes=[{"Name": "email", "Value": "ana@example.com"}])
        event = events.get(timeout=60)
        check("the event of a sender", event["triggerSource"] == "CustomEmailSender_SignUp", event)
        code, context = decrypt_in_python(event["request"]["code"], KEY)
        check("Python: the encryption context", context["userpool-id"] == pool, context)
        cognito.confirm_sign_up(ClientId=app, Username="ana", ConfirmationCode=code)
        user = cognito.admin_get_user(UserPoolId=pool, Username="ana")
        check("Python: sign-up confirmed", user["UserStatus"] == "CONFIRMED", user)
        message = posted.get(timeout=60)
        check("the webhook gets the message", (message["code"], message["custom_sender"], message["destination"])
              == (code, True, "ana@example.com"), message)

        try:
            decrypt_in_python(event["request"]["code"], KEY[:-1] + "6")
        except Exception as error:
            check("Python: another key is refused", "key" in str(error).lower(), error)
        else:
            raise SystemExit("FAILED: another key decrypted the code")
        kms = boto3.client("kms", endpoint_url=endpoint, **ANY)
        described = kms.describe_key(KeyId=KEY)["KeyMetadata"]
        check("DescribeKey", (described["Arn"], described["KeyState"]) == (KEY, "Enabled"), described)
        generated = kms.generate_data_key(KeyId=KEY, KeySpec="AES_256", EncryptionContext={"a": "b"})
        opened = kms.decrypt(CiphertextBlob=generated["CiphertextBlob"], EncryptionContext={"a": "b"})
        check("GenerateDataKey and Decrypt", opened["Plaintext"] == generated["Plaintext"], opened["KeyId"])
        try:
            kms.decrypt(CiphertextBlob=generated["CiphertextBlob"], EncryptionContext={"a": "c"})
        except kms.exceptions.InvalidCiphertextException as error:
            check("another context is refused", error.response["ResponseMetadata"]["HTTPStatusCode"] == 400)
        else:
            raise SystemExit("FAILED: another encryption context decrypted the data key")

        # The function in JavaScript, as Cognito's guide has it.
        cognito.sign_up(ClientId=app, Username="bob", Password=PASSWORD,
                        UserAttributes=[{"Name": "email", "Value": "bob@example.com"}])
        event = events.get(timeout=60)
        ran = subprocess.run([NODE, SENDER], input=json.dumps(event), capture_output=True, text=True, timeout=60,
                             cwd=CLIENTS, env=os.environ | {"KEY_ID": KEY, "KEY_ALIAS": "alias/codes"})
        check("JavaScript: the function runs", ran.returncode == 0, ran.stderr)
        sent = json.loads(ran.stdout)
        check("JavaScript: the encryption context", sent["context"]["userpool-id"] == pool, sent)
        cognito.confirm_sign_up(ClientId=app, Username="bob", ConfirmationCode=sent["code"])
        user = cognito.admin_get_user(UserPoolId=pool, Username="bob")
        check("JavaScript: sign-up confirmed", user["UserStatus"] == "CONFIRMED", user)

        # A temporary password by SMS.
        cognito.admin_create_user(UserPoolId=pool, Username="cleo", TemporaryPassword="Temporary-ä<&>1",
                                  DesiredDeliveryMediums=["SMS"],
                                  UserAttributes=[{"Name": "phone_number", "Value": "+12065559934"}])
        event = events.get(timeout=60)
        password, _ = decrypt_in_python(event["request"]["code"], KEY)
        check("a password by CustomSMSSender", (event["triggerSource"], password)
              == ("CustomSMSSender_AdminCreateUser", "Temporary-ä<&>1"), event["triggerSource"])
        settled(endpoint)


def waiting():
    """A test waits for a message without polling."""
    with emulator(BINARY, "--empty") as endpoint:
        cognito = client(endpoint)
        _, app = new_pool(cognito)
        last = get(endpoint + "/_emulator/outbox")["last"]
        found = queue.Queue()
        path = f"/_emulator/outbox/wait?recipient=ana@example.com&after={last}&timeout=60"
        # The request begins before or after the call: the result is the same.
        waiter = threading.Thread(target=lambda: found.put(get(endpoint + path)))
        waiter.start()
        cognito.sign_up(ClientId=app, Username="ana", Password=PASSWORD,
                        UserAttributes=[{"Name": "email", "Value": "ana@example.com"}])
        message = found.get(timeout=60)["message"]
        waiter.join()
        cognito.confirm_sign_up(ClientId=app, Username="ana", ConfirmationCode=message["code"])
        check("a message ends the wait", message["sequence"] == last + 1, message["sequence"])
        try:
            get(endpoint + f"/_emulator/outbox/wait?after={message['sequence']}&timeout=0.05")
        except urllib.error.HTTPError as error:
            sentence = json.load(error)["message"]
            check("the wait ends with a sentence", error.code == 408 and sentence.startswith(
                "No message that matches arrived within 0.05 seconds"), sentence)
        else:
            raise SystemExit("FAILED: a message arrived twice")


invitation()
later_server()
secured()
custom_senders()
waiting()
summary("messages")
