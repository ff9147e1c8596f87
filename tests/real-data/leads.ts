import { describe, expect, it } from 'vitest';
import { find, findAll, readText, type Element } from '../helpers/html.ts';
import { readKpis, readPage, readRows, walk, type Page } from '../helpers/page.ts';
import { lastContactOf, surveyed, type Academy } from './academy.ts';
import { countText, dayText, none, shareText, sorted } from './text.ts';
import { countBy, trueLeads, type TrueLead } from './truth.ts';

const sourceLabel = ({ source }: TrueLead): string => source ?? 'No source';
const barsAtMost = 12;

/** What a lead's row shows; the files have no company, contact, value, owner or date of leads. */
const rowOf = ({ name, source, status }: TrueLead): string[] => [
  name,
  none,
  source ?? none,
  status,
  none,
  none,
  dayText(lastContactOf(name)),
  none,
];

function legendOf({ root }: Page): string[][] {
  return findAll(root, '.legend')
    .flatMap((list) => findAll(list, 'li'))
    .map((item) => findAll(item, 'span').slice(1).map(readText));
}

/** Breakdowns name equal counts in any order. */
function expectShares(
  found: [string, number][],
  leads: TrueLead[],
  labelOf: (lead: TrueLead) => string,
): void {
  const counts = found.map(([, count]) => count);
  expect(counts).toEqual(counts.toSorted((one, other) => other - one));
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(countBy(leads, labelOf)));
}

function expectLeadsPage(page: Page, leads: TrueLead[]): void {
  const qualified = leads.filter((lead) => lead.qualified).length;
  const bySource = countBy(leads, sourceLabel);
  const kpis = readKpis(page);
  expect(kpis['Total Leads']?.value).toBe(countText(leads.length));
  expect(kpis['Qualified Leads']).toMatchObject({
    value: countText(qualified),
    note: `${shareText(qualified / leads.length)} of all leads`,
  });
  expect(kpis['Lead Sources']?.value).toBe(
    countText([...bySource.keys()].filter((label) => label !== 'No source').length),
  );
  const bars = readRows(page, 'by-source');
  expect(sorted(bars)).toEqual(
    sorted([...bySource].map(([label, count]) => [label, countText(count)])),
  );
  expect(bars.map(([, count]) => count)).toEqual([...bySource.values()].map(countText));
  const drawn = JSON.parse(find(page.root, '#by-source').attributes['data-items'] ?? '[]') as {
    label: string;
    value: number;
  }[];
  const named = bars.map(([label]) => label).filter((label) => label !== 'No source');
  expect(drawn.map(({ label, value }) => [label, countText(value)])).toEqual(
    bars.filter(([label]) => label === 'No source' || named.indexOf(label) < barsAtMost),
  );
  const byStatus = countBy(leads, ({ status }) => status);
  expect(legendOf(page)).toEqual(
    [...byStatus].map(([status, count]) => [
      status,
      countText(count),
      shareText(count / leads.length),
    ]),
  );
  const options = (name: string) =>
    findAll(page.root, 'select')
      .filter(({ attributes }) => attributes['name'] === name)
      .flatMap((select) => findAll(select, 'option'))
      .slice(1)
      .map(readText);
  expect(options('source').toSorted()).toEqual([...bySource.keys()].toSorted());
  expect(options('status').toSorted()).toEqual([...byStatus.keys()].toSorted());
}

const pagerOf = ({ root }: Page): string => readText(findAll(root, '.pager')[0] as Element);

export function leadChecks(academy: () => Academy): void {
  const leads = trueLeads();
  const open = (query = '') => readPage(academy().member, `/w/academy/leads${query}`);

  describe('leads', () => {
    it('have the figures, bars, slices and choices of the file', async () => {
      const page = await open();
      expectLeadsPage(page, leads);
      expect(pagerOf(page)).toMatch(/^50 of 6,000 leads/);
    });

    it('show nothing chosen as no source and a new lead, where a form wrote "Select"', async () => {
      const survey = trueLeads('How did you hear about X Education', 'Lead Profile')
        .slice(0, surveyed)
        .map((lead) => ({ ...lead, qualified: false }));
      const page = await readPage(academy().surveyor, '/w/survey/leads');
      expectLeadsPage(page, survey);
      expect(page.html).not.toMatch(/>\s*Select\s*</);
    });

    it('are all in the table, each once, page after page', async () => {
      const pages = await walk(academy().member, '/w/academy/leads?sort=name&direction=asc');
      expect(pages).toHaveLength(120);
      const rows = pages.flatMap((page) => readRows(page, 'rows'));
      expect(rows).toEqual(
        leads.toSorted((one, other) => (one.name < other.name ? -1 : 1)).map(rowOf),
      );
    });

    const filters: [string, (lead: TrueLead) => boolean][] = [
      ['?source=Google', ({ source }) => source === 'Google'],
      ['?source=', ({ source }) => source === null],
      ['?status=New+Lead', ({ status }) => status === 'New Lead'],
      ['?qualified=yes', ({ qualified }) => qualified],
      [
        '?source=Google&status=Might+be',
        ({ source, status }) => source === 'Google' && status === 'Might be',
      ],
      [
        '?source=Reference&qualified=no',
        ({ source, qualified }) => source === 'Reference' && !qualified,
      ],
      ['?search=prospect+6607', ({ name }) => name.startsWith('Prospect 6607')],
      ['?search=Select', () => false],
    ];
    it.each(filters)(
      'filtered by %s are those of the file, in number and in rows',
      async (query, matches) => {
        const wanted = leads.filter(matches);
        const few = wanted.length <= 400;
        const pages = few
          ? await walk(academy().member, `/w/academy/leads${query}`)
          : [await open(query)];
        if (wanted.length > 0)
          expect(pagerOf(pages[0] as Page)).toContain(`of ${countText(wanted.length)} leads`);
        const rows = pages.flatMap((page) => readRows(page, 'rows'));
        const expected = sorted(wanted.map(rowOf));
        if (few) expect(sorted(rows)).toEqual(expected);
        else for (const row of rows) expect(expected).toContain(JSON.stringify(row));
      },
    );

    it('without a date count for all time only, and the page says how many they are', async () => {
      const page = await open('?period=30d');
      expect(readKpis(page)['Total Leads']?.value).toBe('0');
      expect(readText(page.root)).toContain('6,000 leads have no creation date');
    });

    it('have the same figures in the API', async () => {
      const { body } = await academy().member.json<{
        bySource: { label: string; count: number }[];
        byStatus: { label: string; count: number }[];
      }>('/api/dashboard/leads?tenant=academy');
      expect(body).toMatchObject({
        total: { value: 6000 },
        qualified: { value: leads.filter(({ qualified }) => qualified).length },
        undated: 6000,
      });
      expectShares(
        body.bySource.map(({ label, count }) => [label, count]),
        leads,
        sourceLabel,
      );
      expectShares(
        body.byStatus.map(({ label, count }) => [label, count]),
        leads,
        ({ status }) => status,
      );
      const dated = await academy().member.json('/api/dashboard/leads?tenant=academy&period=12m');
      expect(dated.body).toMatchObject({
        total: { value: 0 },
        qualified: { value: 0 },
        sources: { value: 0 },
        undated: 6000,
      });
    });
  });
}
