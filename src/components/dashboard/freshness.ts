import { omitRejections } from '#lib/ingest/rejections/message.ts';
import type { Freshness, SourceFreshness, SyncState } from '#lib/views/types.ts';
import { formatAgo, count, counted, formatSpan } from '../ui/format.ts';
import type { IconName } from '../ui/icons.ts';

/** What the banner says: one sentence a person understands, and how loud it is. */
export interface BannerState {
  tone: 'neutral' | 'warn' | 'bad';
  icon: IconName;
  text: string;
  /** The second half, quieter: what it means for the figures on the page. */
  detail: string | null;
}

/**
 * The state of the whole workspace. The first that applies wins: what a person must act on comes
 * before what passes.
 */
export function toBannerState(freshness: Freshness, now: Date): BannerState {
  const { sources, running, lastSyncAt, status } = freshness;
  const disconnected = sources.filter(({ needsReconnect }) => needsReconnect);
  if (running)
    return {
      tone: 'neutral',
      icon: 'sync',
      text: formatProgress(running),
      detail: formatLastGood(lastSyncAt, now),
    };
  if (sources.length === 0)
    return { tone: 'neutral', icon: 'plug', text: 'No system is connected yet', detail: null };
  if (disconnected.length > 0)
    return {
      tone: 'bad',
      icon: 'plug',
      text: formatReconnect(disconnected),
      detail: formatLastGood(lastSyncAt, now),
    };
  if (status === 'failed')
    return {
      tone: 'bad',
      icon: 'error',
      text: 'The last sync failed',
      detail: formatLastGood(lastSyncAt, now),
    };
  if (!lastSyncAt)
    return {
      tone: 'neutral',
      icon: 'clock',
      text: 'No data yet: the first sync has not finished',
      detail: null,
    };
  if (freshness.isStale)
    return { tone: 'warn', icon: 'warning', text: formatStale(lastSyncAt, now), detail: null };
  return toFreshBanner(freshness, lastSyncAt, now);
}

function toFreshBanner({ sources, status }: Freshness, lastSyncAt: Date, now: Date): BannerState {
  const rejectedCount = sources.reduce((sum, { rejected }) => sum + rejected, 0);
  const text = `Last good data ${formatAgo(lastSyncAt, now)}`;
  if (status !== 'partial' && rejectedCount === 0)
    return { tone: 'neutral', icon: 'check', text, detail: null };
  const detail =
    rejectedCount > 0
      ? counted(rejectedCount, ['failed record', 'failed records'])
      : 'some of it could not be read';
  return { tone: 'warn', icon: 'warning', text, detail };
}

/** "Syncing clients: 1,200 rows so far". */
export function formatProgress({
  stream,
  fetched,
}: {
  stream: string | null;
  fetched: number;
}): string {
  const what = stream ? ` ${stream.replaceAll('_', ' ')}` : '';
  return `Syncing${what}${fetched > 0 ? `: ${count(fetched)} rows so far` : ''}`;
}

function formatStale(lastSyncAt: Date, now: Date): string {
  const age = formatSpan(now.getTime() - lastSyncAt.getTime()) ?? '0 minutes';
  return `Data is ${age} old - sync may be delayed`;
}

function formatLastGood(lastSyncAt: Date | null, now: Date): string | null {
  return lastSyncAt ? `Last good data ${formatAgo(lastSyncAt, now)}` : 'No data yet';
}

function formatReconnect(disconnected: SourceFreshness[]): string {
  const [first] = disconnected;
  return disconnected.length === 1 && first
    ? `${first.label} needs to be reconnected`
    : `${disconnected.length} systems need to be reconnected`;
}

const stateLabels: Record<SyncState, string> = {
  never: 'Not yet synced',
  running: 'Syncing',
  success: 'Up to date',
  partial: 'Partial',
  failed: 'Failed',
};

/**
 * The message of a source's latest finished run, for the list of details. It leaves out how many
 * records the run rejected while some still are: the list shows how many are now.
 */
export function describeError({ error, rejected }: SourceFreshness): string | null {
  return error !== null && rejected > 0 ? omitRejections(error) : error;
}

/** One source in a word and a tone, for the list of details. */
export function toSourceState(source: SourceFreshness): {
  word: string;
  tone: 'neutral' | 'good' | 'warn' | 'bad';
} {
  if (source.needsReconnect) return { word: 'Disconnected', tone: 'bad' };
  if (source.status === 'success' && source.isStale) return { word: 'Delayed', tone: 'warn' };
  const tones = {
    never: 'neutral',
    running: 'neutral',
    success: 'good',
    partial: 'warn',
    failed: 'bad',
  } as const;
  return { word: stateLabels[source.status], tone: tones[source.status] };
}
