import { and, desc, eq, ilike, isNull, or, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { leads } from '../lead/schema.ts';
import { notes } from './schema.ts';

const newestFirst = [desc(sql`coalesce(note_date, '-infinity'::timestamptz)`), desc(notes.id)];

export interface NoteQuery {
  limit: number;
  offset: number;
  search: string;
}

/** Notes, newest first, with the name of the contact when it is one of the tenant's leads. */
export async function listNotes(tx: Tx, tenantId: string, { limit, offset, search }: NoteQuery) {
  const contact = tx
    .select({ name: leads.name })
    .from(leads)
    .where(and(eq(leads.tenantId, tenantId), eq(leads.connectionId, notes.connectionId), eq(leads.externalId, notes.contactId)))
    .limit(1);
  return tx
    .select({ id: notes.id, noteDate: notes.noteDate, author: notes.author, content: notes.content, contactName: sql<string | null>`(${contact})` })
    .from(notes)
    .where(condition(tenantId, search))
    .orderBy(...newestFirst)
    .limit(limit)
    .offset(offset);
}

export async function countNotes(tx: Tx, tenantId: string, search: string): Promise<number> {
  const [row] = await tx.select({ count: sql<number>`count(*)::int` }).from(notes).where(condition(tenantId, search));
  return row?.count ?? 0;
}

function condition(tenantId: string, search: string) {
  const pattern = `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`;
  const found = search === '' ? undefined : or(ilike(notes.content, pattern), ilike(notes.author, pattern));
  return and(eq(notes.tenantId, tenantId), isNull(notes.deletedAt), found);
}
