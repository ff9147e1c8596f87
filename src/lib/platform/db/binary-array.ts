/*
 * Arrays in PostgreSQL's binary format, which costs neither side the quoting, unquoting and parsing
 * that the text format does.
 * Source: array_recv, https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/arrayfuncs.c
 */

/** How the values of one type are written. */
interface Encoder {
  /** The type's number in pg_type, which is the same on every server. */
  oid: number;
  /** Whether the value can be written in this format. */
  accepts(value: unknown): boolean;
  /** The number of bytes that the value takes. */
  measure(value: never): number;
  /** Writes the value at `offset`. */
  write(buffer: Buffer, value: never, offset: number): void;
}

const utf8 = {
  accepts: (value: unknown) => typeof value === 'string',
  measure: (value: string) => Buffer.byteLength(value, 'utf8'),
  write: (buffer: Buffer, value: string, offset: number) =>
    void buffer.write(value, offset, 'utf8'),
};

const jsonbVersion = 1;
const uuidPattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Microseconds are counted from this instant. */
const epochMs = BigInt(Date.UTC(2000, 0, 1));

const encoders: Readonly<Record<string, Encoder>> = {
  text: { oid: 25, ...utf8 },
  json: { oid: 114, ...utf8 },
  jsonb: {
    oid: 3802,
    accepts: utf8.accepts,
    measure: (value: string) => 1 + utf8.measure(value),
    write: (buffer, value: string, offset) =>
      utf8.write(buffer, value, buffer.writeUInt8(jsonbVersion, offset)),
  },
  uuid: {
    oid: 2950,
    accepts: (value) => typeof value === 'string' && uuidPattern.test(value),
    measure: () => 16,
    write: (buffer, value: string, offset) =>
      void buffer.write(value.replaceAll('-', ''), offset, 'hex'),
  },
  'timestamp with time zone': {
    oid: 1184,
    accepts: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
    measure: () => 8,
    write: (buffer, value: Date, offset) =>
      void buffer.writeBigInt64BE((BigInt(value.getTime()) - epochMs) * 1000n, offset),
  },
};

const headerBytes = 20;

/**
 * The values (null and undefined are NULL) as an array of an SQL type. Undefined when there is no
 * encoder for the type or for one of the values.
 */
export function encodeArray(type: string, values: readonly unknown[]): Buffer | undefined {
  const encoder = encoders[type];
  const given = values.map((value) => value ?? null);
  if (encoder === undefined || given.some((value) => value !== null && !encoder.accepts(value)))
    return undefined;
  const sizes = given.map((value) => (value === null ? -1 : encoder.measure(value as never)));
  const length = sizes.reduce((sum, size) => sum + 4 + Math.max(size, 0), headerBytes);
  const buffer = Buffer.allocUnsafe(length);
  writeHeader(buffer, encoder.oid, values.length, sizes.includes(-1));
  let offset = headerBytes;
  given.forEach((value, index) => {
    const size = sizes[index] ?? -1;
    offset = buffer.writeInt32BE(size, offset);
    if (size < 0) return;
    encoder.write(buffer, value as never, offset);
    offset += size;
  });
  return buffer;
}

function writeHeader(buffer: Buffer, oid: number, length: number, hasNulls: boolean): void {
  const [dimensions, lowerBound] = [1, 1];
  [dimensions, hasNulls ? 1 : 0, oid, length, lowerBound].forEach((field, index) =>
    buffer.writeInt32BE(field, index * 4),
  );
}
