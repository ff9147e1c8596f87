import { setTimeout as sleep } from 'node:timers/promises';

/** Server shutting down, starting up or out of connections; connection lost. */
const away = /^(57P0[123]|08\d{3}|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;
/** Serialization failure; deadlock; a lock that was not to be had in time. */
const lostRace = /^(40001|40P01|55P03)$/;
const lostConnection =
  /connection (terminated|ended|timeout)|timeout exceeded when trying to connect|client has encountered a connection error/i;
const firstDelayMs = 100;
const longestDelayMs = 5_000;

/** Whether the same statement may succeed when it is tried again a little later. */
export function isPassing(error: unknown): boolean {
  return isAway(error) || causesOf(error).some((cause) => lostRace.test(codeOf(cause)));
}

/** Whether the database could not be reached, or went away in the middle. */
export function isAway(error: unknown): boolean {
  return causesOf(error).some(
    (cause) => away.test(codeOf(cause)) || lostConnection.test(cause.message),
  );
}

function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < 5; at = at.cause) chain.push(at);
  return chain;
}

function codeOf(error: Error): string {
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : '';
}

/**
 * Runs a transaction again while the database is away, for up to `patienceMs`. The transaction must
 * bear being repeated.
 */
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
