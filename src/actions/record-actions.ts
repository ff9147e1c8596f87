import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { refreshChoices } from '#lib/outbound/actions/choices.ts';
import type { ActionTarget } from '#lib/outbound/actions/record.ts';
import { cancelAction, requestAction } from '#lib/outbound/actions/request.ts';
import { actionKeys } from '#lib/records/actions.ts';
import { fieldPrefix } from '../components/actions/field-prefix.ts';
import type { FormState } from '../components/ui/form-state.ts';
import { requireRole } from '../middleware/guard.ts';
import { action, byButton, guarded, foreignForm } from './action.ts';
import { findNotice, redirectAfterPost, type Fields } from './form.ts';

const notices: Record<string, string> = {
  requested: 'It is being sent. How it ends is shown below; reload the page to see it.',
  cancelled: 'It was taken back. Nothing more is sent.',
  listed: 'The lists were read again.',
};

/** The notice for `?done=` of these forms. */
export const findActionNotice = (form: FormState, url: URL): string | undefined =>
  findNotice(form, notices, url);

const requestForm = z
  .looseObject({
    action: z.enum(actionKeys, foreignForm),
    id: z.uuid(foreignForm),
    over: z.union([z.uuid(), z.literal('')]).default(''),
  })
  .transform(({ action: key, id, over, ...fields }) => ({
    action: key,
    id,
    over: over === '' ? undefined : over,
    values: Object.fromEntries(
      Object.entries(fields)
        .filter(([name]) => name.startsWith(fieldPrefix))
        .map(([name, value]) => [name.slice(fieldPrefix.length), String(value)]),
    ),
  }));
const cancelForm = z.object({ change: z.uuid(foreignForm) });

interface Sender {
  access: Access;
  target: ActionTarget;
}

/** Returns the key of the next notice (`?done=`). */
const submit = guarded(
  ({ access }: Sender) =>
    requireRole(access, 'member', 'Viewers cannot change records at their source. Ask a member.'),
  byButton<Sender, string>({
    request: action(requestForm, async ({ access, target }, request) => {
      await requestAction(access.tenant.id, target, request, access.user.id);
      return 'requested';
    }),
    cancel: action(cancelForm, async ({ access, target }, { change }) => {
      await cancelAction(access.tenant.id, target, change);
      return 'cancelled';
    }),
    choices: action(z.object({}), async ({ access, target }) => {
      await refreshChoices(access.tenant.id, target);
      return 'listed';
    }),
  }),
);

/** Handles the forms for the actions of a record, and redirects to its page. */
export async function submitActions(
  access: Access,
  target: ActionTarget,
  url: URL,
  fields: Fields,
): Promise<Response> {
  const query = new URLSearchParams(url.search);
  query.set('done', await submit({ access, target }, fields));
  return redirectAfterPost(`${url.pathname}?${query}`);
}
