import { describe, expect, it } from 'vitest';
import { compileMapping } from '#lib/conversion/schema/compile.ts';
import { mappingShape } from '#lib/conversion/schema/shape.ts';
import { suggestSources, type SuggestTarget } from '#lib/conversion/schema/suggest.ts';
import type { Json } from '#lib/conversion/transformations/kit/value.ts';

const targets: SuggestTarget[] = [
  { name: 'firstName', label: 'First name', type: 'text' },
  { name: 'email', label: 'E-mail address', type: 'text' },
  { name: 'phone', label: 'Telephone', type: 'text' },
  { name: 'dealValue', label: 'Deal value', type: 'amount' },
  { name: 'sourceCreatedAt', label: 'Created', type: 'instant' },
  { name: 'company', label: 'Company', type: 'text' },
  { name: 'employees', label: 'Employees', type: 'number' },
];
const samples: Record<string, Json[]> = {
  firstname: ['Ana', 'Rui'],
  lastname: ['Lima', null],
  emailaddress1: ['ana@x.example'],
  telephone1: ['+1 202 555 0123'],
  estimatedamount: [1200.5, null],
  createdon: ['2026-10-01T09:30:00Z'],
  modifiedon: ['2026-10-02T09:30:00Z'],
  companyname: ['Contoso', ' '],
  numberofemployees: ['250', '51'],
  description: ['Wants a call'],
};
const sources = Object.entries(samples).map(([path, values]) => ({ path, samples: values }));

const best = (...args: Parameters<typeof suggestSources>) =>
  new Map(
    suggestSources(...args)
      .toReversed()
      .map(({ target, path }) => [target, path]),
  );

describe('suggestions', () => {
  it('find the field for each target by its name', () => {
    expect(Object.fromEntries(best(targets, sources))).toEqual({
      firstName: 'firstname',
      email: 'emailaddress1',
      phone: 'telephone1',
      dealValue: 'estimatedamount',
      sourceCreatedAt: 'createdon',
      company: 'companyname',
      employees: 'numberofemployees',
    });
  });

  it('come with the steps that give the type, so that they can be compiled', async () => {
    const first = targets.flatMap(({ name }) =>
      suggestSources(targets, sources)
        .filter(({ target }) => target === name)
        .slice(0, 1),
    );
    const fields = first.map(({ target, path, steps }) => ({ target, sources: [path], steps }));
    const types = new Map(targets.map(({ name, type }) => [name, type]));
    const convert = await compileMapping(mappingShape.parse(fields), types);
    const item = Object.fromEntries(
      Object.entries(samples).map(([path, [value]]) => [path, value]),
    );
    expect(convert(item)).toEqual({
      values: {
        firstName: 'Ana',
        email: 'ana@x.example',
        phone: '+1 202 555 0123',
        dealValue: '1200.50',
        sourceCreatedAt: '2026-10-01T09:30:00.000Z',
        company: 'Contoso',
        employees: 250,
      },
      problems: [],
    });
  });

  it('are ranked by what the values are when names say little', () => {
    const unclear = [
      { path: 'phone_info', samples: ['see notes'] },
      { path: 'phone_line', samples: ['+1 202 555 0123'] },
    ];
    expect(suggestSources(targets, unclear).map(({ path }) => path)).toEqual([
      'phone_line',
      'phone_info',
    ]);
  });

  it('leave out sources whose values cannot become the type', () => {
    const words = [{ path: 'employees', samples: ['many'] }];
    expect(suggestSources(targets, words)).toEqual([]);
    const empty = [{ path: 'employees', samples: [] }];
    expect(suggestSources(targets, empty)).toMatchObject([
      { target: 'employees', path: 'employees' },
    ]);
  });

  it('do not depend on the order of the sources', () => {
    expect(suggestSources(targets, sources.toReversed())).toEqual(suggestSources(targets, sources));
  });
});
