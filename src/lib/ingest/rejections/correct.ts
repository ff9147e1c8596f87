import { isDeepStrictEqual } from 'node:util';
import { and, eq, sql } from 'drizzle-orm';
import { fieldProblem } from '../../identity/auth/input.ts';
import { recordAudit, type AuditEntry } from '../../identity/audit/record.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { formatMasked, mask, MaskedValueError, parseEdited } from '../../platform/mask.ts';
import { applyPatch, createPatch, isObject } from '../../platform/merge-patch.ts';
import { getOwn } from '../../platform/own.ts';
import { recordErrors } from '../../schema/sync.ts';
import { hashItem, readItemId } from '../item.ts';
import { translateItem } from '../translate.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Actor } from '../../identity/actor.ts';
import { toRecordTarget } from './labels.ts';
import { lockOpenRejection, requireOpenRejection } from './locks.ts';
import { rawItemUnavailable, readRawItems, type RawItem, type RecordError } from './raw.ts';
import { storeAccepted } from './retry.ts';
import { withLockedStream, openStoredStream, type StoredStream } from './stream.ts';

/** What the form for correcting a record shows. */
export interface RecordForEditing {
  error: RecordError;
  /** Name of the stream for people. */
  label: string;
  /** The masked item as JSON; null when it is too long to edit or no longer stored. */
  text: string | null;
  /**
   * Digest of the item. The form sends it back, so that nobody corrects an item they have not seen.
   */
  digest: string;
}

/** The longest item that a form can edit, in characters of JSON. */
const maxTextLength = 200_000;

export async function readRecordForEditing(actor: Actor, id: string): Promise<RecordForEditing> {
  const { tenantId } = actor;
  const tenant = await getTenant(tenantId);
  const error = await requireOpenRejection(actor, id);
  return readTenant(tenantId, async (tx) => {
    const stream = await openStoredStream(
      tx,
      { tenantId, connectionId: error.connectionId, stream: error.stream },
      tenant,
    );
    const [raw] = await readRawItems(tx, stream, [error]);
    const text = raw === undefined ? null : formatMasked(applyStoredCorrection(raw));
    return {
      error,
      label: stream.definition.label,
      text: text !== null && text.length <= maxTextLength ? text : null,
      digest: raw === undefined ? '' : hashItem(raw.item),
    };
  });
}

export interface Edit {
  /** The item as the person left it, masked where they changed nothing. */
  text: string;
  digest: string;
}

/**
 * Stores the record as a person corrected it. The correction is kept and applied for as long as the
 * source sends exactly this item.
 */
export async function correctRecord(actor: Actor, id: string, edit: Edit): Promise<void> {
  const { connectionId, stream } = await requireOpenRejection(actor, id);
  await withLockedStream({ tenantId: actor.tenantId, connectionId, stream }, async (tx, open) => {
    const [raw] = await readRawItems(tx, open, [await lockOpenRejection(tx, actor, id)]);
    if (raw === undefined) throw rawItemUnavailable();
    if (hashItem(raw.item) !== edit.digest)
      throw new Problem(
        'conflict',
        'The source has sent a newer version of this record since you opened it. Reload the page ' +
          'and make your correction again.',
      );
    const corrected = parseEditedItem(raw, edit.text);
    assertSameRecord(open, raw.item, corrected);
    await applyCorrection(tx, actor, open, raw, createPatch(raw.item, corrected));
  });
}

const applyStoredCorrection = ({ item, error: { correction } }: RawItem): unknown =>
  correction === null ? item : applyPatch(item, correction);

function parseEditedItem(raw: RawItem, text: string): unknown {
  try {
    return parseEdited(applyStoredCorrection(raw), text);
  } catch (error) {
    if (error instanceof MaskedValueError) throw fieldProblem('bad_request', 'item', error.message);
    if (error instanceof SyntaxError)
      throw fieldProblem(
        'bad_request',
        'item',
        `This is not JSON: ${error.message}. Look for a missing quote, comma or bracket.`,
      );
    throw error;
  }
}

/** Allows adding a missing id, but not changing one, which would make it another record. */
function assertSameRecord({ definition }: StoredStream, before: unknown, after: unknown): void {
  const id = readItemId(definition, before);
  if (id !== undefined && readItemId(definition, after) !== id)
    throw fieldProblem(
      'bad_request',
      'item',
      'The id of a record cannot be changed. Restore the original id.',
    );
}

async function applyCorrection(
  tx: Tx,
  actor: Actor,
  stream: StoredStream,
  raw: RawItem,
  patch: unknown,
): Promise<void> {
  const { tenantId, id, itemKey } = raw.error;
  const digest = hashItem(raw.item);
  const { incoming, rejected } = translateItem(
    stream.definition,
    raw.item,
    raw.context,
    new Map([[itemKey, { digest, patch }]]),
  );
  if (incoming === undefined)
    throw fieldProblem(
      'bad_request',
      'item',
      `It still cannot be read. ${rejected?.reason ?? ''}`.trim(),
    );
  await storeAccepted(tx, stream, [{ raw, incoming }]);
  // When the mapping accepts the unchanged item by now, there is no correction to keep.
  const decision = isDeepStrictEqual(patch, {})
    ? { correction: null, resolution: 'accepted' as const }
    : { correction: patch, resolution: 'corrected' as const };
  await tx
    .update(recordErrors)
    .set({ ...decision, itemDigest: digest, resolvedAt: sql`now()`, resolvedBy: actor.userId })
    .where(and(eq(recordErrors.tenantId, tenantId), eq(recordErrors.id, id)));
  await recordAudit(tx, {
    tenantId,
    action: 'record.corrected',
    target: toRecordTarget(raw.error),
    ...maskPatched(raw.item, patch),
  });
}

/** The fields that a correction changes, each with no more of its values than the first sign. */
function maskPatched(item: unknown, patch: unknown): Pick<AuditEntry, 'before' | 'after'> {
  if (!isObject(item) || !isObject(patch)) return {};
  const names = Object.keys(patch);
  const pick = (from: Record<string, unknown>) =>
    Object.fromEntries(names.map((name) => [name, mask(getOwn(from, name) ?? null, true)]));
  return { before: pick(item), after: pick(patch) };
}
