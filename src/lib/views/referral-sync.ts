import { isQueued } from '../ingest/queued.ts';
import type { Freshness } from './types.ts';
import type { Workspace } from './workspace.ts';

const provider = 'partner-center';

/** The state of the last sync of the referrals. */
export interface ReferralSync {
  /** When all referrals were last read; null if never. */
  at: Date | null;
  /**
   * never: not yet synced. A queued or running sync takes precedence over the outcome of the last
   * one.
   */
  state: 'ok' | 'partial' | 'failed' | 'queued' | 'running' | 'never';
}

/** Reads the state; null when the workspace has no connection with referrals. */
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
