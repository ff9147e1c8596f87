import { findStageMeaning } from '../entities/opportunity/queries.ts';
import { listStages, type StageInfo } from '../entities/stage/queries.ts';
import { addDays, type Period } from '../platform/period.ts';
import type { Tx } from '../platform/db/pool.ts';
import { sumStages, type StageSums } from '../summaries/pipeline-stage-counts/queries.ts';
import { countEnteredBefore } from '../summaries/stage-entries/queries.ts';
import type { StageRow } from './types.ts';

/** An open opportunity is stuck when it has been in its stage for longer than this. */
const stuckAfterDays = 30;

/** Returns the first day (ISO date, UTC) that does not count as stuck. */
export function computeStuckSince(now: Date): string {
  return addDays(now.toISOString().slice(0, 10), -stuckAfterDays);
}

export interface Stages {
  rows: StageRow[];
  sums: StageSums[];
}

/**
 * Reads the pipeline by stage, in the order of the stages, with the sums that the rows were
 * computed from.
 */
export async function readStages(
  tx: Tx,
  tenantId: string,
  period: Period,
  now: Date,
): Promise<Stages> {
  const sums = await sumStages(tx, tenantId, period);
  const infos = await orderStages(tx, tenantId, sums);
  const stuck = await countEnteredBefore(tx, tenantId, computeStuckSince(now));
  const byStage = new Map(sums.map((row) => [row.stage, row]));
  const reached = countReached(infos, byStage);
  const rows = infos.map((info, index) =>
    toStageRow(info, byStage.get(info.name), {
      period,
      now,
      stuck: stuck.get(info.name) ?? 0,
      conversion: computeConversion(infos, reached, index),
    }),
  );
  return { rows, sums };
}

/**
 * Orders the stages as the source does; stages missing from its list are placed by their
 * likelihood.
 */
async function orderStages(tx: Tx, tenantId: string, sums: StageSums[]): Promise<StageInfo[]> {
  const listed = new Map<string, StageInfo>();
  for (const stage of await listStages(tx, tenantId))
    if (!listed.has(stage.name)) listed.set(stage.name, stage);
  const unlisted: StageInfo[] = [];
  for (const { stage } of sums) {
    if (listed.has(stage)) continue;
    const meaning = (await findStageMeaning(tx, tenantId, stage)) ?? {
      outcome: 'open' as const,
      likelyPct: 0,
    };
    unlisted.push({ name: stage, position: Number.MAX_SAFE_INTEGER, ...meaning });
  }
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
    stuck: info.outcome === 'open' ? stuck : 0,
  };
}
