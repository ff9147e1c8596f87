import { parse } from 'csv-parse/sync';
import { readSheet } from 'read-excel-file/node';
import { describe, expect, it } from 'vitest';
import { find, findAll, readText, type Element } from '../helpers/html.ts';
import { readKpis, readPage, readRows } from '../helpers/page.ts';
import { lastContactOf, planned, written, type Academy } from './academy.ts';
import { countText, exactText, moneyText, shortText, sorted } from './text.ts';
import {
  decided,
  likely,
  lostStages,
  sumOf,
  trueDeals,
  trueHotList,
  trueLeads,
  weightOf,
} from './truth.ts';

interface NotesBody {
  notes: { noteDate: string; author: string; content: string; contactName: string }[];
  total: number;
}

const newestFirst = written.toReversed();
// What has no type is called just an activity.
const ahead = planned
  .slice(0, 120)
  .map((row) => ({ ...row, type: row.type || 'Activity' }))
  .toSorted((one, other) => (one.scheduled_at < other.scheduled_at ? -1 : 1));
const midnight = (day: string | null): string => (day === null ? '' : `${day}T00:00:00+00:00`);
const outcomeOf = (stage: string): string =>
  stage === 'Won' ? 'won' : lostStages.includes(stage) ? 'lost' : 'open';

/** A spreadsheet keeps times as fractions of days: to the second they are exact. */
const secondOf = (at: Date): string =>
  `${new Date(Math.round(at.getTime() / 1000) * 1000).toISOString().slice(0, 19)}+00:00`;

