import { expect, describe, it } from 'vitest';
import { useDatabase } from '../../helpers/database.ts';
import { syncCase } from './lax-stage.ts';

const db = useDatabase();

/** One column of a table of the workspace, in the order of the ids at the source. */
async function readColumn(tenantId: string, table: string, column: string): Promise<unknown[]> {
  const rows = await db.query<{ value: unknown }>(
    `select ${column} as value from ${table}
     where tenant_id = $1 and deleted_at is null
     order by length(external_id), external_id collate "C"`,
    [tenantId],
  );
  return rows.map(({ value }) => value);
}

const event = (event_id: string, event_type: string) => ({
  event_id,
  event_type,
  title: 't',
  start_date: new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 19).replace('T', ' '),
});

describe('text', () => {
  it('of a plain note keeps addresses, ampersands and lines', async () => {
    const note = (id: string, content: string) => ({ id, date: '2026-11-01 10:00:00', content });
    const { tenantId } = await syncCase({
      clients: [{}],
      notes: {
        1: [
          note('n1', 'R&D call\nBudget ok\nNext: Friday'),
          note('n2', 'From: John <john@acme.example>\nSubject: hi'),
        ],
      },
    });
    expect(await readColumn(tenantId, 'notes', 'content')).toEqual([
      'R&D call\nBudget ok\nNext: Friday',
      'From: John <john@acme.example>\nSubject: hi',
    ]);
  });

  it('without visible characters is none, and equal labels are one', async () => {
    const { tenantId } = await syncCase({
      clients: [
        { firstName: '\u200B', lastName: '\u3164', email: 'x@acme-one.example' },
        { clients_lead_source: 'Google\u200B' },
        { clients_lead_source: 'S\u00E3o' },
        { clients_lead_source: 'Sa\u0303o', clients_sales_cycle: 'Outbound\u200B Call' },
      ],
    });
    expect(await readColumn(tenantId, 'leads', 'name')).toEqual([
      'x@acme-one.example',
      'Pat Case2',
      'Pat Case3',
      'Pat Case4',
    ]);
    expect(await readColumn(tenantId, 'leads', 'source')).toEqual([
      'Google',
      'Google',
      'S\u00E3o',
      'S\u00E3o',
    ]);
    expect(new Set(await readColumn(tenantId, 'leads', 'status'))).toEqual(
      new Set(['Outbound Call']),
    );
  });

  it('that names a property of every object is text like any other', async () => {
    const { tenantId, report } = await syncCase({
      clients: [{ clients_sales_cycle: 'constructor', clients_lead_source: '__proto__' }],
      events: [event('1', 'constructor'), event('2', '__proto__')],
    });
    expect(report.status).toBe('success');
    expect(await readColumn(tenantId, 'scheduled_activities', 'activity_type')).toEqual([
      'Constructor',
      '__proto__',
    ]);
    expect(await readColumn(tenantId, 'leads', 'status')).toEqual(['Constructor']);
    expect(await readColumn(tenantId, 'leads', 'source')).toEqual(['__proto__']);
  });
});

it('keeps ids beyond 2^53 and in two cases apart, and one with blanks around it together', async () => {
  const { tenantId } = await syncCase({
    clients: ['9007199254740993', 'ABC', 'abc', ' 77 ', '77'].map((client_id) => ({ client_id })),
  });
  expect(await readColumn(tenantId, 'leads', 'external_id')).toEqual([
    '77',
    'ABC',
    'abc',
    '9007199254740993',
  ]);
});

describe('amounts', () => {
  it.each([
    [
      'USD',
      ['45.000', '1.234,56', '$-500', '$.50', '(500)', 'USD 45,000', '£30,000'],
      [null, '1234.56', '-500.00', '0.50', '-500.00', '45000.00', null],
    ],
    ['GBP', ['£30,000', '$30,000'], ['30000.00', null]],
    ['INR', ['₹1,25,000.00'], ['125000.00']],
    ['EUR', ['€45.000,00', '45.000'], ['45000.00', null]],
  ])('in %s are read where only one reading is possible', async (currency, texts, expected) => {
    const clients = texts.map((deal_size) => ({ deal_size }));
    const { tenantId } = await syncCase({ clients }, { currency });
    expect(await readColumn(tenantId, 'leads', 'deal_value')).toEqual(expected);
  });

  it('keep the digits of a number, which no program groups', async () => {
    const { tenantId } = await syncCase({ clients: [{ deal_size: 45.125 }, { deal_size: 45 }] });
    expect(await readColumn(tenantId, 'leads', 'deal_value')).toEqual(['45.13', '45.00']);
  });
});

it('keeps a lead whose dates were never set, without them', async () => {
  const { tenantId, report } = await syncCase({
    clients: [
      { created: '-0001-11-30 00:00:00' },
      { created: '2026-05-00 00:00:00' },
      { created: '0000-05-12 00:00:00' },
      { created: '0000-00-00 00:00:00' },
      { last_modified_date: '9999-12-31 23:59:59' },
    ],
    notes: { 1: [{ id: 'n1', date: '2025-00-15', content: 'x' }] },
  });
  expect(report).toMatchObject({ status: 'success', errorMessage: null });
  const created = await readColumn(tenantId, 'leads', 'source_created_at is not null');
  const updated = await readColumn(tenantId, 'leads', 'source_updated_at is not null');
  expect([created, updated]).toEqual([
    [false, false, false, false, true],
    [true, true, true, true, false],
  ]);
  expect(await readColumn(tenantId, 'notes', 'note_date')).toEqual([null]);
});

it('keeps first and last names as the source has them', async () => {
  const { tenantId } = await syncCase({
    clients: [
      { firstName: 'Mary', lastName: 'van der Berg' },
      { firstName: 'Ana María', lastName: 'García López' },
      { firstName: 'John', lastName: 'Smith Jr.' },
      { firstName: 'No Name', lastName: 'Text Added', compName: 'Acme LLC' },
      { firstName: 'Ann', lastName: '-' },
    ],
  });
  expect(
    await readColumn(tenantId, 'leads', "concat_ws('|', name, first_name, last_name)"),
  ).toEqual([
    'Mary van der Berg|Mary|van der Berg',
    'Ana María García López|Ana María|García López',
    'John Smith Jr.|John|Smith Jr.',
    'Acme LLC',
    'Ann|Ann',
  ]);
});

it('weighs with all digits of a likelihood', async () => {
  const { tenantId } = await syncCase({
    opportunities: [
      {
        opportunity_id: '1',
        firstName: 'A',
        lastName: 'B',
        contact_sales_cycle: 'FDD Sent',
        deal_size: '1000',
        likelihood: '33.333333',
      },
    ],
  });
  expect(await readColumn(tenantId, 'opportunities', 'likely_pct')).toEqual(['33.333333']);
  const items = await db.query(
    `select likely_pct, weighted_iff, weighted_cents from hot_list_items where tenant_id = $1`,
    [tenantId],
  );
  expect(items).toEqual([
    { likely_pct: '33.333333', weighted_iff: '333.33', weighted_cents: '33333' },
  ]);
  const [sum] = await db.query(
    'select sum(weighted)::text as weighted from pipeline_stage_counts where tenant_id = $1',
    [tenantId],
  );
  expect(sum).toEqual({ weighted: '333.33' });
});
