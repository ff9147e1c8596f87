import { isQueued } from '../ingest/queued.ts';
import type { Freshness } from './types.ts';
import type { Workspace } from './workspace.ts';

const provider = 'partner-center';

/** How the referrals were last brought up to date. */
export interface ReferralSync {
  /** When everything was last read; null when that never happened. */
  at: Date | null;
  /** never: not once yet. A sync that waits or runs counts for more than how the last one ended. */
  state: 'ok' | 'partial' | 'failed' | 'queued' | 'running' | 'never';
}

/** Null when the workspace has no connection that brings referrals. */
export async function getReferralSync(
  { tenant }: Workspace,
  { sources }: Freshness,
): Promise<ReferralSync | null> {
  const own = sources.filter((source) => source.provider === provider);
  if (own.length === 0) return null;
  const times = own.flatMap(({ lastSuccessAt }) => lastSuccessAt?.getTime() ?? []);
  const at = times.length < own.length ? null : new Date(Math.min(...times));
  const statuses = new Set(own.map(({ status }) => status));
  if (statuses.has('running')) return { at, state: 'running' };
  if (
    await isQueued(
      tenant.id,
      own.map(({ connectionId }) => connectionId),
    )
  )
    return { at, state: 'queued' };
  return {
    at,
    state: statuses.has('failed')
      ? 'failed'
      : statuses.has('partial')
        ? 'partial'
        : at === null
          ? 'never'
          : 'ok',
  };
}
