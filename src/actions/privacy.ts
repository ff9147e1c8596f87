import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { fieldProblem } from '#lib/identity/auth/input.ts';
import { findPerson, parsePersonQuery, type PersonPreview } from '#lib/privacy/erasure/find.ts';
import { liftErasure } from '#lib/privacy/erasure/receipts.ts';
import { requestErasure } from '#lib/privacy/erasure/request.ts';
import { action, atLeast, byButton, guarded, text } from './action.ts';
import { redirectAfterPost } from './form.ts';

export const privacyNotices: Record<string, string> = {
  erasing:
    'The person is on the erasure list: nothing of them is stored from now on, and what is ' +
    'stored is being removed. The receipt below shows when that is done.',
  lifted: 'The person is off the list. The next sync stores what their systems send.',
};

const refusal = 'Only admins of this workspace can erase people.';

/** Handles the forms of the privacy page. */
export const submitPrivacy = guarded(
  atLeast('admin', refusal),
  byButton<Access, Response | PersonPreview>({
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
