import type { Tx } from '../../platform/db/pool.ts';
import { loadCorrections, type Corrections } from '../rejections/corrections.ts';
import { readOpenKeys } from '../rejections/open.ts';
import { loadRetentionRule, type RetentionRule } from '../suppression/retention-rule.ts';
import { loadSuppression, type Suppression } from '../suppression/suppression.ts';
import type { Stream } from '../types.ts';
import {
  isCompletelyKept,
  planPages,
  selectProofs,
  type PlannedPage,
  type Proof,
} from './evidence.ts';
import { findParents, type Parents } from './parents.ts';
import type { ReplayRequest, ReplaySource } from './types.ts';

/**
 * The plan for replaying one stream. It depends only on what is stored, so each slice arrives at
 * the same plan.
 */
export interface ReplayPlan {
  pages: PlannedPage[];
  /** Newest first. */
  proofs: Proof[];
  /**
   * The proof by which rows may be deleted; undefined when there is none, or when some of its pages
   * are no longer stored.
   */
  proof: Proof | undefined;
  /** Whether rows may be deleted at all. */
  mayDelete: boolean;
  corrections: Corrections;
  /** The people who were erased, who do not come back. */
  suppression: Suppression;
  /** What the workspace does not keep any more. */
  retention: RetentionRule;
  /** Keys of the items whose rejections are open. */
  openKeys: ReadonlySet<string>;
  parents: Parents | undefined;
}

export async function planStream(
  tx: Tx,
  source: ReplaySource,
  stream: Stream,
  { since }: Pick<ReplayRequest, 'since'>,
  projected: ReadonlyMap<string, Pick<Parents, 'born' | 'gone'>> = new Map(),
): Promise<ReplayPlan> {
  const { tenantId, connectionId } = source;
  const proofs = await selectProofs(tx, source, stream);
  const [newest] = proofs;
  const proof =
    newest !== undefined && (await isCompletelyKept(tx, source, stream, newest))
      ? newest
      : undefined;
  return {
    proofs,
    proof,
    pages: await planPages(tx, source, stream, newest, since),
    mayDelete:
      since === undefined && (proof !== undefined || stream.listing.kind === 'partitioned'),
    corrections: await loadCorrections(tx, tenantId, connectionId, stream.name),
    suppression: await loadSuppression(tx, tenantId),
    retention: await loadRetentionRule(tx, tenantId),
    openKeys: await readOpenKeys(tx, { tenantId, connectionId, stream: stream.name }),
    parents: findParents(source, stream, projected),
  };
}

/** How many records the pages are the newest evidence of. */
export const countRecords = (pages: readonly PlannedPage[]): number =>
  pages.reduce((sum, { won }) => sum + won, 0);
