import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { RemoteError } from './errors.ts';

const DECODERS: Record<string, (() => NodeJS.ReadWriteStream) | undefined> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * The whole body as text, decompressed; `binary` gives a character for each byte instead. Stops at
 * `maxBytes` of decompressed data, because a few hundred kilobytes of gzip can hold hundreds of
 * megabytes. Errors of the socket and of the compression pass through.
 */
export async function readText(
  raw: Readable,
  headers: { encoding: string; contentType: string },
  limit: { maxBytes: number; host: string; binary?: boolean },
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decompress(
    raw,
    headers.encoding,
    limit.host,
  ) as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the stream, and with it the socket.
    if (size > limit.maxBytes) throw tooLargeError(limit);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks, size);
  return limit.binary === true
    ? bytes.toString('latin1')
    : createTextDecoder(headers.contentType).decode(bytes);
}

function decompress(
  raw: Readable,
  encoding: string,
  host: string,
): Readable | NodeJS.ReadWriteStream {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return raw;
  const create = DECODERS[name];
  if (create === undefined) {
    raw.destroy();
    throw new RemoteError(
      'malformed',
      `${host} answered in a compression that was not asked for. Tell its support.`,
    );
  }
  // The reader of the decoder sees the errors; the callback only keeps them from being thrown
  // twice.
  return pipeline(raw, create(), () => undefined);
}

function createTextDecoder(contentType: string): TextDecoder {
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder('utf-8');
  }
}

function tooLargeError({ maxBytes, host }: { maxBytes: number; host: string }): RemoteError {
  const mebibytes = Math.round(maxBytes / 1024 / 1024);
  return new RemoteError(
    'malformed',
    `${host} sent an answer of more than ${mebibytes} MiB. Ask for smaller pages.`,
  );
}
