import { describe, expect, it } from 'vitest';
import { hubSpotSettings } from '#lib/connectors/hubspot/settings.ts';
import { recordSchemas } from '#lib/records/registry.ts';
import { mapperOf, pagesOf } from '../streams.ts';
import { connect, recordsOf, streamOf } from './harness.ts';

const NOON = '2026-11-20T12:00:00.000Z';
const settings = hubSpotSettings.parse({});
const map = async (name: string, properties: object, about: object = {}, given: object = {}) => {
  const stream = streamOf(name);
  const toRecord = await mapperOf(stream, { ...settings, ...given });
  return recordSchemas[stream.entity].parse(toRecord({ id: '501', properties, about }));
};

describe('a company', () => {
  it('has the name, size and place that HubSpot keeps as text', async () => {
    const properties = {
      name: ' Oxbow  Foods ',
      domain: 'oxbow.example',
      industry: 'FOOD_BEVERAGES',
      numberofemployees: '120',
      annualrevenue: '2500000',
      createdate: '1795176000000',
      hs_lastmodifieddate: NOON,
      hs_new_field: 'ignored',
    };
    expect(
      await map('companies', properties, { labels: { industry: 'Food & Beverages' } }),
    ).toMatchObject({
      externalId: '501',
      name: 'Oxbow Foods',
      website: 'oxbow.example',
      industry: 'Food & Beverages',
      employees: 120,
      revenue: '2500000.00',
      sourceCreatedAt: new Date(1_795_176_000_000),
      sourceUpdatedAt: new Date(NOON),
    });
    expect(
      await map('companies', { industry: 'NEW_KIND', numberofemployees: 'many' }),
    ).toMatchObject({
      name: 'Unnamed company',
      industry: 'NEW_KIND',
      employees: null,
      revenue: null,
    });
  });
});

describe('a contact', () => {
  it('belongs to its primary company, and is called by what is known', async () => {
    expect(
      await map(
        'contacts',
        { firstname: 'Ann', lastname: 'Lee', mobilephone: '1', associatedcompanyid: '7' },
        { links: { companies: ['9', '7'] } },
      ),
    ).toMatchObject({ name: 'Ann Lee', phone: '1', companyId: '9' });
    expect(await map('contacts', { email: 'a@b.test', associatedcompanyid: '7' })).toMatchObject({
      name: 'a@b.test',
      companyId: '7',
    });
    expect(await map('contacts', {})).toMatchObject({ name: 'Unnamed contact', companyId: null });
  });
});

describe('a lead', () => {
  it('that is a contact has its lead status, else its lifecycle stage', async () => {
    const about = {
      owner: 'Olga Owner',
      labels: { hs_lead_status: 'In Progress', hs_analytics_source: 'Organic Search' },
      related: { companies: { name: 'Oxbow', domain: 'oxbow.example' } },
    };
    const lead = { firstname: 'Ann', lifecyclestage: 'lead', hs_lead_status: 'IN_PROGRESS' };
    expect(await map('contactLeads', { ...lead, message: '<p>Call me</p>' }, about)).toMatchObject({
      externalId: '501',
      name: 'Ann',
      status: 'In Progress',
      source: 'Organic Search',
      company: 'Oxbow',
      website: 'oxbow.example',
      assignedTo: 'Olga Owner',
      summary: 'Call me',
      qualified: false,
    });
    expect(await map('contactLeads', { lifecyclestage: 'customer' })).toMatchObject({
      status: 'customer',
      qualified: true,
    });
    expect(
      await map('contactLeads', { lifecyclestage: '8817' }, {}, { qualifiedStages: ['8817'] }),
    ).toMatchObject({ qualified: true });
  });

  it('of its own type has the stage of its pipeline, and the person behind it', async () => {
    const about = {
      stage: { name: 'Qualified', metadata: {} },
      related: { contacts: { firstname: 'Ann', lastname: 'Lee', email: 'ann@oxbow.example' } },
    };
    expect(await map('leads', { hs_lead_name: 'Oxbow lead' }, about)).toMatchObject({
      externalId: 'lead-501',
      name: 'Oxbow lead',
      firstName: 'Ann',
      email: 'ann@oxbow.example',
      status: 'Qualified',
      qualified: true,
    });
    expect(
      await map('leads', {
        hs_pipeline_stage: '991',
        hs_associated_contact_email: 'x@y.test',
        hs_associated_company_name: 'Y',
      }),
    ).toMatchObject({ name: 'x@y.test', company: 'Y', status: '991', qualified: false });
    expect(await map('leads', {}, { stage: { name: 'Unqualified', metadata: {} } })).toMatchObject({
      qualified: false,
    });
  });

  it('is everybody who ever became one, unless an object of its own stands for them', async () => {
    const { read, mutate } = await connect();
    const since = { hs_lifecyclestage_lead_date: NOON };
    const add = (properties: Record<string, string | null>) =>
      mutate({ op: 'add', kind: 'contacts', properties })[0] ?? '';
    const kept = [
      add({ lastname: 'A', lifecyclestage: 'lead' }),
      add({ lastname: 'B', lifecyclestage: 'customer', ...since }),
    ];
    add({ lastname: 'C', lifecyclestage: 'customer' });
    add({ lastname: 'D', lifecyclestage: null, ...since });
    const represented = add({ lastname: 'E', lifecyclestage: 'lead' });
    mutate({
      op: 'add',
      kind: 'leads',
      properties: { hs_lead_name: 'E' },
      links: [{ kind: 'contacts', id: represented, primary: true }],
    });
    const records = await recordsOf('contactLeads', await pagesOf(read('contactLeads')));
    expect(records.map(({ externalId }) => externalId)).toEqual(kept);
    expect(await recordsOf('leads', await pagesOf(read('leads')))).toMatchObject([
      { lastName: 'E' },
    ]);
  });
});

