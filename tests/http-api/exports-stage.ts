/*
 * A web process whose exports are read as CSV and XLSX.
 */
import { parse } from 'csv-parse/sync';
import { useDatabase } from '../helpers/database.ts';
import { useApi } from './fixtures.ts';

export const db = useDatabase();
export const api = useApi(db.url);

type Line = Record<string, string>;
export const csv = async (path: string): Promise<Line[]> =>
  parse(await api.viewer.text(`/w/north/${path}`), { columns: true }) as Line[];
export const truth = (select: string) =>
  db.query<Record<string, string | null>>(select, [api.north.tenant.id]);
export const live = 'from leads where tenant_id = $1 and deleted_at is null';
export const local = (column: string) =>
  `to_char(${column} at time zone 'America/Denver', 'YYYY-MM-DD"T"HH24:MI:SS')`;
