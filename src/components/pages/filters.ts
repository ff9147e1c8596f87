/** What the lists without a period or many filters take from the URL. Unknown or broken values count as absent. */

/** Notes per step of "Load more", and the most that one page shows. */
export const notesStep = 50;
const notesAtMost = 500;

/** A parameter's text; undefined when it is absent or blank. */
function text(params: URLSearchParams, name: string): string | undefined {
  return params.get(name)?.trim() || undefined;
}

export function pipelineFilter(params: URLSearchParams): { stage?: string; cursor?: string } {
  return { stage: text(params, 'stage'), cursor: text(params, 'cursor') };
}

export function hotListFilter(params: URLSearchParams): { stage?: string; market?: string; cursor?: string } {
  return { stage: text(params, 'stage'), market: text(params, 'market'), cursor: text(params, 'cursor') };
}

/** `limit` grows with each "Load more", so that the address shows the same notes to everyone. */
export function notesQuery(params: URLSearchParams): { limit: number; offset: number; search: string } {
  const limit = Number.parseInt(params.get('limit') ?? '', 10);
  return {
    limit: Number.isSafeInteger(limit) ? Math.min(Math.max(limit, notesStep), notesAtMost) : notesStep,
    offset: 0,
    search: text(params, 'search') ?? '',
  };
}
