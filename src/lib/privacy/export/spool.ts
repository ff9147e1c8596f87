import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';

/** Bytes that are read from the file at once. */
const chunkBytes = 64 * 1024;

/**
 * What `write` writes, as a stream that its reader may take as slowly as it likes: the bytes go to
 * a temporary file at the speed of the disk, and are read from there behind the writer. So a
 * transaction that `write` holds open ends no later for a slow reader. `drained` resolves when the
 * client has received what was sent. The file is deleted at the end, also when the reader leaves.
 * Rejects when `write` fails before its first bytes; later the stream fails.
 */
export async function spool(
  write: (output: Writable) => Promise<unknown>,
  drained: () => Promise<void>,
): Promise<ReadableStream<Uint8Array>> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tributary-export-'));
  const file = path.join(directory, 'export.zip');
  const created = await open(file, 'wx', 0o600);
  await created.close();
  const output = createWriteStream(file);
  const state: WriterState = { isDone: false, error: undefined };
  const writer = write(output).then(
    () => (state.isDone = true),
    (error: unknown) => {
      state.error = error ?? new Error('The export failed');
      output.destroy();
    },
  );
  const chunks = followFile(file, state);
  const end = async () => {
    // First, so that a reader who waits for more bytes of the writer waits no longer.
    output.destroy();
    await writer;
    await chunks.return(undefined);
    await rm(directory, { recursive: true, force: true });
  };
  let next: Promise<IteratorResult<Uint8Array, undefined>> | undefined = chunks.next();
  await next.catch(async (error: unknown) => {
    await end();
    throw error;
  });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          await drained();
          const { value, done } = await (next ?? chunks.next());
          next = undefined;
          if (done !== true) return controller.enqueue(value);
          await end();
          controller.close();
        } catch (error) {
          await end();
          controller.error(error);
        }
      },
      async cancel() {
        await end();
      },
    },
    { highWaterMark: 0 },
  );
}

interface WriterState {
  isDone: boolean;
  error: unknown;
}

/** How long to wait for more when the reader has caught up with the writer. */
const pauseMs = 50;

async function* followFile(
  file: string,
  state: WriterState,
): AsyncGenerator<Uint8Array, undefined> {
  const handle = await open(file);
  try {
    for (let position = 0; ;) {
      if (state.error !== undefined) throw state.error;
      const isLast = state.isDone;
      const { bytesRead, buffer } = await handle.read(
        Buffer.alloc(chunkBytes),
        0,
        chunkBytes,
        position,
      );
      position += bytesRead;
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      else if (isLast) return undefined;
      else await pause();
    }
  } finally {
    await handle.close();
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs));
