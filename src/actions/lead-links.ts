import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { linkLead, rejectLink, withdrawLink } from '#lib/ingest/links/manual.ts';
import { linkedEntities } from '#lib/records/link.ts';
import type { FormState } from '../components/ui/form-state.ts';
import { action, atLeast, buttonOf, byButton, guarded, text } from './action.ts';
import { findNotice, redirectAfterPost, type Fields } from './form.ts';

const notices: Record<string, string> = {
  linked: 'The two records are linked.',
  rejected: 'The two records are kept apart from now on.',
  withdrawn: 'The decision was taken back.',
};

/** The notice for `?done=` on the page of a lead. */
export const findLinkNotice = (form: FormState, url: URL): string | undefined =>
  findNotice(form, notices, url);

interface Decider {
  access: Access;
  leadId: string;
}

const linkForm = z.object({
  connection: text,
  entity: z.enum(linkedEntities, 'Choose what the record is.'),
  record: text,
});
const decisionForm = z.object({ link: text });
const toDecision = ({ access: { tenant, user }, leadId }: Decider) => ({
  tenantId: tenant.id,
  leadId,
  userId: user.id,
});
const mayDecide = atLeast('member', 'Viewers cannot link records. Ask a member of this workspace.');

/** Whether a form of the page of a lead is about what the lead is linked with. */
export const isLinkForm = (fields: Fields): boolean =>
  ['link', 'reject-link', 'withdraw-link'].includes(buttonOf(fields));

/** Returns the key of the next notice (`?done=`). */
const change = guarded(
  ({ access }: Decider) => mayDecide(access),
  byButton<Decider, string>({
    link: action(linkForm, async (who, { connection, entity, record }) => {
      await linkLead(toDecision(who), { connectionId: connection, entity, externalId: record });
      return 'linked';
    }),
    'reject-link': action(decisionForm, async (who, { link }) => {
      await rejectLink(toDecision(who), link);
      return 'rejected';
    }),
    'withdraw-link': action(decisionForm, async (who, { link }) => {
      await withdrawLink(toDecision(who), link);
      return 'withdrawn';
    }),
  }),
);

/** Handles the forms about what a lead is linked with, and redirects to the page of the lead. */
export async function submitLeadLinks(
  access: Access,
  leadId: string,
  url: URL,
  fields: Fields,
): Promise<Response> {
  const done = await change({ access, leadId }, fields);
  return redirectAfterPost(`${url.pathname}?${new URLSearchParams({ done })}#also-in`);
}
