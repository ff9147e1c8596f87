import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import {
  cancelReferralChange,
  decideReferralConflict,
  updateReferral,
  type ReferralUpdate,
} from '#lib/outbound/actions/referral.ts';
import type { FormState, Notice } from '../components/ui/form-state.ts';
import { requireRole } from '../middleware/guard.ts';
import { parseFields, text } from './action.ts';
import { findNotice, redirectAfterPost, type Fields } from './form.ts';

/** The notices of the page. A conflict has none: both versions are on the page. */
const referralNotices: Record<string, string> = {
  changed: 'Partner Center has accepted the change. A sync has been started to update all pages.',
  waiting:
    'Partner Center cannot take the change right now. It is sent by itself as soon as possible; ' +
    'the time of the next attempt is below.',
  withdrawn: 'The change was taken back. Nothing more is sent.',
};

/** The notice for `?done=`, unless a change that waited has come to an end since. */
export function findReferralNotice(
  form: FormState,
  url: URL,
  last: { outcome: string } | null,
): Notice | undefined {
  const text = findNotice(form, referralNotices, url);
  const isWaiting = url.searchParams.get('done') === 'waiting';
  if (text === undefined || (isWaiting && last?.outcome !== 'waiting')) return undefined;
  return { tone: isWaiting ? 'warn' : 'good', text };
}

/** `state` is status and substatus, separated by a slash; `seen` is what the page showed. */
const stateForm = z
  .object({
    state: text.pipe(z.string().regex(/^[^/]+\/[^/]/, 'Choose a new status for the referral.')),
    seen: z.string().max(5_000).optional().transform(parseSeen),
  })
  .transform(({ state, seen }) => {
    const [status = '', substatus = ''] = state.split('/');
    return { wanted: { status, substatus }, seen };
  });
const changeForm = z.object({ change: text });

/** Handles the forms of a referral. The redirect keeps the query of the list. */
export async function submitReferral(
  access: Access,
  id: string,
  url: URL,
  fields: Fields,
): Promise<Response> {
  requireRole(access, 'member', 'Viewers cannot change referrals. Ask a member of this workspace.');
  const query = new URLSearchParams(url.search);
  const outcome = await handle(access, id, fields);
  query.set('done', outcome === 'done' ? 'changed' : outcome);
  return redirectAfterPost(`${url.pathname}?${query}`);
}

/** Does what the button says that was pressed, and answers how it ended. */
async function handle(
  { tenant, user }: Access,
  id: string,
  fields: Fields,
): Promise<ReferralUpdate['outcome'] | 'withdrawn'> {
  const { intent } = fields;
  if (intent === 'ours' || intent === 'theirs') {
    const { change } = parseFields(changeForm, fields);
    const decision = { conflict: change, choice: intent } as const;
    return (await decideReferralConflict(tenant.id, id, decision, user.id)).outcome;
  }
  if (intent === 'cancel') {
    await cancelReferralChange(tenant.id, id, parseFields(changeForm, fields).change);
    return 'withdrawn';
  }
  return (await updateReferral(tenant.id, id, parseFields(stateForm, fields), user.id)).outcome;
}

const seenFields = z.record(z.string().max(50), z.string().max(1_000).nullable());

/** What the page showed when the person decided; undefined when that cannot be read. */
function parseSeen(given: string | undefined): z.output<typeof seenFields> | undefined {
  try {
    return seenFields.safeParse(JSON.parse(given ?? '')).data;
  } catch {
    return undefined;
  }
}
