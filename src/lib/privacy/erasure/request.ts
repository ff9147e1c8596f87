import { currentActor } from '../../identity/audit/context.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { ensureErasureKey } from '../../connections/keys/erasure-key.ts';
import {
  digestMark,
  toItemForm,
  toParentForm,
  type MarkKind,
} from '../../ingest/suppression/suppression.ts';
import { enqueue } from '../../jobs/queue.ts';
import { Problem } from '../../platform/errors.ts';
import { newId } from '../../platform/id.ts';
import { erasureMarks, erasures } from '../../schema/erasures.ts';
import { findPerson, type FoundPerson, type PersonQuery } from './find.ts';

/**
 * Puts a person on the erasure list of a workspace, so that nothing of them is stored from now on,
 * and queues the removal of what is there unless `runsHere`. Returns the id of the erasure. Throws
 * what `findPerson` throws, and `not_found` when nothing is known of the person and there is no
 * address or number to keep out.
 */
export async function requestErasure(
  tenantId: string,
  query: PersonQuery,
  { runsHere = false }: { runsHere?: boolean } = {},
): Promise<string> {
  const person = await findPerson(tenantId, query);
  const erasureId = newId();
  await withTenant(tenantId, async (tx) => {
    const key = await ensureErasureKey(tx, tenantId);
    await tx.insert(erasures).values({
      tenantId,
      id: erasureId,
      soughtBy: person.soughtBy,
      ...toRequester(),
      found: person.counts,
    });
    const marks = listMarks(person).map(({ kind, form, words = 0 }) => ({
      tenantId,
      erasureId,
      digest: digestMark(key, kind, form),
      words,
    }));
    await tx.insert(erasureMarks).values(marks).onConflictDoNothing();
    await recordAudit(tx, {
      tenantId,
      action: 'person.erased',
      target: { type: 'erasure', id: erasureId },
      after: { soughtBy: person.soughtBy, found: person.counts },
    });
    if (!runsHere)
      await enqueue('erase-person', { tenantId, erasureId }, { key: erasureId, tx, priority: 1 });
  });
  return erasureId;
}

function toRequester(): { requestedBy: string | null; requestedByName: string } {
  const { id, label, kind } = currentActor();
  return { requestedBy: id, requestedByName: label ?? kind };
}

interface Mark {
  kind: MarkKind;
  form: string;
  words?: number;
}

function listMarks({ records, identifiers }: FoundPerson): Mark[] {
  const marks: Mark[] = [
    ...identifiers.emails.map((form): Mark => ({ kind: 'email', form })),
    ...identifiers.phones.map((form): Mark => ({ kind: 'phone', form })),
    ...identifiers.names.flatMap(toNameMarks),
    ...records.flatMap(({ connectionId, stream, externalId }): Mark[] => [
      { kind: 'item', form: toItemForm(connectionId, stream, externalId) },
      { kind: 'parent', form: toParentForm(connectionId, externalId) },
    ]),
  ];
  if (marks.length === 0)
    throw new Problem('not_found', 'There is nothing by which this person could be recognized.');
  return marks;
}

/** The name as it is, and with its last word first, as lists have it. */
function toNameMarks(form: string): Mark[] {
  const words = form.split(' ');
  const turned = [words.at(-1) ?? '', ...words.slice(0, -1)].join(' ');
  return [form, turned].map((each) => ({ kind: 'name', form: each, words: words.length }));
}
