import { asc, eq } from 'drizzle-orm';
import { findStageLikelihood } from '../entities/opportunity/queries.ts';
import { listStages, type StageInfo } from '../entities/stage/queries.ts';
import { addDays, type Period } from '../platform/period.ts';
import type { Tx } from '../platform/db/pool.ts';
import { sumStages, type StageSums } from '../summaries/pipeline-stage-counts/queries.ts';
import { connections } from '../schema/connections.ts';
import { countEnteredBefore } from '../summaries/stage-entries/queries.ts';
import type { Pipeline, StageRow } from './types.ts';

/** An open opportunity is stuck when it has been in its stage for longer than this. */
const stuckAfterDays = 30;

/** Returns the first day (ISO date, UTC) that does not count as stuck. */
export function computeStuckSince(now: Date): string {
  return addDays(now.toISOString().slice(0, 10), -stuckAfterDays);
}

/** The stages of all systems, and the sums that they were computed from. */
export interface Pipelines {
  pipelines: Pipeline[];
  sums: StageSums[];
}

/**
 * Reads the pipeline of each system that has one, by stage and in the order of the stages. Systems
 * are kept apart because their stages have no common order, even where they share a name.
 */
export async function readPipelines(
  tx: Tx,
  tenantId: string,
  period: Period,
  now: Date,
): Promise<Pipelines> {
  const [sums, listed, stuck, systems] = await Promise.all([
    sumStages(tx, tenantId, period),
    listStages(tx, tenantId),
    countEnteredBefore(tx, tenantId, computeStuckSince(now)),
    listSystems(tx, tenantId),
  ]);
  const withPipeline = new Set([...listed, ...sums].map(({ connectionId }) => connectionId));
  const pipelines = systems
    .filter(({ id }) => withPipeline.has(id))
    .map(async ({ id, label }): Promise<Pipeline> => {
      const isOwn = ({ connectionId }: { connectionId: string }) => connectionId === id;
      const merged = mergeOutcomes(sums.filter(isOwn));
      const infos = await orderStages(tx, tenantId, listed.filter(isOwn), merged);
      const entries = new Map(stuck.filter(isOwn).map(({ stage, count }) => [stage, count]));
      const reached = countReached(infos, merged);
      const stages = infos.map((info, index) =>
        toStageRow(info, merged.get(info.name), {
          period,
          now,
          stuck: entries.get(info.name) ?? 0,
          conversion: computeConversion(infos, reached, index),
        }),
      );
      return { connectionId: id, system: label, stages };
    });
  return { pipelines: await Promise.all(pipelines), sums };
}

/** The connections of a workspace, oldest first. */
async function listSystems(tx: Tx, tenantId: string): Promise<{ id: string; label: string }[]> {
  return tx
    .select({ id: connections.id, label: connections.label })
    .from(connections)
    .where(eq(connections.tenantId, tenantId))
    .orderBy(asc(connections.createdAt), asc(connections.id));
}

/** The sums of each stage over all outcomes: a stage may hold open and decided deals. */
function mergeOutcomes(sums: readonly StageSums[]): Map<string, StageSums> {
  const merged = new Map<string, StageSums>();
  for (const row of sums) {
    const before = merged.get(row.stage);
    merged.set(row.stage, before === undefined ? row : addSums(before, row));
  }
  return merged;
}

function addSums(one: StageSums, other: StageSums): StageSums {
  return {
    ...one,
    count: one.count + other.count,
    valued: one.valued + other.valued,
    value: one.value + other.value,
    enteredSeconds: one.enteredSeconds + other.enteredSeconds,
    previousCount: one.previousCount + other.previousCount,
    previousValued: one.previousValued + other.previousValued,
    previousValue: one.previousValue + other.previousValue,
  };
}

/**
 * Orders the stages of one system as it does; stages missing from its list are placed by their
 * likelihood.
 */
async function orderStages(
  tx: Tx,
  tenantId: string,
  stages: readonly StageInfo[],
  sums: Map<string, StageSums>,
): Promise<StageInfo[]> {
  const listed = new Map<string, StageInfo>();
  for (const stage of stages) if (!listed.has(stage.name)) listed.set(stage.name, stage);
  const unlisted = await Promise.all(
    [...sums.values()]
      .filter(({ stage }) => !listed.has(stage))
      .map(async ({ connectionId, stage, outcome }): Promise<StageInfo> => {
        const likelyPct = (await findStageLikelihood(tx, tenantId, connectionId, stage)) ?? 0;
        const position = Number.MAX_SAFE_INTEGER;
        return { connectionId, name: stage, position, outcome, likelyPct };
      }),
  );
  unlisted.sort(
    (one, other) => rankStage(one) - rankStage(other) || one.name.localeCompare(other.name),
  );
  const all = [...listed.values(), ...unlisted];
  const lost = all.filter(({ outcome }) => outcome === 'lost');
  return [...all.filter(({ outcome }) => outcome !== 'lost'), ...lost];
}

const rankStage = ({ outcome, likelyPct }: StageInfo) =>
  outcome === 'lost' ? 1_000 : outcome === 'won' ? 500 : likelyPct;

/**
 * Whether a stage is a step forward. Lost stages are not, nor is a stage after a likelier one,
 * where candidates are parked ("Future Interest"): it is unknown how far they came, so they count
 * in no conversion.
 */
function isStep(infos: StageInfo[], index: number): boolean {
  const stage = infos[index];
  if (stage === undefined || stage.outcome === 'lost') return false;
  return infos
    .slice(0, index)
    .every(({ outcome, likelyPct }) => outcome === 'lost' || likelyPct <= stage.likelyPct);
}

/** Counts, for each stage that is a step, the opportunities that are in it or have gone further. */
function countReached(infos: StageInfo[], byStage: Map<string, StageSums>): number[] {
  let reached = 0;
  return infos
    .map((info, index) => (isStep(infos, index) ? (byStage.get(info.name)?.count ?? 0) : 0))
    .toReversed()
    .map((count) => (reached += count))
    .reverse();
}

function computeConversion(infos: StageInfo[], reached: number[], index: number): number | null {
  const before = reached[index - 1];
  if (index === 0 || !isStep(infos, index) || before === undefined || before === 0) return null;
  return (reached[index] ?? 0) / before;
}

interface StageContext {
  period: Period;
  now: Date;
  stuck: number;
  conversion: number | null;
}

function toStageRow(
  info: StageInfo,
  sums: StageSums | undefined,
  { period, now, stuck, conversion }: StageContext,
): StageRow {
  const count = sums?.count ?? 0;
  const compared = period.compare !== 'none';
  return {
    stage: info.name,
    outcome: info.outcome,
    likelyPct: info.likelyPct,
    count,
    value: sums?.value ?? 0,
    previousCount: compared ? (sums?.previousCount ?? 0) : null,
    previousValue: compared ? (sums?.previousValue ?? 0) : null,
    conversion,
    daysInStage:
      sums === undefined || count === 0
        ? null
        : Math.max(0, (now.getTime() / 1000 - sums.enteredSeconds / count) / 86_400),
    stuck,
  };
}
