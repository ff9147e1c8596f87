import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { roleField } from '#lib/identity/auth/input.ts';
import { checkProvider, type SsoStep } from '#lib/identity/sso/check.ts';
import { addDomain, removeDomain, verifyDomain } from '#lib/identity/sso/domains.ts';
import {
  removeProvider,
  saveOptions,
  saveProvider,
  switchProvider,
} from '#lib/identity/sso/settings.ts';
import { parseMailDomain } from '#lib/posture/domain.ts';
import { lookUpTxt } from '#lib/posture/scan-system.ts';
import { action, atLeast, buttonOf, byButton, guarded, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

/** The notices of the page, by button. */
export const ssoNotices: Record<string, string> = {
  save: 'The provider has been saved. Test it before you switch it on.',
  options: 'The rules have been saved.',
  on: 'Single sign-on is on.',
  off: 'Single sign-on is off. Its sessions open nothing any more, and passwords work again.',
  remove: 'The provider has been removed, and its sessions have ended.',
  'add-domain': 'The domain is on the list. Publish its TXT record, then check it.',
  'verify-domain': 'The domain is verified.',
  'remove-domain': 'The domain has been removed.',
};

const providerForm = z.object({ issuer: text, clientId: text, clientSecret: text });
const checkbox = z
  .string()
  .optional()
  .transform((value) => value !== undefined);
const optionsForm = z.object({
  required: checkbox,
  admits: checkbox,
  newMemberRole: roleField,
  secondFactor: checkbox,
  trustsAddresses: checkbox,
});
const domainForm = z.object({ domain: text.transform(parseMailDomain) });
const empty = z.object({});

const change = guarded(
  atLeast('staff', 'Only staff can set up single sign-on. Ask your contact at the agency.'),
  byButton<Access, SsoStep[] | void>({
    save: action(providerForm, saveProvider),
    options: action(optionsForm, saveOptions),
    on: action(empty, (access) => switchProvider(access, true)),
    off: action(empty, (access) => switchProvider(access, false)),
    remove: action(empty, removeProvider),
    test: action(empty, checkProvider),
    'add-domain': action(domainForm, (access, { domain }) => addDomain(access, domain)),
    'verify-domain': action(domainForm, (access, { domain }) =>
      verifyDomain(access, domain, lookUpTxt),
    ),
    'remove-domain': action(domainForm, (access, { domain }) => removeDomain(access, domain)),
  }),
);

/** Handles the forms of the page, selected by button; returns the steps of a test. */
export async function submitSingleSignOn(
  access: Access,
  fields: Fields,
): Promise<SsoStep[] | Response> {
  const steps = await change(access, fields);
  if (steps !== undefined) return steps;
  const page = `/w/${access.tenant.slug}/settings/single-sign-on`;
  return redirectAfterPost(`${page}?done=${buttonOf(fields)}`);
}
