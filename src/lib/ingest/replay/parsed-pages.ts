import { and, eq, inArray } from 'drizzle-orm';
import { rawBodies } from '../../schema/snapshots.ts';
import { unpackBody } from '../snapshots/store.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { judgeItems } from '../suppression/judge.ts';
import { findOutdated } from '../suppression/outdated.ts';
import type { Stream } from '../types.ts';
import type { ReplayPlan } from './plan.ts';
import type { ReplaySource } from './types.ts';

export interface ParsedPage<Page> {
  page: Page;
  /**
   * The items of the page; undefined when its body is damaged, or can no longer be parsed as a
   * response of this stream.
   */
  items: unknown[] | undefined;
}

/**
 * Reads the items of stored pages again, without erased people and outdated items. A body that
 * several pages share is read once.
 */
export async function readPages<Page extends { sha256: Buffer; partition: string | null }>(
  source: ReplaySource,
  stream: Stream,
  { suppression, retention }: Pick<ReplayPlan, 'suppression' | 'retention'>,
  pages: readonly Page[],
): Promise<ParsedPage<Page>[]> {
  const { tenantId } = source;
  const digests = [
    ...new Map(pages.map(({ sha256 }) => [sha256.toString('hex'), sha256])).values(),
  ];
  const bodies =
    digests.length === 0
      ? []
      : await readTenant(tenantId, (tx) =>
          tx
            .select()
            .from(rawBodies)
            .where(and(eq(rawBodies.tenantId, tenantId), inArray(rawBodies.sha256, digests))),
        );
  const items = new Map(
    await Promise.all(
      bodies.map(
        async (body) => [body.sha256.toString('hex'), await parseBody(stream, body)] as const,
      ),
    ),
  );
  return Promise.all(
    pages.map(async (page) => {
      const all = items.get(page.sha256.toString('hex'));
      if (all === undefined) return { page, items: all };
      const place = { ...source, partition: page.partition };
      const outdated = await findOutdated(retention, tenantId, stream, place, all);
      if (suppression.isEmpty && outdated.size === 0) return { page, items: all };
      return { page, items: judgeItems(suppression, stream, place, all, outdated).kept };
    }),
  );
}

async function parseBody(
  stream: Stream,
  body: { sha256: Buffer; compressed: Buffer },
): Promise<unknown[] | undefined> {
  try {
    return stream.parse(await unpackBody(body));
  } catch {
    return undefined;
  }
}

/**
 * Cuts pages into batches of at most so many pages and, unless one page alone is more, so many
 * bytes of bodies.
 */
export function* splitIntoBatches<Page extends { size: number }>(
  pages: readonly Page[],
  limits: { pages: number; bytes: number },
): Generator<Page[]> {
  let batch: Page[] = [];
  let bytes = 0;
  for (const page of pages) {
    if (batch.length > 0 && (batch.length >= limits.pages || bytes + page.size > limits.bytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(page);
    bytes += page.size;
  }
  if (batch.length > 0) yield batch;
}
