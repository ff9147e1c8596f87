import { find, findAll, parseHtml, readText, type Element } from './html.ts';
import type { WebClient } from './web.ts';

/** A served page as a reader takes it in. */
export interface Page {
  status: number;
  html: string;
  root: Element;
}

/** Reads a page; `path` is the address without the origin. */
export async function readPage(client: WebClient, path: string): Promise<Page> {
  const response = await client.fetch(path);
  const html = await response.text();
  return { status: response.status, html, root: parseHtml(html) };
}

/** The figure of each card, by its label: as shown, and exactly where it is shortened. */
export function readKpis({
  root,
}: Page): Record<string, { value: string; exact: string; note: string; href: string | undefined }> {
  return Object.fromEntries(
    findAll(root, '.kpi').map((card) => {
      const value = find(card, '.kpi-value');
      return [
        readText(find(card, '.kpi-label')),
        {
          value: readText(value),
          exact: value.attributes['title'] ?? readText(value),
          note: readText(find(card, '.kpi-note')),
          href: card.attributes['href'],
        },
      ];
    }),
  );
}

/** The cells of each body row of the first table below `#id`, as text. */
export function readRows({ root }: Page, id: string): string[][] {
  return readCells({ root }, id).map((row) => row.map(readText));
}

/** The cells of each body row of the first table below `#id`. */
export function readCells({ root }: Pick<Page, 'root'>, id: string): Element[][] {
  const [body] = findAll(find(root, `#${id}`), 'tbody');
  if (body === undefined) return [];
  return findAll(body, 'tr').map((row) =>
    row.children.filter(
      (cell): cell is Element =>
        typeof cell !== 'string' && (cell.tag === 'td' || cell.tag === 'th'),
    ),
  );
}

/** Where the link "next" or "previous" of a table leads. */
export function findLink({ root }: Page, rel: 'next' | 'prev'): string | undefined {
  return findAll(root, 'a').find(({ attributes }) => attributes['rel'] === rel)?.attributes['href'];
}

/**
 * The page and all that follow it through "next". The first one whole, of the others only the list:
 * reading is what takes long.
 */
export async function walk(client: WebClient, path: string): Promise<Page[]> {
  const pages = [await readPage(client, path)];
  for (
    let next = findLink(pages[0] as Page, 'next');
    next !== undefined;
    next = findLink(pages.at(-1) as Page, 'next')
  ) {
    const response = await client.fetch(next);
    const html = await response.text();
    const list = html.slice(html.lastIndexOf('<section', html.indexOf('id="rows"')));
    pages.push({ status: response.status, html, root: parseHtml(list) });
  }
  return pages;
}
