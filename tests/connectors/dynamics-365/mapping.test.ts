import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSalesNote } from '#lib/connectors/dynamics-365/mapping/note.ts';
import { dynamics365 } from '#lib/connectors/dynamics-365/index.ts';
import { recordSchemas } from '#lib/records/registry.ts';
import { RecordRejected } from '#lib/connectors/contract/source.ts';
import { mapperOf } from '../streams.ts';
import { streamOf } from './harness.ts';

const ID = '11111111-2222-4333-8444-555555555555';
const shown = (column: string, label: string) => ({
  [`${column}@OData.Community.Display.V1.FormattedValue`]: label,
});
const points = (column: string, table: string, id: string) => ({
  [column]: id,
  [`${column}@Microsoft.Dynamics.CRM.lookuplogicalname`]: table,
});
const settings = dynamics365.settings.parse({});
const mapperFor = (name: string) => mapperOf(streamOf(name), settings);
const [toCompany, toContact, toLead, toOpportunity, toTask, toNote] = await Promise.all([
  mapperFor('accounts'),
  mapperFor('contacts'),
  mapperFor('leads'),
  mapperFor('opportunities'),
  mapperFor('tasks'),
  mapperFor('annotations'),
]);
const lead = (row: object) => toLead({ leadid: ID, ...row });
const opportunity = (row: object) => toOpportunity({ opportunityid: ID, statecode: 0, ...row });

describe('a lead of Dynamics 365', () => {
  it('goes by the labels of the customer, whatever the numbers', () => {
    const row = {
      leadsourcecode: 859_870_000,
      ...shown('leadsourcecode', 'Cloud migration campaign'),
      statuscode: 859_870_000,
      ...shown('statuscode', 'Nurturing'),
      statecode: 0,
      ...shown('_ownerid_value', 'Dana Reyes'),
    };
    expect(lead(row)).toMatchObject({
      source: 'Cloud migration campaign',
      status: 'Nurturing',
      qualified: false,
      assignedTo: 'Dana Reyes',
    });
    expect(lead({ statecode: 1, ...shown('statecode', 'Qualified') })).toMatchObject({
      status: 'Qualified',
      qualified: true,
      source: null,
    });
    expect(lead({})).toMatchObject({
      externalId: ID,
      name: 'Unnamed lead',
      status: 'New Lead',
      mirrorOf: null,
    });
  });

  it('is a copy of ours when it carries an id of ours, and only then', () => {
    expect(lead({ hnt_leadid: '0192F0C1-7A3B-7C44-9D55-0123456789AB' })).toMatchObject({
      mirrorOf: '0192f0c1-7a3b-7c44-9d55-0123456789ab',
    });
    for (const hnt_leadid of ['', 'L-17', null, 17, '0192f0c1'])
      expect(lead({ hnt_leadid })).toMatchObject({ mirrorOf: null });
  });

  it('has its value in the currency of the organisation', () => {
    expect(lead({ estimatedamount: 100, estimatedamount_base: 125.5 })).toMatchObject({
      dealValue: '125.50',
    });
    expect(lead({ estimatedamount: 100, estimatedamount_base: null })).toMatchObject({
      dealValue: '100.00',
    });
    expect(lead({})).toMatchObject({ dealValue: null });
    // As text stand the numbers that a double could not hold.
    expect(lead({ estimatedamount: '123456789012.34567' })).toMatchObject({
      dealValue: '123456789012.35',
    });
    for (const estimatedamount of [1e21, '12345678901234567890', 'many', Number.NaN])
      expect(lead({ estimatedamount })).toMatchObject({ dealValue: null });
  });

  it('has dates that exist, and none where none was set', () => {
    expect(lead({ createdon: '2026-03-04T05:06:07Z' })).toMatchObject({
      sourceCreatedAt: new Date('2026-03-04T05:06:07Z'),
    });
    expect(lead({ createdon: '1753-01-01T00:00:00Z', modifiedon: null })).toMatchObject({
      sourceCreatedAt: null,
      sourceUpdatedAt: null,
    });
    for (const createdon of ['2026-02-31T10:00:00Z', '0000-00-00T00:00:00Z', 'yesterday'])
      expect(lead({ createdon }), createdon).toMatchObject({ sourceCreatedAt: null });
  });

  it('is called by its person, else its company, else its address', () => {
    expect(lead({ fullname: ' Lena  Fox ', companyname: 'Fox' })).toMatchObject({
      name: 'Lena Fox',
    });
    expect(lead({ firstname: 'Lena', lastname: null, companyname: 'Fox' })).toMatchObject({
      name: 'Lena',
    });
    expect(lead({ companyname: 'Fox', emailaddress1: 'l@fox.test' })).toMatchObject({
      name: 'Fox',
    });
    expect(
      lead({ emailaddress1: 'l@fox.test', description: '<p>One<br>two &amp; three</p>' }),
    ).toMatchObject({ name: 'l@fox.test', summary: 'One\ntwo & three' });
  });
});

