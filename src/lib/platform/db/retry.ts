import { setTimeout as sleep } from 'node:timers/promises';

/** Server shutting down, starting up or out of connections; connection lost. */
const unavailablePattern = /^(57P0[123]|08\d{3}|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;
/** Serialization failure; deadlock; a lock that was not granted in time. */
const contentionPattern = /^(40001|40P01|55P03)$/;
const connectionLostPattern = new RegExp(
  [
    'connection (terminated|ended|timeout)',
    'timeout exceeded when trying to connect',
    'client has encountered a connection error',
  ].join('|'),
  'i',
);
const firstDelayMs = 100;
const maxDelayMs = 5_000;

/** Whether the same statement may succeed a little later. */
export function isTransient(error: unknown): boolean {
  return (
    isUnavailable(error) ||
    collectCauses(error).some((cause) => contentionPattern.test(readCode(cause)))
  );
}

/** Whether the database could not be reached, or the connection was lost. */
export function isUnavailable(error: unknown): boolean {
  return collectCauses(error).some(
    (cause) =>
      unavailablePattern.test(readCode(cause)) || connectionLostPattern.test(cause.message),
  );
}

function collectCauses(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < 5; at = at.cause) chain.push(at);
  return chain;
}

function readCode(error: Error): string {
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : '';
}

/**
 * Repeats a transaction while the database is unavailable, for up to `timeoutMs`. The transaction
 * must be safe to repeat.
 */
export async function retryOnDbOutage<T>(work: () => Promise<T>, timeoutMs = 60_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (let delay = firstDelayMs; ; delay = Math.min(delay * 2, maxDelayMs)) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || Date.now() + delay > deadline) throw error;
      await sleep(delay);
    }
  }
}
