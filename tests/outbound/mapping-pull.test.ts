import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { normalizeValue } from '#lib/entities/lead/overrides.ts';
import { toStoredValue } from '#lib/mappings/stored-value.ts';
import { findTargetField, listTargetFields } from '#lib/mappings/target-fields.ts';
import { compileRows, type CompiledRow } from '#lib/mappings/compile-rows.ts';
import { buildPlan } from '#lib/mappings/plan.ts';
import { compareCopy, isEcho } from '#lib/outbound/pull/compare.ts';
import { toLeadValues } from '#lib/mappings/to-lead-values.ts';
import {
  conflictRules,
  type FieldMapping,
  type FieldValue,
} from '#lib/connectors/contract/destination.ts';
import { field, labels, metadata, row, named } from './mapping-fields.ts';

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
  const rowsOf = (rule: FieldMapping['rule']) =>
    [
      named,
      row('companyname', 'company'),
      row('telephone1', 'phone'),
      row('amount', 'dealValue'),
      row('stage', 'status', labels({ Contacted: 'In touch' })),
    ].map((one) => ({ ...one, rule }));
  const compiled = new Map<string, readonly CompiledRow[]>();
  beforeAll(async () => {
    for (const rule of conflictRules) compiled.set(rule, await compileRows(rowsOf(rule)));
  });
  const mapping = (rule: FieldMapping['rule']) => compiled.get(rule) ?? [];
  const item = fc.record({
    lastname: fc.option(text),
    companyname: fc.option(text),
    telephone1: fc.option(text),
    amount: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
    stage: fc.option(fc.constantFrom(1, 2, 9)),
  });
  const common = {
    metadata,
    lead: { name: 'Ada Lovelace', firstName: null, lastName: null },
    oursChangedAt: new Date(1),
    theirsChangedAt: new Date(2),
  };
  const storedOf = (given: Record<string, FieldValue>) =>
    Object.fromEntries(
      listTargetFields(metadata, 'lead')
        .filter(({ name }) => name in given)
        .map((one) => [one.name, toStoredValue(one, given[one.name] ?? null)]),
    );

  it('is nothing when the copy is as both sides agreed, whatever we say and whoever wins', () => {
    fc.assert(
      fc.property(item, values, fc.constantFrom(...conflictRules), (there, ours, rule) => {
        const pulled = compareCopy({
          ...common,
          mapping: mapping(rule),
          item: there,
          base: storedOf(there),
          plan: buildPlan(mapping(rule), ours, metadata),
        });
        expect(isEcho(pulled)).toBe(true);
      }),
    );
  });

  it('is never asked about when only they changed it', () => {
    fc.assert(
      fc.property(item, values, fc.constantFrom(...conflictRules), (there, ours, rule) => {
        const plan = buildPlan(mapping(rule), ours, metadata);
        const pulled = compareCopy({
          ...common,
          mapping: mapping(rule),
          item: there,
          base: plan.records.lead?.values ?? {},
          plan,
        });
        expect(pulled.conflicts).toEqual([]);
        for (const [name, value] of Object.entries(pulled.agreed))
          expect(value).toBe(
            toStoredValue(
              findTargetField(metadata, 'lead', name) ?? field(name),
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
          const name = one.row.target;
          const [source = ''] = one.row.sources;
          const target = findTargetField(metadata, 'lead', name) ?? field(name);
          const theirs = toStoredValue(target, (there as Record<string, FieldValue>)[name] ?? null);
          const lead = { name: 'Ada Lovelace', firstName: null, lastName: null };
          const said = toLeadValues(one, target, theirs, lead);
          if (said === undefined || source === 'lastName') continue;
          const [value = null] = Object.values(said);
          const ours = source === 'dealValue' ? (value === null ? null : Number(value)) : value;
          expect(
            buildPlan([one], { leadId: 'x', [source]: ours }, metadata).records.lead?.values[
              name
            ] ?? null,
            `${name} ${String(theirs)}`,
          ).toBe(theirs);
        }
      }),
    );
    expect(normalizeValue('dealValue', '5')).toBe('5.00');
  });
});
