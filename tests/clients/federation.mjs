// External identity providers of a pool, in Chromium: oidc-provider, a certified OpenID Connect
// provider, and a SAML provider made with samlify.
//
// usage: node federation.mjs ENDPOINT CHROMIUM

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import {
	api, appClient, check, serve, summary, user, userPool,
} from './domain.mjs';

const require = createRequire(`${process.cwd()}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { chromium } = require('playwright-core');
const forge = require('node-forge');
const saml = require('samlify');

const [endpoint, executablePath] = process.argv.slice(2);
const call = api(endpoint);
const app = await serve((_, response) => {
	response.setHeader('content-type', 'text/html');
	response.end('<!doctype html><title>App</title><link rel="icon" href="data:,">App');
});
const callback = `${app.origin}/callback`;
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });

/** A new browser at the start of a sign-in with a provider. */
async function begin(ClientId, provider, more = {}) {
	const page = await (await browser.newContext()).newPage();
	page.setDefaultTimeout(15_000);
	const query = new URLSearchParams({
		client_id: ClientId,
		response_type: 'code',
		redirect_uri: callback,
		state: 'S',
		nonce: 'N',
		identity_provider: provider,
		...more,
	});
	await page.goto(`${endpoint}/oauth2/authorize?${query}`);
	return page;
}

/** The parameters with which the browser comes to the application. */
async function returned(page) {
	await page.waitForURL((url) => url.href.startsWith(callback)).catch((error) => {
		throw new Error(`the browser is at ${page.url()}: ${error.message}`);
	});
	const query = new URL(page.url()).searchParams;
	await page.context().close();
	return query;
}

/** The claims of the ID token for the code in `query`. */
async function claims(ClientId, query) {
	const answer = await fetch(`${endpoint}/oauth2/token`, {
		method: 'POST',
		body: new URLSearchParams({
			grant_type: 'authorization_code', client_id: ClientId, code: query.get('code'), redirect_uri: callback,
		}),
	});
	const tokens = await answer.json();
	check('the code gets tokens', answer.status === 200, [String(query), tokens]);
	return JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url'));
}

/** An OpenID Connect provider with the accounts `accounts`. */
async function oidcProvider(accounts) {
	const { default: Provider } = await load('oidc-provider');
	let answer;
	const { server, origin } = await serve((request, response) => answer(request, response));
	const provider = new Provider(origin, {
		clients: [{
			client_id: 'pool',
			client_secret: 'a secret of the pool',
			redirect_uris: [`${endpoint}/oauth2/idpresponse`],
			token_endpoint_auth_method: 'client_secret_post',
		}],
		claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['given_name'] },
		findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
		pkce: { required: () => false },
		cookies: { keys: ['a key of the provider'] },
	});
	answer = provider.callback();
	return { server, issuer: origin };
}

/** Signs in at the page of the OpenID Connect provider. */
async function signInAtProvider(page, login) {
	await page.locator('[name=login]').fill(login);
	await page.locator('[name=password]').fill('any');
	await page.locator('button[type=submit]').click();
	await page.getByRole('button', { name: 'Continue' }).click();
}

async function openIdConnect() {
	const accounts = {
		eva: { email: 'eva@example.com', email_verified: true, given_name: 'Eva' },
		ana: { email: 'ana@example.com', email_verified: true, given_name: 'Ana' },
	};
	const { server, issuer } = await oidcProvider(accounts);
	const pool = await userPool(call, 'openid-provider');
	const details = {
		client_id: 'pool', client_secret: 'a secret of the pool', authorize_scopes: 'openid email profile', attributes_request_method: 'GET',
	};
	const provider = (ProviderName, more) => call('CreateIdentityProvider', {
		UserPoolId: pool,
		ProviderName,
		ProviderType: 'OIDC',
		ProviderDetails: { ...details, oidc_issuer: issuer, ...more },
		AttributeMapping: { email: 'email', given_name: 'given_name', email_verified: 'email_verified' },
	});
	await provider('Panva', {});
	await provider('Manual', {
		authorize_url: `${issuer}/auth`, token_url: `${issuer}/token`, attributes_url: `${issuer}/me`, jwks_uri: `${issuer}/jwks`,
	});
	const { ClientId } = await appClient(call, pool, {
		CallbackURLs: [callback], SupportedIdentityProviders: ['COGNITO', 'Panva', 'Manual'],
	});
	try {
		for (const [name, given] of [['Panva', 'Eva'], ['Manual', 'Eva'], ['Panva', 'Eve']]) {
			accounts.eva.given_name = given;
			const page = await begin(ClientId, name);
			await signInAtProvider(page, 'eva');
			const query = await returned(page);
			check(`${name}: the application gets a code`, query.get('state') === 'S' && query.has('code'), String(query));
			const seen = await claims(ClientId, query);
			check(`${name}: the user of the provider`, seen['cognito:username'] === `${name}_eva`
				&& seen.email === 'eva@example.com' && seen.given_name === given && seen.nonce === 'N', seen);
			const [identity] = seen.identities;
			check(`${name}: identities`, identity.userId === 'eva' && identity.providerName === name
				&& identity.providerType === 'OIDC' && identity.primary === 'true', identity);
			check(`${name}: the group of the provider`, seen['cognito:groups'].includes(`${pool}_${name}`), seen);
		}
		const kept = await call('AdminGetUser', { UserPoolId: pool, Username: 'Panva_eva' });
		check('the user exists in the pool', kept.UserStatus === 'EXTERNAL_PROVIDER', kept);

		await user(call, pool, 'ana', { email: 'ana@example.com', email_verified: 'true' });
		await call('AdminLinkProviderForUser', {
			UserPoolId: pool,
			DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: 'ana' },
			SourceUser: { ProviderName: 'Panva', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: 'ana' },
		});
		const linked = await begin(ClientId, 'Panva');
		await signInAtProvider(linked, 'ana');
		const seen = await claims(ClientId, await returned(linked));
		check('a linked user signs in as the pool\'s user', seen['cognito:username'] === 'ana', seen);

		const page = await begin(ClientId, 'Panva');
		await page.getByRole('link', { name: 'Cancel' }).click();
		const query = await returned(page);
		check('a refusal of the provider reaches the application', query.get('error') === 'access_denied'
			&& query.get('state') === 'S', String(query));
	} finally {
		server.close();
	}
}

/** A key and a certificate of a SAML provider. */
function keyPair() {
	const keys = forge.pki.rsa.generateKeyPair(2048);
	const certificate = forge.pki.createCertificate();
	certificate.publicKey = keys.publicKey;
	certificate.serialNumber = '01';
	certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
	const name = [{ name: 'commonName', value: 'provider' }];
	certificate.setSubject(name);
	certificate.setIssuer(name);
	certificate.sign(keys.privateKey, forge.md.sha256.create());
	return {
		privateKey: forge.pki.privateKeyToPem(keys.privateKey), signingCert: forge.pki.certificateToPem(certificate),
	};
}

/** The login response of samlify with the values of a user. */
const response = (idp, sp, request, account) => (template) => {
	const acs = sp.entityMeta.getAssertionConsumerService('post');
	const now = new Date();
	const later = new Date(now.getTime() + 300_000).toISOString();
	const id = idp.entitySetting.generateID();
	return {
		id,
		context: saml.SamlLib.replaceTagsByValue(template, {
			ID: id,
			AssertionID: idp.entitySetting.generateID(),
			Destination: acs,
			Audience: sp.entityMeta.getEntityID(),
			EntityID: sp.entityMeta.getEntityID(),
			SubjectRecipient: acs,
			Issuer: idp.entityMeta.getEntityID(),
			IssueInstant: now.toISOString(),
			AssertionConsumerServiceURL: acs,
			StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success',
			ConditionsNotBefore: now.toISOString(),
			ConditionsNotOnOrAfter: later,
			SubjectConfirmationDataNotOnOrAfter: later,
			NameIDFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
			NameID: account.email,
			InResponseTo: request.extract.request.id,
			AuthnStatement: '',
			attrEmail: account.email,
			attrName: account.name,
		}),
	};
};

/**
 * A SAML provider: it answers each request at once, for the account `account()`. It encrypts
 * assertions if `account().encryptFor` is a certificate.
 */
async function samlProvider(pool, account) {
	saml.setSchemaValidator({ validate: async () => 'not checked here' });
	const trusted = keyPair();
	const attribute = (name, valueTag) => ({
		name, valueTag, nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic', valueXsiType: 'xs:string',
	});
	let answer;
	const { server, origin } = await serve((request, reply) => answer(request, reply).catch((error) => {
		reply.writeHead(500).end(String(error.stack));
	}));
	const made = (keys, more = {}) => saml.IdentityProvider({
		entityID: `${origin}/metadata`,
		...keys,
		...more,
		requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
		nameIDFormat: ['urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'],
		singleSignOnService: [{
			Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: `${origin}/sso`,
		}],
		loginResponseTemplate: {
			context: saml.SamlLib.defaultLoginResponseTemplate.context,
			attributes: [attribute('email', 'Email'), attribute('name', 'Name')],
		},
	});
	const idp = made(trusted);
	const forger = made(keyPair());
	const sealing = made(trusted, {
		isAssertionEncrypted: true,
		messageSigningOrder: 'sign-then-encrypt',
		dataEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#aes256-cbc',
		keyEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
	});
	const provider = (more) => saml.ServiceProvider({
		entityID: `urn:amazon:cognito:sp:${pool}`,
		wantAssertionsSigned: true,
		assertionConsumerService: [{
			Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: `${endpoint}/saml2/idpresponse`,
		}],
		...more,
	});
	answer = async (request, reply) => {
		const query = Object.fromEntries(new URL(request.url, origin).searchParams);
		const parsed = await idp.parseLoginRequest(provider(), 'redirect', { query });
		const { forged, encryptFor } = account();
		const from = forged ? forger : encryptFor ? sealing : idp;
		const sp = provider(encryptFor && { encryptCert: encryptFor });
		const { context, entityEndpoint } = await from.createLoginResponse(sp, parsed, 'post', account(),
			response(from, sp, parsed, account()), Boolean(encryptFor));
		reply.setHeader('content-type', 'text/html');
		reply.end(`<!doctype html><link rel="icon" href="data:,"><form method="post" action="${entityEndpoint}">
			<input type="hidden" name="SAMLResponse" value="${context}">
			<input type="hidden" name="RelayState" value="${query.RelayState}"></form>
			<script>document.forms[0].submit()</script>`);
	};
	return { server, metadata: idp.getMetadata() };
}

async function samlSignIn() {
	const pool = await userPool(call, 'saml-provider');
	let account = { email: 'eva@example.com', name: 'Eva' };
	const { server, metadata } = await samlProvider(pool, () => account);
	await call('CreateIdentityProvider', {
		UserPoolId: pool,
		ProviderName: 'Samlify',
		ProviderType: 'SAML',
		ProviderDetails: { MetadataFile: metadata },
		AttributeMapping: { email: 'email', name: 'name' },
	});
	const { ClientId } = await appClient(call, pool, {
		CallbackURLs: [callback], SupportedIdentityProviders: ['Samlify'],
	});
	try {
		for (const name of ['Eva', 'Eve']) {
			account = { ...account, name };
			const seen = await claims(ClientId, await returned(await begin(ClientId, 'Samlify')));
			check('SAML: the user of the provider', seen['cognito:username'] === 'Samlify_eva@example.com'
				&& seen.email === 'eva@example.com' && seen.name === name, seen);
			check('SAML: identities', seen.identities[0].providerType === 'SAML'
				&& seen.identities[0].userId === 'eva@example.com', seen.identities);
		}
		// The certificate of the pool, then that of another key.
		const { IdentityProvider: { ProviderDetails: details } } = await call('UpdateIdentityProvider', {
			UserPoolId: pool,
			ProviderName: 'Samlify',
			ProviderDetails: { MetadataFile: metadata, EncryptedResponses: 'true' },
		});
		account = { ...account, encryptFor: details.ActiveEncryptionCertificate };
		const sealed = await claims(ClientId, await returned(await begin(ClientId, 'Samlify')));
		check('SAML: an encrypted assertion', sealed.email === 'eva@example.com', sealed);
		for (const encryptFor of [keyPair().signingCert, undefined]) {
			account = { ...account, encryptFor };
			const query = await returned(await begin(ClientId, 'Samlify'));
			check('SAML: an assertion that is encrypted for another key, or not at all, is refused',
				query.get('error') === 'server_error', String(query));
		}
		await call('UpdateIdentityProvider', {
			UserPoolId: pool,
			ProviderName: 'Samlify',
			ProviderDetails: { MetadataFile: metadata },
		});
		account = { ...account, forged: true };
		const query = await returned(await begin(ClientId, 'Samlify'));
		check('SAML: the signature of another key is refused', query.get('error') === 'server_error'
			&& query.get('error_description') === 'Invalid SAML response received: SAML Assertion signature is invalid. ', String(query));
	} finally {
		server.close();
	}
}

try {
	await openIdConnect();
	await samlSignIn();
} finally {
	await browser.close();
	app.server.close();
}
summary('external providers in Chromium');
