import { createPrivateKey, type KeyObject } from 'node:crypto';
import {
  ClientSecretBasic,
  ClientSecretPost,
  modifyAssertion,
  None,
  PrivateKeyJwt,
  type AuthorizationServer,
  type Client,
  type ClientAuth,
  type CryptoKey,
} from 'oauth4webapi';
import type { Assertion, ClientAuthentication } from '../../connectors/contract/auth.ts';
import { RemoteError } from '../../platform/http/errors.ts';

/** Seconds for which a JWT is good. Salesforce takes at most three minutes. */
const assertionSeconds = 120;

/** How an app proves who it is with the secrets of a connection. Throws RemoteError `auth`. */
export async function authenticateClient(
  method: ClientAuthentication,
  { clientSecret = '', privateKey = '', keyId }: Record<string, string>,
): Promise<ClientAuth> {
  switch (method) {
    case 'client_secret_post':
      return ClientSecretPost(clientSecret);
    case 'client_secret_basic':
      return ClientSecretBasic(clientSecret);
    case 'none':
      return None();
    case 'private_key_jwt':
      return PrivateKeyJwt(await importKey(privateKey, keyId));
  }
}

/** The signed JWT of a grant (RFC 7523, section 2.1). Throws RemoteError `auth`. */
export async function signAssertion(
  as: AuthorizationServer,
  client: Client,
  { privateKey, keyId, claims }: Assertion,
): Promise<string> {
  const sign = PrivateKeyJwt(await importKey(privateKey, keyId), {
    [modifyAssertion]: (_header, payload) => {
      const issuedAt = Number(payload['iat']);
      for (const name of Object.keys(payload)) delete payload[name];
      Object.assign(payload, { iat: issuedAt, exp: issuedAt + assertionSeconds }, claims);
    },
  });
  const body = new URLSearchParams();
  await sign(as, client, body, new Headers());
  return body.get('client_assertion') ?? '';
}

async function importKey(pem: string, keyId: string | undefined) {
  const key = readKey(pem);
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) throw unusableKey();
  const imported = key.toCryptoKey(algorithm, false, ['sign']) as CryptoKey;
  return { key: imported, ...(keyId !== undefined && keyId !== '' && { kid: keyId }) };
}

/** Forms with one line lose the line breaks of PEM, and JSON files hold them as `\n`. */
function readKey(pem: string): KeyObject {
  try {
    const [, label = '', body = ''] =
      /-----BEGIN ([A-Z ]+)-----([\s\S]*?)-----END/.exec(pem.replaceAll(String.raw`\n`, '\n')) ??
      [];
    const lines =
      body
        .replaceAll(/\s+/g, '')
        .match(/.{1,64}/g)
        ?.join('\n') ?? '';
    return createPrivateKey(`-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`);
  } catch {
    throw unusableKey();
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject) {
  if (asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  if (asymmetricKeyType === 'ed25519') return { name: 'Ed25519' };
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1'
    ? { name: 'ECDSA', namedCurve: 'P-256' }
    : undefined;
}

const unusableKey = () =>
  new RemoteError(
    'auth',
    'The private key cannot be read. Enter it again as PEM, from -----BEGIN PRIVATE KEY----- on; ' +
      'it must be an RSA, P-256 or Ed25519 key without a password.',
  );
