import type { Tx } from '../platform/db/pool.ts';
import { listPauses } from './rate-limit/store.ts';
import { listOpenCircuits, type OpenCircuit } from './circuit/store.ts';
import type { Connection } from './connections.ts';

/** What keeps a connection from syncing at present; all null when nothing does. */
export interface ConnectionHealth {
  /** The circuit breaker is open because the source does not respond. */
  circuit: Omit<OpenCircuit, 'connectionId'> | null;
  /** Until when we pause because the source asked us to slow down. */
  pausedUntil: Date | null;
  /** Why the last run ended early, as a sentence, and when the next run starts. */
  waiting: { reason: string; until: Date } | null;
}

/** The health of each given connection, by its id. */
export async function loadHealth(
  tx: Tx,
  tenantId: string,
  connections: readonly Connection[],
  now: Date,
): Promise<Map<string, ConnectionHealth>> {
  const open = new Map(
    (await listOpenCircuits(tx, tenantId)).map(({ connectionId, ...circuit }) => [
      connectionId,
      circuit,
    ]),
  );
  const pauses = await listPauses(tx, tenantId);
  return new Map(
    connections.map((connection) => [
      connection.id,
      {
        circuit: open.get(connection.id) ?? null,
        pausedUntil: pauses.get(connection.id) ?? null,
        waiting: toWaiting(connection, now),
      },
    ]),
  );
}

function toWaiting({ waitingFor, dueAt }: Connection, now: Date): ConnectionHealth['waiting'] {
  return waitingFor === null || dueAt === null || dueAt <= now
    ? null
    : { reason: waitingFor, until: dueAt };
}
