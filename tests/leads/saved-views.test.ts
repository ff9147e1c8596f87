import { beforeAll, describe, expect, it } from 'vitest';
import { deleteView, renameView, saveView, type Editor } from '#lib/views/saved/change.ts';
import { listSavedViews } from '#lib/views/saved/queries.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { newId } from '../../src/lib/platform/id.ts';
import { useDatabase } from '../helpers/database.ts';

const database = useDatabase();
let tenant: { id: string };
let other: { id: string };
const people = { ann: newId(), ben: newId(), cat: newId(), vic: newId() };
const as = (id: string, role: Editor['role'] = 'member', of = tenant): Editor => ({
  tenant: of,
  user: { id },
  role,
});
const names = async (editor: Editor) =>
  (await listSavedViews(editor, 'leads')).map(({ name }) => name);
const draft = { page: 'leads', query: 'segment=Migration&sort=score', shared: false };

beforeAll(async () => {
  tenant = await createTenant({ slug: 'own', name: 'Own' });
  other = await createTenant({ slug: 'other', name: 'Other' });
});

describe('saved views', () => {
  it('are seen by whoever made them, and by everybody in the workspace when shared', async () => {
    const own = await saveView(as(people.ann), { ...draft, name: '  Hot   ones ' });
    await saveView(as(people.ann), { ...draft, name: 'For all', shared: true });
    expect(own).toMatchObject({ name: 'Hot ones', query: draft.query, shared: false });
    expect(await names(as(people.ann))).toEqual(['For all', 'Hot ones']);
    expect(await names(as(people.ben))).toEqual(['For all']);
    expect(await names(as(people.ann, 'member', other))).toEqual([]);
    expect(await listSavedViews(as(people.ann), 'referrals')).toEqual([]);
  });

  it('are renamed and deleted by their maker, shared ones by admins, by no others', async () => {
    const own = await saveView(as(people.ben), { ...draft, name: 'Of Ben' });
    const shared = await saveView(as(people.ben), {
      ...draft,
      name: 'Of Ben for all',
      shared: true,
    });
    await expect(renameView(as(people.ann), 'leads', own.id, 'Mine')).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(deleteView(as(people.cat, 'admin'), 'leads', own.id)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(deleteView(as(people.ann), 'leads', shared.id)).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(
      deleteView(as(people.ben, 'member', other), 'leads', own.id),
    ).rejects.toMatchObject({ code: 'not_found' });
    await renameView(as(people.ben), 'leads', own.id, 'Renamed');
    await renameView(as(people.cat, 'admin'), 'leads', shared.id, 'Renamed by an admin');
    expect(await names(as(people.ben))).toEqual(['For all', 'Renamed', 'Renamed by an admin']);
    await deleteView(as(people.cat, 'admin'), 'leads', shared.id);
    await deleteView(as(people.ben), 'leads', own.id);
    expect(await names(as(people.ben))).toEqual(['For all']);
  });

  it.each([
    ['an empty name', { name: '  ' }, 'bad_request'],
    ['a long name', { name: 'n'.repeat(61) }, 'bad_request'],
    ['a name with a NUL', { name: 'a\u0000' }, 'bad_request'],
    ['a name that is taken, in other letters', { name: 'for ALL' }, 'conflict'],
    ['nothing to save', { name: 'Nothing', query: '' }, 'bad_request'],
    ['a long filter', { name: 'Long', query: 'x'.repeat(1001) }, 'bad_request'],
  ])('refuse %s', (_what, changes, code) => {
    return expect(saveView(as(people.ann), { ...draft, ...changes })).rejects.toMatchObject({
      code,
    });
  });

  it('are private to those who only look, and at most fifty', async () => {
    const viewer = as(people.vic, 'viewer');
    await expect(saveView(viewer, { ...draft, name: 'Shared', shared: true })).rejects.toThrow(
      /Ask a member/,
    );
    await Promise.all(
      Array.from({ length: 49 }, (_, index) =>
        saveView(viewer, { ...draft, name: `View ${index}` }),
      ),
    );
    await expect(saveView(viewer, { ...draft, name: 'One more' })).rejects.toMatchObject({
      code: 'conflict',
    });
    const [row] = await database.query<{ count: number }>(
      'select count(*)::int from saved_views where owner_id = $1',
      [people.vic],
    );
    expect(row?.count).toBe(49);
  });
});
