import { findTargetField, listTargetFields } from '#lib/mappings/target-fields.ts';
import { describe, expect, it } from 'vitest';
import { compileRows } from '#lib/mappings/compile-rows.ts';
import { buildPreview } from '#lib/mappings/preview.ts';
import { validateMapping } from '#lib/mappings/validate.ts';
import { pushSources } from '#lib/mappings/lead-fields.ts';
import type { FieldMapping } from '#lib/connectors/contract/destination.ts';
import { resetRow } from '#lib/views/push-mapping-draft.ts';
import { readDraft } from '../../src/actions/mapping.ts';
import { toForm } from './mapping-form.ts';
import { metadata, row, named, labels } from './mapping-fields.ts';

const wrongs = async (fields: FieldMapping[]) => {
  const { rows, missing, isValid } = await validateMapping(fields, metadata, pushSources);
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
      /error: This field only accepts numbers, but "Company" is text/,
    ],
    ['a link', [named, row('owner', 'assignedTo')], /error: This field links/],
    [
      'a field that nobody may write',
      [named, row('createdon', 'createdAt')],
      /error: This field is read-only/,
    ],
    [
      'a field that is not there',
      [named, row('hnt_gone', 'score')],
      /warning: The object "lead" in the CRM has no field "hnt_gone"/,
    ],
    [
      'a source that we do not have',
      [named, row('companyname', 'shoeSize')],
      /error: There is no source field "shoeSize"/,
    ],
    ['nothing chosen', [named, row('companyname', '')], /error: Choose a source/],
    [
      'a field twice',
      [named, row('companyname', 'company'), row('companyname', 'domain')],
      /error: Another row already fills this field/,
    ],
    [
      'words that stand for nothing there',
      [named, row('size', 'tenantSize')],
      /warning: The CRM has no option for "medium", "large"/,
    ],
    [
      'labels that are gone',
      [named, row('stage', 'status', labels({ New: 'Fresh' }))],
      /warning: The CRM no longer has the option "Fresh"/,
    ],
    ['a fixed text', [named, row('companyname', '=Tributary')], null],
    ['a fixed number', [named, row('score', '=55')], null],
    ['a fixed text for a number', [named, row('score', '=many')], /error: "many" does not fit/],
    ['an empty fixed text', [named, row('companyname', '=')], /error: Enter the fixed text/],
    ['a fixed option', [named, row('stage', '=In touch')], null],
    [
      'a fixed option that is not there',
      [named, row('stage', '=Lost')],
      /error: This field has no option "Lost"/,
    ],
    [
      'steps that give what the field holds',
      [named, row('amount', 'company', { steps: [{ fn: 'number-parse' }] })],
      null,
    ],
    [
      'steps that give something else',
      [named, row('amount', 'dealValue', { steps: [{ fn: 'text' }] })],
      /error: This field only accepts numbers, but its steps give text/,
    ],
    [
      'steps that do not fit our field',
      [named, row('companyname', 'company', { steps: [{ fn: 'round' }] })],
      /error: Step 1: It takes a number, but is given text/,
    ],
    [
      'a step that there is not',
      [named, row('companyname', 'company', { steps: [{ fn: 'eval' }] })],
      /error: Step 1: There is no transformation "eval"/,
    ],
    [
      'several fields that stay several',
      [named, row('companyname', '', { sources: ['company', 'domain'] })],
      /error: This field holds one value, but its steps give a list/,
    ],
    [
      'several fields that become one',
      [
        named,
        row('companyname', '', { sources: ['company', 'domain'], steps: [{ fn: 'coalesce' }] }),
      ],
      null,
    ],
    [
      'a name that every object answers to',
      [named, row('companyname', '__proto__')],
      /error: There is no source field "__proto__"/,
    ],
  ])('with %s', async (_name, fields, wanted) => {
    const { words, isValid } = await wrongs(fields);
    if (wanted === null) expect(words).toEqual([]);
    else expect(words.join('\n')).toMatch(wanted);
    expect(isValid).toBe(!words.some((word) => word.startsWith('error')));
  });

  it('must fill what the CRM requires, in the tables that it fills at all', async () => {
    expect(await wrongs([row('companyname', 'company')])).toMatchObject({
      missing: ['lastname'],
      isValid: false,
    });
    expect(await wrongs([])).toMatchObject({ missing: [], isValid: true });
    expect(
      await validateMapping([row('anything', 'company')], undefined, pushSources),
    ).toMatchObject({ isValid: true });
  });

  it('may leave empty what only the forms of the CRM require of people', async () => {
    const lax = structuredClone(metadata);
    for (const each of listTargetFields(lax, 'lead'))
      if (each.name === 'lastname') Object.assign(each, { required: false, expected: true });
    const { missing, expected, isValid } = await validateMapping(
      [row('companyname', 'company')],
      lax,
      pushSources,
    );
    expect({ missing, names: expected.map(({ field: { name } }) => name), isValid }).toEqual({
      missing: [],
      names: ['lastname'],
      isValid: true,
    });
    const preview = buildPreview(
      'x',
      'Ada',
      await compileRows([named]),
      { leadId: 'x', lastName: null },
      lax,
    );
    expect(preview).toMatchObject({ missing: [], expected: ['LASTNAME (lead)'] });
  });

  it('shows beforehand what would be sent, what is missing and what does not fit', async () => {
    const values = {
      leadId: 'x',
      lastName: null,
      company: 'A company with quite a long name',
      status: 'Contacted',
      tenantSize: 'large',
    };
    const preview = buildPreview(
      'x',
      'Ada',
      await compileRows([
        named,
        row('companyname', 'company'),
        row('stage', 'status', labels({ Contacted: 'In touch' })),
        row('size', 'tenantSize'),
      ]),
      values,
      metadata,
    );
    expect(preview).toMatchObject({
      missing: ['LASTNAME (lead)'],
      problems: ['"size" has no option "large". Its options are: Small.'],
    });
    expect(preview.fields).toEqual([
      { object: 'lead', label: 'LASTNAME', value: null, clippedFrom: null },
      { object: 'lead', label: 'COMPANYNAME', value: 'A company with quite', clippedFrom: 32 },
      { object: 'lead', label: 'STAGE', value: 'In touch', clippedFrom: null },
    ]);
  });
});

