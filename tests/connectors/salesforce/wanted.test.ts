import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findExtraFields } from '#lib/connectors/salesforce/wanted.ts';
import { salesforceSettings } from '#lib/connectors/salesforce/settings.ts';
import type { Cursor } from '#lib/connectors/contract/source.ts';
import { line } from '#lib/connectors/kit/mapping.ts';
import { mapStream } from '#lib/connectors/mapped-stream.ts';
import { parseRecord } from '#lib/records/registry.ts';
import { pagesOf } from '../streams.ts';
import { changes, connect, full, lead, MINUTE, streamOf, tokenOf } from './harness.ts';

const context = { settings: salesforceSettings.parse({}), currency: 'USD', index: 0 };

/** The default mapping of a stream with other sources for some fields. */
const remap = (name: string, sources: Readonly<Record<string, string>>) => {
  const stream = streamOf(name);
  const kept = stream.mapping(context).filter(({ target }) => !Object.hasOwn(sources, target));
  const own = Object.entries(sources).map(([target, path]) => line(target, path));
  return mapStream(stream, [...kept, ...own]);
};

const own = { custom: { Lead: ['Region__c'], Account: ['Tier__c'] } };

describe('the fields that a mapping names', () => {
  it.each([
    ['queries', {}],
    ['a job', { bulkAbove: 0 }],
  ])('arrive in the row and the record, of a list by %s as of changes', async (_how, given) => {
    const { sandbox, read, mutate, pass } = await connect({ ...own, pageRows: 2 }, given);
    const row = { Region__c: 'North' };
    mutate(lead(row), lead(row), lead(row));
    const { map, paths } = await remap('leads', { city: 'Region__c', summary: '["Region__c"]' });
    const pages = await pagesOf(read('leads', full, null, paths));
    await pass(30 * MINUTE);
    mutate(lead(row));
    const more = await pagesOf(read('leads', changes(tokenOf(pages)), null, paths));
    const items = [...pages, ...more].flatMap((page) => page.items);
    expect(items.length).toBeGreaterThanOrEqual(4);
    for (const item of items) {
      expect(item).toMatchObject(row);
      expect(parseRecord('lead', map(item, context))).toMatchObject({
        city: 'North',
        summary: 'North',
        lastName: 'Diaz',
      });
    }
    expect(sandbox.log.entries().map(({ status }) => status)).not.toContain(400);
  });

  it('may be of a parent', async () => {
    const { sandbox, read, mutate } = await connect(own);
    const [AccountId = ''] = mutate({
      op: 'add',
      kind: 'Account',
      row: { Name: 'Dunlin', Tier__c: 'Gold', Industry: 'Retail' },
    });
    mutate({ op: 'add', kind: 'Contact', row: { LastName: 'Diaz', AccountId } });
    const { map, paths } = await remap('contacts', {
      jobTitle: 'Account.Tier__c',
      phone: 'Account.Industry',
      email: 'Account.None__c',
    });
    const [page] = await pagesOf(read('contacts', full, null, paths));
    expect(map(page?.items[0], context)).toMatchObject({
      jobTitle: 'Gold',
      phone: 'Retail',
      email: null,
    });
    expect(sandbox.log.entries().map(({ status }) => status)).not.toContain(400);
  });

  it('are left out where they do not exist, or may not be read', async () => {
    const spec = {
      ...own,
      custom: { Lead: ['Region__c', 'Secret__c', 'Odd__c'], Account: ['Tier__c'] },
      hidden: ['Lead.Secret__c'],
      refused: ['Lead.Odd__c', 'Account.Tier__c'],
    };
    const { sandbox, read, mutate } = await connect(spec);
    mutate(lead({ Region__c: 'North', Email: 'a@dunlin.example' }));
    const { map, paths } = await remap('leads', {
      city: 'Region__c',
      state: 'Secret__c',
      source: 'Odd__c',
      website: 'Nothing__c',
      phone: 'ConvertedAccount.Tier__c',
      summary: 'Nobody__r.Name',
      company: 'Address.city',
      firstName: '["Id, Name"]',
      assignedTo: 'Owner.Email',
    });
    const [page] = await pagesOf(read('leads', full, null, paths));
    expect(map(page?.items[0], context)).toMatchObject({
      city: 'North',
      email: 'a@dunlin.example',
      state: null,
      source: null,
      website: null,
      phone: null,
      summary: null,
      company: null,
      firstName: null,
      lastName: 'Diaz',
    });
    const asked = sandbox.log.entries().filter(({ status }) => status === 400);
    expect(asked).toHaveLength(2);
  });

  it('may be of a parent that the user may not see', async () => {
    const { read, mutate } = await connect({ ...own, hiddenObjects: ['Account'] });
    mutate({ op: 'add', kind: 'Contact', row: { LastName: 'Diaz' } });
    const { map, paths } = await remap('contacts', { jobTitle: 'Account.Tier__c' });
    const [page] = await pagesOf(read('contacts', full, null, paths));
    expect(map(page?.items[0], context)).toMatchObject({ name: 'Diaz', jobTitle: null });
  });

  it('are read of all rows: others, also within a pass, begin anew', async () => {
    const { read, mutate } = await connect({ ...own, pageRows: 1 });
    mutate(lead(), lead());
    const usual = ['Name', '@fullName'];
    const named = ['Region__c', 'ConvertedAccount.Tier__c'];
    const finish = async (paths: readonly string[], later = paths) => {
      const [first] = await pagesOf(read('leads', full, null, paths));
      const cursor = JSON.parse(JSON.stringify(first?.cursor ?? null)) as Cursor;
      return tokenOf(await pagesOf(read('leads', full, cursor, later)));
    };
    const follow = (token: Cursor, paths: readonly string[]) =>
      pagesOf(read('leads', changes(token), null, paths));
    const token = await finish(named);
    await expect(follow(token, [...usual, ...named.toReversed()])).resolves.toBeDefined();
    const anew = { kind: 'cursor_invalid' };
    await expect(follow(token, usual)).rejects.toMatchObject(anew);
    await expect(follow(await finish(usual, named), named)).rejects.toMatchObject(anew);
    await expect(follow(await finish([]), usual)).resolves.toBeDefined();
  });

  it('are none for names of another form, for the usual ones and for facts', () => {
    const object = { fields: ['Name', 'Owner.Name'] };
    expect(
      findExtraFields(object, [
        'Name',
        'Owner.Name',
        '@Fact__c',
        'Region__c',
        '["Region__c"]',
        'Account.Tier__c',
        'Account.Owner.Name',
        'A b',
        '["Id FROM User"]',
        '[0]',
      ]),
    ).toEqual(['Account.Tier__c', 'Region__c']);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (paths) => {
        for (const name of findExtraFields(object, paths)) expect(name).toMatch(/^\w+(\.\w+)?$/);
      }),
    );
  });
});