export function listChecks(academy: () => Academy): void {
  const leads = trueLeads();
  const deals = trueDeals();
  const hot = trueHotList(deals);
  const open = (page: string) => readPage(academy().member, `/w/academy/${page}`);
  const csv = async (path: string) =>
    parse(await academy().member.text(`/w/academy/${path}`)) as string[][];
  const xlsx = async (path: string) => {
    const sheet = await readSheet(
      Buffer.from(await (await academy().member.fetch(`/w/academy/${path}`)).arrayBuffer()),
    );
    return sheet.slice(2);
  };
  const leadRows = leads.map(({ name, source, status, qualified }) => [
    name,
    '',
    '',
    '',
    source ?? '',
    status,
    String(qualified),
    ...Array.from({ length: 12 }, () => ''),
    lastContactOf(name)?.replace('.000Z', '+00:00') ?? '',
  ]);
  const dealRows = deals.map(({ company, stage, value, since, begun }) => [
    company ?? 'Unnamed opportunity',
    company ?? '',
    stage,
    outcomeOf(stage),
    '',
    value === null ? '' : String(value),
    midnight(since),
    midnight(begun),
  ]);

  describe('exports', () => {
    it('hold every lead of the file', async () => {
      const [head, ...rows] = await csv('leads.csv');
      expect(head?.slice(4, 7)).toEqual(['Source', 'Status', 'Qualified']);
      expect(sorted(rows)).toEqual(sorted(leadRows));
      const cells = (await xlsx('leads.xlsx')).map((row) =>
        row.map((cell) =>
          cell instanceof Date ? secondOf(cell) : String((cell as string | null) ?? ''),
        ),
      );
      expect(sorted(cells)).toEqual(sorted(leadRows));
    });

    it('hold every deal of the file, with its days and its value', async () => {
      const undated = (row: string[]) => (row[7] === '' ? row.toSpliced(6, 1, '') : row);
      const [, ...rows] = await csv('pipeline.csv?outcome=all');
      expect(sorted(rows.map(undated))).toEqual(sorted(dealRows));
      const cells = (await xlsx('pipeline.xlsx?outcome=all')).map((row) =>
        row.map((cell) =>
          cell instanceof Date
            ? midnight(cell.toISOString().slice(0, 10))
            : cell === null
              ? ''
              : String(cell as string),
        ),
      );
      expect(sorted(cells.map(undated))).toEqual(sorted(dealRows));
    });

    it('hold the rows of a filter and no other', async () => {
      const [, ...rows] = await csv('leads.csv?source=Google&qualified=yes');
      expect(sorted(rows)).toEqual(
        sorted(leadRows.filter((row) => row[4] === 'Google' && row[6] === 'true')),
      );
      const [, ...quarter] = await csv(
        'pipeline.csv?outcome=all&period=custom&from=2017-01-01&to=2017-03-31',
      );
      expect(quarter).toHaveLength(
        deals.filter(
          ({ begun }) => begun !== null && begun >= '2017-01-01' && begun <= '2017-03-31',
        ).length,
      );
    });

    it('rank the hot list as the page does', async () => {
      const [, ...rows] = await csv('hot-list.csv');
      const expected = hot.map((deal) => [
        deal.company ?? '',
        deal.market ?? '',
        deal.units,
        Number(deal.fee) / 100,
        Number(weightOf(deal)) / 100,
        deal.stage,
        likely[deal.stage],
      ]);
      expect(sorted(rows)).toEqual(sorted(expected.map((row) => row.map(String))));
      expect(sorted(await xlsx('hot-list.xlsx'))).toEqual(sorted(expected));
    });

    it('hold every note, and every activity ahead', async () => {
      const [, ...notes] = await csv('notes.csv');
      expect(notes).toEqual(
        newestFirst.map(({ date, author, contact_id, content }) => [
          `${date.slice(0, 19)}+00:00`,
          author,
          `Prospect ${contact_id}`,
          content,
        ]),
      );
      const [, ...activities] = await csv('schedule.csv');
      expect(activities).toEqual(
        ahead.map((row) => [
          `${row.scheduled_at.slice(0, 19)}+00:00`,
          row.type,
          row.contact_name,
          row.description,
          'Scheduled',
        ]),
      );
    });
  });

  describe('notes', () => {
    const api = async (query: string) =>
      (await academy().member.json<NotesBody>(`/api/dashboard/notes?tenant=academy&${query}`)).body;

    it('come from the API in stretches, newest first, until the last', async () => {
      const found: NotesBody['notes'] = [];
      for (let offset = 0; offset <= newestFirst.length; offset += 500)
        found.push(...(await api(`limit=500&offset=${offset}`)).notes);
      expect(
        found.map(({ noteDate, author, content, contactName }) => [
          noteDate,
          author,
          content,
          contactName,
        ]),
      ).toEqual(
        newestFirst.map(({ date, author, content, contact_id }) => [
          date,
          author,
          content,
          `Prospect ${contact_id}`,
        ]),
      );
    });

    it('are found by their text and author, whatever the case', async () => {
      for (const search of ['RINGING', 'landing page']) {
        const wanted = newestFirst.filter(({ content, author }) =>
          `${content}\n${author}`.toLowerCase().includes(search.toLowerCase()),
        );
        const [body, page] = [
          await api(`limit=500&search=${encodeURIComponent(search)}`),
          await open(`notes?search=${encodeURIComponent(search)}`),
        ];
        expect([body.total, body.notes.map(({ content }) => content)]).toEqual([
          wanted.length,
          wanted.slice(0, 500).map(({ content }) => content),
        ]);
        expect(readText(find(page.root, '.pager'))).toContain(
          `50 of ${countText(wanted.length)} notes`,
        );
      }
    });

    it('stand on the page fifty at a time', async () => {
      for (const shown of [50, 100, 500]) {
        const { root } = await open(`notes?limit=${shown}`);
        const items = findAll(find(root, '#notes'), 'li').map((item) =>
          findAll(item, '[data-note]').slice(1).map(readText),
        );
        expect(items).toEqual(
          newestFirst
            .slice(0, shown)
            .map(({ author, contact_id, content }) => [
              author,
              `Prospect ${contact_id}`,
              content.replaceAll(/\s+/g, ' '),
            ]),
        );
        expect(readText(find(root, '.pager'))).toContain(
          `${shown} of ${countText(newestFirst.length)} notes`,
        );
      }
    });
  });

  describe('schedule', () => {
    it('lists the next hundred of what is ahead, on the page and in the API', async () => {
      const { body } = await academy().member.json<{
        total: number;
        activities: {
          scheduledAt: string;
          activityType: string;
          contactName: string;
          description: string;
        }[];
      }>('/api/dashboard/schedule?tenant=academy');
      const expected = ahead
        .slice(0, 100)
        .map((row) => [row.scheduled_at, row.type, row.contact_name, row.description]);
      expect([
        body.total,
        body.activities.map((row) => [
          row.scheduledAt,
          row.activityType,
          row.contactName,
          row.description,
        ]),
      ]).toEqual([120, expected]);
      const { root } = await open('schedule');
      const card = find(root, '#rows');
      expect(readText(find(card, 'header'))).toContain('the next 100 of 120');
      const shown = findAll(card, 'ul')
        .filter(({ attributes }) => attributes['class']?.includes('rows'))
        .flatMap((list) => findAll(list, 'li'));
      expect(
        shown.map((item) => [
          find(item, 'time').attributes['datetime'],
          ...item.children
            .filter((child): child is Element => typeof child !== 'string')
            .slice(1)
            .map(readText),
        ]),
      ).toEqual(expected);
    });
  });

  describe('dashboard', () => {
    it('sums up what the pages tell', async () => {
      const page = await open('dashboard');
      const value = sumOf(
        deals.filter(({ stage }) => !decided.includes(stage)).map((deal) => deal.value),
      );
      const weight = Number(hot.reduce((sum, deal) => sum + weightOf(deal), 0n)) / 100;
      expect(readKpis(page)).toMatchObject({
        Leads: { value: countText(leads.length) },
        'Qualified leads': { value: countText(leads.filter(({ qualified }) => qualified).length) },
        'Pipeline value': { value: shortText(value), exact: exactText(value) },
        'Weighted IFF': { value: shortText(weight), exact: exactText(weight) },
      });
      for (const id of ['by-source', 'by-stage']) {
        const whole = await open(id === 'by-source' ? 'leads' : 'pipeline');
        expect(readRows(page, id)).toEqual(readRows(whole, id));
      }
      const lists = findAll(page.root, 'ol').map((list) => findAll(list, 'li'));
      expect(lists.map(({ length }) => length)).toEqual([5, 5, 5]);
      expect(lists[0]?.map((item) => readText(find(item, 'a')))).toEqual(
        hot.slice(0, 5).map((deal) => moneyText(Number(weightOf(deal)) / 100)),
      );
      expect(lists[1]?.map((item) => find(item, 'time').attributes['datetime'])).toEqual(
        ahead.slice(0, 5).map((row) => row.scheduled_at),
      );
      expect(lists[2]?.map((item) => find(item, 'time').attributes['datetime'])).toEqual(
        newestFirst.slice(0, 5).map((row) => row.date),
      );
    });
  });
}
