import { createPublicKey } from 'node:crypto';
import { parseTags } from '../tags.ts';

/** What a DKIM key record says (RFC 6376, RFC 8463). */
export interface DkimKey {
  /** rsa, ed25519, or what it says when that can be a type. */
  keyType: string;
  /** Of an RSA key that can be read. */
  bits: number | null;
  /** An empty key: nothing that is signed with it counts any more. */
  revoked: boolean;
  testing: boolean;
  /** Nothing can be verified by it: the type is unknown or the key cannot be read. */
  malformed: boolean;
}

/** Reads a TXT record; null when it is no key record. Never throws. */
export function parseDkimKey(text: string): DkimKey | null {
  const tags = parseTags(text);
  const key = tags.get('p')?.replaceAll(/\s/g, '');
  const version = tags.get('v');
  if (key === undefined || (version !== undefined && version !== 'DKIM1')) return null;
  const keyType =
    /^[a-z0-9-]{1,20}$/.exec((tags.get('k') ?? 'rsa').toLowerCase())?.[0] ?? 'unknown';
  const testing = (tags.get('t') ?? '')
    .split(':')
    .some((flag) => flag.trim().toLowerCase() === 'y');
  if (key === '') return { keyType, bits: null, revoked: true, testing, malformed: false };
  const bits = keyType === 'rsa' ? readRsaBits(key) : null;
  const readable =
    keyType === 'rsa'
      ? bits !== null
      : keyType === 'ed25519' && Buffer.from(key, 'base64').length === 32;
  return { keyType, bits, revoked: false, testing, malformed: !readable };
}

/**
 * Key records hold a SubjectPublicKeyInfo; some hold the bare RSA key, which receivers take too.
 */
function readRsaBits(base64: string): number | null {
  const key = Buffer.from(base64, 'base64');
  for (const type of ['spki', 'pkcs1'] as const) {
    try {
      const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({
        key,
        format: 'der',
        type,
      });
      if (asymmetricKeyType === 'rsa') return asymmetricKeyDetails?.modulusLength ?? null;
    } catch {
      continue;
    }
  }
  return null;
}