describe('a deal', () => {
  const stage = (name: string, probability: string, isClosed = 'false') => ({
    stage: { name, metadata: { probability, isClosed } },
  });

  it('is open, won or lost as it says itself, else as its stage says', async () => {
    expect(
      await map(
        'deals',
        { amount: '1500.00', amount_in_home_currency: '1200.5' },
        stage('Sent', '0.9'),
      ),
    ).toMatchObject({ stage: 'Sent', outcome: 'open', likelyPct: 90, value: '1200.50' });
    expect(await map('deals', { amount: '1500' }, stage('Won', '1.0', 'true'))).toMatchObject({
      outcome: 'won',
      likelyPct: 100,
      value: '1500.00',
    });
    expect(await map('deals', {}, stage('Lost', '0.0', 'true'))).toMatchObject({
      outcome: 'lost',
      likelyPct: 0,
      value: null,
    });
    expect(await map('deals', { amount_in_home_currency: '82.725', amount: '75' })).toMatchObject({
      value: '82.73',
    });
    expect(await map('deals', { amount_in_home_currency: '1e21', amount: '75' })).toMatchObject({
      value: '75.00',
    });
    const closed = { hs_is_closed: 'true', hs_is_closed_won: 'false' };
    expect(await map('deals', closed, stage('Odd', '0.5'))).toMatchObject({ outcome: 'lost' });
    expect(await map('deals', { hs_is_closed_won: 'true' })).toMatchObject({ outcome: 'won' });
    expect(
      await map('deals', { dealstage: '4711', hs_deal_stage_probability: '0.25' }),
    ).toMatchObject({
      stage: '4711',
      outcome: 'open',
      likelyPct: 25,
    });
  });

  it('is in a stage that names its pipeline where there are several', async () => {
    const { read } = await connect({ hasSecondPipeline: true });
    const records = await recordsOf('stages', await pagesOf(read('stages')));
    expect(records).toHaveLength(12);
    expect(new Set(records.map((record) => (record as { name: string }).name)).size).toBe(12);
    expect(records[0]).toMatchObject({
      externalId: 'appointmentscheduled',
      name: 'Sales Pipeline: Appointment Scheduled',
      position: 0,
      likelyPct: 20,
      outcome: 'open',
    });
    expect(records[4]).toMatchObject({ outcome: 'won', likelyPct: 100 });
    expect(records.at(-1)).toMatchObject({
      name: 'Renewals: Closed Lost',
      position: 11,
      outcome: 'lost',
    });
    const { read: readOne } = await connect();
    const [first] = await recordsOf('stages', await pagesOf(readOne('stages')));
    expect(first).toMatchObject({ name: 'Appointment Scheduled' });
  });
});

describe('notes and activities', () => {
  it('are about the lead or contact before the company or deal, with ids apart', async () => {
    const text = { hs_note_body: '<p>Hi</p>', hs_timestamp: NOON };
    const about = (links: object) => map('notes', text, { links, owner: 'Olga' });
    expect(await about({ deals: ['5'], contacts: ['3', '9'] })).toEqual({
      externalId: '501',
      contactId: '3',
      noteDate: new Date(NOON),
      author: 'Olga',
      content: 'Hi',
    });
    expect(await about({ contacts: ['3'], leads: ['8'] })).toMatchObject({ contactId: 'lead-8' });
    expect(await about({ companies: ['3'] })).toMatchObject({ contactId: 'company-3' });
    await expect(about({})).rejects.toThrow(/names no record/);
    expect(
      await map('notes', { hs_attachment_ids: '1;2' }, { links: { deals: ['5'] } }),
    ).toMatchObject({
      content: '2 attached files',
    });
  });

  it('are planned for their time, and held when they are completed', async () => {
    const about = { links: { contacts: ['3'] }, related: { contacts: { firstname: 'Ann' } } };
    const task = { hs_timestamp: NOON, hs_task_subject: 'Call', hs_task_type: 'CALL' };
    expect(
      await map('tasks', task, { ...about, labels: { hs_task_status: 'Not started' } }),
    ).toEqual({
      externalId: 'task-501',
      activityType: 'Call',
      scheduledAt: new Date(NOON),
      contactName: 'Ann',
      contactId: '3',
      description: 'Call',
      status: 'Not started',
      heldAt: null,
    });
    expect(await map('tasks', { ...task, hs_task_status: 'COMPLETED' })).toMatchObject({
      heldAt: new Date(NOON),
      status: 'COMPLETED',
    });
    const meeting = { hs_meeting_start_time: NOON, hs_meeting_title: 'Demo' };
    expect(await map('meetings', { ...meeting, hs_meeting_outcome: 'RESCHEDULED' })).toMatchObject({
      externalId: 'meeting-501',
      activityType: 'Meeting',
      status: 'RESCHEDULED',
    });
    expect(await map('meetings', { ...meeting, hs_meeting_outcome: 'NO_SHOW' })).toMatchObject({
      heldAt: null,
    });
    await expect(map('meetings', { hs_meeting_title: 'Never' })).rejects.toThrow(
      /nothing for "When"/,
    );
  });
});
