import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const version = 1;

/**
 * The place that a ciphertext belongs to. It is authenticated, so the ciphertext cannot be
 * decrypted for another place.
 */
export interface EncryptionContext {
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

/**
 * Thrown when a value cannot be encrypted or decrypted. The message contains nothing of the value
 * or the key, at most the key's id.
 */
export class DecryptionError extends Error {
  override name = 'DecryptionError';
}

/**
 * Encrypts under a fresh data key, which the newest ring key wraps. Throws DecryptionError without
 * a key. Layout: version (1) | key id length (1) | key id | wrapped data key (12 + 32 + 16) |
 * encrypted text (12 + n + 16).
 */
export function encrypt(ring: KeyRing, context: EncryptionContext, plaintext: string): Buffer {
  const key = ring[0];
  if (key === undefined)
    throw new DecryptionError('No encryption key is configured (TRIBUTARY_KEYS).');
  const dataKey = randomBytes(keyBytes);
  const aad = encodeAssociatedData(context, key.id);
  const id = Buffer.from(key.id);
  return Buffer.concat([
    Buffer.from([version, id.length]),
    id,
    seal(key.bytes, dataKey, aad),
    seal(dataKey, Buffer.from(plaintext, 'utf8'), aad),
  ]);
}

/** Decrypts what `encrypt` returned for the same place. Throws DecryptionError. */
export function decrypt(ring: KeyRing, context: EncryptionContext, blob: Buffer): string {
  const keyId = readKeyId(blob);
  const key = ring.find((candidate) => candidate.id === keyId);
  if (key === undefined)
    throw new DecryptionError(
      `The key "${keyId}" is not in TRIBUTARY_KEYS; put it back or rotate while it is there.`,
    );
  const aad = encodeAssociatedData(context, key.id);
  const wrappedAt = 2 + Buffer.byteLength(keyId);
  const sealedAt = wrappedAt + ivBytes + keyBytes + tagBytes;
  const dataKey = open(key.bytes, blob.subarray(wrappedAt, sealedAt), aad);
  return open(dataKey, blob.subarray(sealedAt), aad).toString('utf8');
}

/** The id of the key that a ciphertext needs. Throws DecryptionError if it cannot be read. */
export function readKeyId(blob: Buffer): string {
  const length = blob[1];
  if (blob[0] !== version || length === undefined || blob.length < 2 + length)
    throw new DecryptionError('The ciphertext is damaged.');
  return blob.subarray(2, 2 + length).toString('utf8');
}

function encodeAssociatedData(context: EncryptionContext, keyId: string): Buffer {
  return Buffer.from(
    JSON.stringify([version, context.tenant, context.table, context.row, context.column, keyId]),
  );
}

function seal(key: Buffer, plaintext: Buffer, aad: Buffer): Buffer {
  const iv = randomBytes(ivBytes);
  const encryptor = createCipheriv(cipher, key, iv, { authTagLength: tagBytes });
  encryptor.setAAD(aad);
  const body = Buffer.concat([encryptor.update(plaintext), encryptor.final()]);
  return Buffer.concat([iv, body, encryptor.getAuthTag()]);
}

function open(key: Buffer, sealed: Buffer, aad: Buffer): Buffer {
  if (sealed.length < ivBytes + tagBytes) throw new DecryptionError('The ciphertext is damaged.');
  const decryptor = createDecipheriv(cipher, key, sealed.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  });
  decryptor.setAAD(aad);
  decryptor.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  try {
    return Buffer.concat([
      decryptor.update(sealed.subarray(ivBytes, sealed.length - tagBytes)),
      decryptor.final(),
    ]);
  } catch {
    throw new DecryptionError('The ciphertext does not belong here or was changed.');
  }
}
