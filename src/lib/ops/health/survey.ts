import { sql } from 'drizzle-orm';
import { addedStreamsOf, nameStreams, type NamedStream } from '../../connections/streams.ts';
import { circuits, connections } from '../../schema/connections.ts';
import { deadLetters } from '../../schema/dead-letters.ts';
import { readQueueDepths, type QueueDepth } from '../../platform/queue/depth.ts';
import { providers } from '../../connectors/registry.ts';
import { recordErrors, streamStates, syncRuns } from '../../schema/sync.ts';
import { listTenants } from '../../identity/tenancy/tenants.ts';
import { defineTenantsQuery } from '../../identity/tenancy/with-tenant.ts';

/** The state of the installation at one moment, as far as alerts and metrics report it. */
export interface Survey {
  now: Date;
  tenants: TenantSurvey[];
  queues: QueueDepth[];
}

export interface TenantSurvey {
  id: string;
  slug: string;
  name: string;
  /** Jobs that failed for good within the last hour and are unresolved. */
  newDeadLetters: number;
  /** Records that failed within the last hour and are unresolved. */
  newRecordErrors: number;
  connections: ConnectionSurvey[];
}

export interface ConnectionSurvey {
  id: string;
  provider: string;
  label: string;
  status: 'active' | 'paused' | 'needs_reconnect';
  statusReason: string | null;
  /** When the connection was created. */
  since: Date;
  /** When its next sync is due; in the past when it is overdue. */
  dueAt: Date;
  /** Whether a worker is syncing it. */
  held: boolean;
  /** Why the circuit breaker is open; null when it is closed. */
  circuitReason: string | null;
  streams: { name: string; freshAt: Date | null }[];
  /** Runs that finished within the last hour. */
  finishedRuns: number;
  failedRuns: number;
}

export async function surveyAll(now: Date): Promise<Survey> {
  return { now, tenants: await surveyTenants(), queues: await readQueueDepths() };
}

/** Surveys all active tenants, a hundred of them with one message. */
export async function surveyTenants(): Promise<TenantSurvey[]> {
  const tenants = await listTenants();
  const found = await readRows(tenants.map(({ id }) => id));
  return tenants.map(({ id, slug, name }) => {
    const row = found.get(id)?.[0];
    if (row === undefined) throw new Error('The database did not answer');
    return {
      id,
      slug,
      name,
      newDeadLetters: row.newDeadLetters,
      newRecordErrors: row.newRecordErrors,
      connections: row.connections.map(toConnectionSurvey),
    };
  });
}

/** A connection as JSON: times are ISO strings. */
interface RawConnection extends Omit<ConnectionSurvey, 'since' | 'dueAt' | 'streams'> {
  since: string;
  dueAt: string;
  fresh: Record<string, string | null> | null;
  added: NamedStream[];
}

interface Row {
  newDeadLetters: number;
  newRecordErrors: number;
  connections: RawConnection[];
}

const readRows = defineTenantsQuery<Row>((tenant) => {
  const whereConnection = sql`tenant_id = ${tenant} and connection_id = c.id`;
  const lastHour = sql`now() - interval '1 hour'`;
  return sql`
    select
      (
        select count(*)::int
        from ${deadLetters}
        where tenant_id = ${tenant} and resolved_at is null and created_at > ${lastHour}
      ) as "newDeadLetters",
      (
        select count(*)::int
        from ${recordErrors}
        where tenant_id = ${tenant} and resolved_at is null
          and last_seen_at > ${lastHour} and created_at > ${lastHour}
      ) as "newRecordErrors",
      (
        select coalesce(json_agg(json_build_object(
          'id', c.id, 'provider', c.provider, 'label', c.label,
          'status', c.status, 'statusReason', c.status_reason,
          'since', c.created_at, 'dueAt', coalesce(c.due_at, c.updated_at),
          'held', exists (
            select
            from ${syncRuns}
            where ${whereConnection} and status = 'running' and lease_until > now()
          ),
          'circuitReason', (
            select coalesce(reason, 'it does not respond.')
            from ${circuits}
            where ${whereConnection} and state <> 'closed'
          ),
          'fresh', (
            select json_object_agg(stream, fresh_at)
            from ${streamStates}
            where ${whereConnection}
          ),
          'added', ${addedStreamsOf(tenant)},
          'finishedRuns', r.finished, 'failedRuns', r.failed) order by c.id), '[]')
        from ${connections} as c, lateral (
          select count(*)::int as finished,
            count(*) filter (where status = 'failed')::int as failed
          from ${syncRuns}
          where ${whereConnection} and status <> 'running' and trigger <> 'replay'
            and started_at > now() - interval '1 day' and finished_at > ${lastHour}
        ) as r
        where c.tenant_id = ${tenant}
      ) as connections`;
});

function toConnectionSurvey({ fresh, added, ...row }: RawConnection): ConnectionSurvey {
  // The definition of the provider lists its streams: one that was never read has no state yet.
  const provider = providers.find(({ key }) => key === row.provider);
  const names =
    provider === undefined
      ? Object.keys(fresh ?? {})
      : nameStreams(provider, added).map(({ name }) => name);
  const streams = names.map((name) => ({ name, freshAt: toDate(fresh?.[name]) }));
  return { ...row, since: new Date(row.since), dueAt: new Date(row.dueAt), streams };
}

const toDate = (text: string | null | undefined): Date | null =>
  text === null || text === undefined ? null : new Date(text);
