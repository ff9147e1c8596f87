import type { Access } from '#lib/identity/auth/access.ts';
import { switchFeature } from '#lib/scoring/due.ts';
import { Problem } from '#lib/platform/errors.ts';
import { features } from '#lib/identity/features.ts';
import { seeOther, type Fields } from './form.ts';

/** What the page says after a switch. */
export const featureNotices: Record<string, string> = {
  'lead-engine-on':
    'The lead engine is on. The companies of this workspace are scanned in the background; their scores appear one by one.',
  'lead-engine-off': 'The lead engine is off. Scores stay as they are, and nothing is scanned.',
  'crm-push-on': 'Leads can be written into a connected CRM.',
  'crm-push-off': 'Nothing is written into a CRM any more.',
};

/** The switches of the features page. */
export async function submitFeatures(
  { tenant, user }: Access,
  { feature: name, to }: Fields,
): Promise<Response> {
  const feature = features.find((known) => known === name);
  if (feature === undefined || (to !== 'on' && to !== 'off'))
    throw new Problem(
      'bad_request',
      'This form does not belong to this page. Open the page again.',
    );
  await switchFeature(tenant.id, feature, to === 'on', user.id);
  return seeOther(`/w/${tenant.slug}/settings/features?done=${feature}-${to}`);
}
