import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { RemoteError } from './errors.ts';
import { getOwn } from '../own.ts';

const MEBIBYTE = 1024 * 1024;

const DECODERS: Record<string, (() => NodeJS.ReadWriteStream) | undefined> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads and decompresses the whole body as text; with `binary`, as one character per byte. Stops at
 * `maxBytes` of decompressed data, because a few hundred kilobytes of gzip can expand to hundreds
 * of megabytes. Errors of the socket and of the decompression are passed on.
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
    // Leaving the loop destroys the stream and its socket.
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
  const create = getOwn(DECODERS, name);
  if (create === undefined) {
    raw.destroy();
    throw new RemoteError(
      'malformed',
      `${host} used a compression that we did not request. Report this to its support.`,
    );
  }
  // Errors reach whoever reads the decoder; the callback only prevents a second, uncaught throw.
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
  const mebibytes = Math.round(maxBytes / MEBIBYTE);
  return new RemoteError(
    'malformed',
    `The response of ${host} is larger than ${mebibytes} MiB. Choose a smaller page size.`,
  );
}
