import { parse } from 'csv-parse/sync';
import { readSheet } from 'read-excel-file/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { useDatabase } from '../helpers/database.ts';
import { useApi } from './fixtures.ts';

const db = useDatabase();
const api = useApi(db.url);

type Line = Record<string, string>;
const csv = async (path: string): Promise<Line[]> =>
  parse(await api.viewer.text(`/w/north/${path}`), { columns: true }) as Line[];
const xlsx = async (path: string) => {
  const response = await api.viewer.fetch(`/w/north/${path}`);
  return {
    status: response.status,
    rows: await readSheet(Buffer.from(await response.arrayBuffer())),
  };
};
const truth = (select: string) =>
  db.query<Record<string, string | null>>(select, [api.north.tenant.id]);
const live = 'from leads where tenant_id = $1 and deleted_at is null';
/** What a spreadsheet would compute begins like this, unless it is a plain number. */
const guarded = (text: string | null) =>
  text !== null && /^[=+\-@]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : (text ?? '');
const local = (column: string) =>
  `to_char(${column} at time zone 'America/Denver', 'YYYY-MM-DD"T"HH24:MI:SS')`;

describe('CSV', () => {
  it('holds every lead, newest first, in the time of the workspace, and no formula', async () => {
    await db.query(
      `update leads set deal_value = -500, sort_cents = -50000 where name = 'Ada Lead 20'`,
    );
    const rows = await truth(
      `select name, company, email, phone, source, status, qualified::text,
         deal_value::float8::text as value, ${local('source_created_at')} as created ${live}
       order by source_created_at desc nulls last, id desc`,
    );
    const lines = await csv('leads.csv');
    expect(
      lines.map((line) => ({
        name: line['Name'],
        source: line['Source'],
        status: line['Status'],
        qualified: line['Qualified'],
        value: line['Value (USD)'],
        created: line['Created']?.slice(0, 19),
      })),
    ).toEqual(
      rows.map((row) => ({
        name: guarded(row['name'] ?? null),
        source: row['source'] ?? '',
        status: row['status'],
        qualified: row['qualified'],
        value: row['value'] ?? '',
        created: row['created'] ?? '',
      })),
    );
    expect(lines.map((line) => line['Value (USD)'])).toContain('-500');
    expect(new Set(lines.map((line) => line['Created']?.slice(19)))).toEqual(
      new Set(['-07:00', '-06:00', '']),
    );
    for (const cell of lines.flatMap((line) => Object.values(line)))
      if (/^\s*[=+\-@]/.test(cell)) expect(Number(cell)).not.toBeNaN();
  });

  it('has guarded the formulas that people typed, and nothing else', async () => {
    const names = (await csv('leads.csv?sort=name&direction=asc')).map((line) => line['Name']);
    expect(names).toEqual(
      expect.arrayContaining([
        `'=1+1`,
        `'+1 (303) 555-0101`,
        `'-2+3`,
        `'@SUM(A1)`,
        `'=HYPERLINK("http://x.test","y")`,
        `O'Neil`,
        '"Quoted", and comma',
        'Zoë Łukasiewicz',
        '-12',
        '1,000',
      ]),
    );
  });

  it.each([
    ['source=Website', `source = 'Website'`],
    ['source=', 'source is null'],
    ['status=FDD%20Sent', `status = 'FDD Sent'`],
    ['qualified=yes', 'qualified'],
    ['search=o%27neil', `name ilike '%o''neil%'`],
    ['search=%C5%81ukas', `name ilike '%Łukas%'`],
    [
      'period=custom&from=2026-03-01&to=2026-05-31',
      "(source_created_at at time zone 'America/Denver')::date " +
        "between '2026-03-01' and '2026-05-31'",
    ],
    [
      'source=Website&status=FDD%20Sent&cursor=abc&limit=3',
      `source = 'Website' and status = 'FDD Sent'`,
    ],
  ])('holds what the page lists for ?%s', async (query, where) => {
    const rows = await truth(
      `select email ${live} and ${where} order by source_created_at desc nulls last, id desc`,
    );
    expect((await csv(`leads.csv?${query}`)).map((line) => line['E-mail'])).toEqual(
      rows.map((row) => row['email']),
    );
    const page = await api.viewer.text(`/w/north/leads?${query.replace(/&cursor.*/, '')}`);
    expect(
      [...page.matchAll(/(\d+) leads?\b/g)].map(([, count]) => Number(count)),
      'the number on the page',
    ).toContain(rows.length);
  });

  it('sorts like the page', async () => {
    const rows = await truth(`select email ${live} order by deal_value nulls first, id`);
    expect((await csv('leads.csv?sort=value&direction=asc')).map((line) => line['E-mail'])).toEqual(
      rows.map((row) => row['email']),
    );
  });

  it.each([
    [
      'pipeline.csv',
      'Name',
      `select name as x
       from opportunities
       where tenant_id = $1
       order by value desc nulls last, id desc`,
    ],
    [
      'pipeline.csv?stage=Won&sort=entered&direction=asc',
      'Name',
      `select name as x
       from opportunities
       where tenant_id = $1 and stage = 'Won'
       order by stage_entered_at, id`,
    ],
    [
      'pipeline.csv?stuck=1',
      'Name',
      `select name as x
       from opportunities
       where tenant_id = $1 and outcome = 'open'
         and stage_entered_at < (now() at time zone 'UTC')::date - 30
       order by value desc nulls last, id desc`,
    ],
    [
      'hot-list.csv',
      'Weighted IFF (USD)',
      `select weighted_iff::float8::text as x
       from hot_list_items
       where tenant_id = $1
       order by weighted_iff desc, opportunity_id desc`,
    ],
    [
      'hot-list.csv?market=',
      'Candidate Name',
      `select candidate_name as x
       from hot_list_items
       where tenant_id = $1 and market is null
       order by weighted_iff desc, opportunity_id desc`,
    ],
    [
      'notes.csv',
      'Content',
      `select content as x from notes where tenant_id = $1 order by note_date desc, id desc`,
    ],
    [
      'notes.csv?search=100%25',
      'Content',
      `select content as x
       from notes
       where tenant_id = $1 and content like '100\\%%'
       order by note_date desc, id desc`,
    ],
    [
      'schedule.csv',
      'Contact',
      `select contact_name as x
       from scheduled_activities
       where tenant_id = $1 and scheduled_at > now()
       order by scheduled_at, id`,
    ],
  ])('%s equals the table', async (path, column, select) => {
    const rows = await truth(select);
    expect(rows.length).toBeGreaterThan(0);
    expect((await csv(path)).map((line) => line[column])).toEqual(
      rows.map((row) => guarded(row['x'] ?? null)),
    );
  });

  it('names the file after workspace, list and day, and says how fresh it is', async () => {
    await db.query(`update tenants set name = 'Zoë''s "Café" / 東京' where slug = 'north'`);
    const { headers } = await api.viewer.fetch('/w/north/hot-list.csv');
    const [fresh] = await db.query<{ at: Date }>(
      `select min(fresh_at) as at from stream_states where tenant_id = $1`,
      [api.north.tenant.id],
    );
    expect(headers.get('content-disposition')).toMatch(
      new RegExp(
        String.raw`^attachment; filename="north-hot-list-\d{4}-\d\d-\d\d\.csv"; ` +
          String.raw`filename\*=UTF-8''Zo%C3%AB%27s%20-Caf%C3%A9-%20-%20%E6%9D%B1%E4%BA%AC` +
          String.raw`%20Hot%20List%20\d{4}-\d\d-\d\d\.csv$`,
      ),
    );
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(headers.get('x-data-as-of')).toBe(fresh?.at.toISOString());
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('XLSX', () => {
  it('holds the same rows with real numbers, dates in local time, and plain text', async () => {
    const rows = await truth(
      `select name, deal_value::float8 as value, ${local('source_created_at')} as created ${live}
         and source = 'Website'
       order by source_created_at desc nulls last, id desc`,
    );
    const { rows: sheet } = await xlsx('leads.xlsx?source=Website');
    const [about, header, ...lines] = sheet;
    expect(about?.[0]).toMatch(
      new RegExp(
        String.raw`Leads · All time · data as of \d{4}-\d\d-\d\d \d\d:\d\d, ` +
          'exported .* · times in America/Denver$',
      ),
    );
    expect(header?.slice(0, 3)).toEqual(['Name', 'Company', 'E-mail']);
    // A spreadsheet keeps times as fractions of a day, which are exact to a millisecond or so.
    const second = (cell: unknown) =>
      cell instanceof Date ? new Date(Math.round(cell.getTime() / 1000) * 1000) : cell;
    expect(lines.map((line) => [line[0], line[7], second(line[9])])).toEqual(
      rows.map((row) => [
        row['name'],
        row['value'],
        row['created'] === null ? null : new Date(`${row['created']}Z`),
      ]),
    );
    expect(lines.map((line) => line[0])).toContain('=1+1');
  });

  it.each(['pipeline', 'hot-list', 'notes', 'schedule'])(
    '%s has as many rows as its CSV',
    async (list) => {
      const { rows } = await xlsx(`${list}.xlsx`);
      expect(rows.length - 2).toBe((await csv(`${list}.csv`)).length);
    },
  );
});

describe('many rows', () => {
  const many = 25_000;
  beforeAll(async () => {
    await db.query(
      `insert into leads (tenant_id, id, connection_id, provider, stream, external_id, content_hash,
         raw_json, snapshot_id, first_seen_at, changed_at, source_created_at, created_on, name,
         sort_name, sort_cents, source, status, qualified)
       select $1, new_id(), $2, 'clienttether', 'clients', 'bulk' || n, '', '{}', new_id(), now(),
         now(), date_trunc('day', now()) - (n % 300) * interval '1 day',
         (now() - (n % 300) * interval '1 day')::date,
         E'Bulk\\n' || n, E'bulk\\n' || n, -1, case when n <= 10000 then 'Ten thousand'
           else 'The rest' end, 'Bulk', false
         from generate_series(1, $3::int) n`,
      [api.north.tenant.id, api.north.connection.id, many],
    );
  });

  it.each(['created', 'name', 'value'])(
    'come once each as CSV, however they are sorted: %s',
    async (sort) => {
      const lines = await csv(`leads.csv?status=Bulk&sort=${sort}`);
      expect(lines).toHaveLength(many);
      expect(new Set(lines.map((line) => line['Name'])).size).toBe(many);
    },
  );

  it('come as a workbook up to its limit', async () => {
    const { status, rows } = await xlsx('leads.xlsx?source=Ten%20thousand&sort=name&direction=asc');
    const names = await truth(
      `select name ${live} and source = 'Ten thousand' order by sort_name, id`,
    );
    expect(status).toBe(200);
    expect(rows.slice(2).map((line) => line[0])).toEqual(names.map((row) => row['name']));
  });

  it('are told to come as CSV beyond it', async () => {
    const response = await api.viewer.fetch('/w/north/leads.xlsx?status=Bulk');
    expect([response.status, response.headers.get('content-disposition')]).toEqual([413, null]);
    expect(await response.text()).toContain('more than 20,000 rows');
  });
});

describe('who may export', () => {
  it('sends visitors to the sign-in page', async () => {
    const response = await api.web.visitor().fetch('/w/north/leads.csv?source=Website');
    expect([response.status, response.headers.get('location')]).toEqual([
      303,
      '/sign-in?next=%2Fw%2Fnorth%2Fleads.csv%3Fsource%3DWebsite',
    ]);
  });

  it('answers a foreign workspace like an absent one, and a list that there is not', async () => {
    const without = (text: string) =>
      text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|nowhere|south/g, '');
    const [foreign, absent] = [
      await api.viewer.fetch('/w/south/leads.csv'),
      await api.viewer.fetch('/w/nowhere/leads.csv'),
    ];
    expect([foreign.status, absent.status]).toEqual([404, 404]);
    expect(without(await foreign.text())).toBe(without(await absent.text()));
    for (const path of ['leads.pdf', 'users.csv', 'leads.csv.xlsx', '.csv'])
      expect((await api.viewer.fetch(`/w/north/${path}`)).status, path).toBe(404);
  });

  it('holds nothing of another workspace', async () => {
    for (const list of ['leads', 'pipeline', 'hot-list', 'notes', 'schedule'])
      expect(await api.viewer.text(`/w/north/${list}.csv`)).not.toContain('Canary');
    expect(await api.stranger.text('/w/south/leads.csv')).toContain('Canary South');
  });
});