describe('the form of a mapping', () => {
  const sent = (rows: FieldMapping[]) =>
    toForm(rows, ({ target }) => findTargetField(metadata, 'lead', target));
  const rows = [
    named,
    row('companyname', '=Fixed', { rule: 'ours' }),
    row('stage', 'status', labels({ Contacted: 'In touch', Old: 'New' })),
    row('telephone1', 'phone', {
      steps: [{ fn: 'phone', args: { country: 'US' } }],
      fallback: 'none',
    }),
    row('firstname', '', { sources: ['firstName', 'company'], steps: [{ fn: 'coalesce' }] }),
  ];

  it('gives back what it was drawn from, and adds and removes rows', () => {
    expect(readDraft({ ...sent(rows), intent: 'save', basedOn: '4' })).toEqual({
      fields: rows,
      unread: [],
      basedOn: 4,
      note: '',
      confirmed: [],
      preview: false,
      suggest: false,
      reset: undefined,
    });
    expect(readDraft({ ...sent(rows), intent: 'remove:1' }).fields).toEqual(rows.toSpliced(1, 1));
    expect(
      readDraft({
        ...sent(rows),
        'add.lead.target': 'amount',
        'add.lead.source': 'dealValue',
        intent: 'add:lead',
      }).fields.at(-1),
    ).toEqual(row('amount', 'dealValue', { rule: 'ours' }));
    expect(readDraft({ ...sent(rows), 'add.lead.target': '', intent: 'add:lead' }).fields).toEqual(
      rows,
    );
    expect(
      readDraft({ 'row.0.role': 'users', 'row.0.target': 'x', intent: 'save' }).fields,
    ).toEqual([]);
  });

  it('keeps what cannot be read as it was entered, with the reason', () => {
    const { fields, unread } = readDraft({
      ...sent([named]),
      'row.0.steps': '[{"fn": 7}]',
      'row.0.fallback': 'none',
      intent: 'save',
    });
    expect(fields).toEqual([named]);
    expect(unread.map(({ row: name, part, text }) => [name, part, text])).toEqual([
      ['lead.lastname', 'steps', '[{"fn": 7}]'],
      ['lead.lastname', 'fallback', 'none'],
    ]);
  });

  it('puts one row back as the default has it', () => {
    const draft = readDraft({ ...sent(rows), intent: 'reset:lead.companyname' });
    const base = row('companyname', 'company');
    expect(resetRow(draft, [base]).fields).toEqual(rows.toSpliced(1, 1, base));
    expect(resetRow(draft, []).fields).toEqual(rows.toSpliced(1, 1));
    const without = { ...draft, fields: rows.toSpliced(1, 1) };
    expect(resetRow(without, [base]).fields).toEqual([...rows.toSpliced(1, 1), base]);
  });
});