describe('a deal of Dynamics 365', () => {
  it.each([
    [
      {
        stepname: '2-Develop',
        ...shown('salesstage', 'Develop'),
        closeprobability: 40,
        estimatedvalue: 10,
      },
      { stage: '2-Develop', outcome: 'open', likelyPct: 40, value: '10.00' },
    ],
    [
      { stepname: null, ...shown('salesstage', 'Propose'), closeprobability: 140 },
      { stage: 'Propose', outcome: 'open', likelyPct: 100, value: null },
    ],
    [{ ...shown('statuscode', 'On Hold') }, { stage: 'On Hold', outcome: 'open', likelyPct: 0 }],
    [
      {
        statecode: 1,
        stepname: '4-Close',
        ...shown('statuscode', 'Won'),
        actualvalue: 9,
        actualvalue_base: 8,
        estimatedvalue: 10,
        closeprobability: 85,
      },
      { stage: 'Won', outcome: 'won', likelyPct: 100, value: '8.00' },
    ],
    [
      { statecode: 1, estimatedvalue: 10 },
      { stage: 'Won', outcome: 'won', value: '10.00' },
    ],
    [
      {
        statecode: 2,
        ...shown('statuscode', 'Out-Sold'),
        actualvalue: 0,
        estimatedvalue: 10,
        closeprobability: 85,
      },
      { stage: 'Out-Sold', outcome: 'lost', likelyPct: 0, value: '10.00' },
    ],
  ])('%j', (row, record) => {
    expect(opportunity(row)).toMatchObject(record);
  });

  it('is rejected when its state is none of the three', () => {
    expect(() => opportunity({ statecode: 7 })).toThrow('neither open, won nor lost');
  });
});

describe('the rest of Dynamics 365', () => {
  it('knows whether a contact belongs to a company or to a person', () => {
    const contact = (row: object) => toContact({ contactid: ID, ...row });
    expect(
      contact({ fullname: 'Lena Fox', ...points('_parentcustomerid_value', 'account', 'a-1') }),
    ).toMatchObject({ companyId: 'a-1' });
    expect(contact(points('_parentcustomerid_value', 'contact', 'c-1'))).toMatchObject({
      companyId: null,
      name: 'Unnamed contact',
    });
    expect(
      toCompany({
        accountid: ID,
        name: 'Fox',
        numberofemployees: 12,
        revenue: 5,
        revenue_base: 6,
        ...shown('industrycode', 'Retail'),
      }),
    ).toMatchObject({ employees: 12, revenue: '6.00', industry: 'Retail' });
  });

  it('puts a task where it is due, else where it begins, else where it was made', () => {
    const task = (row: object) =>
      toTask({ activityid: ID, subject: 'Call', createdon: '2026-01-01T00:00:00Z', ...row });
    expect(
      task({ scheduledend: '2026-01-03T00:00:00Z', scheduledstart: '2026-01-02T00:00:00Z' }),
    ).toMatchObject({ scheduledAt: new Date('2026-01-03T00:00:00Z'), heldAt: null });
    expect(task({ scheduledstart: '2026-01-02T00:00:00Z', statecode: 1 })).toMatchObject({
      scheduledAt: new Date('2026-01-02T00:00:00Z'),
      heldAt: new Date('2026-01-02T00:00:00Z'),
    });
    expect(task({ description: 'Soon', ...shown('statuscode', 'Not Started') })).toMatchObject({
      scheduledAt: new Date('2026-01-01T00:00:00Z'),
      description: 'Call\nSoon',
      status: 'Not Started',
    });
    expect(() => task({ createdon: null })).toThrow('has nothing for "When"');
  });

  it('keeps notes that say something about something', () => {
    const note = {
      annotationid: ID,
      _objectid_value: 'l-1',
      subject: 'Call',
      notetext: '<div>Spoke &amp; agreed</div>',
      filename: 'offer.pdf',
      createdon: '2026-01-01T00:00:00Z',
      ...shown('_createdby_value', 'Dana Reyes'),
    };
    expect(toNote(note)).toMatchObject({
      contactId: 'l-1',
      author: 'Dana Reyes',
      content: 'Call\nSpoke & agreed\nAttached: offer.pdf',
    });
    expect(isSalesNote(note)).toBe(true);
    expect(isSalesNote({ ...note, ...points('_objectid_value', 'lead', 'l-1') })).toBe(true);
    expect(isSalesNote({ ...note, ...points('_objectid_value', 'incident', 'i-1') })).toBe(false);
    expect(isSalesNote({ ...note, _objectid_value: null })).toBe(false);
    expect(isSalesNote({ ...note, subject: null, notetext: ' ', filename: null })).toBe(false);
    expect(() => toNote({ ...note, _objectid_value: null })).toThrow('names no record');
  });

  it('becomes a record that can be stored, or is rejected with a reason, whatever a row holds', async () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.constant('2026-01-01T00:00:00Z'),
      fc.constant([]),
    );
    for (const stream of dynamics365.streams) {
      const map = await mapperOf(stream, settings);
      const columns = [
        'createdon',
        'modifiedon',
        'statecode',
        'name',
        'fullname',
        'subject',
        'notetext',
        '_objectid_value',
        'estimatedvalue',
        'estimatedamount_base',
        'revenue',
        'numberofemployees',
        'closeprobability',
        'stepname',
        'hnt_leadid',
        'scheduledend',
        'leadid',
        'accountid',
        'contactid',
        'opportunityid',
        'activityid',
        'annotationid',
      ];
      fc.assert(
        fc.property(fc.dictionary(fc.constantFrom(...columns), value), (row) => {
          try {
            const record = map(row);
            expect(
              recordSchemas[stream.entity]
                .safeParse(record)
                .error?.issues.filter(({ message }) => !/character|longer|empty/.test(message)) ??
                [],
            ).toEqual([]);
          } catch (error) {
            expect(error).toBeInstanceOf(RecordRejected);
          }
        }),
        { numRuns: 150 },
      );
    }
  });
});
