import { AsyncLocalStorage } from 'node:async_hooks';
import { isCancelled } from '../../platform/db/cancel.ts';
import { log } from '../../platform/log.ts';
import { safeReason } from '../../platform/secrets.ts';

/** Resolves when the client has received what was sent, or has disconnected. */
export type Drained = () => Promise<void>;

/**
 * A stream that makes the next chunk only when the consumer wants it and the client has received
 * the last one. Chunks are made as part of the request that asked for the export: its log fields
 * and its cancellation apply to all of them. A failure is logged, because the status has been sent.
 */
export function toStream(
  chunks: AsyncGenerator<Uint8Array>,
  drained: Drained,
): ReadableStream<Uint8Array> {
  const inRequest = AsyncLocalStorage.snapshot();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          await drained();
          const { done, value } = await inRequest(() => chunks.next());
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          inRequest(() => logFailure(error));
          throw error;
        }
      },
      cancel: async () => void (await chunks.return(undefined)),
    },
    { highWaterMark: 0 },
  );
}

function logFailure(error: unknown): void {
  if (isCancelled()) return;
  log.error({ event: 'export.failed', reason: safeReason(error) }, 'An export broke off');
}
