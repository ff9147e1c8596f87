import { setTimeout as sleep } from 'node:timers/promises';
import { safeReason } from '../src/lib/platform/secrets.ts';
import type { EmbeddedPostgres } from './embedded-postgres.ts';

const intervalMs = 1_000;
/** A server that ends more often than this is not started again. */
const maxRestarts = 3;
const restartWindowMs = 10 * 60_000;

export interface DatabaseWatcher {
  /** The server was down and runs again. */
  onRestart: (message: string) => void;
  /** Nothing helps any more: what happened, and what to do. Called at most once. */
  onLost: (message: string) => void;
}

/**
 * Looks after the embedded database every second: starts it again when it has died, and gives up
 * when its files are gone, when it does not start or when it keeps dying. Nobody else would: its
 * server is not a child of this process. The answer ends the watch, after a check that is under
 * way.
 */
export function watchDatabase(
  database: EmbeddedPostgres,
  { onRestart, onLost }: DatabaseWatcher,
): () => Promise<void> {
  const stop = new AbortController();
  const restarts: number[] = [];
  const watch = async () => {
    while (!stop.signal.aborted) {
      const message = await findLoss(database, restarts, stop.signal, onRestart);
      if (message !== undefined && !stop.signal.aborted) return onLost(message);
      await sleep(intervalMs, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const watching = watch();
  return () => {
    stop.abort();
    return watching;
  };
}

/** Checks the server and starts it again if need be. Returns why it is lost, if it is. */
async function findLoss(
  database: EmbeddedPostgres,
  restarts: number[],
  signal: AbortSignal,
  onRestart: (message: string) => void,
): Promise<string | undefined> {
  if (!database.isSound()) return describeGone(database);
  if (await database.isListening()) return undefined;
  const recent = restarts.filter((at) => performance.now() - at < restartWindowMs);
  if (recent.length >= maxRestarts)
    return describeBroken(database, `It has ended ${maxRestarts + 1} times within ten minutes.`);
  restarts.push(performance.now());
  try {
    await database.restart(signal);
  } catch (error) {
    return database.isSound()
      ? describeBroken(database, safeReason(error))
      : describeGone(database);
  }
  onRestart(`The embedded database had ended and was started again. Its log: ${database.logFile}`);
  return undefined;
}

const describeGone = ({ directory }: EmbeddedPostgres): string =>
  `The files of the embedded database are gone or incomplete: ${directory}. ` +
  'Nothing can be shown or stored without them, so everything has been stopped. Put the folder ' +
  'back from a copy; or delete what is left of it, and the next start makes an empty database.';

const describeBroken = ({ logFile }: EmbeddedPostgres, reason: string): string =>
  `The embedded database has ended and could not be kept running: ${reason} ` +
  `Everything has been stopped. The reason is at the end of ${logFile}.`;
