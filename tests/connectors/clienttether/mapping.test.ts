import { describe, expect, it } from 'vitest';
import {
  clientTetherSettings,
  type ClientTetherSettings,
} from '#lib/connectors/clienttether/settings.ts';
import { lookUpStage } from '#lib/connectors/clienttether/stages.ts';
import type { z } from 'zod';
import { getStream } from './harness.ts';

type Given = z.input<typeof clientTetherSettings>;
const parseSettings = (given: Given = {}): ClientTetherSettings =>
  clientTetherSettings.parse(given);

function map(
  streamName: string,
  item: object,
  given: Given = {},
  context: { partition?: string; index?: number } = {},
) {
  const own = { settings: parseSettings(given), currency: 'USD', index: 0 };
  return getStream(streamName).map(item, { ...own, ...context });
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
  ])('are called by person, company or e-mail: %j', (fields, name) => {
    expect(map('clients', { client_id: '1', ...fields })).toMatchObject({ name });
  });

  it('are new without a sales cycle, and qualified from a likelihood on', () => {
    expect(map('clients', { client_id: '1', clients_sales_cycle: '' })).toMatchObject({
      status: 'New Lead',
      qualified: false,
    });
    expect(
      map('clients', { client_id: '1', clients_sales_cycle: 'Initial Call Complete' }),
    ).toMatchObject({ qualified: true });
    expect(
      map(
        'clients',
        { client_id: '1', clients_sales_cycle: 'Initial Call Complete' },
        { qualifyingPct: 50 },
      ),
    ).toMatchObject({ qualified: false });
    expect(map('clients', { client_id: '1', clients_sales_cycle: 'Not Interested' })).toMatchObject(
      { qualified: false },
    );
    expect(
      map(
        'clients',
        { client_id: '1', clients_sales_cycle: 'my gate' },
        { stages: { 'My Gate': { likelyPct: 30 } } },
      ),
    ).toMatchObject({ status: 'My Gate', qualified: true });
  });

  it('count under one source label', () => {
    const source = (clients_lead_source: unknown, given?: Given) =>
      (map('clients', { client_id: '1', clients_lead_source }, given) as { source: unknown })
        .source;
    expect(['google', 'Google', 'Select', '', false].map((text) => source(text))).toEqual([
      'Google',
      'Google',
      null,
      null,
      null,
    ]);
    expect(source('GOOGLE ', { sourceAliases: { Google: 'Google Search' } })).toBe('Google Search');
    expect(source('S\u00E3o', { sourceAliases: { 'Sa\u0303o\u200B': 'City' } })).toBe('City');
  });

  it('without an id are rejected with a reason', () => {
    for (const client_id of [false, null, '', ' ', undefined])
      expect(() => map('clients', { client_id })).toThrow(rejected(/without an id/));
    expect(map('clients', { client_id: '1', created: 'soon' })).toMatchObject({
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

  it('take the hot list from their fields, with the fee from the deal size', () => {
    expect(map('opportunities', item)).toMatchObject({
      market: 'Denver, CO',
      units: 3,
      franchiseFee: '45000.00',
      value: '45000.00',
      likelyPct: 50,
      outcome: 'open',
      stage: 'FDD Signed',
    });
  });

  it('take it from custom fields under the names that the settings give', () => {
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
    expect(map('opportunities', custom, { fields })).toMatchObject({
      market: 'Boise',
      units: 2,
      franchiseFee: '40000.00',
      value: '90000.00',
      likelyPct: 35,
    });
  });

  it('are about one unit and as likely as their stage when nobody says otherwise', () => {
    expect(map('opportunities', { ...item, units: '', likelihood: 'high' })).toMatchObject({
      units: 1,
      likelyPct: 50,
    });
  });

  it('are certain once decided', () => {
    expect(
      map('opportunities', { ...item, contact_sales_cycle: 'FA Signed', likelihood: '10' }),
    ).toMatchObject({ outcome: 'won', likelyPct: 100 });
    expect(
      map('opportunities', { ...item, contact_sales_cycle: 'Closed Lost', likelihood: '10' }),
    ).toMatchObject({ outcome: 'lost', likelyPct: 0 });
  });
});

describe('notes', () => {
  it('belong to the client whose list they came in, else to the one they name', () => {
    expect(
      map('notes', { id: '7', contact_id: '9', content: 'x' }, {}, { partition: '8' }),
    ).toMatchObject({ contactId: '8' });
    expect(map('notes', { note_id: '7', client_id: '9', note: 'x' })).toMatchObject({
      contactId: '9',
    });
    expect(() => map('notes', { id: '7' })).toThrow(rejected(/id of its contact/));
  });

  it('read the same in both spellings', () => {
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
    expect(map('notes', prefixed)).toEqual(map('notes', plain));
    expect(map('notes', plain)).toMatchObject({ content: 'Hi', author: 'Dana' });
  });
});

describe('schedule items', () => {
  it('read the same in both spellings', () => {
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
    expect(map('activities', prefixed)).toEqual(map('activities', plain));
  });

  it('keep apart activities and events of the same number', () => {
    expect(map('activities', { id: '4', scheduled_at: '2026-11-20' })).toMatchObject({
      externalId: 'activity:4',
    });
    expect(
      map('events', { event_id: '4', start_date: '2026-11-20', event_type: 'appt', title: 'Tour' }),
    ).toMatchObject({ externalId: 'event:4', activityType: 'Appointment', description: 'Tour' });
  });

  it('without a date are rejected', () => {
    expect(() => map('activities', { id: '4', scheduled_at: '0000-00-00 00:00:00' })).toThrow(
      rejected(/no date/),
    );
  });
});

describe('stages', () => {
  const names = (body: object) => {
    const stream = getStream('salesCycles');
    return stream
      .parse(JSON.stringify({ ResultCode: 'CT200', ...body }))
      .map((item, index) =>
        stream.map(item, { settings: parseSettings(), currency: 'USD', index }),
      );
  };

  it('begin with "New Lead", unless the source lists it', () => {
    const listed = (sales_cycle_name: string) => ({
      sales_cycle_id: '1',
      sales_cycle_name,
      sales_cycle_active_status: '1',
    });
    expect(names({ data: [listed('FDD Sent')] })).toMatchObject([
      { name: 'New Lead', position: 0, active: true },
      { name: 'FDD Sent', position: 1, likelyPct: 40 },
    ]);
    expect(names({ data: [listed('FDD Sent'), listed('new lead')] })).toMatchObject([
      { name: 'FDD Sent' },
      { name: 'New Lead' },
    ]);
    expect(names({ data: [] })).toMatchObject([{ name: 'New Lead' }]);
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
  ]) {
    expect(clientTetherSettings.safeParse(given).success, JSON.stringify(given)).toBe(false);
  }
  expect(parseSettings({ baseUrl: 'https://api.clienttether.com/v2/api' }).baseUrl).toBe(
    'https://api.clienttether.com/v2/api/',
  );
});
