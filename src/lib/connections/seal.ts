import { config } from '../platform/config.ts';
import {
  decrypt,
  encrypt,
  keyIdOf,
  parseKeyRing,
  type KeyRing,
  type Place,
} from '../platform/crypto.ts';
import { registerSecret } from '../platform/secrets.ts';

/** What a sealed secret is bound to: one name of one connection of one tenant. */
export interface SecretPlace {
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
export function sealSecret(place: SecretPlace, secret: string): { sealed: Buffer; keyId: string } {
  registerSecret(secret);
  const sealed = encrypt(keyRing(), placeOf(place), secret);
  return { sealed, keyId: keyIdOf(sealed) };
}

/** Opens what `sealSecret` made for the same place. Throws DecryptionError. */
export function openSecret(place: SecretPlace, sealed: Buffer): string {
  const secret = decrypt(keyRing(), placeOf(place), sealed);
  registerSecret(secret);
  return secret;
}

/**
 * As `sealSecret`, for a text at any other place; it may hold several secrets and is not scrubbed
 * itself.
 */
export function sealText(place: Place, text: string): Buffer {
  return encrypt(keyRing(), place, text);
}

/** Opens what `sealText` made for the same place. Throws DecryptionError. */
export function openText(place: Place, sealed: Buffer): string {
  return decrypt(keyRing(), place, sealed);
}

function placeOf({ tenantId, connectionId, name }: SecretPlace): Place {
  return {
    tenant: tenantId,
    table: 'credentials',
    row: `${connectionId}/${name}`,
    column: 'sealed',
  };
}
