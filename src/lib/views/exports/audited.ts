import { currentActor } from '../../identity/audit/context.ts';
import { toAuditFilter } from '../../identity/audit/filter.ts';
import { noteChange } from '../../identity/audit/record.ts';
import { withoutCancellation } from '../../platform/db/cancel.ts';
import type { CellValue, ExportList, ExportRequest } from './list.ts';

/**
 * The list with an event in the audit log for each export: which rows by which filter, how many,
 * and whether all of them. It is recorded when the last row was handed over, and also when the
 * export broke off or the client left, because what left until then is gone.
 */
export function auditExport(
  list: ExportList,
  format: 'csv' | 'xlsx',
  tenantId: string | null,
): ExportList {
  // The context of the request is over when a client that leaves ends the rows.
  const actor = currentActor();
  const note = ({ params }: ExportRequest, rows: number, complete: boolean) =>
    withoutCancellation(() =>
      noteChange(tenantId, {
        action: 'export.downloaded',
        target: { type: 'list', label: list.title },
        after: { format, rows, filter: toAuditFilter(params), ...(!complete && { complete }) },
        actor,
      }),
    );
  return {
    ...list,
    async *batches(request): AsyncGenerator<CellValue[][]> {
      let rows = 0;
      let isComplete = false;
      try {
        for await (const batch of list.batches(request)) {
          rows += batch.length;
          yield batch;
        }
        isComplete = true;
      } finally {
        if (isComplete || rows > 0) await note(request, rows, isComplete);
      }
    },
  };
}
