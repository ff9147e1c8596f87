import { createPublicKey } from 'node:crypto';
import { findDuplicateTags, parseTags } from '../tags.ts';

/** Why verifiers refuse a key. */
export type KeyFault =
  'key' | 'type' | 'base64' | 'version' | 'duplicate' | 'hash' | 'service' | 'exponent';

/** The contents of a DKIM key record (RFC 6376, RFC 8463). */
export interface DkimKey {
  /** rsa or ed25519; else the published name, or `unknown` when that is not a valid name. */
  keyType: string;
  /** Length of an RSA key; null for other types and for keys that cannot be parsed. */
  bits: number | null;
  /** An empty key: its signatures no longer count. */
  revoked: boolean;
  testing: boolean;
  /** It verifies nothing: the type is unknown, or the record or the key cannot be used. */
  malformed: boolean;
  /** Why it verifies nothing. */
  fault?: KeyFault;
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
  const read = keyType === 'rsa' ? readRsa(key) : null;
  const fault = findRecordFault(text, tags) ?? findKeyFault(keyType, key, read);
  return fault === undefined
    ? { keyType, bits: read?.bits ?? null, revoked: false, testing, malformed: false }
    : { keyType, bits: null, revoked: false, testing, malformed: true, fault };
}

/**
 * What makes verifiers refuse a record whatever its key (RFC 6376, sections 3.2 and 3.6.1): a
 * version that is not in front, a tag twice, signatures by SHA-1 alone (RFC 8301, section 3.1), or
 * another service than e-mail.
 */
function findRecordFault(text: string, tags: ReadonlyMap<string, string>): KeyFault | undefined {
  if (tags.has('v') && !/^\s*v\s*=/i.test(text)) return 'version';
  if (findDuplicateTags(text).length > 0) return 'duplicate';
  const lists = (name: string, ...accepted: string[]) =>
    !tags.has(name) ||
    (tags.get(name) ?? '').split(':').some((each) => accepted.includes(each.trim().toLowerCase()));
  if (!lists('h', 'sha256')) return 'hash';
  return lists('s', '*', 'email') ? undefined : 'service';
}

/** Base64 of RFC 4648 in full groups; decoders that skip other characters read another key. */
const isBase64 = (text: string): boolean =>
  /^(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?$/i.test(text);

function findKeyFault(keyType: string, key: string, read: RsaKey | null): KeyFault | undefined {
  if (keyType !== 'rsa' && keyType !== 'ed25519') return 'type';
  if (!isBase64(key)) return 'base64';
  if (keyType === 'ed25519') return isEd25519(key) ? undefined : 'key';
  if (read === null) return 'key';
  // With an exponent of 1 a signature is its own text, and an even one has no inverse.
  return read.exponent < 3n || read.exponent % 2n === 0n ? 'exponent' : undefined;
}

/** An Ed25519 public key is published as its bare bytes (RFC 8463, section 4). */
const ED25519_BYTES = 32;

const isEd25519 = (base64: string): boolean =>
  Buffer.from(base64, 'base64').length === ED25519_BYTES;

interface RsaKey {
  bits: number;
  exponent: bigint;
}

/**
 * Tries both encodings: a SubjectPublicKeyInfo, and the bare RSA key that some domains publish and
 * receivers accept as well.
 */
function readRsa(base64: string): RsaKey | null {
  const key = Buffer.from(base64, 'base64');
  for (const type of ['spki', 'pkcs1'] as const) {
    try {
      const read = createPublicKey({ key, format: 'der', type });
      const { modulusLength, publicExponent } = read.asymmetricKeyDetails ?? {};
      if (read.asymmetricKeyType === 'rsa' && modulusLength !== undefined)
        return { bits: modulusLength, exponent: publicExponent ?? 0n };
    } catch {
      continue;
    }
  }
  return null;
}
