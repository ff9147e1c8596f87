import fc from 'fast-check';
import { readSheet } from 'read-excel-file/node';
import { describe, expect, it } from 'vitest';
import type { CellValue } from '#lib/views/exports/list.ts';
import { createXlsxStream } from '#lib/views/exports/xlsx/create.ts';
import { unzip } from '../../isolation/unzip.ts';
import { atOnce, column, listOf, readAll, request } from './lists.ts';

const kinds = [
  column('Text'),
  column('Number', 'number'),
  column('Money', 'money'),
  column('Time', 'instant'),
  column('Flag', 'flag'),
];
const build = async (rows: CellValue[][], columns = kinds) =>
  readAll(
    await createXlsxStream(
      listOf(columns, 1, () => rows),
      request('north', 'America/Denver'),
      'About "all" & <more>',
      atOnce,
    ),
  );
/** The texts as an independent reader finds them. */
const readTexts = async (texts: string[]) =>
  (
    await readSheet(
      await build(
        texts.map((text) => ['first', text]),
        [column('A'), column('B')],
      ),
    )
  )
    .slice(2)
    .map((row) => row[1]);

describe('the cells of a workbook', () => {
  it('are text, numbers, times of the workspace and flags', async () => {
    const at = new Date('2026-11-21T16:05:09.750Z');
    const file = await build([
      ['=1+1', 12, -0.5, at, true],
      ['00123', 1e21, 22_500, null, false],
      [null, null, 0, null, null],
    ]);
    const [about, headings, ...rows] = await readSheet(file);
    expect(about?.[0]).toBe('About "all" & <more>');
    expect(headings).toEqual(['Text', 'Number', 'Money', 'Time', 'Flag']);
    const time = rows[0]?.[3] as unknown as Date | undefined;
    expect(Math.round((time?.getTime() ?? 0) / 1000)).toBe(Date.UTC(2026, 10, 21, 9, 5, 9) / 1000);
    expect(rows.map((row) => row.toSpliced(3, 1))).toEqual([
      ['=1+1', 12, -0.5, true],
      ['00123', 1e21, 22_500, false],
      [null, null, 0, null],
    ]);
  });

  it('have formats, widths and two rows that stay in sight', async () => {
    const parts = unzip(await build([['a', 1, 2.5, new Date('2026-11-21T16:05:00Z'), true]]));
    const sheet = parts[parts.indexOf('xl/worksheets/sheet1.xml') + 1];
    expect(sheet).toContain(
      '<pane ySplit="2" topLeftCell="A3" activePane="bottomLeft" state="frozen"/>',
    );
    expect(sheet).toContain('<col min="5" max="5" width="20" customWidth="1"/>');
    expect(sheet).toContain(
      '<row r="3"><c r="A3" t="inlineStr"><is><t>a</t></is></c><c r="B3"><v>1</v></c>' +
        '<c r="C3" s="4"><v>2.5</v></c><c r="D3" s="3"><v>46347.37847222222</v></c>' +
        '<c r="E3" t="b"><v>1</v></c></row>',
    );
    expect(parts[parts.indexOf('xl/styles.xml') + 1]).toContain(
      'formatCode="yyyy\\-mm\\-dd hh:mm"',
    );
    expect(sheet).not.toContain('<f>');
  });

  it('go beyond column Z', async () => {
    const columns = Array.from({ length: 800 }, (_, index) => column(`${index}`));
    const [, headings, row] = await readSheet(
      await build([columns.map((_, index) => index)], columns),
    );
    expect(headings).toEqual(columns.map(({ header }) => header));
    expect(row).toEqual(columns.map((_, index) => index));
  });

  it.each([
    ['a\r\nb\rc\n', 'a\nb\nc\n'],
    ['  blank\tedges  ', '  blank\tedges  '],
    ['_x0041_ _X000d_ _x005F_', '_x0041_ _X000d_ _x005F_'],
    ['a\u0000b\u001Bc\uFFFEd\uFFFFe', 'abcde'],
    // What remains without the control characters is not decoded either.
    ['_\u0001x0041_', '_x0041_'],
    ['x\uD800y\uDC00z', 'xyz'],
    ['<b a="1">&amp;</b>', '<b a="1">&amp;</b>'],
    [']]>', ']]>'],
    ['Zoë 😀', 'Zoë 😀'],
  ])('hold %j', async (text, found) => {
    const [sheet] = unzip(await build([[text]])).filter((part) => part.includes('<sheetData'));
    expect(decode(/<row r="3">.*?<t[^>]*>([^<]*)</su.exec(sheet ?? '')?.[1] ?? '')).toBe(found);
  });

  it('are read as they were, whatever the text', async () => {
    const texts = fc.sample(
      fc.string({
        unit: fc.constantFrom('_', 'x', '0', '4', '1', 'F', '&', '<', '>', '"', 'ü', '='),
      }),
      300,
    );
    const kept = texts.map((text) => `a${text}z`);
    expect(await readTexts(kept)).toEqual(kept);
  });

  it('are cut at what Excel reads, and say so', async () => {
    const [whole, cut, split] = await readTexts([
      'x'.repeat(32_767),
      'x'.repeat(32_768),
      '😀'.repeat(20_000),
    ]);
    expect(whole).toBe('x'.repeat(32_767));
    for (const text of [cut, split]) {
      expect(text).toHaveLength(32_767);
      expect(text).toMatch(/… \[truncated: the CSV export has the full text\]$/);
    }
  });
});

/** What a reader makes of the text of a cell. */
const decode = (xml: string) =>
  xml
    .replaceAll(/_x([0-9a-f]{4})_/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
