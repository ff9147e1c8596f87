import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultMapping } from '#lib/connectors/dynamics-365/destination/default-mapping.ts';
import type { SourceRow } from '#lib/mappings/derived-values.ts';
import { pushSources, readSourceValues } from '#lib/mappings/lead-fields.ts';
import { compileMapping } from '#lib/conversion/schema/compile.ts';
import { compileInverse } from '#lib/conversion/schema/invert.ts';
import { splitTable } from '#lib/conversion/schema/table.ts';
import { segments } from '#lib/records/lead.ts';
import { derivedValues } from './providers.ts';

describe('a schema makes of a lead what the code of a provider does', () => {
  it('the values that are derived for Dynamics 365', async () => {
    const convert = await compileMapping(derivedValues);
    const anyLead = fc.record({
      score: fc.option(fc.integer({ min: 0, max: 100 })),
      priority: fc.option(fc.integer({ min: 1, max: 6 })),
      segment: fc.option(fc.constantFrom(...segments)),
      mailProvider: fc.option(fc.constantFrom('self_hosted', 'google')),
      website: fc.option(fc.constant('https://x.example')),
      domain: fc.option(fc.constant('x.example')),
      company: fc.option(fc.constant('Contoso')),
    });
    fc.assert(
      fc.property(anyLead, (lead) => {
        const row = { ...lead, name: 'Ana', firstName: null, lastName: null, referralType: null };
        const byCode = readSourceValues({
          lead: row as unknown as SourceRow['lead'],
          company: null,
          evidence: null,
          referralId: null,
        });
        expect(byCode).toMatchObject(convert(lead).values);
      }),
    );
  });
});

describe('the default mapping of Dynamics 365', () => {
  const schema = defaultMapping.map((row) => ({ ...row, target: `${row.role}.${row.target}` }));

  it('is a schema whose values are those that a push sends', async () => {
    const convert = await compileMapping(schema);
    const values = Object.fromEntries(
      pushSources.map(({ key, choices }, at) => [key, choices?.[0] ?? `value ${at}`]),
    );
    const { values: sent, problems } = convert(values);
    expect(problems).toEqual([]);
    for (const { target, sources, steps } of schema) {
      const value = values[sources[0] ?? ''];
      const line = splitTable(steps).table?.find(({ from }) => from === value);
      expect(sent[target]).toBe(line?.to ?? value);
    }
  });

  it('brings plain fields back, and says why tables do not', async () => {
    const { restore, oneWay } = await compileInverse(schema);
    expect(restore(new Map([['lead.telephone1', '+1']])).values).toEqual(
      new Map([['phone', '+1']]),
    );
    expect(oneWay.map(({ target }) => target)).toEqual([
      'lead.leadsourcecode',
      'lead.hnt_huntertenantsize',
      'lead.hnt_referraltype',
    ]);
  });
});
