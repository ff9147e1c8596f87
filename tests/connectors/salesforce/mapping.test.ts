import { describe, expect, it } from 'vitest';
import { parseRecord } from '#lib/records/registry.ts';
import { salesforceSettings } from '#lib/connectors/salesforce/settings.ts';
import { mapperOf } from '../streams.ts';
import { streamOf } from './harness.ts';

const settings = salesforceSettings.parse({});
const ID = '00Q3UxTau3xSGlWUCW';

/** The record of an item as it is stored. */
async function map(name: string, item: object, currency = 'USD') {
  const toRecord = await mapperOf(streamOf(name), settings, currency);
  return parseRecord(streamOf(name).entity, toRecord({ Id: ID, ...item }, { index: 3 }));
}

describe('a record of Salesforce', () => {
  it('may lack every field but its id', async () => {
    expect(await map('accounts', {})).toMatchObject({ name: 'Unnamed company', revenue: null });
    expect(await map('contacts', {})).toMatchObject({ name: 'Unnamed contact', companyId: null });
    expect(await map('leads', {})).toMatchObject({
      name: 'Unnamed lead',
      status: 'New Lead',
      qualified: false,
    });
    expect(await map('opportunities', {})).toMatchObject({
      stage: 'Open',
      outcome: 'open',
      likelyPct: 0,
    });
    expect(await map('stages', {})).toMatchObject({
      name: 'Unnamed stage',
      active: true,
      position: 3,
    });
    for (const name of ['tasks', 'events'])
      await expect(map(name, {})).rejects.toThrow('has nothing for "When"');
    for (const name of ['notes', 'contentNotes'])
      await expect(map(name, {})).rejects.toThrow('names no record');
  });

  it('may hold what nobody expects', async () => {
    for (const odd of [7, true, [], {}, ['x'], { a: { b: 1 } }, '\u200b', 'x'.repeat(5_000)])
      for (const [name, field] of [
        ['leads', 'Status'],
        ['leads', 'Owner'],
        ['leads', 'IsConverted'],
        ['accounts', 'NumberOfEmployees'],
        ['opportunities', 'Amount'],
        ['opportunities', 'Account'],
        ['stages', 'SortOrder'],
      ] as const)
        expect(await map(name, { [field]: odd })).toMatchObject({ externalId: ID });
    expect(await map('leads', { constructor: 1, toString: 2, Extra__c: 'new' })).toMatchObject({
      name: 'Unnamed lead',
    });
  });

  it('says what it knows of a deal', async () => {
    const deal = { Amount: 1_234.5, Probability: 40, StageName: 'Proposal/Price Quote' };
    expect(await map('opportunities', { ...deal, IsClosed: false, IsWon: false })).toMatchObject({
      value: '1234.50',
      likelyPct: 40,
      outcome: 'open',
    });
    expect(await map('opportunities', { ...deal, IsClosed: true, IsWon: true })).toMatchObject({
      likelyPct: 100,
      outcome: 'won',
    });
    expect(await map('opportunities', { ...deal, IsClosed: 'true', IsWon: 'false' })).toMatchObject(
      {
        likelyPct: 0,
        outcome: 'lost',
      },
    );
    for (const [amount, value] of [
      ['1.0E7', '10000000.00'],
      ['0.1', '0.10'],
      ['12345678901.23', '12345678901.23'],
      ['not a number', null],
      [1e21, null],
    ])
      expect(await map('opportunities', { Amount: amount })).toMatchObject({ value });
  });

  it('counts amounts of the workspace\u2019s currency only', async () => {
    const row = { Amount: 100, CurrencyIsoCode: 'EUR' };
    expect(await map('opportunities', row, 'EUR')).toMatchObject({ value: '100.00' });
    expect(await map('opportunities', row, 'USD')).toMatchObject({ value: null });
  });

  it('is scheduled for its day or time, and was held when it is closed', async () => {
    const task = { ActivityDate: '2026-11-21', CreatedDate: '2026-11-01T10:00:00.000+0000' };
    const day = new Date('2026-11-21T00:00:00Z');
    expect(await map('tasks', { ...task, IsClosed: false })).toMatchObject({ scheduledAt: day });
    expect(await map('tasks', task)).toMatchObject({ heldAt: null });
    expect(await map('tasks', { ...task, IsClosed: true })).toMatchObject({ heldAt: day });
    expect(
      await map('tasks', {
        ...task,
        IsClosed: true,
        CompletedDateTime: '2026-11-20T09:00:00.000+0000',
      }),
    ).toMatchObject({ heldAt: new Date('2026-11-20T09:00:00Z') });
    expect(await map('tasks', { CreatedDate: task.CreatedDate })).toMatchObject({
      scheduledAt: new Date('2026-11-01T10:00:00Z'),
    });
    expect(
      await map('events', {
        StartDateTime: '2026-11-20T11:30:00.000+0200',
        WhoId: '0034Bd2fg1Axkk',
        WhatId: '006000000000000AAA',
        Who: { Name: 'Ana' },
        Type: 'Meeting',
      }),
    ).toMatchObject({
      scheduledAt: new Date('2026-11-20T09:30:00Z'),
      contactId: '0034Bd2fg1Axkk',
      contactName: 'Ana',
      activityType: 'Meeting',
    });
  });

  it('is a note about the lead, contact, opportunity or account that it hangs on', async () => {
    const links = (...ids: string[]) => ({
      records: ids.map((LinkedEntityId) => ({ LinkedEntityId })),
    });
    const note = {
      Title: 'Meeting',
      LatestPublishedVersion: { TextPreview: 'First &amp; second' },
      ContentDocumentLinks: links(
        '005000000000001AAA',
        '001000000000001AAA',
        '00Q000000000001EAA',
        'a00000000000001AAA',
      ),
    };
    expect(await map('contentNotes', note)).toMatchObject({
      contactId: '00Q000000000001EAA',
      content: 'Meeting\nFirst & second',
    });
    const body = (row: object) =>
      JSON.stringify({ totalSize: 1, done: true, records: [{ Id: ID, ...row }] });
    const kept = (name: string, row: object) => streamOf(name).parse(body(row)).length;
    expect(kept('contentNotes', note)).toBe(1);
    expect(kept('contentNotes', { ...note, ContentDocumentLinks: null })).toBe(0);
    expect(
      kept('contentNotes', { ...note, ContentDocumentLinks: links('005000000000001AAA') }),
    ).toBe(0);
    expect(kept('notes', { ParentId: '00Q000000000001EAA', Title: 'Call' })).toBe(1);
    expect(kept('notes', { ParentId: '00Q000000000001EAA', Title: 'Call', IsPrivate: true })).toBe(
      0,
    );
    expect(kept('notes', { ParentId: '500000000000001AAA', Title: 'Call' })).toBe(0);
    expect(kept('tasks', { IsRecurrence: true })).toBe(0);
    expect(kept('events', { IsChild: true })).toBe(0);
    expect(kept('leads', { IsDeleted: true })).toBe(0);
  });
});
