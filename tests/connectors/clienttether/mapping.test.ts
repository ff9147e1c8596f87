import { describe, expect, it } from 'vitest';
import {
  clientTetherSettings,
  type ClientTetherSettings,
} from '#lib/connectors/clienttether/settings.ts';
import { lookUpStage } from '#lib/connectors/clienttether/stages.ts';
import type { z } from 'zod';
import { mapperOf } from '../streams.ts';
import { getStream } from './harness.ts';

type Given = z.input<typeof clientTetherSettings>;
const parseSettings = (given: Given = {}): ClientTetherSettings =>
  clientTetherSettings.parse(given);

async function map(
  streamName: string,
  item: object,
  given: Given = {},
  context: { partition?: string; index?: number } = {},
) {
  const toRecord = await mapperOf(getStream(streamName), parseSettings(given));
  return toRecord(item, context);
}

const rejected = (reason: RegExp) =>
  expect.objectContaining({ name: 'RecordRejected', message: expect.stringMatching(reason) });

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

describe('schedule items', () => {
  it('read the same in both spellings', async () => {
    const plain = {
      id: '4',
      type: 'Call',
      scheduled_at: '2026-11-20 15:30:00',
      contact_name: 'Rosa',
      description: 'x',
      status: 'Scheduled',
    };
    const prefixed = {
      activity_id: '4',
      activity_type: 'Call',
      start_date: '2026-11-20 15:30:00',
      client_name: 'Rosa',
      note: 'x',
      activity_status: 'Scheduled',
    };
    expect(await map('activities', prefixed)).toEqual(await map('activities', plain));
  });

  it('keep apart activities and events of the same number', async () => {
    expect(await map('activities', { id: '4', scheduled_at: '2026-11-20' })).toMatchObject({
      externalId: 'activity:4',
    });
    expect(
      await map('events', {
        event_id: '4',
        start_date: '2026-11-20',
        event_type: 'appt',
        title: 'Tour',
      }),
    ).toMatchObject({ externalId: 'event:4', activityType: 'Appointment', description: 'Tour' });
  });

  it('were held at their time when their status says so', async () => {
    const at = new Date('2026-11-20T15:30:00Z');
    const activity = { id: '4', scheduled_at: '2026-11-20 15:30:00' };
    for (const [status, heldAt] of [
      [{ status: 'Completed' }, at],
      [{ activity_status: ' done' }, at],
      [{ status: 'Scheduled' }, null],
      [{ status: {} }, null],
    ] as const)
      expect(await map('activities', { ...activity, ...status })).toMatchObject({ heldAt });
    const event = { event_id: '4', start_date: '2026-11-20 15:30:00' };
    expect(await map('events', { ...event, status: 'Held' })).toMatchObject({ heldAt: at });
    expect(await map('events', event)).toMatchObject({ heldAt: null });
  });

  it('have title and description of an event in lines of their own', async () => {
    const event = { event_id: '4', start_date: '2026-11-20', description: '<p>At <b>10</b></p>' };
    expect(await map('events', { ...event, title: 'Tour' })).toMatchObject({
      description: 'Tour\nAt 10',
    });
    expect(await map('events', { ...event, title: {} })).toMatchObject({ description: 'At 10' });
  });

  it('without a date are rejected', async () => {
    await expect(
      map('activities', { id: '4', scheduled_at: '0000-00-00 00:00:00' }),
    ).rejects.toThrow(rejected(/nothing for "When"/));
  });
});

describe('stages', () => {
  const names = async (body: object) => {
    const stream = getStream('salesCycles');
    const toRecord = await mapperOf(stream, parseSettings());
    return stream
      .parse(JSON.stringify({ ResultCode: 'CT200', ...body }))
      .map((item, index) => toRecord(item, { index }));
  };

  it('begin with "New Lead", unless the source lists it', async () => {
    const listed = (sales_cycle_name: string) => ({
      sales_cycle_id: '1',
      sales_cycle_name,
      sales_cycle_active_status: '1',
    });
    expect(await names({ data: [listed('FDD Sent')] })).toMatchObject([
      { name: 'New Lead', position: 0, active: true },
      { name: 'FDD Sent', position: 1, likelyPct: 40 },
    ]);
    expect(await names({ data: [listed('FDD Sent'), listed('new lead')] })).toMatchObject([
      { name: 'FDD Sent' },
      { name: 'New Lead' },
    ]);
    expect(await names({ data: [] })).toMatchObject([{ name: 'New Lead' }]);
  });

  it.each([
    ['New Lead', 5, 'open'],
    ['discovery day COMPLETED', 85, 'open'],
    ['FA Signed', 100, 'won'],
    ['Won', 100, 'won'],
    ['Closed Won', 100, 'won'],
    ['Future Interest', 5, 'open'],
    ['Lost', 0, 'lost'],
    ['Dead Lead', 0, 'lost'],
    ['Not Interested', 0, 'lost'],
    ['Disqualified', 0, 'lost'],
    ['Engaging', 30, 'open'],
    ['Prospecting', 10, 'open'],
    ['Wonderful Fit', 10, 'open'],
    ['constructor', 10, 'open'],
  ])('%s is worth %i percent, %s', (name, likelyPct, outcome) => {
    expect(lookUpStage(name, parseSettings())).toEqual({ likelyPct, outcome });
  });

  it('take likelihoods from the settings first, in any case', () => {
    const { stages } = parseSettings({
      stages: {
        ' FDD signed': { likelyPct: 66 },
        Handshake: { likelyPct: 100, outcome: 'won' },
        lost: { likelyPct: 1 },
      },
    });
    expect(lookUpStage('FDD Signed', { stages })).toEqual({ likelyPct: 66, outcome: 'open' });
    expect(lookUpStage('handshake', { stages })).toEqual({ likelyPct: 100, outcome: 'won' });
    expect(lookUpStage('Lost', { stages })).toEqual({ likelyPct: 1, outcome: 'lost' });
  });
});

it('settings refuse what cannot work', () => {
  for (const given of [
    { timeZone: 'Mars/Olympus' },
    { pageSize: 101 },
    { pageSize: 0 },
    { baseUrl: 'https://api.clienttether.com/?x=1' },
    { colour: 'red' },
    { qualifyingPct: 101 },
    { fields: { market: '__proto__' } },
    { fields: { market: 'x'.repeat(500) } },
    { sourceAliases: Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [n, 'Web'])) },
  ]) {
    expect(clientTetherSettings.safeParse(given).success, JSON.stringify(given)).toBe(false);
  }
  expect(parseSettings({ baseUrl: 'https://api.clienttether.com/v2/api' }).baseUrl).toBe(
    'https://api.clienttether.com/v2/api/',
  );
});
