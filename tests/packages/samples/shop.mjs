// The application of the samples: sign-up, confirmation and sign-in with the AWS SDK.
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';

export class Shop {
  constructor(config, clientId) {
    this.cognito = new CognitoIdentityProvider({ ...config, maxAttempts: 1 });
    this.clientId = clientId;
  }

  register(email, password) {
    const attributes = [{ Name: 'email', Value: email }];
    return this.cognito.signUp({ ClientId: this.clientId, Username: email.split('@')[0], Password: password, UserAttributes: attributes });
  }

  confirm(name, code) {
    return this.cognito.confirmSignUp({ ClientId: this.clientId, Username: name, ConfirmationCode: code });
  }

  async signIn(name, password) {
    const { AuthenticationResult: tokens } = await this.cognito.initiateAuth({
      ClientId: this.clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: name, PASSWORD: password },
    });
    return this.cognito.getUser({ AccessToken: tokens.AccessToken });
  }

  async customers(pool) {
    const { Users } = await this.cognito.listUsers({ UserPoolId: pool });
    return Users.map((user) => user.Username).sort();
  }
}
