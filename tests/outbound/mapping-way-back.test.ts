import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  FieldMapping,
  FieldValue,
  TargetField,
} from '#lib/connectors/contract/destination.ts';
import { defaultMapping as dynamics } from '#lib/connectors/dynamics-365/destination/default-mapping.ts';
import { tableStep } from '#lib/conversion/schema/table.ts';
import { compileRows, type CompiledRow } from '#lib/mappings/compile-rows.ts';
import { buildPlan } from '#lib/mappings/plan.ts';
import { findTargetField } from '#lib/mappings/target-fields.ts';
import { findOneWayReason, toLeadValues } from '#lib/mappings/to-lead-values.ts';
import { compareCopy, isEcho } from '#lib/outbound/pull/compare.ts';
import { labels, metadata, row } from './mapping-fields.ts';

const lead = { name: 'Ada Lovelace', firstName: 'Ada', lastName: 'Lovelace' };
const fieldOf = (name: string): TargetField => {
  const found = findTargetField(metadata, 'lead', name);
  if (found === undefined) throw new Error(`There is no field ${name}`);
  return found;
};
async function compile(given: FieldMapping): Promise<CompiledRow> {
  const [compiled] = await compileRows([given]);
  if (compiled === undefined) throw new Error('One row gives one');
  return compiled;
}
const stage = (words: Record<string, string>) => row('stage', 'status', labels(words));

describe('the way back', () => {
  it.each<[string, FieldMapping, FieldValue, object | undefined]>([
    ['a plain field', row('telephone1', 'phone'), '+1 555', { phone: '+1 555' }],
    ['a line of a table', stage({ Contacted: 'in TOUCH' }), 2, { status: 'Contacted' }],
    ['a word that is in no line', stage({ Contacted: 'In touch' }), 1, { status: 'New' }],
    ['an empty value', stage({ Contacted: 'In touch' }), null, undefined],
    ['a word that the table would replace', stage({ New: 'In touch' }), 1, undefined],
    [
      'two lines with one result',
      stage({ Contacted: 'In touch', Called: 'In touch' }),
      2,
      undefined,
    ],
    ['an option that is gone', stage({ Contacted: 'In touch' }), 9, undefined],
    ['a table for text', row('telephone1', 'phone', labels({ a: 'b' })), 'b', undefined],
    [
      'a table that rejects all else',
      row('telephone1', 'phone', {
        steps: [{ fn: 'lookup', args: { table: [{ from: 'a', to: 'b' }], otherwise: 'reject' } }],
      }),
      'b',
      { phone: 'a' },
    ],
    [
      'exact steps',
      row('telephone1', 'phone', { steps: [{ fn: 'affix', args: { before: 'tel ' } }] }),
      'tel 1',
      { phone: '1' },
    ],
    [
      'both parts of a name',
      row('lastname', '', {
        sources: ['firstName', 'lastName'],
        steps: [{ fn: 'name-join', args: { order: 'last-first' } }],
      }),
      'Hopper, Grace',
      { name: 'Grace Hopper', firstName: 'Grace', lastName: 'Hopper' },
    ],
    [
      'steps that lose something',
      row('telephone1', 'phone', { steps: [{ fn: 'trim' }] }),
      '1',
      undefined,
    ],
    ['a fixed text', row('companyname', '=Ours'), 'Theirs', undefined],
    ['what we compute', row('score', 'score'), 7, undefined],
  ])('of %s', async (_what, given, theirs, wanted) => {
    const compiled = await compile(given);
    expect(toLeadValues(compiled, fieldOf(given.target), theirs, lead)).toEqual(wanted);
  });

  it('says why there is none', async () => {
    const reason = async (given: FieldMapping) =>
      findOneWayReason(await compile(given), fieldOf(given.target));
    expect(await reason(row('telephone1', 'phone'))).toBeNull();
    expect(await reason(stage({ Contacted: 'In touch' }))).toBeNull();
    expect(await reason(stage({ A: 'In touch', B: 'In touch' }))).toMatch(/^Two lines/);
    expect(await reason(row('telephone1', 'phone', labels({ a: 'b' })))).toMatch(/^Values that/);
    expect(await reason(row('score', 'score'))).toMatch(/^We compute/);
    expect(await reason(row('companyname', '=Ours'))).toMatch(/no source/);
  });
});

