import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { fieldProblem } from '#lib/identity/auth/input.ts';
import { findPerson, parsePersonQuery, type PersonPreview } from '#lib/privacy/erasure/find.ts';
import { liftErasure } from '#lib/privacy/erasure/receipts.ts';
import { requestErasure } from '#lib/privacy/erasure/request.ts';
import type { RetentionMonths } from '#lib/privacy/retention/outdated-rows.ts';
import { setRetention } from '#lib/privacy/retention/settings.ts';
import { action, atLeast, byButton, guarded, text } from './action.ts';
import { redirectAfterPost } from './form.ts';

export const privacyNotices: Record<string, string> = {
  erasing:
    'The person is on the erasure list: nothing of them is stored from now on, and what is ' +
    'stored is being removed. The receipt below shows when that is done.',
  retention: 'Saved. Leads and notes past these months are deleted once a day.',
  lifted: 'The person is off the list. The next sync stores what their systems send.',
};

const notANumber = 'Enter whole months from 1 to 1,200, or nothing for never.';
const months = text.transform((typed, context) => {
  if (typed.trim() === '') return null;
  if (/^\d{1,4}$/.test(typed.trim())) return Number(typed);
  context.addIssue({ code: 'custom', message: notANumber });
  return z.NEVER;
});
const retentionForm = z.object({ leadMonths: months, noteMonths: months });

/** What the page shows instead of its usual state. */
export type PrivacyPreview = PersonPreview | { months: RetentionMonths };

const refusal = 'Only admins of this workspace can erase people.';

/** Handles the forms of the privacy page. */
export const submitPrivacy = guarded(
  atLeast('admin', refusal),
  byButton<Access, Response | PrivacyPreview>({
    'preview-retention': action(retentionForm, (_access, months) => Promise.resolve({ months })),
    'save-retention': action(retentionForm, async ({ tenant }, entered) => {
      await setRetention(tenant.id, entered);
      return redirectAfterPost(`/w/${tenant.slug}/settings/privacy?done=retention`);
    }),
    find: action(z.object({ person: text }), async ({ tenant }, { person }) => ({
      person,
      found: await findPerson(tenant.id, parsePersonQuery(person)),
    })),
    erase: action(
      z.object({ person: text, confirm: text }),
      async ({ tenant }, { person, confirm }) => {
        if (confirm.trim() !== person.trim())
          throw fieldProblem(
            'bad_request',
            'confirm',
            'This differs from what you searched for. Nothing was erased. Type it once more.',
          );
        await requestErasure(tenant.id, parsePersonQuery(person));
        return redirectAfterPost(`/w/${tenant.slug}/settings/privacy?done=erasing`);
      },
    ),
  }),
);

/** Handles the form of a receipt. */
export const submitErasure = guarded(
  atLeast('admin', refusal),
  byButton<Access & { erasureId: string }, Response>({
    lift: action(z.object({}), async ({ tenant, erasureId }) => {
      await liftErasure(tenant.id, erasureId);
      return redirectAfterPost(`/w/${tenant.slug}/settings/privacy?done=lifted`);
    }),
  }),
);
