import { z } from 'zod';
import { readKeyId, type EncryptionContext } from '../../platform/crypto.ts';
import { openText, sealText } from '../seal.ts';

/**
 * The secrets of a sign-in, stored encrypted until it ends: the device code that we poll with or the
 * code verifier of the attempt that is under way, and what a person entered.
 */
const secretsSchema = z.object({
  deviceCode: z.string().optional(),
  codeVerifier: z.string().optional(),
  secrets: z.record(z.string(), z.string()),
});
export type SignInSecrets = z.output<typeof secretsSchema>;

interface AuthorizationKey {
  tenantId: string;
  id: string;
}

/** Encrypts the secrets of a sign-in and returns the ciphertext with the key's id. */
export function sealSignInSecrets(
  key: AuthorizationKey,
  secrets: SignInSecrets,
): { sealed: Buffer; keyId: string } {
  const sealed = sealText(toEncryptionContext(key), JSON.stringify(secrets));
  return { sealed, keyId: readKeyId(sealed) };
}

/** Throws DecryptionError, for example when the key was removed while a person signed in. */
export function openSignInSecrets(key: AuthorizationKey, sealed: Buffer): SignInSecrets {
  return secretsSchema.parse(JSON.parse(openText(toEncryptionContext(key), sealed)));
}

const toEncryptionContext = ({ tenantId, id }: AuthorizationKey): EncryptionContext => ({
  tenant: tenantId,
  table: 'device_consents',
  row: id,
  column: 'sealed',
});
