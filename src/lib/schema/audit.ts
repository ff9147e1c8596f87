import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgPolicy, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant, noTenant, tenantMatches } from '../platform/db/columns.ts';

/** Who caused an event: an account, the operator at the command line, a job, or nobody known. */
export const actorKinds = ['user', 'staff', 'operator', 'system', 'anonymous'] as const;
export type ActorKind = (typeof actorKinds)[number];

/**
 * What people did that a security review asks about. The table only grows: the app role can insert
 * and select (platform/db/migrate.ts), and the policies let nobody change a row or delete a young
 * one. Nothing refers to other tables, because events outlive accounts and workspaces.
 *
 * Rows are visible to the workspace they belong to, and all of them to a transaction that sets
 * `app.audit_scope` to "installation" (identity/audit/scope.ts).
 */
export const auditEvents = pgTable(
  'audit_events',
  {
    id: uuid('id')
      .primaryKey()
      .default(sql`new_id()`),
    at: instant('at').notNull().defaultNow(),
    /** Null for what concerns no workspace, such as a sign-in of staff. */
    tenantId: uuid('tenant_id'),
    actorKind: text('actor_kind', { enum: actorKinds }).notNull(),
    actorId: uuid('actor_id'),
    /** The e-mail address at the time, or the operator's name on the server. */
    actorLabel: text('actor_label'),
    address: text('address'),
    userAgent: text('user_agent'),
    requestId: text('request_id'),
    /** One of src/lib/identity/audit/actions.ts. */
    action: text('action').notNull(),
    targetType: text('target_type'),
    targetId: text('target_id'),
    targetLabel: text('target_label'),
    /** The changed fields only, without secrets. */
    before: jsonb('before'),
    after: jsonb('after'),
  },
  (table) => [
    index('audit_events_by_tenant').on(table.tenantId, table.at, table.id),
    index('audit_events_newest').on(table.at, table.id),
    check(
      'audit_events_actor',
      sql`${table.actorKind} in ('user', 'staff', 'operator', 'system', 'anonymous')`,
    ),
    pgPolicy('audit_events_read', {
      for: 'select',
      using: sql`${tenantMatches(table.tenantId)}
        or current_setting('app.audit_scope', true) = 'installation'`,
    }),
    // A transaction of one workspace cannot write into the log of another.
    pgPolicy('audit_events_append', {
      for: 'insert',
      withCheck: sql`${noTenant} or ${table.tenantId} is null or ${tenantMatches(table.tenantId)}`,
    }),
    pgPolicy('audit_events_expire', {
      for: 'delete',
      using: sql`${table.at} < now() - interval '90 days'`,
    }),
  ],
);
