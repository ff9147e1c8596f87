import { compareVersions } from '../../entities/compare.ts';
import { versionsWithMirrors } from '../pushed-copies.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { ahead } from '../../platform/prefetch.ts';
import { emptyBooks, type Stream } from '../types.ts';
import type { Batch } from './batch.ts';
import { findGone, goneIds } from './gone.ts';
import { openReplay } from './open.ts';
import { planStream, recordsOf, type Plan } from './plan.ts';
import { bookOf, placeOf, prepared } from './stream.ts';
import { streamsOf, type ReplayFigures, type ReplayRequest, type ReplaySource } from './types.ts';

export interface DryRun {
  streams: ReplayFigures[];
  /** False when it was ended before it was through: the figures are then those of a part. */
  isComplete: boolean;
}

interface Outlook {
  born: Set<string>;
  gone: Set<string>;
}

/**
 * What a replay would do, stream by stream. Writes nothing and asks nobody; `isOver` ends it before
 * its end.
 */
export async function dryRunReplay(
  request: ReplayRequest,
  isOver: () => boolean = () => false,
): Promise<DryRun> {
  const source = await openReplay(request);
  const outlook = new Map<string, Outlook>();
  const streams: ReplayFigures[] = [];
  for (const stream of streamsOf(source, request)) {
    const plan = await readTenant(source.tenantId, (tx) =>
      planStream(tx, source, stream, request, outlook),
    );
    const figures: ReplayFigures = {
      stream: stream.name,
      label: stream.label,
      ...emptyBooks(),
      heldBack: 0,
      damaged: [],
    };
    const own: Outlook = { born: new Set(), gone: new Set() };
    streams.push(figures);
    outlook.set(stream.name, own);
    for await (const batch of ahead(prepared(source, stream, plan, plan.pages))) {
      await addBatch(source, stream, batch, figures, own);
      request.onProgress?.({
        stream: stream.label,
        pages: figures.pages,
        fetched: figures.fetched,
        expectedTotal: recordsOf(plan.pages),
      });
      if (isOver()) return { streams, isComplete: false };
    }
    await addGone(source, stream, plan, figures, own);
  }
  return { streams, isComplete: true };
}

async function addBatch(
  source: ReplaySource,
  stream: Stream,
  batch: Batch,
  figures: ReplayFigures,
  { born }: Outlook,
): Promise<void> {
  const place = placeOf(source, stream);
  const rewrites = await readTenant(source.tenantId, async (tx) =>
    compareVersions(
      tx,
      stream.entity,
      place,
      await versionsWithMirrors(tx, place, stream.entity, batch.versions),
    ),
  );
  const books = bookOf(batch, rewrites);
  for (const name of ['pages', 'fetched', 'inserted', 'changed', 'unchanged', 'rejected'] as const)
    figures[name] += books[name];
  figures.damaged.push(
    ...batch.damaged.map(({ id, receivedAt }) => ({
      stream: stream.name,
      snapshotId: id,
      receivedAt,
    })),
  );
  for (const { before, after } of rewrites.changes)
    if (before === null && after !== null) born.add(after.externalId);
}

async function addGone(
  source: ReplaySource,
  stream: Stream,
  plan: Plan,
  figures: ReplayFigures,
  outlook: Outlook,
): Promise<void> {
  await readTenant(source.tenantId, async (tx) => {
    const gone = await findGone(tx, source, stream, plan);
    if (gone === undefined) return;
    figures.deleted = gone.count;
    figures.heldBack = gone.heldBack;
    for (const id of await goneIds(tx, source, stream, gone)) outlook.gone.add(id);
  });
}
