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

/** What a sealed secret is bound to: one name of one connection of one tenant. */
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
 * Seals a secret with the newest key; from now on it is scrubbed from everything this process
 * writes.
 */
export function sealSecret(
  context: SecretContext,
  secret: string,
): { sealed: Buffer; keyId: string } {
  registerSecret(secret);
  const sealed = encrypt(keyRing(), toEncryptionContext(context), secret);
  return { sealed, keyId: readKeyId(sealed) };
}

/** Opens what `sealSecret` made for the same place. Throws DecryptionError. */
export function openSecret(context: SecretContext, sealed: Buffer): string {
  const secret = decrypt(keyRing(), toEncryptionContext(context), sealed);
  registerSecret(secret);
  return secret;
}

/**
 * As `sealSecret`, for a text at any other place; it may hold several secrets and is not scrubbed
 * itself.
 */
export function sealText(context: EncryptionContext, text: string): Buffer {
  return encrypt(keyRing(), context, text);
}

/** Opens what `sealText` made for the same place. Throws DecryptionError. */
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
