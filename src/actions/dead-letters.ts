import type { Access } from '#lib/identity/auth/access.ts';
import { actorOf, type Actor } from '#lib/identity/actor.ts';
import { discardJob, retryJob, retryJobGroup } from '#lib/jobs/failed/decide.ts';
import { correctRecord } from '#lib/ingest/rejections/correct.ts';
import { discardRecord } from '#lib/ingest/rejections/discard.ts';
import { retryGroup, retryRecord } from '#lib/ingest/rejections/retry.ts';
import { Problem } from '#lib/platform/errors.ts';
import { seeOther, type Fields } from './form.ts';

/**
 * Each form of the page, told apart by its button; the answer is what the page says next
 * (`?done=`).
 */
const verbs: Record<string, (actor: Actor, fields: Fields) => Promise<string>> = {
  retry: async (actor, { record = '' }) =>
    (await retryRecord(actor, record)) ? 'accepted' : 'refused',
  'retry-group': async (actor, { connection = '', stream = '', kind = '' }) => {
    const tally = await retryGroup(actor, { connectionId: connection, stream, kind });
    return tally === undefined
      ? 'retrying'
      : `group-${tally.accepted}-${tally.rejected}-${tally.unreadable}`;
  },
  discard: async (actor, { record = '', note = '' }) =>
    discardRecord(actor, record, note).then(() => 'discarded'),
  'job-retry': async (actor, { job = '' }) => retryJob(actor, job).then(() => 'queued'),
  'job-retry-group': async (actor, { job = '', kind = '' }) =>
    retryJobGroup(actor, { job, kind }).then((count) => `queued-${count}`),
  'job-discard': async (actor, { job = '', note = '' }) =>
    discardJob(actor, job, note).then(() => 'discarded'),
};

/**
 * One of the forms of the page of what was set aside. The way back keeps the filter and the place
 * in the list.
 */
export async function submitDeadLetters(
  access: Access,
  url: URL,
  fields: Fields,
): Promise<Response> {
  const actor = actorOf(access);
  const intent = fields['intent'] ?? '';
  const verb = Object.hasOwn(verbs, intent) ? verbs[intent] : undefined;
  if (verb === undefined)
    throw new Problem(
      'bad_request',
      'This form does not belong to this page. Open the page again.',
    );
  const params = new URLSearchParams(url.searchParams);
  params.set('done', await verb(actor, fields));
  return seeOther(`${url.pathname}?${params}`);
}

/** The form of one record: its item as the person corrected it. */
export async function submitCorrection(
  access: Access,
  id: string,
  { item = '', digest = '' }: Fields,
): Promise<Response> {
  await correctRecord(actorOf(access), id, { text: item, digest });
  return seeOther(`/w/${access.tenant.slug}/dead-letters?done=corrected`);
}

const notices: Record<string, { tone: 'good' | 'warn'; text: string }> = {
  accepted: { tone: 'good', text: 'The record was accepted; it is on the pages now.' },
  refused: { tone: 'warn', text: 'The record was refused again. Its reason is below.' },
  retrying: {
    tone: 'good',
    text: 'These records are being tried again in the background. The list grows shorter while it goes on.',
  },
  discarded: {
    tone: 'good',
    text: 'It is discarded. What was decided stands at the foot of the page.',
  },
  corrected: {
    tone: 'good',
    text: 'The corrected record is on the pages now. The correction holds for as long as the source sends the same.',
  },
  queued: { tone: 'good', text: 'The job is queued again.' },
};

/** What the page says after something was done. */
export function deadLetterNotice(
  done: string | null,
): { tone: 'good' | 'warn'; text: string } | undefined {
  if (done === null) return undefined;
  const [, jobs] = /^queued-(\d{1,6})$/.exec(done) ?? [];
  if (jobs !== undefined)
    return {
      tone: 'good',
      text: jobs === '1' ? 'The job is queued again.' : `${jobs} jobs are queued again.`,
    };
  const tally = /^group-(\d{1,6})-(\d{1,6})-(\d{1,6})$/.exec(done)?.slice(1).map(Number);
  if (tally !== undefined) return tallyNotice(tally);
  return Object.hasOwn(notices, done) ? notices[done] : undefined;
}

function tallyNotice([accepted = 0, rejected = 0, unreadable = 0]: number[]): {
  tone: 'good' | 'warn';
  text: string;
} {
  const parts = [
    `${accepted} accepted`,
    rejected > 0 && `${rejected} refused again`,
    unreadable > 0 && `${unreadable} without a kept answer to read them from`,
  ];
  return {
    tone: rejected + unreadable > 0 ? 'warn' : 'good',
    text: `Tried again: ${parts.filter(Boolean).join(', ')}.`,
  };
}
