import type { PushDetail, PushEvent } from '#lib/views/push-panel.ts';
import type { PushRow, PushState } from '#lib/views/push-list.ts';
import { formatAgo, counted, dateTime, formatSpan } from '../ui/format.ts';

/** How a push stands, for badges. */
export const stateLabels = {
  pending: { word: 'Pending', tone: 'accent' },
  synced: { word: 'Synced', tone: 'good' },
  failed: { word: 'Failed', tone: 'bad' },
  conflict: { word: 'Conflict', tone: 'warn' },
} as const satisfies Record<PushState, { word: string; tone: string }>;

const advice: Record<string, string> = {
  auth: 'The CRM does not accept our credentials any more. An admin replaces them under Settings, Connections; then retry.',
  permission:
    'The account that we use there lacks a right. Ask whoever looks after the CRM to grant it; then retry.',
  rate_limited: 'The CRM asked for a pause. Nothing needs to be done: it goes on by itself.',
  transient: 'The CRM could not be reached. Retry once it is back.',
  gone: 'The record was deleted there. Decide under Conflicts whether it is made again.',
  malformed: 'Then retry.',
};

/** What a person can do about an error. */
export const getErrorAdvice = (kind: string | null): string =>
  advice[kind ?? ''] ??
  'Correct what the message names, in the lead or in the field mapping, and retry.';

/** Where a push stands, in one sentence. */
export function describePush(
  push: Pick<
    PushRow,
    'state' | 'attempts' | 'requestedAt' | 'lastAttemptAt' | 'syncedAt' | 'dueAt' | 'remoteId'
  >,
  now: Date,
): string {
  const { state, attempts, requestedAt, lastAttemptAt, syncedAt, dueAt, remoteId } = push;
  switch (state) {
    case 'pending':
      return attempts === 0
        ? `Asked for ${formatAgo(requestedAt, now)}, to be sent in a moment.`
        : `${counted(attempts, ['attempt', 'attempts'])} failed. ${formatNextTry(dueAt, now)}`;
    case 'synced':
      return remoteId === null
        ? 'Deleted there, and left so.'
        : `Sent ${syncedAt === null ? '' : formatAgo(syncedAt, now)}.`.replace(' .', '.');
    case 'failed':
      return `Given up after ${counted(attempts, ['attempt', 'attempts'])}${lastAttemptAt === null ? '' : `, the last ${formatAgo(lastAttemptAt, now)}`}.`;
    case 'conflict':
      return 'Waits for a decision.';
  }
}

function formatNextTry(dueAt: Date | null, now: Date): string {
  const left = dueAt === null ? null : formatSpan(dueAt.getTime() - now.getTime());
  return left === null ? 'The next one follows in a moment.' : `The next one follows in ${left}.`;
}

const stepLabels: Record<string, string> = {
  requested: 'Asked for',
  find: 'Looked for it there',
  account: 'Account',
  contact: 'Contact',
  lead: 'Lead',
  opportunity: 'Opportunity',
  undo: 'Taken back',
  synced: 'Done',
  failed: 'Failed',
  conflict: 'Conflict found',
  resolved: 'Conflict resolved',
  pulled: 'Changed there, taken over here',
  describe: 'Fields read',
};

/** Steps that a person took; the others follow from them. */
const personalSteps = ['requested', 'resolved'];

/** A step of a push: "Asked for by Ann Admin", "Lead". */
export const formatStep = ({ step, by }: Pick<PushEvent, 'step' | 'by'>): string =>
  `${stepLabels[step] ?? step}${by === null || !personalSteps.includes(step) ? '' : ` by ${by}`}`;

/** What an answer was: a question about a record that is not there is answered, too. */
export function formatOutcome({ outcome, status }: Pick<PushEvent, 'outcome' | 'status'>): string {
  if (outcome === 'failed') return status === null ? 'failed' : `failed, ${status}`;
  return status === null ? 'worked' : status === 404 ? '404, not there' : String(status);
}

/** The facts of a push beside its state. */
export function listPushFacts(
  { syncedAt, lastAttemptAt, attempts }: PushDetail,
  timeZone: string,
): [string, string][] {
  const facts: [string, string][] = [];
  if (syncedAt !== null) facts.push(['Last success', dateTime(syncedAt, timeZone)]);
  if (lastAttemptAt !== null) facts.push(['Last attempt', dateTime(lastAttemptAt, timeZone)]);
  if (attempts > 0) facts.push(['Failed attempts', String(attempts)]);
  return facts;
}
