import { setTimeout as sleep } from 'node:timers/promises';

/** Server shutting down, starting up or out of connections; connection lost; serialization failure; deadlock. */
const passing = /^(57P0[123]|08\d{3}|53300|40001|40P01|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;
const lostConnection = /connection (terminated|ended|timeout)|timeout exceeded when trying to connect|client has encountered a connection error/i;
const firstDelayMs = 100;
const longestDelayMs = 5_000;

/** Whether the same statement may succeed when it is tried again a little later. */
export function isPassing(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = (at as Error & { code?: unknown }).code;
    if (typeof code === 'string' && passing.test(code)) return true;
    if (lostConnection.test(at.message)) return true;
  }
  return false;
}

/** Runs a transaction again while the database is away, for up to `patienceMs`. The transaction must bear being repeated. */
export async function patiently<T>(work: () => Promise<T>, patienceMs = 60_000): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (let delay = firstDelayMs; ; delay = Math.min(delay * 2, longestDelayMs)) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || Date.now() + delay > deadline) throw error;
      await sleep(delay);
    }
  }
}
