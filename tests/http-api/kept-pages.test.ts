import { beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { password, type WebClient } from '../helpers/web.ts';
import { useApi } from './fixtures.ts';

allowForLoad();
const db = useDatabase();
const api = useApi(db.url);
let admin: WebClient;
beforeAll(async () => {
  await createUser({ email: 'admin@north.test', password, tenantSlug: 'north', role: 'admin' });
  admin = await api.web.signIn('admin@north.test');
});

/** A text that each page shows, and the statement that changes it in the workspace `$1`. */
const pages: [page: string, change: string][] = [
  ['dashboard', `update notes set content = $2 where tenant_id = $1`],
  ['leads', `update leads set name = $2 where tenant_id = $1`],
  ['hot-list', `update hot_list_items set candidate_name = $2 where tenant_id = $1`],
  ['notes', `update notes set content = $2 where tenant_id = $1`],
  ['schedule', `update scheduled_activities set contact_name = $2 where tenant_id = $1`],
];

/** How often the body of a page, below its banner, says a text. */
const says = async (client: WebClient, slug: string, page: string, text: string) =>
  (await client.text(`/w/${slug}/${page}`)).split(text).length - 1;

describe.each(pages)('the page %s, whose drawing is kept', (page, change) => {
  const set = (text: string) => db.query(change, [api.north.tenant.id, text]);

  it('shows what has changed with the next request, and what has changed back', async () => {
    await set('Before All');
    const first = await says(api.viewer, 'north', page, 'Before All');
    expect(first).toBeGreaterThan(0);
    expect(await says(api.viewer, 'north', page, 'Before All')).toBe(first);
    await set('After That');
    expect(await says(api.viewer, 'north', page, 'After That')).toBe(first);
    expect(await says(api.viewer, 'north', page, 'Before All')).toBe(0);
    await set('Before All');
    expect(await says(api.viewer, 'north', page, 'Before All')).toBe(first);
  });

  it('is not what somebody else was shown', async () => {
    await set('Seen In North');
    expect(await says(api.viewer, 'north', page, 'Seen In North')).toBeGreaterThan(0);
    expect(await says(api.stranger, 'south', page, 'Seen In North')).toBe(0);
    expect((await api.stranger.fetch(`/w/north/${page}`)).status).toBe(404);
    const [mine, theirs] = await Promise.all(
      [api.viewer, admin].map((client) => client.text(`/w/north/${page}`)),
    );
    expect(mine).not.toContain('/w/north/settings');
    expect(theirs).toContain('/w/north/settings');
  });
});
