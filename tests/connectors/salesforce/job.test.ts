import { describe, expect, it } from 'vitest';
import type { Cursor, Page } from '#lib/connectors/contract/source.ts';
import { parseRows, rewriteRows } from '#lib/connectors/salesforce/body.ts';
import { pagesOf } from '../streams.ts';
import { changes, connect, DAY, full, idsOf, lead, MINUTE, tokenOf } from './harness.ts';

const many = (count: number) =>
  Array.from({ length: count }, (_, n) => lead({ LastName: `L${n}` }));
const JOB = 'POST services/data/:version/jobs/query';
const large = { bulkAbove: 100, bulkPageSize: 60 };
const countJobs = (sandbox: Awaited<ReturnType<typeof connect>>['sandbox']) =>
  sandbox.log.entries().filter(({ endpoint }) => endpoint === JOB).length;

describe('a large object of Salesforce', () => {
  it('is listed by a job, and followed by queries from then on', async () => {
    const { read, mutate, pass, sandbox } = await connect({}, large);
    const made = mutate(...many(150));
    mutate({ op: 'delete', kind: 'Lead', id: made[0] ?? '' });
    await pass(60 * MINUTE);
    const pages = await pagesOf(read('leads'));
    expect(pages.map(({ items }) => items.length)).toEqual([0, 60, 60, 29]);
    expect(idsOf('leads', pages).toSorted()).toEqual(made.slice(1).toSorted());
    expect(pages.at(-1)).toMatchObject({ last: true, expectedTotal: 149 });
    expect(countJobs(sandbox)).toBe(1);
    await pass(60 * MINUTE);
    mutate({ op: 'update', kind: 'Lead', id: made[5] ?? '', row: { City: 'Zug' } });
    const later = await pagesOf(read('leads', changes(tokenOf(pages))));
    expect(idsOf('leads', later)).toEqual([made[5]]);
    expect(countJobs(sandbox)).toBe(1);
  });

  it('keeps to its job when a pass is interrupted, on each of its pages', async () => {
    const { read, mutate, sandbox } = await connect({}, large);
    const made = mutate(...many(150));
    const pages = await pagesOf(read('leads'));
    for (const [at, { cursor, last }] of pages.entries()) {
      if (last) continue;
      const stored = JSON.parse(JSON.stringify(cursor)) as Cursor;
      const rest = await pagesOf(read('leads', full, stored));
      const both = [...idsOf('leads', pages.slice(0, at + 1)), ...idsOf('leads', rest)];
      expect(both.toSorted()).toEqual(made.toSorted());
    }
    expect(countJobs(sandbox)).toBe(1);
  });

  it('is listed by queries where jobs are refused, fail or are gone', async () => {
    for (const jobs of [
      { allowed: false },
      { daily: 0 },
      { ends: 'Failed' as const },
      { ends: 'Aborted' as const },
    ]) {
      const { read, mutate } = await connect({ jobs }, large);
      const made = mutate(...many(150));
      const pages = await pagesOf(read('leads'));
      expect(idsOf('leads', pages).toSorted()).toEqual(made.toSorted());
      expect(pages.at(-1)?.last).toBe(true);
    }
    const { read, mutate, pass } = await connect({}, large);
    const made = mutate(...many(150));
    const [begun] = await pagesOf(read('leads'));
    await pass(8 * DAY);
    const pages = await pagesOf(read('leads', full, begun?.cursor ?? null));
    expect(idsOf('leads', pages).toSorted()).toEqual(made.toSorted());
  });

  it('is listed by a job when Salesforce gives up on sorting it', async () => {
    const { read, mutate, sandbox } = await connect({ slow: ['Lead'] }, { bulkAbove: 1_000 });
    const made = mutate(...many(250));
    expect(idsOf('leads', await pagesOf(read('leads'))).toSorted()).toEqual(made.toSorted());
    expect(countJobs(sandbox)).toBe(1);
  });

  it('may have become empty', async () => {
    const { read, mutate, sandbox } = await connect({ jobs: { looks: 3 } }, large);
    const made = mutate(...many(150));
    const pages: Page[] = [];
    const list = read('leads');
    for await (const page of list) pages.push(page);
    expect(pages.at(-1)?.last).toBe(true);
    for (const id of made)
      sandbox.salesforce.mutate('org', { changes: [{ op: 'purge', kind: 'Lead', id }] });
    const { job } = (pages[0]?.cursor ?? {}) as { job: { id: string } };
    const org = sandbox.salesforce.org('org');
    Object.assign(org.jobs.get(job.id) ?? {}, { rows: [] });
    const rest = await pagesOf(read('leads', full, pages[0]?.cursor ?? null));
    expect(rest).toMatchObject([{ items: [], last: true }]);
    expect(parseRows({ name: 'Lead', fields: [] }, rest[0]?.response.body ?? '')).toEqual([]);
  });

  it('is read again when results are cut off or are a web page', async () => {
    const { read, mutate, sandbox } = await connect({}, large);
    mutate(...many(150));
    const results = 'GET services/data/:version/jobs/query/:job/results';
    for (const fault of [{ kind: 'cut', framing: 'close' }, { kind: 'html_200' }] as const) {
      sandbox.faults.arm({ ...fault, endpoint: results, next: 1 });
      await expect(pagesOf(read('leads'))).rejects.toMatchObject({ kind: 'transient' });
    }
    await expect(pagesOf(read('leads'))).resolves.toHaveLength(4);
  });
});

describe('results of a job', () => {
  const body =
    '"Id","Name","Owner.Name","Description"\n' +
    '"00Q3UxTau3xSGlW","Ana ""A"" Diaz","Kim, Lee","two\nlines"\n' +
    '"00Q3UxTau3xSGlX","Bo","",""\n';

  it('have the form of other rows', () => {
    expect(parseRows({ name: 'Lead', fields: [] }, body)).toEqual([
      {
        Id: '00Q3UxTau3xSGlW',
        Name: 'Ana "A" Diaz',
        Owner: { Name: 'Kim, Lee' },
        Description: 'two\nlines',
      },
      { Id: '00Q3UxTau3xSGlX', Name: 'Bo', Owner: null, Description: null },
    ]);
  });

  it('are changed row by row, and lose rows, and nothing else', () => {
    const named = (name: string) => (row: unknown) => (row as { Name: string }).Name === name;
    const without = rewriteRows(body, (row) => (named('Bo')(row) ? undefined : row));
    expect(without).toBe(body.split('\n').slice(0, 3).join('\n').concat('\n'));
    const changed = rewriteRows(body, (row) =>
      named('Bo')(row) ? row : { ...(row as object), Owner: { Name: '"erased", so' } },
    );
    expect(changed).toBe(body.replace('Kim, Lee', '""erased"", so'));
    expect(rewriteRows(body, (row) => row)).toBe(body);
    expect(
      parseRows(
        { name: 'Lead', fields: [] },
        rewriteRows(body, () => undefined),
      ),
    ).toEqual([]);
    const json = '{"done":true,"records":[]}';
    expect(rewriteRows(json, () => undefined)).toBe(json);
  });
});
