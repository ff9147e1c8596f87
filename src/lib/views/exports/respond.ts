import { toLocalDay } from '../../platform/local-day.ts';
import { getFreshnessView } from '../freshness.ts';
import { auditExport } from './audited.ts';
import { createCsvStream } from './csv.ts';
import type { ExportList, ExportRequest, ExportTenant } from './list.ts';
import { toIsoIn } from './local-time.ts';
import type { Drained } from './stream.ts';
import { createXlsxStream } from './xlsx/create.ts';

export const exportFormats = ['csv', 'xlsx'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const types: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/**
 * Creates the download of a list. The age of its data is in the first line of a workbook, and for
 * both formats in the header `x-data-as-of` (ISO 8601, or `never`): a line of prose would make the
 * CSV unreadable for programs.
 */
export async function createExportResponse(
  list: ExportList,
  format: ExportFormat,
  request: ExportRequest,
  drained: Drained,
): Promise<Response> {
  const { lastSyncAt } = await getFreshnessView(request, request.now);
  const audited = auditExport(list, format, request.tenant.id);
  const body =
    format === 'csv'
      ? await createCsvStream(audited, request, drained)
      : await createXlsxStream(audited, request, formatAbout(list, request, lastSyncAt), drained);
  return new Response(body, {
    headers: {
      'content-type': types[format],
      'content-disposition': formatDisposition(
        request.tenant,
        list,
        format,
        toLocalDay(request.tenant.timeZone, request.now),
      ),
      'x-data-as-of': lastSyncAt?.toISOString() ?? 'never',
    },
  });
}

function formatAbout(list: ExportList, request: ExportRequest, lastSyncAt: Date | null): string {
  const { name, timeZone } = request.tenant;
  const formatTime = (at: Date) => toIsoIn(timeZone, at).slice(0, 16).replace('T', ' ');
  const dataAge =
    lastSyncAt === null ? 'data not yet complete' : `data as of ${formatTime(lastSyncAt)}`;
  return [
    name,
    list.title,
    list.scope(request),
    `${dataAge}, exported ${formatTime(request.now)}`,
    `times in ${timeZone}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

/**
 * Returns a Content-Disposition header with an ASCII file name for old clients and the workspace's
 * own name in any script for the others (RFC 6266, RFC 5987).
 */
export function formatDisposition(
  { slug, name }: Pick<ExportTenant, 'slug' | 'name'>,
  list: Pick<ExportList, 'title'>,
  format: ExportFormat,
  day: string,
): string {
  const plain = `${slug}-${list.title.toLowerCase().replaceAll(' ', '-')}-${day}.${format}`;
  const full = `${name} ${list.title} ${day}.${format}`.replaceAll(/[\p{Cc}/\\:*?"<>|]/gu, '-');
  const encoded = encodeURIComponent(full.toWellFormed()).replaceAll(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
