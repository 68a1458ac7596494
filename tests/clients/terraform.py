"""The calls of Terraform's AWS provider for a user pool and its parts: create, read, change, delete.

usage: terraform.py BINARY

Terraform itself is not run. The order of the calls and the rules for a plan without changes are
those of the provider's sources, `internal/service/cognitoidp/*.go` of
hashicorp/terraform-provider-aws: after each step, what is read must be what was written, and an
argument that the provider neither computes nor got must be absent.
"""

import sys

import boto3
from botocore.config import Config

from emulator import check, emulator, summary

# Arguments of `aws_cognito_user_pool` that the provider does not compute: a response with one of
# them, although it is not configured, would be a change in every plan. `AccountRecoverySetting`
# and `EmailConfiguration` are not listed, because the provider ignores them if they are missing.
NOT_COMPUTED = ("AliasAttributes", "AutoVerifiedAttributes", "DeviceConfiguration", "SmsAuthenticationMessage",
                "UserAttributeUpdateSettings", "UserPoolAddOns", "UsernameAttributes", "UsernameConfiguration")
# Details of a provider that Cognito adds, which plans ignore if they have exactly these values.
GOOGLE = {
    "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
    "attributes_url_add_attributes": "true",
    "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
    "oidc_issuer": "https://accounts.google.com",
    "token_request_method": "POST",
    "token_url": "https://www.googleapis.com/oauth2/v4/token",
}


def includes(found, written):
    """Whether `found` has everything that was written; the order of lists of texts has no meaning."""
    if isinstance(written, dict):
        return isinstance(found, dict) and all(includes(found.get(name), value) for name, value in written.items())
    if isinstance(written, list) and all(isinstance(one, str) for one in written):
        return sorted(found or []) == sorted(written)
    return found == written


