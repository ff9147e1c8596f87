import { z } from 'zod';
import { keyIdOf, type Place } from '../../../platform/crypto.ts';
import { openText, sealText } from '../../seal.ts';

/**
 * What a consent keeps secret until it ends: what we ask the token endpoint with, and what a person
 * entered.
 */
const kept = z.object({ deviceCode: z.string(), secrets: z.record(z.string(), z.string()) });
export type KeptSecrets = z.output<typeof kept>;

interface ConsentKey {
  tenantId: string;
  id: string;
}

export function sealConsent(
  key: ConsentKey,
  secrets: KeptSecrets,
): { sealed: Buffer; keyId: string } {
  const sealed = sealText(placeOf(key), JSON.stringify(secrets));
  return { sealed, keyId: keyIdOf(sealed) };
}

/** Throws DecryptionError, as when the key was withdrawn while a person signed in. */
export function openConsent(key: ConsentKey, sealed: Buffer): KeptSecrets {
  return kept.parse(JSON.parse(openText(placeOf(key), sealed)));
}

const placeOf = ({ tenantId, id }: ConsentKey): Place => ({
  tenant: tenantId,
  table: 'device_consents',
  row: id,
  column: 'sealed',
});
