import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const version = 1;

/** Where a ciphertext belongs. It opens nowhere else. */
export interface Place {
  tenant: string;
  table: string;
  row: string;
  column: string;
}

interface Key {
  id: string;
  bytes: Buffer;
}

/** Keys that wrap data keys, newest first. */
export type KeyRing = readonly Key[];

/** Reads `id:base64` entries as checked by the configuration. */
export function parseKeyRing(entries: readonly string[]): KeyRing {
  return entries.map((entry) => {
    const colon = entry.indexOf(':');
    return { id: entry.slice(0, colon), bytes: Buffer.from(entry.slice(colon + 1), 'base64') };
  });
}

/** Thrown when a ciphertext does not open; never says more than that. */
export class DecryptionError extends Error {
  override name = 'DecryptionError';
}

/**
 * Encrypts under a fresh data key, which the newest ring key wraps. Layout: version (1) | key id
 * length (1) | key id | wrapped data key (12 + 32 + 16) | sealed text (12 + n + 16).
 */
export function encrypt(ring: KeyRing, place: Place, plaintext: string): Buffer {
  const key = ring[0];
  if (key === undefined)
    throw new DecryptionError('No encryption key is configured (TRIBUTARY_KEYS).');
  const dataKey = randomBytes(keyBytes);
  const bound = associatedData(place, key.id);
  const id = Buffer.from(key.id);
  return Buffer.concat([
    Buffer.from([version, id.length]),
    id,
    seal(key.bytes, dataKey, bound),
    seal(dataKey, Buffer.from(plaintext, 'utf8'), bound),
  ]);
}

/** Opens what `encrypt` made for the same place. */
export function decrypt(ring: KeyRing, place: Place, blob: Buffer): string {
  const keyId = keyIdOf(blob);
  const key = ring.find((candidate) => candidate.id === keyId);
  if (key === undefined)
    throw new DecryptionError(
      `The key "${keyId}" is not in TRIBUTARY_KEYS; put it back or rotate while it is there.`,
    );
  const bound = associatedData(place, key.id);
  const wrappedAt = 2 + Buffer.byteLength(keyId);
  const sealedAt = wrappedAt + ivBytes + keyBytes + tagBytes;
  const dataKey = open(key.bytes, blob.subarray(wrappedAt, sealedAt), bound);
  return open(dataKey, blob.subarray(sealedAt), bound).toString('utf8');
}

/** The id of the key that a ciphertext needs. */
export function keyIdOf(blob: Buffer): string {
  const length = blob[1];
  if (blob[0] !== version || length === undefined || blob.length < 2 + length)
    throw new DecryptionError('The ciphertext is damaged.');
  return blob.subarray(2, 2 + length).toString('utf8');
}

function associatedData(place: Place, keyId: string): Buffer {
  return Buffer.from(
    JSON.stringify([version, place.tenant, place.table, place.row, place.column, keyId]),
  );
}

function seal(key: Buffer, plaintext: Buffer, bound: Buffer): Buffer {
  const iv = randomBytes(ivBytes);
  const sealing = createCipheriv(cipher, key, iv, { authTagLength: tagBytes });
  sealing.setAAD(bound);
  const body = Buffer.concat([sealing.update(plaintext), sealing.final()]);
  return Buffer.concat([iv, body, sealing.getAuthTag()]);
}

function open(key: Buffer, sealed: Buffer, bound: Buffer): Buffer {
  if (sealed.length < ivBytes + tagBytes) throw new DecryptionError('The ciphertext is damaged.');
  const opening = createDecipheriv(cipher, key, sealed.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  });
  opening.setAAD(bound);
  opening.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  try {
    return Buffer.concat([
      opening.update(sealed.subarray(ivBytes, sealed.length - tagBytes)),
      opening.final(),
    ]);
  } catch {
    throw new DecryptionError('The ciphertext does not belong here or was changed.');
  }
}