def standard(name):
    """A standard attribute that is not configured. With another value it would be a change in every plan."""
    own = {"Name": name, "AttributeDataType": "String", "DeveloperOnlyAttribute": False, "Mutable": name != "sub", "Required": name == "sub"}
    if name.endswith("_verified"):
        return own | {"AttributeDataType": "Boolean"}
    if name == "updated_at":
        return own | {"AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "0"}}
    lengths = {"birthdate": ("10", "10"), "sub": ("1", "2048")}.get(name, ("0", "2048"))
    bounds = {} if name == "identities" else {"MinLength": lengths[0], "MaxLength": lengths[1]}
    return own | {"StringAttributeConstraints": bounds}


class Pool:
    """`aws_cognito_user_pool`."""

    def __init__(self, cognito, arguments, mfa=None):
        self.cognito = cognito
        self.id = cognito.create_user_pool(**arguments)["UserPool"]["Id"]
        if mfa:
            cognito.set_user_pool_mfa_config(UserPoolId=self.id, **mfa)
        self.arguments, self.mfa = arguments, mfa

    def check(self, name):
        """Two reads, as in the apply and in the next plan."""
        for _ in range(2):
            pool = self.cognito.describe_user_pool(UserPoolId=self.id)["UserPool"]
            written = {key: value for key, value in self.arguments.items() if key not in ("PoolName", "Schema")}
            check(f"{name}: what is read is what was written", includes(pool, written) and
                  pool["Name"] == self.arguments["PoolName"], pool)
            # The provider reads empty settings as absent ones.
            if not pool.get("UserAttributeUpdateSettings", {}).get("AttributesRequireVerificationBeforeUpdate"):
                pool.pop("UserAttributeUpdateSettings", None)
            surplus = [key for key in NOT_COMPUTED if key in pool and key not in self.arguments]
            check(f"{name}: nothing else is set", surplus == [] and pool.get("LambdaConfig", {}) ==
                  self.arguments.get("LambdaConfig", {}) and pool["DeletionProtection"] ==
                  self.arguments.get("DeletionProtection", "INACTIVE"), pool)
            self.check_schema(name, pool["SchemaAttributes"])
            mfa = self.cognito.get_user_pool_mfa_config(UserPoolId=self.id)
            mfa.pop("ResponseMetadata")
            expected = {"MfaConfiguration": "OFF"} | (self.mfa or {})
            check(f"{name}: so is the MFA", includes(mfa, expected) and set(mfa) == set(expected), mfa)

    def check_schema(self, name, attributes):
        found = {attribute["Name"]: attribute for attribute in attributes}
        for attribute in self.arguments.get("Schema", []):
            own = found.get("custom:" + attribute["Name"]) or found.get(attribute["Name"])
            check(f"{name}: the attribute {attribute['Name']} is the same",
                  own and own | {"Name": attribute["Name"]} == attribute, own)
        own = {it["Name"] for it in self.arguments.get("Schema", [])}
        others = {key: it for key, it in found.items() if key not in own and not key.startswith("custom:")}
        check(f"{name}: the standard attributes have their defaults", others == {key: standard(key) for key in others}, others)
        custom = [name for name in found if name.startswith(("custom:", "dev:"))]
        expected = ["custom:" + it["Name"] for it in self.arguments.get("Schema", []) if it["Name"] not in found]
        check(f"{name}: no other attribute is custom", sorted(custom) == sorted(expected), custom)

    def update(self, name, arguments, mfa=None):
        """A change: MFA first, then the pool, with everything that is configured."""
        if mfa:
            self.cognito.set_user_pool_mfa_config(UserPoolId=self.id, **mfa)
            self.mfa = mfa
        self.arguments |= arguments
        changeable = {key: value for key, value in self.arguments.items()
                      if key not in ("PoolName", "Schema", "AliasAttributes", "UsernameAttributes", "UsernameConfiguration",
                                     "UserPoolTags")}
        self.cognito.update_user_pool(UserPoolId=self.id, **changeable, **(
            {"MfaConfiguration": self.mfa["MfaConfiguration"]} if self.mfa else {}))
        self.check(name)


def pools(cognito):
    Pool(cognito, {"PoolName": "least"}).check("a pool with a name")
    policy = {"MinimumLength": 10, "RequireLowercase": True, "RequireNumbers": True, "RequireSymbols": False,
              "RequireUppercase": False, "TemporaryPasswordValidityDays": 3}
    email = {"Name": "email", "AttributeDataType": "String", "DeveloperOnlyAttribute": False, "Mutable": True,
             "Required": True, "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"}}
    plan = {"Name": "plan", "AttributeDataType": "String", "DeveloperOnlyAttribute": False, "Mutable": True,
            "Required": False, "StringAttributeConstraints": {"MinLength": "1", "MaxLength": "20"}}
    pool = Pool(cognito, {
        "PoolName": "shop", "UserPoolTags": {"stage": "test"}, "UsernameAttributes": ["email"],
        "AutoVerifiedAttributes": ["email"], "DeletionProtection": "INACTIVE",
        "UsernameConfiguration": {"CaseSensitive": False}, "Policies": {"PasswordPolicy": policy},
        "Schema": [email, plan], "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False},
        "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False},
        "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE", "EmailSubject": "Code", "EmailMessage": "{####}"},
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
        "LambdaConfig": {"PreSignUp": "arn:aws:lambda:us-east-1:123456789012:function:welcome"},
    }, {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}})
    pool.check("a pool with many arguments")
    pool.update("a changed policy", {"Policies": {"PasswordPolicy": policy | {"MinimumLength": 12}}})
    pool.update("MFA for all", {}, {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": True}})
    cognito.add_custom_attributes(UserPoolId=pool.id, CustomAttributes=[plan | {"Name": "team"}])
    pool.arguments["Schema"].append(plan | {"Name": "team"})
    pool.check("a new attribute")
    return pool.id


def client(cognito, pool):
    """`aws_cognito_user_pool_client`: what is not configured, the provider takes from the response."""
    written = {
        "ClientName": "web", "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "AccessTokenValidity": 15, "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "hours", "RefreshToken": "days"},
        "AllowedOAuthFlows": ["code"], "AllowedOAuthFlowsUserPoolClient": True, "AllowedOAuthScopes": ["openid", "email", "api/read"],
        "CallbackURLs": ["https://shop.example.com/b", "https://shop.example.com/a"], "SupportedIdentityProviders": ["COGNITO", "Google"],
    }
    created = cognito.create_user_pool_client(UserPoolId=pool, GenerateSecret=True, **written)["UserPoolClient"]
    known = {"UserPoolId": pool, "ClientId": created["ClientId"]}
    for _ in range(2):
        read = cognito.describe_user_pool_client(**known)["UserPoolClient"]
        check("a client: what is read is what was written", includes(read, written), read)
        check("a client: what the response added stays", includes(read, created), (read, created))
    state = {key: value for key, value in read.items() if key not in ("ClientSecret", "CreationDate", "LastModifiedDate")}
    changed = state | {"RefreshTokenValidity": 7}
    updated = cognito.update_user_pool_client(**changed)["UserPoolClient"]
    check("a client: a change with the whole state changes nothing else", includes(updated, changed), updated)
    return known


def parts(cognito, pool):
    written = {"Identifier": "api", "Name": "api", "Scopes": [{"ScopeName": "read", "ScopeDescription": "Read"}]}
    cognito.create_resource_server(UserPoolId=pool, **written)
    read = cognito.describe_resource_server(UserPoolId=pool, Identifier="api")["ResourceServer"]
    check("a resource server: what is read is what was written", read == written | {"UserPoolId": pool}, read)

    written = {"GroupName": "admins", "Description": "All", "Precedence": 1, "RoleArn": "arn:aws:iam::123456789012:role/admins"}
    cognito.create_group(UserPoolId=pool, **written)
    read = cognito.get_group(UserPoolId=pool, GroupName="admins")["Group"]
    check("a group: what is read is what was written", includes(read, written), read)
    cognito.create_group(UserPoolId=pool, GroupName="least")
    read = cognito.get_group(UserPoolId=pool, GroupName="least")["Group"]
    check("a group: nothing else is set", not {"Description", "Precedence", "RoleArn"} & set(read), read)

    details = {"client_id": "shop", "client_secret": "secret", "authorize_scopes": "openid email"}
    cognito.create_identity_provider(UserPoolId=pool, ProviderName="Google", ProviderType="Google", ProviderDetails=details,
                                     AttributeMapping={"email": "email", "username": "sub"})
    read = cognito.describe_identity_provider(UserPoolId=pool, ProviderName="Google")["IdentityProvider"]
    check("a provider: plans ignore what Cognito adds", read["ProviderDetails"] == GOOGLE | details, read)
    check("a provider: what is read is what was written",
          read["AttributeMapping"] == {"email": "email", "username": "sub"} and not read.get("IdpIdentifiers"), read)

    cognito.create_user_pool_domain(UserPoolId=pool, Domain="terraform-shop")
    read = cognito.describe_user_pool_domain(Domain="terraform-shop")["DomainDescription"]
    check("a domain: it is active, and has all computed attributes", read["Status"] == "ACTIVE" and read["UserPoolId"] == pool and
          {"AWSAccountId", "CloudFrontDistribution", "S3Bucket", "Version"} <= set(read) and
          not read.get("CustomDomainConfig"), read)


def chosen_ids(cognito):
    """The ids that the guide chooses: the provider allows the names, and reads them as they were written."""
    pool = Pool(cognito, {"PoolName": "mine", "UserPoolTags": {"_custom_id_": "us-east-1_Mine"}})
    pool.check("a chosen id")
    client = cognito.create_user_pool_client(UserPoolId=pool.id, ClientName="_custom_id_:shopweb")["UserPoolClient"]
    check("ids are chosen", (pool.id, client["ClientId"], client["ClientName"]) ==
          ("us-east-1_Mine", "shopweb", "_custom_id_:shopweb"), client)


def destroy(cognito, pool, known):
    cognito.delete_user_pool_domain(UserPoolId=pool, Domain="terraform-shop")
    gone = cognito.describe_user_pool_domain(Domain="terraform-shop")["DomainDescription"]
    check("a deleted domain has no status", "Status" not in gone, gone)
    cognito.delete_user_pool_client(**known)
    cognito.delete_identity_provider(UserPoolId=pool, ProviderName="Google")
    cognito.delete_group(UserPoolId=pool, GroupName="admins")
    cognito.delete_resource_server(UserPoolId=pool, Identifier="api")
    cognito.delete_user_pool(UserPoolId=pool)
    for call, arguments in ((cognito.describe_user_pool, {"UserPoolId": pool}), (cognito.describe_user_pool_client, known)):
        try:
            call(**arguments)
        except cognito.exceptions.ResourceNotFoundException:
            check("what was deleted is not found", True)
        else:
            raise SystemExit(f"FAILED: {arguments} is still there")


def main(binary):
    with emulator(binary, "--empty") as endpoint:
        cognito = boto3.client("cognito-idp", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="any",
                               aws_secret_access_key="any", config=Config(retries={"total_max_attempts": 1}))
        pool = pools(cognito)
        parts(cognito, pool)
        known = client(cognito, pool)
        destroy(cognito, pool, known)
        chosen_ids(cognito)
    summary("Terraform's calls")


if __name__ == "__main__":
    main(sys.argv[1])
