import { desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { users } from '../schema/identity.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { enqueue } from '../jobs/queue.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { scoreModels } from '../schema/scoring.ts';
import { defaultModel, weightsSchema, type Model, type Weights } from './weights.ts';

/** The weights that are in force for a tenant: its newest version, else the built-in ones. */
export async function selectModel(tx: Tx, tenantId: string): Promise<Model> {
  const [row] = await tx
    .select({ version: scoreModels.version, weights: scoreModels.weights })
    .from(scoreModels)
    .where(eq(scoreModels.tenantId, tenantId))
    .orderBy(desc(scoreModels.version))
    .limit(1);
  return row === undefined
    ? defaultModel
    : { version: row.version, weights: weightsSchema.parse(row.weights) };
}

export interface ModelVersion extends Model {
  note: string | null;
  createdAt: Date;
  /** The name of who saved it; null for an operator or somebody who is gone. */
  createdBy: string | null;
}

/** The newest versions of a tenant's weights, the one in force first. */
export async function selectVersions(
  tx: Tx,
  tenantId: string,
  max: number,
): Promise<ModelVersion[]> {
  const rows = await tx
    .select({
      version: scoreModels.version,
      weights: scoreModels.weights,
      note: scoreModels.note,
      createdAt: scoreModels.createdAt,
      createdBy: users.name,
    })
    .from(scoreModels)
    .leftJoin(users, eq(users.id, scoreModels.createdBy))
    .where(eq(scoreModels.tenantId, tenantId))
    .orderBy(desc(scoreModels.version))
    .limit(max);
  return rows.map((row) => ({ ...row, weights: weightsSchema.parse(row.weights) }));
}

const noteSchema = z.string().trim().max(500, 'Use 500 characters at most.');

export interface NewWeights {
  weights: unknown;
  /** Why, in the person's words. */
  note: string;
  /** The version that the person has changed. */
  basedOn: number;
  by: string | null;
}

/**
 * Makes a new version of a tenant's weights, and queues the scores to be made again. Unusable
 * weights are a Problem whose details name each wrong field; weights that changed nothing, or that
 * somebody else changed meanwhile, are one too.
 */
export async function saveWeights(
  tenantId: string,
  { weights: given, note: text, basedOn, by }: NewWeights,
): Promise<Model> {
  const weights = parseWeights(given);
  const note = noteSchema.safeParse(text);
  if (!note.success)
    throw new Problem('bad_request', 'The note is too long.', {
      fields: { note: note.error.issues[0]?.message ?? '' },
    });
  return withTenant(tenantId, async (tx) => {
    const before = await selectModel(tx, tenantId);
    if (JSON.stringify(before.weights) === JSON.stringify(weights))
      throw new Problem('conflict', 'These weights are in force already: nothing was changed.');
    const version = before.version + 1;
    const row = {
      tenantId,
      version,
      weights,
      note: note.data === '' ? null : note.data,
      createdBy: by,
    };
    const saved =
      before.version === basedOn
        ? await tx
            .insert(scoreModels)
            .values(row)
            .onConflictDoNothing()
            .returning({ version: scoreModels.version })
        : [];
    if (saved.length === 0)
      throw new Problem(
        'conflict',
        'Somebody else saved other weights meanwhile. Open the page again and repeat your change.',
      );
    await enqueue('rescore', { tenantId, after: null }, { key: `${tenantId}/${version}`, tx });
    return { version, weights };
  });
}

/** Weights from outside. A Problem (bad_request) names each wrong field, such as signals.spf. */
export function parseWeights(given: unknown): Weights {
  const parsed = weightsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const fields = Object.fromEntries(
    parsed.error.issues
      .toReversed()
      .map(({ path, message }) => [
        path.length === 1 ? `${String(path[0])}.spf` : path.join('.'),
        message,
      ]),
  );
  throw new Problem('bad_request', 'These weights cannot be used. Correct what is marked.', {
    fields,
  });
}
