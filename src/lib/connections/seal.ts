import { config } from '../platform/config.ts';
import {
  decrypt,
  encrypt,
  readKeyId,
  parseKeyRing,
  type KeyRing,
  type EncryptionContext,
} from '../platform/crypto.ts';
import { registerSecret } from '../platform/secrets.ts';

/** What an encrypted secret is bound to: one name of one connection of one tenant. */
export interface SecretContext {
  tenantId: string;
  connectionId: string;
  name: string;
}

/** The keys of TRIBUTARY_KEYS, newest first. */
export function keyRing(): KeyRing {
  return parseKeyRing(config().TRIBUTARY_KEYS);
}

/**
 * Encrypts a secret with the newest key and returns the ciphertext with the key's id. From then on
 * this process removes the secret from everything it logs.
 */
export function sealSecret(
  context: SecretContext,
  secret: string,
): { sealed: Buffer; keyId: string } {
  registerSecret(secret);
  const sealed = encrypt(keyRing(), toEncryptionContext(context), secret);
  return { sealed, keyId: readKeyId(sealed) };
}

/** Decrypts what `sealSecret` made for the same context. Throws DecryptionError. */
export function openSecret(context: SecretContext, sealed: Buffer): string {
  const secret = decrypt(keyRing(), toEncryptionContext(context), sealed);
  registerSecret(secret);
  return secret;
}

/**
 * As `sealSecret`, for text in any other column. The text may hold several secrets, so it is not
 * registered as a secret itself.
 */
export function sealText(context: EncryptionContext, text: string): Buffer {
  return encrypt(keyRing(), context, text);
}

/** Decrypts what `sealText` made for the same context. Throws DecryptionError. */
export function openText(context: EncryptionContext, sealed: Buffer): string {
  return decrypt(keyRing(), context, sealed);
}

function toEncryptionContext({ tenantId, connectionId, name }: SecretContext): EncryptionContext {
  return {
    tenant: tenantId,
    table: 'credentials',
    row: `${connectionId}/${name}`,
    column: 'sealed',
  };
}
