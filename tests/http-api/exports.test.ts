import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { db, api, csv, truth, live, local } from './exports-stage.ts';

/** What a spreadsheet would compute begins like this, unless it is a plain number. */
const guarded = (text: string | null) =>
  text !== null && /^\u{200b}?[=+\-@]/u.test(text) && Number.isNaN(Number(text))
    ? `'${text}`
    : (text ?? '').replace(';=', `;'=`);

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
       where tenant_id = $1 and outcome = 'open'
       order by value desc nulls last, id desc`,
    ],
    [
      'pipeline.csv?outcome=all',
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

  it('has one row for each note, whatever line breaks it holds, and guards its formulas', async () => {
    const notes = await truth('select content from notes where tenant_id = $1');
    expect(notes.filter(({ content }) => content?.includes('\n')).length).toBeGreaterThan(2);
    const text = await api.viewer.text('/w/north/notes.csv');
    const lines = parse(text, { columns: true }) as Record<string, string>[];
    expect(lines).toHaveLength(notes.length);
    // Everything between quotes taken away, each line is a row.
    const rows = text.replaceAll(/"(?:[^"]|"")*"/g, '').split(/\r\n|\n|\r/);
    expect(rows).toHaveLength(notes.length + 2);
    const contents = lines.map((line) => line['Content']);
    for (const written of ['two\nlines', `Budget;'=1+1`, `'\u{200b}=1+1`, '00123456789012345678'])
      expect(contents).toContain(written);
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
