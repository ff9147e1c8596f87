import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createConnection } from '#lib/connections/connections.ts';
import { plainValue } from '#lib/entities/lead/overrides.ts';
import { restoreMapping, saveCheckedMapping } from '#lib/mappings/save.ts';
import { mappingFor } from '#lib/mappings/store.ts';
import { previewOf } from '#lib/mappings/preview.ts';
import { validateMapping } from '#lib/mappings/validate.ts';
import { asStored } from '#lib/mappings/merge.ts';
import { planOf } from '#lib/mappings/plan.ts';
import { comparePulled, isEcho } from '#lib/outbound/pull/compare.ts';
import { inverseOf } from '#lib/mappings/inverse.ts';
import { pushSources } from '#lib/mappings/lead-fields.ts';
import {
  conflictRules,
  type FieldMapping,
  type FieldValue,
  type TargetField,
  type TargetMetadata,
} from '#lib/connectors/contract/destination.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { readDraft } from '../../src/actions/mapping.ts';
import { useDatabase } from '../helpers/database.ts';

const db = useDatabase();

const field = (name: string, more: Partial<TargetField> = {}): TargetField => ({
  name,
  label: name.toUpperCase(),
  type: 'text',
  required: false,
  creatable: true,
  updatable: true,
  maxLength: 20,
  min: null,
  max: null,
  options: null,
  ...more,
});
const none = { fields: [], keys: [], changeTracking: true };
const metadata: TargetMetadata = {
  tables: {
    account: none,
    contact: none,
    opportunity: none,
    lead: {
      ...none,
      fields: [
        field('lastname', { required: true }),
        field('firstname'),
        field('companyname'),
        field('telephone1'),
        field('amount', { type: 'money', maxLength: null }),
        field('score', { type: 'integer', min: 0, max: 100 }),
        field('owner', { type: 'lookup' }),
        field('createdon', { creatable: false, updatable: false, type: 'datetime' }),
        field('stage', {
          type: 'option',
          options: [
            { value: 1, label: 'New' },
            { value: 2, label: 'In touch' },
          ],
        }),
        field('size', { type: 'option', options: [{ value: 7, label: 'Small' }] }),
      ],
    },
  },
};
const row = (target: string, source: string, more: Partial<FieldMapping> = {}): FieldMapping => ({
  table: 'lead',
  target,
  source,
  rule: 'ask',
  ...more,
});
const named = row('lastname', 'lastName');
const wrongs = (fields: FieldMapping[]) => {
  const { rows, missing, isValid } = validateMapping(fields, metadata, pushSources);
  return {
    words: rows.flat().map(({ level, message }) => `${level}: ${message}`),
    missing: missing.map(({ field: { name } }) => name),
    isValid,
  };
};

describe('a mapping', () => {
  it.each<[string, FieldMapping[], RegExp | null]>([
    ['text from anything', [named, row('companyname', 'score')], null],
    [
      'a number from text',
      [named, row('amount', 'company')],
      /error: It takes numbers, and "Company" is text/,
    ],
    ['a link', [named, row('owner', 'assignedTo')], /error: This field links/],
    [
      'a field that nobody may write',
      [named, row('createdon', 'createdAt')],
      /error: Nobody may write/,
    ],
    [
      'a field that is not there',
      [named, row('hnt_gone', 'score')],
      /warning: The table lead there has no field "hnt_gone"/,
    ],
    [
      'a source that we do not have',
      [named, row('companyname', 'shoeSize')],
      /error: We have no field "shoeSize"/,
    ],
    ['nothing chosen', [named, row('companyname', '')], /error: Choose what fills/],
    [
      'a field twice',
      [named, row('companyname', 'company'), row('companyname', 'domain')],
      /error: This field is filled by another row/,
    ],
    [
      'words that stand for nothing there',
      [named, row('size', 'tenantSize')],
      /warning: Nothing there stands for "medium", "large"/,
    ],
    [
      'labels that are gone',
      [named, row('stage', 'status', { labels: { New: 'Fresh' } })],
      /warning: There is no option "Fresh" any more/,
    ],
    ['a fixed text', [named, row('companyname', '=Tributary')], null],
    ['a fixed number', [named, row('score', '=55')], null],
    ['a fixed text for a number', [named, row('score', '=many')], /error: "many" is nothing/],
    ['an empty fixed text', [named, row('companyname', '=')], /error: Write the fixed text/],
    ['a fixed option', [named, row('stage', '=In touch')], null],
    [
      'a fixed option that is not there',
      [named, row('stage', '=Lost')],
      /error: It has no option called "Lost"/,
    ],
  ])('with %s', (_name, fields, wanted) => {
    const { words, isValid } = wrongs(fields);
    if (wanted === null) expect(words).toEqual([]);
    else expect(words.join('\n')).toMatch(wanted);
    expect(isValid).toBe(!words.some((word) => word.startsWith('error')));
  });

  it('must fill what the CRM requires, in the tables that it fills at all', () => {
    expect(wrongs([row('companyname', 'company')])).toMatchObject({
      missing: ['lastname'],
      isValid: false,
    });
    expect(wrongs([])).toMatchObject({ missing: [], isValid: true });
    expect(validateMapping([row('anything', 'company')], undefined, pushSources).isValid).toBe(
      true,
    );
  });

  it('shows beforehand what would be sent, what is missing and what does not fit', () => {
    const values = {
      leadId: 'x',
      lastName: null,
      company: 'A company with quite a long name',
      status: 'Contacted',
      tenantSize: 'large',
    };
    const preview = previewOf(
      'x',
      'Ada',
      [
        named,
        row('companyname', 'company'),
        row('stage', 'status', { labels: { Contacted: 'In touch' } }),
        row('size', 'tenantSize'),
      ],
      values,
      metadata,
    );
    expect(preview).toMatchObject({
      missing: ['LASTNAME (lead)'],
      problems: ['"size" has no option called "large". It has: Small.'],
    });
    expect(preview.fields).toEqual([
      { table: 'lead', label: 'LASTNAME', value: null, clippedFrom: null },
      { table: 'lead', label: 'COMPANYNAME', value: 'A company with quite', clippedFrom: 32 },
      { table: 'lead', label: 'STAGE', value: 'In touch', clippedFrom: null },
    ]);
  });
});

