import { describe, expect, it } from 'vitest';
import { find, findAll, parseHtml, readText } from '../helpers/html.ts';
import { viewer, stranger, truth, idsWhere } from './referrals-stage.ts';

describe('the page', () => {
  const page = async (query = '') => parseHtml(await viewer.text(`/w/north/referrals${query}`));

  it('shows what the source holds, counted, filtered and found by company', async () => {
    const html = await page('?status=Closed&type=co-sell');
    const wanted = idsWhere(({ status, type }) => status === 'Closed' && type === 'co-sell').length;
    expect(readText(find(html, '.pager'))).toContain(`of ${wanted} referrals`);
    expect(findAll(html, '.kpi').map((card) => readText(find(card, '.kpi-value')))).toEqual(
      [
        truth().length,
        ...['New', 'Active'].map((status) => idsWhere((one) => one.status === status).length),
      ].map(String),
    );
    const [first] = truth();
    const company = first?.name.split(' for ')[1] ?? '';
    expect(
      readText(find(await page(`?search=${encodeURIComponent(company.toLowerCase())}`), '.pager')),
    ).toContain(`of ${idsWhere(({ name }) => name.endsWith(company)).length} referrals`);
    expect(readText(await page('?search=nobody+at+all'))).toContain('No matching referrals');
  });

  it.each(['updated', 'created', 'name'])('pages through everything by %s', async (sort) => {
    const found: string[] = [];
    for (let query: string | undefined = `?sort=${sort}&direction=asc`; query !== undefined;) {
      const html = await page(query);
      found.push(
        ...findAll(find(html, 'tbody'), 'a').flatMap(
          ({ attributes }) => /\/referrals\/([\w-]+)/.exec(attributes['href'] ?? '')?.[1] ?? [],
        ),
      );
      query = findAll(html, 'a')
        .find(({ attributes }) => attributes['rel'] === 'next')
        ?.attributes['href']?.replace(/^[^?]*/, '')
        .replace(/#.*/, '');
    }
    expect([found.length, new Set(found).size]).toEqual([truth().length, truth().length]);
  });

  it('opens one, and leads back to the same list', async () => {
    const [link = { attributes: {} as Record<string, string> }] = findAll(
      find(await page('?type=co-sell'), 'tbody'),
      'a',
    );
    const opened = parseHtml(await viewer.text(`${link.attributes['href']}&done=sync-started`));
    expect(readText(find(opened, '#main'))).toContain('Co-sell');
    expect(findAll(opened, 'a').map(({ attributes }) => attributes['href'])).toContain(
      '/w/north/referrals?type=co-sell#rows',
    );
    expect(
      (await viewer.fetch('/w/north/referrals/00000000-0000-4000-8000-000000000000')).status,
    ).toBe(404);
  });

  it('says what to do where Partner Center is not connected', async () => {
    expect(readText(parseHtml(await stranger.text('/w/south/referrals')))).toContain(
      'Ask an admin of this workspace to connect it.',
    );
  });

  it('exports what it shows, each amount with its currency', async () => {
    const csv = await viewer.text('/w/north/referrals.csv?type=marketplace');
    expect(csv.trim().split('\r\n')).toHaveLength(
      1 + idsWhere(({ type }) => type === 'marketplace').length,
    );
    expect(csv).toMatch(/^Name,Company,Type,Status,Substatus,Direction,Deal value,Currency,/);
    expect((await viewer.fetch('/w/north/referrals.xlsx')).headers.get('content-type')).toContain(
      'spreadsheetml',
    );
  });
});
