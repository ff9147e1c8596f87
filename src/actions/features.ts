import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { switchFeature } from '#lib/scoring/schedule.ts';
import { features } from '#lib/identity/features.ts';
import { action, atLeast, foreignForm, guarded } from './action.ts';
import { redirectAfterPost } from './form.ts';

/** The notices of the page, by switch. */
export const featureNotices: Record<string, string> = {
  'lead-engine-on':
    'The lead engine is on. The companies of this workspace are scanned in the background, ' +
    'and their scores appear one by one.',
  'lead-engine-off':
    'The lead engine is off. Existing scores are kept, and no more companies are scanned.',
  'crm-push-on': 'CRM push is on. Members can push leads into a connected CRM.',
  'crm-push-off': 'CRM push is off. No more leads are pushed into a CRM.',
};

const switchForm = z.object({
  feature: z.enum(features, { error: foreignForm }),
  to: z.enum(['on', 'off'], { error: foreignForm }),
});

/** Handles the switches of the features page. */
export const submitFeatures = guarded(
  atLeast('admin'),
  action(switchForm, async ({ tenant, user }: Access, { feature, to }) => {
    await switchFeature(tenant.id, feature, to === 'on', user.id);
    return redirectAfterPost(`/w/${tenant.slug}/settings/features?done=${feature}-${to}`);
  }),
);