describe('a value that was pushed and comes back', () => {
  const word = fc.constantFrom('New', 'In touch', 'new', 'Contacted', 'Lost', 'IN TOUCH');
  const table = fc.uniqueArray(fc.record({ from: word, to: word }), {
    selector: ({ from }) => from,
    maxLength: 4,
  });
  const text = fc.string({ maxLength: 30 });
  const steps = fc.constantFrom<FieldMapping['steps']>(
    [],
    [{ fn: 'trim' }],
    [{ fn: 'affix', args: { before: 'x ' } }],
    [{ fn: 'case', args: { to: 'upper' } }],
    [{ fn: 'replace', args: { find: 'a', with: 'b', all: true } }],
    [{ fn: 'lookup', args: { table: [{ from: 'a', to: 'b' }], otherwise: 'reject' } }],
  );
  const anyRow = fc.oneof(
    table.map((lines) =>
      row('stage', 'status', { steps: lines.length === 0 ? [] : [tableStep(lines)] }),
    ),
    steps.map((some) => row('companyname', 'company', { steps: some })),
    fc.constant(row('amount', 'dealValue')),
    fc.constant(row('score', 'score')),
  );
  const anyValues = fc.record<Record<string, FieldValue>>({
    leadId: fc.constant('x'),
    status: fc.option(word),
    company: fc.option(text),
    dealValue: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
    score: fc.option(fc.integer({ min: -5, max: 120 })),
  });

  it('changes nothing, whatever the row makes of it and whoever wins', async () => {
    await fc.assert(
      fc.asyncProperty(anyRow, anyValues, async (given, values) => {
        const mapping = await compileRows([given]);
        const plan = buildPlan(mapping, values, metadata);
        const sent = plan.records.lead?.values ?? {};
        const pulled = compareCopy({
          mapping,
          metadata,
          item: sent,
          base: sent,
          plan,
          lead,
          oursChangedAt: null,
          theirsChangedAt: new Date(1),
        });
        expect(pulled).toMatchObject({ values: {}, taken: [], sent: [], conflicts: [] });
        expect(isEcho(pulled)).toBe(true);
      }),
    );
  });

  it('is sent again as it was, once our lead has taken it over', async () => {
    await fc.assert(
      fc.asyncProperty(anyRow, fc.oneof(fc.constantFrom(1, 2), text), async (given, theirs) => {
        const compiled = await compile(given);
        const target = fieldOf(given.target);
        fc.pre((target.type === 'option') === (typeof theirs !== 'string'));
        const taken = toLeadValues(compiled, target, theirs, lead);
        if (taken === undefined) return;
        const [source = ''] = given.sources;
        const ours = (taken as Record<string, string | null>)[source] ?? null;
        const { records } = buildPlan([compiled], { leadId: 'x', [source]: ours }, metadata);
        // The lead keeps text without blanks around it.
        const stays = typeof theirs === 'string' ? theirs.trim() === theirs : true;
        if (stays) expect(records.lead?.values[given.target]).toBe(theirs);
      }),
    );
  });

  it('finds rows of the default that come back, and computed ones that do not', async () => {
    const rows = await compileRows(dynamics.filter(({ role }) => role === 'lead'));
    const back = rows
      .filter((compiled) => findOneWayReason(compiled, undefined) === null)
      .map(({ row: { target } }) => target);
    expect(back).toContain('telephone1');
    expect(back).toContain('firstname');
    expect(back).not.toContain('leadsourcecode');
    expect(back).not.toContain('hnt_finalscore');
  });
});