describe('the form of a mapping', () => {
  const sent = (rows: FieldMapping[]) =>
    Object.fromEntries(
      rows.flatMap(
        ({ table, target, source, rule, labels = {} }, index) =>
          [
            [`row.${index}.table`, table],
            [`row.${index}.target`, target],
            [`row.${index}.source`, source.startsWith('=') ? '=' : source],
            [`row.${index}.constant`, source.slice(1)],
            [`row.${index}.rule`, rule],
            ...Object.entries(labels).flatMap(([ours, theirs], at) => [
              [`row.${index}.label.${at}.ours`, ours],
              [`row.${index}.label.${at}.theirs`, theirs],
            ]),
          ] as [string, string][],
      ),
    );
  const rows = [
    named,
    row('companyname', '=Fixed', { rule: 'ours' }),
    row('stage', 'status', { labels: { Contacted: 'In touch', Old: 'New' } }),
  ];

  it('gives back what it was drawn from, and adds and removes rows', () => {
    expect(readDraft({ ...sent(rows), intent: 'save', basedOn: '4' })).toEqual({
      fields: rows,
      basedOn: 4,
      preview: false,
    });
    expect(readDraft({ ...sent(rows), intent: 'remove:1' }).fields).toEqual([rows[0], rows[2]]);
    expect(
      readDraft({
        ...sent(rows),
        'add.lead.target': 'amount',
        'add.lead.source': 'dealValue',
        intent: 'add:lead',
      }).fields.at(-1),
    ).toEqual({ table: 'lead', target: 'amount', source: 'dealValue', rule: 'ours' });
    expect(readDraft({ ...sent(rows), 'add.lead.target': '', intent: 'add:lead' }).fields).toEqual(
      rows,
    );
    expect(
      readDraft({ 'row.0.table': 'users', 'row.0.target': 'x', intent: 'save' }).fields,
    ).toEqual([]);
  });
});

