import { sql } from 'drizzle-orm';
import {
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { tenants } from './tenants.ts';

/**
 * The erasure of one person, and its receipt: who asked for it, when, what was found and removed.
 * It holds nothing of the person; `erasure_marks` recognizes what it has to keep out.
 */
export const erasures = pgTable(
  'erasures',
  {
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    id: id(),
    /** By what the person was looked for. */
    soughtBy: text('sought_by', { enum: ['email', 'phone', 'record'] }).notNull(),
    requestedAt: createdAt(),
    /** The admin; null when an operator asked at the command line. */
    requestedBy: uuid('requested_by'),
    /** Their address, or "operator", as it was then. */
    requestedByName: text('requested_by_name').notNull(),
    state: text('state', { enum: ['waiting', 'running', 'done'] })
      .notNull()
      .default('waiting'),
    /** How many rows of which kind the admin saw before confirming. */
    found: jsonb('found').$type<Record<string, number>>().notNull().default({}),
    /** What was removed and changed so far, by table. */
    removed: jsonb('removed').$type<Record<string, number>>().notNull().default({}),
    changed: jsonb('changed').$type<Record<string, number>>().notNull().default({}),
    /** Where the work continues; null before its first slice and after its last. */
    position: jsonb('position'),
    finishedAt: instant('finished_at'),
    /** How many items of responses were kept out since, and when the last one was. */
    keptOut: integer('kept_out').notNull().default(0),
    keptOutAt: instant('kept_out_at'),
    /** When an admin let the person in again, and who. */
    liftedAt: instant('lifted_at'),
    liftedBy: uuid('lifted_by'),
    liftedByName: text('lifted_by_name'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('erasures_in_force')
      .on(table.tenantId, table.id)
      .where(sql`${table.liftedAt} is null`),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * By what an erased person is recognized: keyed digests (HMAC-SHA-256) of e-mail addresses,
 * telephone numbers, names and ids at the source.
 */
export const erasureMarks = pgTable(
  'erasure_marks',
  {
    tenantId: tenantId(),
    digest: bytea('digest').notNull(),
    erasureId: uuid('erasure_id').notNull(),
    /** Of a name: how many words it has. */
    words: integer('words').notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.erasureId, table.digest] }),
    foreignKey({
      columns: [table.tenantId, table.erasureId],
      foreignColumns: [erasures.tenantId, erasures.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);

/** The key of a tenant's marks, encrypted; made with its first erasure. */
export const erasureKeys = pgTable(
  'erasure_keys',
  {
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    sealed: bytea('sealed').notNull(),
    keyId: text('key_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId] }), tenantPolicy(table.tenantId)],
);
