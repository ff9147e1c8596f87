import { belonging, page, type Fields, type TenantRequest } from './request.ts';
import { addErasure, type Slug, type World } from './world.ts';

/** Of nobody, so that the lead of the workspace stays for the other requests. */
const somebody = 'nobody@erased.test';

function privacy(intent: string, fields: Fields, ok: number): TenantRequest {
  return {
    file: 'w/[tenant]/settings/privacy.astro',
    method: 'POST',
    action: intent,
    path: (slug) => `/w/${slug}/settings/privacy`,
    fields: () => Promise.resolve({ intent, ...fields }),
    role: 'admin',
    ok: [ok],
  };
}

const ofErasure = (slug: Slug, world: World) =>
  `/w/${slug}/settings/erasures/${belonging('erasure')(slug, world)}`;

/** Requests for the erasure of people and for the export of everything. */
export const privacyRequests: TenantRequest[] = [
  ...page('settings/privacy', 'admin', { post: 400 }),
  privacy('find', { person: somebody }, 200),
  { ...privacy('erase', { person: somebody, confirm: 'else' }, 400), action: 'erase unconfirmed' },
  privacy('erase', { person: somebody, confirm: somebody }, 303),
  privacy('preview-retention', { leadMonths: '12', noteMonths: '' }, 200),
  { ...privacy('save-retention', { leadMonths: 'x' }, 400), action: 'save no number' },
  privacy('save-retention', { leadMonths: '1200', noteMonths: '' }, 303),
  {
    file: 'w/[tenant]/settings/export.zip.ts',
    method: 'GET',
    action: 'read',
    path: (slug) => `/w/${slug}/settings/export.zip?raw=1`,
    role: 'admin',
    // Two of one workspace are not made at once.
    ok: [200, 409],
  },
  ...page('settings/erasures/[id]', 'admin', { path: ofErasure, post: 400 }),
  {
    file: 'w/[tenant]/settings/erasures/[id].json.ts',
    method: 'GET',
    action: 'read',
    path: (slug, world) => `${ofErasure(slug, world)}.json`,
    role: 'admin',
    ok: [200],
  },
  {
    file: 'w/[tenant]/settings/erasures/[id].astro',
    method: 'POST',
    action: 'lift',
    path: ofErasure,
    // One that was lifted already cannot be lifted again.
    fields: async ({ world, slug, may }) => {
      if (may && slug !== 'omega')
        world.belongings[slug].erasure = await addErasure(
          world.db,
          world.belongings[slug].tenant.id,
        );
      return { intent: 'lift' };
    },
    role: 'admin',
    ok: [303, 409],
  },
];
