import { describe, expect, it } from 'vitest';
import { compileRows } from '#lib/mappings/compile-rows.ts';
import { suggestRows } from '#lib/mappings/suggest-rows.ts';
import { validateMapping } from '#lib/mappings/validate.ts';
import { pushSources } from '#lib/mappings/lead-fields.ts';
import { field } from './mapping-fields.ts';

const samples = [
  { id: 'x', name: 'Ada', values: { phone: '+1 555 0100', employees: 12, city: 'Halifax' } },
  { id: 'y', name: 'Bob', values: { phone: null, employees: null, city: null } },
];
const free = [
  field('businessphone', { label: 'Business Phone' }),
  field('numberofemployees', { label: 'No. of Employees', type: 'integer' }),
  field('createdon', { label: 'Created On', type: 'datetime' }),
  field('town', { label: 'Town' }),
  field('shoesize', { label: 'Shoe size', type: 'integer' }),
];

describe('what may fill the fields that nothing fills', () => {
  const found = suggestRows('lead', free, samples);

  it('is found by name, type and values, and left alone where nothing fits', () => {
    const pairs = found.map(({ row }) => [row.target, row.sources[0]]);
    expect(Object.fromEntries(pairs)).toMatchObject({
      businessphone: 'phone',
      numberofemployees: 'employees',
      town: 'city',
    });
    expect(pairs.map(([target]) => target)).not.toContain('shoesize');
  });

  it('are rows that can be saved as they are', async () => {
    const rows = found.map(({ row }) => row);
    expect((await compileRows(rows)).map(({ fault }) => fault)).toEqual(rows.map(() => undefined));
    const objects = { lead: { label: 'lead', fields: free, keys: [] } };
    expect(await validateMapping(rows, { objects }, pushSources)).toMatchObject({ isValid: true });
  });

  it('are none for a CRM without free fields, and without any lead', () => {
    expect(suggestRows('lead', [], samples)).toEqual([]);
    expect(suggestRows('lead', free, []).map(({ row }) => row.target)).toContain('businessphone');
  });
});
