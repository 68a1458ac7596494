import pytest


@pytest.fixture
def shop(cognito):
    """The application, with the app client of the pool file."""
    return Shop(cognito.client, cognito.pool().clients[0].id)


class Shop:
    """Sign-up, confirmation and sign-in with boto3."""

    def __init__(self, client, client_id):
        self.client, self.client_id = client, client_id

    def register(self, email, password):
        attributes = [{"Name": "email", "Value": email}]
        self.client.sign_up(ClientId=self.client_id, Username=email.split("@")[0], Password=password, UserAttributes=attributes)

    def confirm(self, name, code):
        self.client.confirm_sign_up(ClientId=self.client_id, Username=name, ConfirmationCode=code)

    def sign_in(self, name, password):
        tokens = self.client.initiate_auth(ClientId=self.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={
            "USERNAME": name, "PASSWORD": password})["AuthenticationResult"]
        return self.client.get_user(AccessToken=tokens["AccessToken"])
