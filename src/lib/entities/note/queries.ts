import { and, desc, eq, ilike, isNull, or, sql } from 'drizzle-orm';
import { toLikePattern } from '../../platform/db/like.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { leads } from '../../schema/leads.ts';
import { keysetPage, keysetQuery, type SortOrder } from '../../platform/db/keyset.ts';
import { noteFields } from '../../records/note.ts';
import { newestNote, notes } from '../../schema/notes.ts';
import { selectShown } from '../select-fields.ts';

const order: SortOrder = { expression: newestNote, type: 'timestamptz', direction: 'desc' };
const newestFirst = [desc(order.expression), desc(notes.id)];

export interface NoteQuery {
  limit: number;
  offset: number;
  search: string;
}

/** Notes, newest first, with the contact's name if the contact is a lead of the tenant. */
export async function listNotes(tx: Tx, tenantId: string, { limit, offset, search }: NoteQuery) {
  return tx
    .select(columns(tx, tenantId))
    .from(notes)
    .where(condition(tenantId, search))
    .orderBy(...newestFirst)
    .limit(limit)
    .offset(offset);
}

/** One page of `listNotes` from a keyset cursor, for callers that read them all. */
export async function notePage(
  tx: Tx,
  tenantId: string,
  search: string,
  cursor: string | undefined,
  pageSize: number,
) {
  const keyset = keysetQuery(order, sql`id`, cursor, pageSize);
  const rows = await tx
    .select({ ...columns(tx, tenantId), sortValue: keyset.sortValue })
    .from(notes)
    .where(and(condition(tenantId, search), keyset.where))
    .orderBy(keyset.orderBy)
    .limit(keyset.limit);
  return keysetPage(order, rows, cursor, pageSize);
}

function columns(tx: Tx, tenantId: string) {
  const contact = tx
    .select({ name: leads.name })
    .from(leads)
    .where(
      and(
        eq(leads.tenantId, tenantId),
        eq(leads.connectionId, notes.connectionId),
        eq(leads.externalId, notes.contactId),
      ),
    )
    .limit(1);
  return {
    id: notes.id,
    ...selectShown(notes, noteFields, 'list'),
    contactName: sql<string | null>`(${contact})`,
  };
}

export async function countNotes(tx: Tx, tenantId: string, search: string): Promise<number> {
  const [row] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(notes)
    .where(condition(tenantId, search));
  return row?.count ?? 0;
}

/** The number of live notes about a contact of a connection. */
export async function countNotesAbout(
  tx: Tx,
  tenantId: string,
  { connectionId, contactId }: { connectionId: string; contactId: string },
): Promise<number> {
  const about = and(
    eq(notes.tenantId, tenantId),
    eq(notes.contactId, contactId),
    eq(notes.connectionId, connectionId),
    isNull(notes.deletedAt),
  );
  const [row] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(notes)
    .where(about);
  return row?.count ?? 0;
}

function condition(tenantId: string, search: string) {
  const pattern = toLikePattern(search);
  const found =
    search === '' ? undefined : or(ilike(notes.content, pattern), ilike(notes.author, pattern));
  return and(eq(notes.tenantId, tenantId), isNull(notes.deletedAt), found);
}
