// A function of CustomEmailSender: decrypts the code of the event on stdin with the AWS Encryption
// SDK, with the settings of Cognito's guide, and prints the code and its encryption context.

import { createRequire } from 'node:module';

const require = createRequire(`${process.cwd()}/`);
const { buildClient, CommitmentPolicy, KmsKeyringNode } = require('@aws-crypto/client-node');

const { decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT);
const keyring = new KmsKeyringNode({
	generatorKeyId: process.env.KEY_ALIAS,
	keyIds: [process.env.KEY_ID],
});

const parts = [];
for await (const part of process.stdin) parts.push(part);
const event = JSON.parse(Buffer.concat(parts));
const { plaintext, messageHeader } = await decrypt(keyring, Buffer.from(event.request.code, 'base64'));
console.log(JSON.stringify({ code: plaintext.toString('utf8'), context: { ...messageHeader.encryptionContext } }));
