import { describe, expect, it } from 'vitest';
import { find, findAll, readText, type Element } from '../helpers/html.ts';
import { readCells, readKpis, readPage, readRows, walk, type Page } from '../helpers/page.ts';
import { linesOf } from './files.ts';
import type { Academy } from './academy.ts';
import {
  changeText,
  countText,
  dayText,
  exactText,
  moneyText,
  none,
  shareText,
  shortText,
  sorted,
} from './text.ts';
import {
  decided,
  labelOf,
  likely,
  lostStages,
  sumOf,
  trueDeals,
  trueHotList,
  weightOf,
  type TrueDeal,
} from './truth.ts';

const day = 86_400_000;
const today = (): number => Math.floor(Date.now() / day) * day;

/**
 * The source lists the stages in which something stands, in the order of the files, clients first;
 * lost ones come last.
 */
function stageOrder(): string[] {
  const named = [
    ...linesOf('leads').map((line) => line['Lead Quality']),
    ...linesOf('opportunities').map((line) => line['deal_stage']),
  ];
  const all = [
    'New Lead',
    ...new Set(named.map((name) => labelOf(name)).filter((name) => name !== null)),
  ];
  return [
    ...all.filter((name) => !lostStages.includes(name)),
    ...all.filter((name) => lostStages.includes(name)),
  ];
}

/** A stage is a step forward unless it is lost or stands behind a likelier one. */
const isStep = (order: string[], stage: string) =>
  !lostStages.includes(stage) &&
  order
    .slice(0, order.indexOf(stage))
    .every(
      (before) => lostStages.includes(before) || (likely[before] ?? 0) <= (likely[stage] ?? 0),
    );

/**
 * Rows of the stage table without the days, which go on while the test runs: stage, candidates,
 * value, conversion, stuck, likely.
 */
function stageRows(deals: TrueDeal[], all = deals): string[][] {
  const order = stageOrder();
  const standing = (stage: string) => deals.filter((deal) => deal.stage === stage);
  const reached = (from: number) =>
    deals.filter(({ stage }) => isStep(order, stage) && order.indexOf(stage) >= from).length;
  const stuck = (stage: string) =>
    all.filter((deal) => deal.stage === stage && !decided.includes(stage) && deal.since !== null)
      .length;
  const rows = order.map((stage, index) => {
    const passes = index > 0 && isStep(order, stage) && reached(index - 1) > 0;
    return [
      stage,
      countText(standing(stage).length),
      moneyText(sumOf(standing(stage).map(({ value }) => value))),
      passes ? shareText(reached(index) / reached(index - 1)) : none,
      stuck(stage) > 0 ? countText(stuck(stage)) : none,
      shareText((likely[stage] ?? 0) / 100),
    ];
  });
  const total = order.reduce((sum, stage) => sum + stuck(stage), 0);
  return [
    ...rows,
    [
      'Total',
      countText(deals.length),
      moneyText(sumOf(deals.map(({ value }) => value))),
      '',
      countText(total),
      '',
    ],
  ];
}

function expectFigures(page: Page, deals: TrueDeal[]): void {
  const values = deals
    .filter(({ stage }) => !decided.includes(stage))
    .map(({ value }) => value)
    .filter((value) => value !== null);
  const total = sumOf(values);
  const average = values.length === 0 ? 0 : total / values.length;
  const kpis = readKpis(page);
  expect(kpis['Total Pipeline Value']).toMatchObject({
    value: shortText(total),
    exact: exactText(total),
  });
  expect(kpis['Stage Count']?.value).toBe(countText(new Set(deals.map(({ stage }) => stage)).size));
  expect(kpis['Average Deal Size']).toMatchObject({
    value: shortText(average),
    exact: exactText(average),
  });
  const bars = readRows(page, 'by-stage').map(([stage, text]) => [stage, text]);
  expect(bars).toEqual(
    stageOrder().map((stage) => {
      const here = deals.filter((deal) => deal.stage === stage);
      return [
        stage,
        `${shortText(sumOf(here.map(({ value }) => value)))} · ${countText(here.length)}`,
      ];
    }),
  );
}

const daysText = (days: number): string => `${countText(days)} ${days === 1 ? 'day' : 'days'}`;
const rowOf = ({ company, stage, value, since, begun }: TrueDeal, now: number): string[] => [
  company ?? 'Unnamed opportunity',
  company ?? none,
  stage,
  none,
  value === null ? none : moneyText(value),
  daysText(since === null ? 0 : (now - Date.parse(since)) / day),
  dayText(begun),
];

