import { Problem } from '#lib/platform/errors.ts';

/**
 * The body of a request byte by byte, of at most so many. More is a Problem (too_large) before it
 * is in memory.
 */
export async function readBytes(request: Request, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body === null) return new Uint8Array();
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > most)
      throw new Problem(
        'too_large',
        `This is more than ${most / 1024} KiB, the most that is taken here.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
