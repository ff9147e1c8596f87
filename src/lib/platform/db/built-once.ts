import { globalDb } from './database.ts';
import type { Database } from './pool.ts';

/**
 * A statement on tables that belong to no tenant, for one that every request sends: drizzle puts
 * its SQL together once for each pool, and the values of its placeholders come with `execute`.
 * `build` ends in `.prepare('')`: without a name, the server prepares nothing that a PgBouncer in
 * transaction mode would lose.
 */
export function builtOnce<Statement>(build: (db: Database) => Statement): () => Statement {
  const built = new WeakMap<Database, Statement>();
  return () => {
    const db = globalDb();
    const statement = built.get(db) ?? build(db);
    built.set(db, statement);
    return statement;
  };
}
