import { compareVersions } from '../../entities/compare.ts';
import { resolvePushedCopyVersions } from '../pushed-copies.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { prefetch } from '../../platform/prefetch.ts';
import { createCounters, type Stream } from '../types.ts';
import type { Batch } from './batch.ts';
import { findAbsentRows, listAbsentIds } from './absent-rows.ts';
import { openReplay } from './source.ts';
import { planStream, countRecords, type ReplayPlan } from './plan.ts';
import { countBatch, toOrigin, prepareBatches } from './stream.ts';
import {
  selectStreams,
  type ReplayFigures,
  type ReplayRequest,
  type ReplaySource,
} from './types.ts';

/** What a replay would do with one stream. */
export interface DryRunFigures extends ReplayFigures {
  /** How many records would be rejected, by reason. */
  reasons: Map<string, number>;
}

export interface DryRun {
  streams: DryRunFigures[];
  /** False when it was stopped early: then the figures cover only a part. */
  isComplete: boolean;
}

interface ProjectedRows {
  born: Set<string>;
  gone: Set<string>;
}

/**
 * What a replay would do, stream by stream. Writes nothing and does not contact the provider;
 * `isOver` stops it early.
 */
export async function dryRunReplay(
  request: ReplayRequest,
  isOver: () => boolean = () => false,
): Promise<DryRun> {
  const source = await openReplay(request);
  const projected = new Map<string, ProjectedRows>();
  const streams: DryRunFigures[] = [];
  for (const stream of selectStreams(source, request)) {
    const plan = await readTenant(source.tenantId, (tx) =>
      planStream(tx, source, stream, request, projected),
    );
    const figures: DryRunFigures = {
      stream: stream.name,
      label: stream.label,
      ...createCounters(),
      heldBack: 0,
      damaged: [],
      reasons: new Map(),
    };
    const own: ProjectedRows = { born: new Set(), gone: new Set() };
    streams.push(figures);
    projected.set(stream.name, own);
    for await (const batch of prefetch(prepareBatches(source, stream, plan, plan.pages))) {
      await addBatch(source, stream, batch, figures, own);
      request.onProgress?.({
        stream: stream.label,
        pages: figures.pages,
        fetched: figures.fetched,
        expectedTotal: countRecords(plan.pages),
      });
      if (isOver()) return { streams, isComplete: false };
    }
    await addAbsentRows(source, stream, plan, figures, own);
  }
  return { streams, isComplete: true };
}

async function addBatch(
  source: ReplaySource,
  stream: Stream,
  batch: Batch,
  figures: DryRunFigures,
  { born }: ProjectedRows,
): Promise<void> {
  const origin = toOrigin(source, stream);
  const rewrites = await readTenant(source.tenantId, async (tx) =>
    compareVersions(
      tx,
      stream.entity,
      origin,
      await resolvePushedCopyVersions(tx, origin, stream.entity, batch.versions),
    ),
  );
  const counters = countBatch(batch, rewrites);
  for (const name of ['pages', 'fetched', 'inserted', 'changed', 'unchanged', 'rejected'] as const)
    figures[name] += counters[name];
  figures.damaged.push(
    ...batch.damaged.map(({ id, receivedAt }) => ({
      stream: stream.name,
      snapshotId: id,
      receivedAt,
    })),
  );
  for (const { reason } of batch.rejected)
    figures.reasons.set(reason, (figures.reasons.get(reason) ?? 0) + 1);
  for (const { before, after } of rewrites.changes)
    if (before === null && after !== null) born.add(after.externalId);
}

async function addAbsentRows(
  source: ReplaySource,
  stream: Stream,
  plan: ReplayPlan,
  figures: ReplayFigures,
  projected: ProjectedRows,
): Promise<void> {
  await readTenant(source.tenantId, async (tx) => {
    const gone = await findAbsentRows(tx, source, stream, plan);
    if (gone === undefined) return;
    figures.deleted = gone.count;
    figures.heldBack = gone.heldBack;
    for (const id of await listAbsentIds(tx, source, stream, gone)) projected.gone.add(id);
  });
}
