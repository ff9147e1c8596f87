import { z } from 'zod';
import { countNotes, listNotes } from '../entities/note/queries.ts';
import { countAll } from '../summaries/dated-counts/queries.ts';
import { isStorable } from '../records/text.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import type { NotesView } from './types.ts';
import type { Workspace } from './workspace.ts';

/** The number of notes of one load, and the maximum of one request. */
export const notesPerLoad = 50;
export const maxNotes = 500;

export interface NotesRequest {
  limit: number;
  offset: number;
  search: string;
}

const requestSchema = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .catch(notesPerLoad)
    .transform((limit) => Math.min(limit, maxNotes)),
  offset: z.coerce.number().int().min(0).max(10_000_000).catch(0),
  search: z.string().trim().max(200).refine(isStorable).catch(''),
});

/** Parses the request from the URL of the page. Invalid values count as absent. */
export function parseNotesRequest(params: URLSearchParams): NotesRequest {
  return requestSchema.parse(Object.fromEntries(params));
}

/** Reads one page of the notes, newest first, as of one moment. */
export function getNotesView({ tenant }: Workspace, request: NotesRequest): Promise<NotesView> {
  return readTenant(
    tenant.id,
    async (tx) => {
      const [notes, total] = await Promise.all([
        listNotes(tx, tenant.id, request),
        request.search === ''
          ? countAll(tx, tenant.id, 'note')
          : countNotes(tx, tenant.id, request.search),
      ]);
      return { ...request, notes, total };
    },
    { mayLag: true },
  );
}
