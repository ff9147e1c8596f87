import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { getCancellation } from '../../../platform/db/cancel.ts';
import { Problem } from '../../../platform/errors.ts';
import type { CellValue, Column } from '../list.ts';

/** What a workbook has besides its rows. */
export interface WorkbookHead {
  sheet: string;
  /** The first line. */
  about: string;
  columns: Column[];
  timeZone: string;
}

/** Rows to add, or that there are no more. */
export type ThreadRequest = CellValue[][] | 'end';

/**
 * Beyond this, the thread ends and the process goes on. The largest workbook takes less than half
 * of it, unless its rows hold a lot of text.
 */
const maxMemoryMb = 512;

/** Relative to the working directory, because the pages are bundled and the thread is not. */
const entry = path.join('src', 'lib', 'views', 'exports', 'xlsx', 'thread.ts');

/**
 * Builds a workbook in a thread of its own, because the library computes for seconds without a
 * pause, in which the process would answer nobody. One batch of rows is under way at a time. The
 * thread ends with the request that waits for it. Throws Problem `too_large` when the rows need
 * more memory than a thread gets.
 */
export async function buildInThread(
  head: WorkbookHead,
  batches: AsyncGenerator<CellValue[][], void>,
): Promise<Uint8Array<ArrayBuffer>> {
  const thread = new Worker(path.resolve(entry), {
    workerData: head,
    // It needs no secret.
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb },
  });
  const broken = watch(thread);
  const ask = async (request: ThreadRequest): Promise<unknown> => {
    thread.postMessage(request);
    const [answer] = (await Promise.race([once(thread, 'message'), broken])) as unknown[];
    return answer;
  };
  try {
    for (;;) {
      const { done, value } = await Promise.race([batches.next(), broken]);
      if (done) return (await ask('end')) as Uint8Array<ArrayBuffer>;
      await ask(value);
    }
  } catch (error) {
    throw isTooLarge(error) ? tooMuchTextProblem() : error;
  } finally {
    await thread.terminate();
  }
}

/** Rejects when the thread fails, or when nobody waits for its work any more. */
function watch(thread: Worker): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  // It may fail while nobody asks it anything.
  promise.catch(() => {});
  thread.on('error', reject);
  thread.once('exit', () => reject(new Error('The thread that builds a workbook has ended')));
  const cancelled = getCancellation();
  const cancel = () => reject(cancelled?.reason as Error);
  cancelled?.addEventListener('abort', cancel, { once: true });
  thread.once('exit', () => cancelled?.removeEventListener('abort', cancel));
  return promise;
}

/** The thread has run out of memory, or one file within the workbook is no longer a string. */
const isTooLarge = (error: unknown): boolean =>
  error instanceof Error &&
  (Reflect.get(error, 'code') === 'ERR_WORKER_OUT_OF_MEMORY' ||
    error.message === 'Invalid string length');

const tooMuchTextProblem = (): Problem =>
  new Problem(
    'too_large',
    'This list holds too much text for an Excel export. Export it as CSV, which has no limit, or ' +
      'choose a filter or a shorter period.',
  );
