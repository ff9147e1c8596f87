import type { PushDetail, PushEvent } from '#lib/views/push-panel.ts';
import type { PushRow, PushState } from '#lib/views/push-list.ts';
import { formatAgo, counted, dateTime, formatSpan } from '../ui/format.ts';
import { getOwn } from '#lib/platform/own.ts';

/** Label and tone of a push state. */
export const stateLabels = {
  pending: { word: 'Pending', tone: 'accent' },
  synced: { word: 'Synced', tone: 'good' },
  failed: { word: 'Failed', tone: 'bad' },
  conflict: { word: 'Conflict', tone: 'warn' },
} as const satisfies Record<PushState, { word: string; tone: string }>;

const advice: Record<string, string> = {
  auth:
    'The CRM no longer accepts our credentials. ' +
    'An admin can replace them under Settings, Connections. Then retry.',
  permission:
    'The account we use in the CRM lacks a permission. ' +
    'Ask your CRM administrator to grant it, then retry.',
  rate_limited: 'The CRM asked us to slow down. Sending continues automatically.',
  transient: 'The CRM could not be reached. Retry once it is back.',
  gone: 'The record was deleted in the CRM. Decide under Conflicts whether to create it again.',
  malformed: 'Then retry.',
};

/** What the reader can do about an error. */
export const getErrorAdvice = (kind: string | null): string =>
  getOwn(advice, kind ?? '') ?? 'Fix the problem in the lead or in the field mapping, then retry.';

/** The state of a push in one sentence. */
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
        ? `Requested ${formatAgo(requestedAt, now)}. It will be sent shortly.`
        : `${formatAttempts(attempts)} failed. ${formatNextTry(dueAt, now)}`;
    case 'synced':
      return remoteId === null
        ? 'Deleted in the CRM and not created again.'
        : `Sent ${syncedAt === null ? '' : formatAgo(syncedAt, now)}.`.replace(' .', '.');
    case 'failed':
      return `Gave up after ${formatAttempts(attempts)}${formatLast(lastAttemptAt, now)}.`;
    case 'conflict':
      return 'Waiting for a decision.';
  }
}

const formatAttempts = (attempts: number): string => counted(attempts, ['attempt', 'attempts']);
const formatLast = (at: Date | null, now: Date): string =>
  at === null ? '' : `, the last ${formatAgo(at, now)}`;

function formatNextTry(dueAt: Date | null, now: Date): string {
  const left = dueAt === null ? null : formatSpan(dueAt.getTime() - now.getTime());
  return left === null ? 'The next attempt starts shortly.' : `The next attempt is in ${left}.`;
}

const stepLabels: Record<string, string> = {
  requested: 'Requested',
  find: 'Searched the CRM',
  company: 'Company',
  contact: 'Contact',
  lead: 'Lead',
  deal: 'Deal',
  undo: 'Undone',
  synced: 'Done',
  failed: 'Failed',
  conflict: 'Conflict found',
  resolved: 'Conflict resolved',
  pulled: 'Changed in the CRM, updated here',
  describe: 'Fields read',
};

/** Steps that a person took; the others follow from them. */
const personalSteps = ['requested', 'resolved'];

/** A step of a push: "Requested by Ann Admin", "Lead". */
export const formatStep = ({ step, by }: Pick<PushEvent, 'step' | 'by'>): string =>
  `${getOwn(stepLabels, step) ?? step}${by === null || !personalSteps.includes(step) ? '' : ` by ${by}`}`;

/** What an answer was: a question about a record that is not there is answered, too. */
export function formatOutcome({ outcome, status }: Pick<PushEvent, 'outcome' | 'status'>): string {
  if (outcome === 'failed') return status === null ? 'failed' : `failed, ${status}`;
  return status === null ? 'OK' : status === 404 ? '404, not found' : String(status);
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
