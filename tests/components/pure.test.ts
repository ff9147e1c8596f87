import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BucketUnit } from '#lib/platform/buckets.ts';
import { accentPair, contrast } from '../../src/components/shell/accent.ts';
import { buildChartOption } from '../../src/components/charts/options.ts';
import { renderChart } from '../../src/components/charts/render.ts';
import type { ChartItem } from '../../src/components/charts/types.ts';
import {
  toShareBars,
  toStageBars,
  toTrendColumns,
} from '../../src/components/dashboard/chart-items.ts';
import {
  formatAgo,
  days,
  isoDay,
  money,
  shortMoney,
  formatSpan,
  zoneName,
} from '../../src/components/ui/format.ts';
import { cleanAddress, linkAcross, linkTo } from '../../src/components/ui/url.ts';

const items: ChartItem[] = [
  { label: 'Web', value: 3, text: '3', href: '/a?x=1&y=2' },
  { label: '"<script>', value: 1, text: '1', href: '/b' },
];

describe('charts', () => {
  test('an option is plain data, the same for the same items', () => {
    for (const kind of ['bars', 'columns', 'donut'] as const) {
      const option = buildChartOption(kind, items, { width: 340, height: 60 });
      expect(structuredClone(option)).toEqual(option);
      expect(buildChartOption(kind, items, { width: 340, height: 60 })).toEqual(option);
    }
  });

  test('the series at index 0 holds the linked items, the compared period comes after it', () => {
    const compared = items.map((item) => ({ ...item, previous: 2 }));
    for (const kind of ['bars', 'columns'] as const) {
      const { series } = buildChartOption(kind, compared, { width: 340, height: 60 }) as {
        series: { data: unknown[]; silent?: boolean }[];
      };
      expect(series).toHaveLength(2);
      expect(series[0]?.silent).toBeUndefined();
      expect(series[0]?.data).toHaveLength(2);
    }
  });

  test('a drawing holds an escaped link per item, no style sheet, and no generated name', () => {
    const draw = (height: number) => renderChart('bars', items, { width: 340, height }, 'A & B');
    const svg = draw(61);
    expect(svg).toContain('aria-label="A &amp; B"');
    expect(svg).toContain('<a href="/a?x=1&amp;y=2" aria-label="Web: 3"><path');
    expect(svg).toContain('aria-label="&quot;&lt;script&gt;: 1"');
    expect(svg).not.toMatch(/<style|<script|class="|ecmeta|zr\d/);
    // A second render, not the kept one, is the same but for its height.
    expect(draw(62).replaceAll(/[\d.]+/g, '0')).toBe(svg.replaceAll(/[\d.]+/g, '0'));
  });

  test('names that every object inherits are drawn like all others, and harm none', () => {
    const names = Object.getOwnPropertyNames(Object.prototype);
    const inherited = () => [
      ...Object.getOwnPropertyNames(Object.prototype),
      ...names.flatMap((name) => Object.keys(Object(Reflect.get(Object.prototype, name)))),
    ];
    for (const kind of ['bars', 'columns', 'donut'] as const) {
      // Of one length, so that each name takes as much room as the one it is compared with.
      const draw = (of: string[]) =>
        renderChart(
          kind,
          of.map((label, index) => ({ label, value: index + 1, text: label, href: '/' })),
          { width: 1080, height: 600 },
          'constructor',
        );
      const svg = draw(names);
      for (const name of names) expect(svg, kind).toContain(`aria-label="${name}: ${name}"`);
      if (kind === 'bars') for (const name of names) expect(svg).toContain(`>${name}</text>`);
      expect(svg).not.toContain('\u2060');
    }
    expect(inherited()).toEqual(names);
  });

  test('bars of shares carry their part of the whole and their link', () => {
    const bars = toShareBars(
      [
        { key: 'a b', label: 'A', count: 3, previous: null },
        { key: 'c', label: 'C', count: 1, previous: null },
      ],
      (key) => `?source=${encodeURIComponent(key)}`,
    );
    expect(bars[0]).toMatchObject({
      value: 3,
      text: '3',
      tip: ['75% of all'],
      href: '?source=a%20b',
    });
  });

  test('bars of stages are measured by value', () => {
    const stage = {
      stage: 'FDD sent',
      count: 2,
      value: 90_000,
      previousCount: null,
      previousValue: null,
      conversion: 0.5,
      daysInStage: 3,
      stuck: 1,
      outcome: 'open' as const,
      likelyPct: 60,
    };
    expect(toStageBars([stage], 'USD', (name) => `?stage=${name}`)[0]).toMatchObject({
      value: 90_000,
      text: '$90,000 · 2',
      href: '?stage=FDD sent',
    });
  });

  test('a bucket of the trend leads to exactly its days, and is named after its unit', () => {
    const seen: string[][] = [];
    const name = (unit: BucketUnit, from: string, to: string) =>
      toTrendColumns({ unit, points: [{ from, to, count: 1 }] }, (...days) => {
        seen.push(days);
        return '';
      })[0]?.label;
    expect(name('day', '2026-01-15', '2026-01-15')).toBe('Jan 15');
    expect(name('week', '2026-01-15', '2026-01-18')).toBe('Jan 15');
    expect(name('month', '2026-02-01', '2026-02-28')).toBe('Feb 2026');
    expect(name('quarter', '2026-11-03', '2026-12-31')).toBe('Q4 2026');
    expect(name('year', '2026-01-01', '2026-12-31')).toBe('2026');
    expect(name('fiveYears', '2025-01-01', '2029-12-31')).toBe('2025–2029');
    expect(name('fiveYears', '2200-01-01', '2200-12-31')).toBe('2200');
    expect(seen.slice(0, 3)).toEqual([
      ['2026-01-15', '2026-01-15'],
      ['2026-01-15', '2026-01-18'],
      ['2026-02-01', '2026-02-28'],
    ]);
  });
});

describe('accent', () => {
  test('any accent can be read in both themes', () => {
    const hex = fc
      .integer({ min: 0, max: 0xffffff })
      .map((value) => `#${value.toString(16).padStart(6, '0')}`);
    fc.assert(
      fc.property(hex, (accent) => {
        const { light, dark } = accentPair(accent);
        expect(contrast(light, '#ffffff')).toBeGreaterThanOrEqual(4.5);
        expect(contrast(dark, '#0f1113')).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });

  test('what is no colour becomes ours, and never reaches the page', () => {
    expect(accentPair('red;} body{display:none')).toEqual(accentPair(null));
  });
});

describe('format', () => {
  test('spans have their natural unit', () => {
    expect(formatSpan(30_000)).toBeNull();
    expect(formatSpan(60_000)).toBe('1 minute');
    expect(formatSpan(3 * 3_600_000)).toBe('3 hours');
    expect(formatSpan(72 * 3_600_000)).toBe('3 days');
    expect(formatAgo(new Date(0), new Date(20_000))).toBe('just now');
  });

  test('money is whole in tables and short only when long', () => {
    expect(money(45_000.4, 'USD')).toBe('$45,000');
    expect(shortMoney(9_999_999, 'USD')).toBe('$9,999,999');
    expect(shortMoney(9_876_543_210, 'USD')).toBe('$9.877B');
    expect(days(1)).toBe('1 day');
    expect(days(4.5)).toBe('4.5 days');
  });

  test('days are those of the tenant', () => {
    const at = new Date('2026-11-21T03:00:00Z');
    expect(isoDay(at, 'America/Denver')).toBe('2026-11-20');
    expect(zoneName('America/Denver', at)).toBe('Mountain Standard Time');
  });
});

describe('addresses', () => {
  const url = new URL('http://x/w/summit/leads?period=30d&source=web&cursor=abc');

  test('a change keeps the rest and drops the position', () => {
    expect(linkTo(url, { source: null }, '#rows')).toBe('/w/summit/leads?period=30d#rows');
    expect(linkTo(url, { cursor: 'n' })).toBe('/w/summit/leads?period=30d&source=web&cursor=n');
  });

  test('a link to another page takes the period along and nothing else', () => {
    expect(linkAcross(url, '/w/summit/pipeline', { stage: 'A&B' })).toBe(
      '/w/summit/pipeline?period=30d&stage=A%26B',
    );
  });

  test('what a form sends for nothing is taken away, "not known" stays', () => {
    expect(
      cleanAddress(
        new URL('http://x/w/s/leads?search=&source=*&status=*&qualified=yes&from=&period=all'),
      ),
    ).toBe('/w/s/leads?qualified=yes');
    expect(cleanAddress(new URL('http://x/w/s/leads?source='))).toBeNull();
    expect(cleanAddress(new URL('http://x/w/s/leads'))).toBeNull();
  });
});
