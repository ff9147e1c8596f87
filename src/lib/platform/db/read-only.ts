import { NodePgSession, NodePgTransaction } from 'drizzle-orm/node-postgres';
import { PgDialect } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { isCancelled } from './cancel.ts';
import { checkOut, type Database, type Tx } from './pool.ts';
import { isTransient } from './retry.ts';

/**
 * Runs a read-only transaction that sees one moment. `settings` are SQL statements that are sent
 * with BEGIN, such as SET LOCAL.
 *
 * The statements are pipelined: what `work` asks for at once (`Promise.all`) is sent together with
 * BEGIN, and the server answers it in turn, so that all of it costs one round trip. A statement
 * that fails makes those sent behind it fail as well.
 */
export async function readOnly<T>(
  { $client: pool }: Database,
  settings: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const client = await checkOut(pool);
  let broken = false;
  try {
    setPipelining(client, true);
    const begun = client.query(`begin isolation level repeatable read read only; ${settings}`);
    const [result] = await Promise.all([work(openTransaction(client)), begun]);
    await client.query('commit');
    return result;
  } catch (error) {
    // Cancelled work cannot even roll back: closing the connection does it.
    broken = isTransient(error) || isCancelled() || !(await rollBack(client));
    throw error;
  } finally {
    setPipelining(client, false);
    client.release(broken);
  }
}

/** Other work may send what no pipeline can hold, such as COPY, so it is on for reading only. */
function setPipelining(client: pg.PoolClient, pipeline: boolean): void {
  Object.assign(client, { pipeline });
}

/** Returns whether the connection can be used again. */
async function rollBack(client: pg.PoolClient): Promise<boolean> {
  return client.query('rollback').then(
    () => true,
    () => false,
  );
}

const dialect = new PgDialect();

/** drizzle's own `transaction` would wait for BEGIN before it calls its callback. */
function openTransaction(client: pg.PoolClient): Tx {
  const session = new NodePgSession<Record<string, never>, Record<string, never>>(
    client,
    dialect,
    undefined,
  );
  return new NodePgTransaction(dialect, session, undefined);
}