export function pipelineChecks(academy: () => Academy): void {
  const deals = trueDeals();
  const open = (query = '') => readPage(academy().member, `/w/academy/pipeline${query}`);

  describe('pipeline', () => {
    it('has the figures, bars and stage table of the file', async () => {
      const page = await open();
      expectFigures(page, deals);
      const rows = readRows(page, 'stages');
      expect(rows.map((row) => row.toSpliced(4, 1))).toEqual(stageRows(deals));
      for (const [stage = '', , , , days] of rows.slice(0, -1)) {
        const here = deals.filter((deal) => deal.stage === stage && deal.since !== null);
        const mean =
          here.reduce((sum, { since }) => sum + Date.now() - Date.parse(since ?? ''), 0) /
          here.length /
          day;
        if (here.length > 0)
          expect(
            [Math.round(mean), Math.round(mean - 0.01), Math.round(mean + 0.01)].map(daysText),
          ).toContain(days);
        else expect(days).toBe(deals.some((deal) => deal.stage === stage) ? '0 days' : none);
      }
    });

    it('lists every deal once, the most valuable first, page after page', async () => {
      const before = today();
      const pages = await walk(academy().member, '/w/academy/pipeline?outcome=all');
      expect(pages).toHaveLength(176);
      const rows = pages.flatMap((page) => readRows(page, 'rows'));
      expect(
        [before, today()].map((now) => sorted(deals.map((deal) => rowOf(deal, now)))),
      ).toContainEqual(sorted(rows));
      expect(rows.map((row) => row[4])).toEqual(
        deals
          .toSorted((one, other) => (other.value ?? -1) - (one.value ?? -1))
          .map(({ value }) => (value === null ? none : moneyText(value))),
      );
    });

    it('of a period holds the deals that began in it, against the period before', async () => {
      const within = (from: string, to: string) =>
        deals.filter(({ begun }) => begun !== null && begun >= from && begun <= to);
      const [now, before] = [
        within('2017-01-01', '2017-03-31'),
        within('2016-10-03', '2016-12-31'),
      ];
      const page = await open('?period=custom&from=2017-01-01&to=2017-03-31&compare=previous');
      expectFigures(page, now);
      const total = (of: TrueDeal[]) => sumOf(of.map(({ value }) => value));
      const isOpen = ({ stage }: TrueDeal) => !decided.includes(stage);
      expect(readKpis(page)['Total Pipeline Value']?.note).toBe(
        `${changeText(total(before.filter(isOpen)), total(now.filter(isOpen)))} vs previous period`,
      );
      expect(readKpis(page)['Stage Count']?.note).toBe('No change vs previous period');
      const rows = readRows(page, 'stages');
      // Column 3 tells the change of each stage's value, column 5 the days.
      expect(rows.map((row) => row.toSpliced(5, 1).toSpliced(3, 1))).toEqual(stageRows(now, deals));
      for (const [stage = '', , , change] of rows.slice(0, -1))
        expect(change, stage).toBe(
          changeText(
            ...([before, now].map((of) => total(of.filter((deal) => deal.stage === stage))) as [
              number,
              number,
            ]),
          ),
        );
    });

    it.each(['Engaging', 'Prospecting', 'Lost'])(
      'narrowed to %s counts and lists that stage, and those stuck in it',
      async (stage) => {
        const wanted = deals.filter((deal) => deal.stage === stage);
        const page = await open(`?stage=${stage}`);
        expect(readText(findAll(page.root, '.pager')[0] as Element)).toContain(
          `of ${countText(wanted.length)} opportunities`,
        );
        expect(new Set(readRows(page, 'rows').map((row) => row[2]))).toEqual(new Set([stage]));
        const stuck = await open(`?stage=${stage}&stuck=1`);
        const pager = findAll(stuck.root, '.pager').map(readText)[0];
        if (stage === 'Engaging')
          expect(pager).toContain(`of ${countText(wanted.length)} opportunities`);
        else expect(pager).toBeUndefined();
      },
    );
  });

  describe('hot list', () => {
    const hot = trueHotList(deals);
    const weight = (deal: TrueDeal): number => Number(weightOf(deal)) / 100;
    const total = hot.reduce((sum, deal) => sum + weightOf(deal), 0n);

    it('weighs every open deal by units x fee x likelihood, the heaviest first', async () => {
      const pages = await walk(academy().member, '/w/academy/hot-list');
      expect(readKpis(pages[0] as Page)).toMatchObject({
        'Weighted IFF': {
          value: shortText(Number(total) / 100),
          exact: exactText(Number(total) / 100),
        },
        Candidates: { value: countText(hot.length) },
      });
      const cells = pages.flatMap((page) => readCells(page, 'rows'));
      const rows = cells.map((row) => [
        readText(row[0] as Element),
        readText(row[1] as Element),
        readText(row[2] as Element),
        weightIn(row),
        readText(row[4] as Element),
        readText(row[5] as Element),
      ]);
      expect(sorted(rows)).toEqual(
        sorted(
          hot.map((deal) => [
            deal.company,
            deal.market,
            countText(deal.units),
            exactText(weight(deal)),
            deal.stage,
            shareText((likely[deal.stage] ?? 0) / 100),
          ]),
        ),
      );
      expect(rows.map((row) => row[3])).toEqual(hot.map((deal) => exactText(weight(deal))));
    });

    it('shows the formula of each figure', async () => {
      const [page] = await walk(academy().member, '/w/academy/hot-list?stage=Prospecting');
      const fees = new Map(hot.map((deal) => [deal.company, deal.fee]));
      for (const row of readCells(page as Page, 'rows')) {
        const [units, fee, chance, result] = findAll(row[3] as Element, 'dd').map(readText);
        expect([units, chance, result]).toEqual([
          readText(row[2] as Element),
          '× 10%',
          `= ${weightIn(row)}`,
        ]);
        expect(fee).toBe(
          `× ${exactText(Number(fees.get(readText(row[0] as Element)) ?? 0n) / 100)}`,
        );
      }
    });

    it('of a market and a stage is counted and summed', async () => {
      const wanted = hot.filter(
        ({ market, stage }) => market === 'Philipines' && stage === 'Engaging',
      );
      const page = await readPage(
        academy().member,
        '/w/academy/hot-list?market=Philipines&stage=Engaging',
      );
      const sum = Number(wanted.reduce((all, deal) => all + weightOf(deal), 0n)) / 100;
      expect(readKpis(page)).toMatchObject({
        Candidates: { value: countText(wanted.length) },
        'Weighted IFF': { exact: exactText(sum) },
      });
    });
  });
}

const weightIn = (row: Element[]): string | undefined =>
  find(row[3] as Element, 'button').attributes['title'];
