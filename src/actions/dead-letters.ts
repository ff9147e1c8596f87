import { z } from 'zod';
import { toActor, type Actor } from '#lib/identity/actor.ts';
import type { Access } from '#lib/identity/auth/access.ts';
import { discardJob, retryJob, retryJobGroup } from '#lib/jobs/failed/resolve.ts';
import { correctRecord } from '#lib/ingest/rejections/correct.ts';
import { discardRecord } from '#lib/ingest/rejections/discard.ts';
import { retryGroup, retryRecord } from '#lib/ingest/rejections/retry.ts';
import type { Notice } from '../components/ui/form-state.ts';
import { action, byButton, parseFields, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';
import { getOwn } from '#lib/platform/own.ts';

const groupForm = z.object({ connection: text, stream: text, kind: text });

/**
 * Returns the key of the next notice (`?done=`). `toActor` is the guard: only admins become an
 * Actor.
 */
const decide = byButton<Actor, string>({
  retry: action(z.object({ record: text }), async (actor, { record }) =>
    (await retryRecord(actor, record)) ? 'accepted' : 'refused',
  ),
  'retry-group': action(groupForm, async (actor, { connection, stream, kind }) => {
    const tally = await retryGroup(actor, { connectionId: connection, stream, kind });
    return tally === undefined
      ? 'retrying'
      : `group-${tally.accepted}-${tally.rejected}-${tally.unreadable}`;
  }),
  discard: action(z.object({ record: text, note: text }), async (actor, { record, note }) => {
    await discardRecord(actor, record, note);
    return 'discarded';
  }),
  'job-retry': action(z.object({ job: text }), async (actor, { job }) => {
    await retryJob(actor, job);
    return 'queued';
  }),
  'job-retry-group': action(
    z.object({ job: text, kind: text }),
    async (actor, jobs) => `queued-${await retryJobGroup(actor, jobs)}`,
  ),
  'job-discard': action(z.object({ job: text, note: text }), async (actor, { job, note }) => {
    await discardJob(actor, job, note);
    return 'discarded';
  }),
});

/**
 * Handles the forms of the page of failed records. The redirect keeps the filter and the position
 * in the list.
 */
export async function submitDeadLetters(
  access: Access,
  url: URL,
  fields: Fields,
): Promise<Response> {
  const params = new URLSearchParams(url.searchParams);
  params.set('done', await decide(toActor(access), fields));
  return redirectAfterPost(`${url.pathname}?${params}`);
}

/** `digest` is that of the item that the page showed. */
const correctionForm = z.object({ item: text, digest: text });

/** Handles the form of one record: its item as the user corrected it. */
export async function submitCorrection(
  access: Access,
  id: string,
  fields: Fields,
): Promise<Response> {
  const actor = toActor(access);
  const { item, digest } = parseFields(correctionForm, fields);
  await correctRecord(actor, id, { text: item, digest });
  return redirectAfterPost(`/w/${access.tenant.slug}/dead-letters?done=corrected`);
}

const notices: Record<string, Notice> = {
  accepted: { tone: 'good', text: 'The record was accepted and now appears on the pages.' },
  refused: { tone: 'warn', text: 'The record was rejected again. The reason is shown below.' },
  retrying: {
    tone: 'good',
    text: 'The records are being retried in the background. The list shrinks as they succeed.',
  },
  discarded: {
    tone: 'good',
    text: 'Discarded. The history at the bottom of the page shows the decision.',
  },
  corrected: {
    tone: 'good',
    text:
      'The corrected record now appears on the pages. ' +
      'The correction applies until the source changes the record.',
  },
  queued: { tone: 'good', text: 'The job has been queued again.' },
};

/** Returns the notice for `?done=`. */
export function getDeadLetterNotice(done: string | null): Notice | undefined {
  if (done === null) return undefined;
  const [, jobs] = /^queued-(\d{1,6})$/.exec(done) ?? [];
  if (jobs !== undefined)
    return {
      tone: 'good',
      text:
        jobs === '1' ? 'The job has been queued again.' : `${jobs} jobs have been queued again.`,
    };
  const tally = /^group-(\d{1,6})-(\d{1,6})-(\d{1,6})$/.exec(done)?.slice(1).map(Number);
  if (tally !== undefined) return formatTally(tally);
  return getOwn(notices, done);
}

function formatTally([accepted = 0, rejected = 0, unreadable = 0]: number[]): Notice {
  const parts = [
    `${accepted} accepted`,
    rejected > 0 && `${rejected} rejected again`,
    unreadable > 0 && `${unreadable} without a stored response`,
  ];
  return {
    tone: rejected + unreadable > 0 ? 'warn' : 'good',
    text: `Retried: ${parts.filter(Boolean).join(', ')}.`,
  };
}
