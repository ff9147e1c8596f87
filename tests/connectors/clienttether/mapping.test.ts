import { describe, expect, it } from 'vitest';
import { map, rejected, type Given } from './mapping.ts';

describe('leads', () => {
  it.each([
    [
      { firstName: 'Rosa', lastName: 'Ellery', compName: 'Ellery LLC', email: 'r@example.com' },
      'Rosa Ellery',
    ],
    [
      {
        firstName: 'No Name',
        lastName: 'Text Added',
        compName: 'Ellery LLC',
        email: 'r@example.com',
      },
      'Ellery LLC',
    ],
    [{ firstName: 'No Name Added by Call', email: 'r@example.com' }, 'r@example.com'],
    [{ firstName: '', lastName: ' ' }, 'Unnamed lead'],
  ])('are called by person, company or e-mail: %j', async (fields, name) => {
    expect(await map('clients', { client_id: '1', ...fields })).toMatchObject({ name });
  });

  it('are new without a sales cycle, and qualified from a likelihood on', async () => {
    expect(await map('clients', { client_id: '1', clients_sales_cycle: '' })).toMatchObject({
      status: 'New Lead',
      qualified: false,
    });
    expect(
      await map('clients', { client_id: '1', clients_sales_cycle: 'Initial Call Complete' }),
    ).toMatchObject({ qualified: true });
    expect(
      await map(
        'clients',
        { client_id: '1', clients_sales_cycle: 'Initial Call Complete' },
        { qualifyingPct: 50 },
      ),
    ).toMatchObject({ qualified: false });
    expect(
      await map('clients', { client_id: '1', clients_sales_cycle: 'Not Interested' }),
    ).toMatchObject({ qualified: false });
    expect(
      await map(
        'clients',
        { client_id: '1', clients_sales_cycle: 'my gate' },
        { stages: { 'My Gate': { likelyPct: 30 } } },
      ),
    ).toMatchObject({ status: 'My Gate', qualified: true });
  });

  it('count under one source label', async () => {
    const source = async (clients_lead_source: unknown, given?: Given) => {
      const record = await map('clients', { client_id: '1', clients_lead_source }, given);
      return (record as { source: unknown }).source;
    };
    const texts = ['google', 'Google', 'Select', '', false];
    expect(await Promise.all(texts.map((text) => source(text)))).toEqual([
      'Google',
      'Google',
      null,
      null,
      null,
    ]);
    expect(await source('GOOGLE ', { sourceAliases: { Google: 'Google Search' } })).toBe(
      'Google Search',
    );
    expect(await source('S\u00E3o', { sourceAliases: { 'Sa\u0303o\u200B': 'City' } })).toBe('City');
  });

  it('without an id are rejected with a reason', async () => {
    for (const client_id of [false, null, '', ' ', undefined])
      await expect(map('clients', { client_id })).rejects.toThrow(rejected(/without an id/));
    expect(await map('clients', { client_id: '1', created: 'soon' })).toMatchObject({
      sourceCreatedAt: null,
    });
  });
});

describe('opportunities', () => {
  const item = {
    opportunity_id: '6',
    contact_sales_cycle: 'FDD Signed',
    deal_size: '$45,000',
    market: 'Denver, CO',
    units: '3',
  };

  it('take the hot list from their fields, with the fee from the deal size', async () => {
    expect(await map('opportunities', item)).toMatchObject({
      market: 'Denver, CO',
      units: 3,
      franchiseFee: '45000.00',
      value: '45000.00',
      likelyPct: 50,
      outcome: 'open',
      stage: 'FDD Signed',
    });
  });

  it('take it from custom fields under the names that the settings give', async () => {
    const custom = {
      opportunity_id: '6',
      deal_size: '90000',
      custom_fields: { Territory: 'Boise', unit_count: '2', iff: '40,000', chance: '35%' },
    };
    const fields = {
      market: 'Territory',
      units: 'unit_count',
      franchiseFee: 'iff',
      likelihood: 'chance',
    };
    expect(await map('opportunities', custom, { fields })).toMatchObject({
      market: 'Boise',
      units: 2,
      franchiseFee: '40000.00',
      value: '90000.00',
      likelyPct: 35,
    });
  });

  it('are about one unit and as likely as their stage when nobody says otherwise', async () => {
    expect(await map('opportunities', { ...item, units: '', likelihood: 'high' })).toMatchObject({
      units: 1,
      likelyPct: 50,
    });
  });

  it.each([
    ['3', 3],
    [' 2.0 ', 2],
    [4, 4],
    ['0', 0],
    ['two', 1],
    ['2-3', 1],
    ['-1', 1],
    ['2.5', 1],
    ['10001', 1],
    [false, 1],
  ])('take %j for the units %i', async (units, expected) => {
    expect(await map('opportunities', { ...item, units })).toMatchObject({ units: expected });
  });

  it('take the likelihood of the stage for a percentage, however small', async () => {
    const stages = { 'FDD Signed': { likelyPct: 0.5 } };
    const estimate = (likelihood: unknown) =>
      map('opportunities', { ...item, likelihood }, { stages });
    expect(await estimate('')).toMatchObject({ likelyPct: 0.5 });
    expect(await estimate('0.6')).toMatchObject({ likelyPct: 60 });
    expect(await estimate(101)).toMatchObject({ likelyPct: 0.5 });
  });

  it('are certain once decided', async () => {
    expect(
      await map('opportunities', { ...item, contact_sales_cycle: 'FA Signed', likelihood: '10' }),
    ).toMatchObject({ outcome: 'won', likelyPct: 100 });
    expect(
      await map('opportunities', { ...item, contact_sales_cycle: 'Closed Lost', likelihood: '10' }),
    ).toMatchObject({ outcome: 'lost', likelyPct: 0 });
  });
});

describe('notes', () => {
  it('belong to the client whose list they came in, else to the one they name', async () => {
    expect(
      await map('notes', { id: '7', contact_id: '9', content: 'x' }, {}, { partition: '8' }),
    ).toMatchObject({ contactId: '8' });
    expect(await map('notes', { note_id: '7', client_id: '9', note: 'x' })).toMatchObject({
      contactId: '9',
    });
    await expect(map('notes', { id: '7' })).rejects.toThrow(rejected(/id of its contact/));
  });

  it('read the same in both spellings', async () => {
    const plain = {
      id: '7',
      contact_id: '9',
      date: '2026-10-01 10:00:00',
      author: 'Dana',
      content: '<b>Hi</b>',
    };
    const prefixed = {
      note_id: '7',
      client_id: '9',
      created: '2026-10-01 10:00:00',
      user_name: 'Dana',
      note: '<b>Hi</b>',
    };
    expect(await map('notes', prefixed)).toEqual(await map('notes', plain));
    expect(await map('notes', plain)).toMatchObject({ content: 'Hi', author: 'Dana' });
  });
});
