import { describe, expect, it } from 'vitest';
import { clientTetherSettings } from '#lib/connectors/clienttether/settings.ts';
import { lookUpStage } from '#lib/connectors/clienttether/stages.ts';
import { mapperOf } from '../streams.ts';
import { getStream } from './harness.ts';
import { map, parseSettings, rejected } from './mapping.ts';

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
    { fields: { market: 'x'.repeat(500) } },
    { sourceAliases: Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [n, 'Web'])) },
  ]) {
    expect(clientTetherSettings.safeParse(given).success, JSON.stringify(given)).toBe(false);
  }
  expect(parseSettings({ baseUrl: 'https://api.clienttether.com/v2/api' }).baseUrl).toBe(
    'https://api.clienttether.com/v2/api/',
  );
});
