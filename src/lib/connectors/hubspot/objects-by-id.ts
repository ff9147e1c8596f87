import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import { parseList, parseRow, type Row } from './answers.ts';
import { paths, post, type Access } from './request.ts';

/** The property that names the objects which were merged into one. */
const MERGED = 'hs_merged_object_ids';

/** The most ids of one request. */
const MAX_IDS = 100;

export interface ReadObjects {
  rows: Row[];
  /** The last response; undefined without ids. */
  response: HttpResponse | undefined;
}

/**
 * Reads objects by id, from the data itself and not from the index that searches use. Those that
 * were archived in the meantime are missing. Throws RemoteError.
 */
export async function readObjectsById(
  access: Access,
  type: string,
  ids: readonly string[],
  properties: readonly string[],
): Promise<ReadObjects> {
  const rows: Row[] = [];
  let response: HttpResponse | undefined;
  for (let start = 0; start < ids.length; start += MAX_IDS) {
    const asked = ids.slice(start, start + MAX_IDS);
    response = await post(access, `${paths.objects}/${type}/batch/read`, {
      inputs: asked.map((id) => ({ id })),
      properties: [...new Set([...properties, MERGED])],
      propertiesWithHistory: [],
    });
    const found = parseList(response.body).results.flatMap((each) => parseRow(each) ?? []);
    rows.push(...selectAsked(found, asked));
  }
  return { rows, response };
}

/**
 * The rows that were asked for. One that was merged into another may come as that other row, which
 * a search finds by itself; anything else is the response to another request.
 */
function selectAsked(rows: readonly Row[], asked: readonly string[]): Row[] {
  const wanted = new Set(asked);
  const others = rows.filter(({ id }) => !wanted.has(id));
  if (others.some((row) => !readMergedIds(row).some((id) => wanted.has(id))))
    throw new RemoteError('malformed', 'HubSpot sent other records than those asked for.');
  const live = new Map(
    rows.filter(({ archived }) => archived !== true).map((row) => [row.id, row]),
  );
  return asked.flatMap((id) => live.get(id) ?? []);
}

/** The ids of the objects that were merged into a row. They are gone without being archived. */
export function readMergedIds({ id, properties }: Row): string[] {
  const text = properties?.[MERGED];
  const ids = typeof text === 'string' ? text.split(/[;,\s]+/) : [];
  return ids.filter((each) => each !== '' && each !== id);
}
