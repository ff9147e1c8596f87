import { createPublicKey } from 'node:crypto';
import { parseTags } from '../tags.ts';

/** The contents of a DKIM key record (RFC 6376, RFC 8463). */
export interface DkimKey {
  /** rsa or ed25519; else the published name, or `unknown` when that is not a valid name. */
  keyType: string;
  /** Length of an RSA key; null for other types and for keys that cannot be parsed. */
  bits: number | null;
  /** An empty key: its signatures no longer count. */
  revoked: boolean;
  testing: boolean;
  /** It verifies nothing: the type is unknown or the key cannot be parsed. */
  malformed: boolean;
}

/** Parses a TXT record; null when it is not a key record. Never throws. */
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
  const malformed = keyType === 'rsa' ? bits === null : !isEd25519(keyType, key);
  return { keyType, bits, revoked: false, testing, malformed };
}

/** An Ed25519 public key is published as its bare bytes (RFC 8463, section 4). */
const ED25519_BYTES = 32;

function isEd25519(keyType: string, base64: string): boolean {
  return keyType === 'ed25519' && Buffer.from(base64, 'base64').length === ED25519_BYTES;
}

/**
 * Tries both encodings: a SubjectPublicKeyInfo, and the bare RSA key that some domains publish and
 * receivers accept as well.
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
