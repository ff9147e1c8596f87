import { inflateSync } from 'node:zlib';
import type { TestDatabase } from '../helpers/database.ts';
import type { Answer } from './crawl.ts';

const id = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;

/**
 * What an answer holds of another workspace, beyond what the request itself said: its mark, plain
 * or inside a cursor, and its ids.
 */
export function leaksIn({ asked, text }: Answer, mark: string, ids: Set<string>): string[] {
  const said = [
    ...new URL(asked.split(' ')[1] ?? '', 'http://here.test').searchParams.values(),
    ...asked.split(/[/?&=]/),
  ]
    .filter((part) => part.length > 3)
    .toSorted((one, other) => other.length - one.length);
  const rest = said.reduce(
    (left, part) => left.replaceAll(part, '').replaceAll(encodeURIComponent(part), ''),
    text,
  );
  const cursors = [...rest.matchAll(/cursor=([\w-]{20,})/g)].map(([, cursor = '']) =>
    Buffer.from(cursor, 'base64url').toString('utf8'),
  );
  const at = [rest, ...cursors]
    .map((part) => part.toLowerCase())
    .flatMap((part) =>
      part.includes(mark)
        ? [part.slice(Math.max(0, part.indexOf(mark) - 80), part.indexOf(mark) + 80)]
        : [],
    );
  const named = [...new Set(rest.match(id) ?? [])].filter((one) => ids.has(one));
  const amounts = rest.match(/\$777,0\d\d/g) ?? [];
  return [...at, ...named, ...amounts].map((leak) => `${asked}: ${leak}`);
}

/** A secret as it stands in texts: plain, in an address, in base64 at any offset, in hex. */
export function secretSpellings(secret: string): string[] {
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.from(' '.repeat(offset) + secret)
      .toString('base64')
      .slice(offset === 0 ? 0 : 4, -4),
  );
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...base64];
}

/** Tables with a row that holds one of the texts in any column, as it is or deflated. */
export async function textsWith(db: TestDatabase, texts: string[]): Promise<string[]> {
  const tables = await db.query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name
     from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  const found = [];
  for (const { name } of tables) {
    const rows = await db.query(
      `select 1
       from ${name} t
       where exists (select from unnest($1::text[]) as text where strpos(t::text, text) > 0)
       limit 1`,
      [texts],
    );
    if (rows.length > 0) found.push(name);
  }
  const bodies = await db.query<{ compressed: Buffer }>('select compressed from raw_bodies');
  if (
    bodies.some(({ compressed }) =>
      texts.some((text) => inflateSync(compressed).toString('utf8').includes(text)),
    )
  )
    found.push('public.raw_bodies');
  return found;
}
