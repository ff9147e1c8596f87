import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** Random bytes are drawn for many ids at once: drawing them takes longer than all the rest. */
const pool = new Uint8Array(4096);
const bytesPerId = 16;
let used = pool.length;

function drawRandom(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytesPerId;
  return pool.subarray(used - bytesPerId, used);
}

let msecs = 0;
let seq = 0;
/** Beyond this the counter of a millisecond, which has 32 bits, would begin anew. */
const maxSeq = 0xffff_ffff;

/**
 * A new id (UUID version 7, RFC 9562). Each is greater than those before it in this process: those
 * of one millisecond count up from a random number of 31 bits.
 */
export function newId(): string {
  const now = Date.now();
  const random = drawRandom();
  if (now > msecs || seq === maxSeq) {
    msecs = Math.max(now, msecs + 1);
    seq = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1;
  } else {
    seq += 1;
  }
  return v7({ random, msecs, seq });
}

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID, so that the database can compare it with an id column. */
export function isId(text: string): boolean {
  return pattern.test(text);
}
