import { isDeepStrictEqual } from 'node:util';
import { and, eq, sql } from 'drizzle-orm';
import { fieldProblem } from '../../identity/auth/input.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { formatMasked, MaskedValueError, parseEdited } from '../../platform/mask.ts';
import { applyPatch, createPatch } from '../../platform/merge-patch.ts';
import { recordErrors } from '../../schema/sync.ts';
import { hashItem, readItemId } from '../item.ts';
import { translateItem } from '../translate.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Actor } from '../../identity/actor.ts';
import { lockOpenRejection, requireOpenRejection } from './locks.ts';
import { rawItemUnavailable, readRawItems, type RawItem, type RecordError } from './raw.ts';
import { storeAccepted } from './retry.ts';
import { withLockedStream, openStoredStream, type StoredStream } from './stream.ts';

/** What a person needs to correct a record. */
export interface RecordForEditing {
  error: RecordError;
  /** Name of the stream for people. */
  label: string;
  /** The masked item as JSON; null when it is too long to be edited, or not kept any more. */
  text: string | null;
  /**
   * Digest of the item: the form sends it back, so that nobody corrects what they have not seen.
   */
  digest: string;
}

/** A longer item is no matter for a form. In characters of JSON. */
const maxTextLength = 200_000;

export async function readRecordForEditing(actor: Actor, id: string): Promise<RecordForEditing> {
  const { tenantId } = actor;
  const { timeZone } = await getTenant(tenantId);
  const error = await requireOpenRejection(actor, id);
  return readTenant(tenantId, async (tx) => {
    const stream = await openStoredStream(
      tx,
      { tenantId, connectionId: error.connectionId, stream: error.stream },
      timeZone,
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
 * Stores the record as a person corrected it, and the correction, for as long as the source sends
 * that very item.
 */
export async function correctRecord(actor: Actor, id: string, edit: Edit): Promise<void> {
  const { connectionId, stream } = await requireOpenRejection(actor, id);
  await withLockedStream({ tenantId: actor.tenantId, connectionId, stream }, async (tx, open) => {
    const [raw] = await readRawItems(tx, open, [await lockOpenRejection(tx, actor, id)]);
    if (raw === undefined) throw rawItemUnavailable();
    if (hashItem(raw.item) !== edit.digest)
      throw new Problem(
        'conflict',
        'The source has sent this record anew since you opened it. Look at it again: your text was made for the old one.',
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

/** An id may be added where there is none; another one would make another record. */
function assertSameRecord({ definition }: StoredStream, before: unknown, after: unknown): void {
  const id = readItemId(definition, before);
  if (id !== undefined && readItemId(definition, after) !== id)
    throw fieldProblem(
      'bad_request',
      'item',
      'The id of a record cannot be changed. Put it back as it was.',
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
  // Where the mapping takes the item as it is by now, there is nothing to remember.
  const decision = isDeepStrictEqual(patch, {})
    ? { correction: null, resolution: 'accepted' as const }
    : { correction: patch, resolution: 'corrected' as const };
  await tx
    .update(recordErrors)
    .set({ ...decision, itemDigest: digest, resolvedAt: sql`now()`, resolvedBy: actor.userId })
    .where(and(eq(recordErrors.tenantId, tenantId), eq(recordErrors.id, id)));
}