describe('what comes back', () => {
  const text = fc.string({ maxLength: 30 });
  const values = fc.record({
    leadId: fc.constant('x'),
    lastName: fc.option(text),
    company: fc.option(text),
    phone: fc.option(text),
    dealValue: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
    status: fc.option(fc.constantFrom('New', 'Contacted', 'Elsewhere')),
  });
  const mapping = (rule: FieldMapping['rule']) =>
    [
      named,
      row('companyname', 'company'),
      row('telephone1', 'phone'),
      row('amount', 'dealValue'),
      row('stage', 'status', { labels: { Contacted: 'In touch' } }),
    ].map((one) => ({ ...one, rule }));
  const item = fc.record({
    lastname: fc.option(text),
    companyname: fc.option(text),
    telephone1: fc.option(text),
    amount: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
    stage: fc.option(fc.constantFrom(1, 2, 9)),
  });
  const common = {
    metadata,
    lead: { name: 'Ada Lovelace' },
    oursChangedAt: new Date(1),
    theirsChangedAt: new Date(2),
  };
  const storedOf = (given: Record<string, FieldValue>) =>
    Object.fromEntries(
      metadata.tables.lead.fields
        .filter(({ name }) => name in given)
        .map((one) => [one.name, asStored(one, given[one.name] ?? null)]),
    );

  it('is nothing when the copy is as both sides agreed, whatever we say and whoever wins', () => {
    fc.assert(
      fc.property(item, values, fc.constantFrom(...conflictRules), (there, ours, rule) => {
        const pulled = comparePulled({
          ...common,
          mapping: mapping(rule),
          item: there,
          base: storedOf(there),
          plan: planOf(mapping(rule), ours, metadata),
        });
        expect(isEcho(pulled)).toBe(true);
      }),
    );
  });

  it('is never asked about when only they changed it', () => {
    fc.assert(
      fc.property(item, values, fc.constantFrom(...conflictRules), (there, ours, rule) => {
        const plan = planOf(mapping(rule), ours, metadata);
        const pulled = comparePulled({
          ...common,
          mapping: mapping(rule),
          item: there,
          base: plan.tables.lead?.values ?? {},
          plan,
        });
        expect(pulled.conflicts).toEqual([]);
        for (const [name, value] of Object.entries(pulled.agreed))
          expect(value).toBe(
            asStored(
              metadata.tables.lead.fields.find((one) => one.name === name) ?? field(name),
              (there as Record<string, FieldValue>)[name] ?? null,
            ),
          );
      }),
    );
  });

  it('would be sent as it is, once our lead says it', () => {
    fc.assert(
      fc.property(item, (there) => {
        for (const one of mapping('theirs')) {
          const target =
            metadata.tables.lead.fields.find(({ name }) => name === one.target) ??
            field(one.target);
          const theirs = asStored(
            target,
            (there as Record<string, FieldValue>)[one.target] ?? null,
          );
          const said = inverseOf(one, target, theirs, { name: 'Ada Lovelace' });
          if (said === undefined || one.source === 'lastName') continue;
          const [value = null] = Object.values(said);
          const ours = one.source === 'dealValue' ? (value === null ? null : Number(value)) : value;
          expect(
            planOf([one], { leadId: 'x', [one.source]: ours }, metadata).tables.lead?.values[
              one.target
            ] ?? null,
            `${one.target} ${String(theirs)}`,
          ).toBe(theirs);
        }
      }),
    );
    expect(plainValue('dealValue', '5')).toBe('5.00');
  });
});

describe('versions', () => {
  let tenantId: string;
  let connectionId: string;
  const settings = {
    baseUrl: 'http://127.0.0.1:9/',
    loginUrl: 'http://127.0.0.1:9/',
    tenantId: 'directory',
    clientId: 'app',
  };
  beforeAll(async () => {
    tenantId = (await createTenant({ slug: 'mapped', name: 'Mapped' })).id;
    connectionId = (
      await createConnection({
        tenantId,
        provider: 'dynamics-365',
        settings,
        secrets: { clientSecret: 'a-secret-0123' },
      })
    ).id;
  });

  it("begin with the provider's, grow with each save, and are put back as new ones", async () => {
    const own = await mappingFor(tenantId, connectionId);
    expect(own).toMatchObject({ version: 0, savedAt: null });
    expect(await saveCheckedMapping(tenantId, connectionId, own.fields, 0, connectionId)).toBe(0);
    expect(await saveCheckedMapping(tenantId, connectionId, [named], 0, connectionId)).toBe(1);
    await expect(
      saveCheckedMapping(tenantId, connectionId, [row('companyname', 'company')], 0, connectionId),
    ).rejects.toThrow('Somebody else saved this mapping');
    await expect(
      saveCheckedMapping(tenantId, connectionId, [row('companyname', 'shoeSize')], 1, connectionId),
    ).rejects.toThrow('1 row has an error');
    expect(await restoreMapping(tenantId, connectionId, 0, connectionId)).toBe(2);
    expect((await mappingFor(tenantId, connectionId)).fields).toEqual(own.fields);
    await expect(restoreMapping(tenantId, connectionId, 9, connectionId)).rejects.toThrow(
      'no version 9',
    );
  });

  it('of two people who save at once one is told; another workspace sees none', async () => {
    const { version } = await mappingFor(tenantId, connectionId);
    const saves = await Promise.allSettled(
      ['company', 'domain'].map((source) =>
        saveCheckedMapping(
          tenantId,
          connectionId,
          [named, row('companyname', source)],
          version,
          connectionId,
        ),
      ),
    );
    expect(saves.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const other = await createTenant({ slug: 'unmapped', name: 'Unmapped' });
    await expect(mappingFor(other.id, connectionId)).rejects.toThrow('no such connection');
    expect(
      await db.query('select count(*)::int as count from push_mappings where tenant_id = $1', [
        other.id,
      ]),
    ).toEqual([{ count: 0 }]);
  });
});
