import { computeScore } from '../scoring/score.ts';
import { selectModel, selectVersions, type ModelVersion } from '../scoring/models.ts';
import type { Segment } from '../scoring/types.ts';
import { defaultModel, type Model, type Weights } from '../scoring/weights.ts';
import type { Evidence } from '../posture/types.ts';
import { listScannedDomains } from '../scoring/company-domains/queries.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';

const maxVersions = 20;
/** The most domains that a preview scores; it takes a few milliseconds. */
const maxPreviewed = 500;
const maxChanges = 20;

export interface ScoringView {
  /** The current weights. */
  model: Model;
  versions: ModelVersion[];
  /** The initial weights of the form: the current ones, or an older version that the user chose. */
  shown: Model;
}

/**
 * Reads the weights of a workspace and their history. `from` is the version to start the form with.
 */
export function getScoringView(tenantId: string, from: string | null): Promise<ScoringView> {
  return readTenant(tenantId, async (tx) => {
    const model = await selectModel(tx, tenantId);
    const versions = await selectVersions(tx, tenantId, maxVersions);
    const shown =
      [...versions, defaultModel].find(({ version }) => String(version) === from) ?? model;
    return { model, versions, shown };
  });
}

/** A company whose score would change. */
interface ScoreChange {
  domain: string;
  name: string | null;
  before: Outcome;
  after: Outcome;
}
interface Outcome {
  score: number;
  segment: Segment;
  priority: number;
}

export interface ScoringPreview {
  /** The number of companies scored; the first ones by name when there are more. */
  looked: number;
  isComplete: boolean;
  changed: number;
  segments: { segment: Segment; before: number; after: number }[];
  /** The companies with the largest changes. */
  changes: ScoreChange[];
}

/** Computes the scores that other weights would give, from stored evidence. Writes nothing. */
export async function previewScoring(tenantId: string, weights: Weights): Promise<ScoringPreview> {
  const rows = await readTenant(tenantId, (tx) =>
    listScannedDomains(tx, tenantId, maxPreviewed + 1),
  );
  const now = new Date();
  const pairs = rows
    .slice(0, maxPreviewed)
    .map(({ domain, name, evidence, score, segment, priority, ...facts }): ScoreChange => {
      const after = computeScore(evidence as Evidence, facts, { version: 0, weights }, now);
      return {
        domain,
        name,
        before: { score: score ?? 0, segment: segment ?? 'Cold', priority: priority ?? 6 },
        after,
      };
    });
  const changes = pairs
    .filter(isChange)
    .toSorted((a, b) => measureChange(b) - measureChange(a) || a.domain.localeCompare(b.domain));
  return {
    looked: pairs.length,
    isComplete: rows.length <= maxPreviewed,
    changed: changes.length,
    segments: countSegments(pairs),
    changes: changes.slice(0, maxChanges),
  };
}

const isChange = ({ before, after }: ScoreChange): boolean =>
  before.score !== after.score ||
  before.segment !== after.segment ||
  before.priority !== after.priority;
/** A change of segment outweighs any number of points. */
const measureChange = ({ before, after }: ScoreChange): number =>
  Math.abs(before.score - after.score) + (before.segment === after.segment ? 0 : 1000);

function countSegments(pairs: readonly ScoreChange[]): ScoringPreview['segments'] {
  const count = (side: 'before' | 'after', segment: Segment) =>
    pairs.filter((pair) => pair[side].segment === segment).length;
  return (['Migration', 'Existing', 'Cold', 'Skip'] as const).map((segment) => ({
    segment,
    before: count('before', segment),
    after: count('after', segment),
  }));
}
