import { expect, it } from 'vitest';
import { parseRecord } from '#lib/records/registry.ts';

const lead = {
  externalId: '1',
  sourceCreatedAt: null,
  sourceUpdatedAt: null,
  name: 'Ana',
  company: null,
  email: null,
  phone: null,
  city: null,
  state: null,
  source: null,
  status: 'New Lead',
  qualified: false,
  dealValue: null,
  assignedTo: null,
  summary: null,
};

it('keeps a record without the fields that cannot be stored', () => {
  const kept = parseRecord('lead', {
    ...lead,
    sourceCreatedAt: new Date('9999-12-31T00:00:00Z'),
    dealValue: '45.000,00',
    company: 7,
    city: 'a\u0000b',
    phone: '1',
  });
  expect(kept).toEqual({ ...lead, phone: '1' });
});

it('cuts text that is too long, without splitting a character', () => {
  const kept = parseRecord('lead', {
    ...lead,
    name: 'x'.repeat(600),
    company: `${'x'.repeat(498)}😀😀`,
    summary: 'y'.repeat(2 << 20),
  }) as { name: string; company: string; summary: string };
  expect(kept.name).toBe(`${'x'.repeat(499)}…`);
  expect(kept.company.isWellFormed()).toBe(true);
  expect(kept.company.length).toBe(500);
  expect(kept.summary.length).toBe(100_000);
});

it('never cuts an id, and refuses a record that is nothing without a field', () => {
  for (const broken of [
    { externalId: 'x'.repeat(201) },
    { externalId: '' },
    { name: null },
    { qualified: 'yes' },
  ])
    expect(() => parseRecord('lead', { ...lead, ...broken })).toThrow(
      expect.objectContaining({ name: 'ZodError' }),
    );
  const note = { externalId: '1', contactId: 'x'.repeat(201), noteDate: null, author: null };
  expect(() => parseRecord('note', { ...note, content: '' })).toThrow();
  expect(
    parseRecord('note', { ...note, contactId: '7', noteDate: new Date(Number.NaN), content: 'x' }),
  ).toEqual({ ...note, contactId: '7', noteDate: null, content: 'x' });
});
