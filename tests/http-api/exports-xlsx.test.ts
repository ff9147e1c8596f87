import { readSheet } from 'read-excel-file/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { unzip } from '../isolation/unzip.ts';
import { db, api, csv, truth, live, local } from './exports-stage.ts';

const xlsx = async (path: string) => {
  const response = await api.viewer.fetch(`/w/north/${path}`);
  return {
    status: response.status,
    rows: await readSheet(Buffer.from(await response.arrayBuffer())),
  };
};

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
    const second = (value: unknown) =>
      value instanceof Date ? new Date(Math.round(value.getTime() / 1000) * 1000) : value;
    const cell = (line: (typeof lines)[number], heading: string) =>
      line[header?.indexOf(heading) ?? -1];
    expect(
      lines.map((line) => [
        cell(line, 'Name'),
        cell(line, 'Value (USD)'),
        second(cell(line, 'Created')),
      ]),
    ).toEqual(
      rows.map((row) => [
        row['name'],
        row['value'],
        row['created'] === null ? null : new Date(`${row['created']}Z`),
      ]),
    );
    expect(lines.map((line) => line[0])).toContain('=1+1');
  });

  it('holds text as text: nothing is decoded, retyped or cut off', async () => {
    const [, header, ...lines] = (await xlsx('notes.xlsx')).rows;
    const contents = lines.map((line) => line[header?.indexOf('Content') ?? -1]);
    const notes = await truth('select content from notes where tenant_id = $1');
    expect(contents.toSorted()).toEqual(
      notes.map(({ content }) => content?.replaceAll(/\r\n?/g, '\n')).toSorted(),
    );
    for (const text of ['The field _x0041_ and _x000D_', '00123456789012345678', 'Budget;=1+1'])
      expect(contents).toContain(text);
  });

  it('stays well-formed with characters that XML cannot hold', async () => {
    await db.query(
      `update notes set content = 'C' || chr(1) || 't' || chr(27) || chr(8) || 'l' || chr(11)
         || chr(65534) || chr(65535) || 'end'
       where tenant_id = $1 and content = 'Note 100'`,
      [api.north.tenant.id],
    );
    const response = await api.viewer.fetch('/w/north/notes.xlsx');
    const parts = unzip(Buffer.from(await response.arrayBuffer()));
    expect(parts.join('')).toContain('Ctlend');
    for (const part of parts)
      expect(part).not.toMatch(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u);
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

  it.each([
    ['status=Bulk', `status = 'Bulk'`],
    ['source=Ten%20thousand', `source = 'Ten thousand'`],
  ])('come as a workbook: %s', async (query, where) => {
    const { status, rows } = await xlsx(`leads.xlsx?${query}&sort=name&direction=asc`);
    const names = await truth(`select name ${live} and ${where} order by sort_name, id`);
    expect(status).toBe(200);
    expect(rows.slice(2).map((line) => line[0])).toEqual(names.map((row) => row['name']));
  });
});
