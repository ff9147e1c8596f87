import { isStale, staleAfterMs } from '../../ingest/freshness.ts';
import type { TenantSurvey } from './survey.ts';

/** The age of the data of one stream. */
export interface StreamAge {
  tenantId: string;
  /** Slug of the tenant. */
  tenant: string;
  /** Id of the connection. */
  connection: string;
  label: string;
  status: 'active' | 'needs_reconnect';
  stream: string;
  seconds: number;
  /** Never read completely so far; its age is then that of the connection. */
  never: boolean;
  isStale: boolean;
}

/** Computes the ages of all streams, except those of paused connections. */
export function computeAges(tenants: readonly TenantSurvey[], now: Date): StreamAge[] {
  return tenants.flatMap(({ id, slug, connections }) =>
    connections.flatMap(({ id: connection, label, status, since, streams }) => {
      if (status === 'paused') return [];
      return streams.map(({ name, freshAt }) => {
        const from = freshAt ?? since;
        return {
          tenantId: id,
          tenant: slug,
          connection,
          label,
          status,
          stream: name,
          seconds: Math.max(0, (now.getTime() - from.getTime()) / 1000),
          never: freshAt === null,
          isStale: isStale(from, now),
        };
      });
    }),
  );
}

export const sortOldestFirst = (ages: readonly StreamAge[]): StreamAge[] =>
  ages.toSorted((a, b) => b.seconds - a.seconds);

export const staleAfterHours = staleAfterMs / 3_600_000;
