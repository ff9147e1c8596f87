import { desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { users } from '../schema/identity.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { enqueue } from '../jobs/queue.ts';
import { changedFields, recordAudit } from '../identity/audit/record.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { scoreModels } from '../schema/scoring.ts';
import { defaultModel, weightsSchema, type Model, type Weights } from './weights.ts';

/** The weights in force for a tenant: its newest version, or the built-in ones without any. */
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
  /** Name of the person who saved it; null for an operator, or a person who was deleted. */
  createdBy: string | null;
}

/** The versions of a tenant's weights, newest first; the first is in force. */
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
  /** The person's reason. */
  note: string;
  /** The version that the person edited. */
  basedOn: number;
  by: string | null;
}

/**
 * Saves a new version of a tenant's weights and queues a rescore of all its domains. Throws
 * Problem: `bad_request` with a message for each field that is not valid; `conflict` when nothing
 * changed, or when someone else has saved another version since `basedOn`.
 */
export async function saveWeights(
  tenantId: string,
  { weights: given, note: text, basedOn, by }: NewWeights,
): Promise<Model> {
  const weights = parseWeights(given);
  const note = parseNote(text);
  return withTenant(tenantId, async (tx) => {
    const before = await selectModel(tx, tenantId);
    if (JSON.stringify(before.weights) === JSON.stringify(weights))
      throw new Problem('conflict', 'These weights are already in use, so nothing was saved.');
    const version = before.version + 1;
    const row = { tenantId, version, weights, note, createdBy: by };
    if (before.version !== basedOn || !(await insertVersion(tx, row)))
      throw new Problem(
        'conflict',
        'Someone else saved other weights while you were editing them, so your changes were not ' +
          'saved. Reload the page and make them again.',
      );
    await recordAudit(tx, {
      tenantId,
      action: 'scoring.changed',
      ...changedFields(flatten(before), flatten({ version, weights })),
    });
    await enqueue('rescore', { tenantId, after: null }, { key: `${tenantId}/${version}`, tx });
    return { version, weights };
  });
}

/** Version and weights by their paths, such as signals.spf. */
function flatten({ version, weights }: Model): Record<string, number> {
  const entries = Object.entries(weights).flatMap(([group, values]) =>
    Object.entries(values).map(([name, value]): [string, number] => [`${group}.${name}`, value]),
  );
  return { version, ...Object.fromEntries(entries) };
}

/** Blank is null. */
function parseNote(text: string): string | null {
  const note = noteSchema.safeParse(text);
  if (!note.success)
    throw new Problem('bad_request', 'The note is too long.', {
      fields: { note: note.error.issues[0]?.message ?? '' },
    });
  return note.data === '' ? null : note.data;
}

/** False when someone else has inserted the same version at the same moment. */
async function insertVersion(tx: Tx, row: typeof scoreModels.$inferInsert): Promise<boolean> {
  const saved = await tx
    .insert(scoreModels)
    .values(row)
    .onConflictDoNothing()
    .returning({ version: scoreModels.version });
  return saved.length > 0;
}

/**
 * Parses weights from a form or an API request. Throws Problem `bad_request` with a message for
 * each field that is not valid, by its path such as signals.spf.
 */
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
  throw new Problem('bad_request', 'These weights are not valid. Correct the marked fields.', {
    fields,
  });
}
