import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileRows } from '#lib/mappings/compile-rows.ts';
import { readNameParts } from '#lib/mappings/derived-values.ts';
import { toLeadValues } from '#lib/mappings/to-lead-values.ts';
import { field, row } from './mapping-fields.ts';

const lead = (firstName: string | null, lastName: string | null, name?: string) => ({
  firstName,
  lastName,
  name: name ?? [firstName, lastName].filter(Boolean).join(' '),
});

it.each([
  [lead('Mary', 'van der Berg'), 'Mary', 'van der Berg'],
  [lead('Ana María', 'García López'), 'Ana María', 'García López'],
  [lead('John', 'Smith Jr.'), 'John', 'Smith Jr.'],
  [lead(null, 'van der Berg'), null, 'van der Berg'],
  [lead('Mary', 'van der Berg', 'van der Berg, Mary'), 'Mary', 'van der Berg'],
  [lead('Mary', 'van der Berg', 'Mary Q. van der Berg'), 'Mary', 'van der Berg'],
  [lead('Mary', 'van der Berg', 'Maria van der Berg'), 'Maria', 'van der Berg'],
  [lead('Mary', 'van der Berg', 'Mary de Groot'), 'Mary', 'de Groot'],
  [lead('Mary', 'van der Berg', 'Otto Lang'), 'Otto', 'Lang'],
  [lead(null, null, 'Ada Lovelace'), 'Ada', 'Lovelace'],
  [lead('Prince', null), null, 'Prince'],
])('of %j are %j and %j', (given, first, last) => {
  expect(readNameParts(given)).toEqual({ first, last });
});

it('are those of the source, whatever they are', () => {
  const part = fc.array(fc.stringMatching(/^[A-Za-zÀ-ÿ'.-]{1,8}$/), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(part, part, (first, last) => {
      const [firstName, lastName] = [first.join(' '), last.join(' ')];
      expect(readNameParts(lead(firstName, lastName))).toEqual({
        first: firstName,
        last: lastName,
      });
    }),
  );
});

it('that a CRM changed are kept beside the name, so that they come back as they are', async () => {
  const before = lead('Mary', 'van der Berg');
  const [firstRow, lastRow] = await compileRows([
    row('firstname', 'firstName'),
    row('lastname', 'lastName'),
  ]);
  if (firstRow === undefined || lastRow === undefined) throw new Error('Both rows compile');
  const first = toLeadValues(firstRow, field('firstname'), 'Maria', before);
  expect(first).toEqual(lead('Maria', 'van der Berg'));
  const after = { ...before, ...(first as typeof before) };
  const both = toLeadValues(lastRow, field('lastname'), 'de Groot', after);
  expect(both).toEqual(lead('Maria', 'de Groot'));
  expect(readNameParts({ ...after, ...(both as typeof before) })).toEqual({
    first: 'Maria',
    last: 'de Groot',
  });
});
