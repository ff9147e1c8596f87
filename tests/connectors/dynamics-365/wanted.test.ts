import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findExtraColumns } from '#lib/connectors/dynamics-365/wanted.ts';
import { dynamicsSettings } from '#lib/connectors/dynamics-365/settings.ts';
import type { Cursor } from '#lib/connectors/contract/source.ts';
import { line } from '#lib/connectors/kit/mapping.ts';
import { mapStream } from '#lib/connectors/mapped-stream.ts';
import { parseRecord } from '#lib/records/registry.ts';
import { lookup, option, text } from '../../../sandbox/dynamics-365/columns.ts';
import type { DynamicsSpec } from '../../../sandbox/index.ts';
import { lead } from '../../sandbox/dynamics-rows.ts';
import { pagesOf } from '../streams.ts';
import { changes, connect, full, streamOf } from './harness.ts';

const context = { settings: dynamicsSettings.parse({}), currency: 'USD', index: 0 };
const label = (column: string) => `["${column}@OData.Community.Display.V1.FormattedValue"]`;

/** The default mapping of leads with other sources for some fields. */
const remap = (sources: Readonly<Record<string, string>>) => {
  const stream = streamOf('leads');
  const kept = stream.mapping(context).filter(({ target }) => !Object.hasOwn(sources, target));
  const own = Object.entries(sources).map(([target, path]) => line(target, path));
  return mapStream(stream, [...kept, ...own]);
};

const own: Partial<DynamicsSpec> = {
  custom: {
    lead: [
      text('new_region'),
      option('new_channel', [{ value: 859_870_000, label: 'Trade fair' }]),
      lookup('new_partner', 'account'),
    ],
  },
};
const row = { new_region: 'North', new_channel: 859_870_000, address1_postalcode: '4000-001' };
const chosen = {
  city: 'new_region',
  source: label('new_channel'),
  state: 'address1_postalcode',
};

describe('the columns that a mapping names', () => {
  it.each([
    ['by delta link', {}],
    ['by time', { untracked: ['lead' as const] }],
  ])('arrive in the row and the record, of a list as of changes %s', async (_how, spec) => {
    const { sandbox, read } = await connect({ ...own, ...spec }, { pageSize: 1 });
    const add = () => sandbox.dynamics365.mutate('org', { changes: [lead(row)] });
    add();
    add();
    const { map, paths } = await remap(chosen);
    const pages = await pagesOf(read('leads', full, null, paths));
    sandbox.clock.shift(60_000);
    add();
    const token = pages.at(-1)?.token ?? null;
    const more = await pagesOf(read('leads', changes(token), null, paths));
    const items = [...pages, ...more].flatMap((page) => page.items);
    expect(items.length).toBeGreaterThanOrEqual(3);
    for (const item of items) {
      expect(item).toMatchObject(row);
      expect(parseRecord('lead', map(item, context))).toMatchObject({
        city: 'North',
        source: 'Trade fair',
        state: '4000-001',
        lastName: 'Entered',
      });
    }
    expect(sandbox.log.entries().map(({ status }) => status)).not.toContain(400);
  });

  it('are left out where they do not exist, cannot be listed or may not be known', async () => {
    const { sandbox, read } = await connect({ ...own, hidden: ['new_region'] });
    sandbox.dynamics365.mutate('org', { changes: [lead(row)] });
    const wrong = {
      ...chosen,
      phone: 'new_nothing',
      website: 'new_channelname',
      summary: '["no, such"]',
      email: 'new_partner',
    };
    const { map, paths } = await remap(wrong);
    const [page] = await pagesOf(read('leads', full, null, paths));
    expect(map(page?.items[0], context)).toMatchObject({
      city: null,
      source: 'Trade fair',
      state: '4000-001',
      phone: null,
      website: null,
      summary: null,
      email: null,
      lastName: 'Entered',
    });
    sandbox.faults.arm({
      kind: 'status',
      status: 403,
      endpoint: 'GET api/data/v9.2/EntityDefinitions(:name)',
      next: 1,
    });
    const [unknown] = await pagesOf(read('leads', full, null, paths));
    expect(map(unknown?.items[0], context)).toMatchObject({ state: null, lastName: 'Entered' });
  });

  it('are read of all rows: others, also within a pass, begin anew', async () => {
    const { sandbox, read } = await connect(own, { pageSize: 1 });
    sandbox.dynamics365.mutate('org', { changes: [lead(row), lead(row)] });
    const usual = ['fullname', '@fullName'];
    const named = ['new_region', label('new_channel')];
    const tokenOf = async (paths: readonly string[], later = paths) => {
      const [first] = await pagesOf(read('leads', full, null, paths));
      const cursor = JSON.parse(JSON.stringify(first?.cursor ?? null)) as Cursor;
      const rest = await pagesOf(read('leads', full, cursor, later));
      return rest.at(-1)?.token ?? null;
    };
    const follow = (token: Cursor, paths: readonly string[]) =>
      pagesOf(read('leads', changes(token), null, paths));
    const token = await tokenOf(named);
    await expect(follow(token, [...usual, ...named.toReversed()])).resolves.toBeDefined();
    const anew = { kind: 'cursor_invalid' };
    await expect(follow(token, usual)).rejects.toMatchObject(anew);
    await expect(follow(await tokenOf(usual, named), named)).rejects.toMatchObject(anew);
    await expect(follow(await tokenOf([]), usual)).resolves.toBeDefined();
  });

  it('are none for names of another form, for the usual ones and for facts', () => {
    const table = { id: 'leadid', columns: ['fullname', 'statecode'] };
    expect(
      findExtraColumns(table, [
        'fullname',
        'leadid',
        '@new_fact',
        label('statecode'),
        label('new_b'),
        '["_new_a_value@Microsoft.Dynamics.CRM.lookuplogicalname"]',
        'new_b',
        'a b',
        'new-c',
        '["@odata.etag"]',
        '[0]',
      ]),
    ).toEqual(['_new_a_value', 'new_b']);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (paths) => {
        for (const name of findExtraColumns(table, paths)) expect(name).toMatch(/^\w+$/);
      }),
    );
  });
});
