import { and, desc, eq, isNull, ne } from 'drizzle-orm';
import { leads, leadSort } from '../schema/leads.ts';
import type { Tx } from '../platform/db/pool.ts';
import type { CompiledRow } from './compile-rows.ts';
import { findExpectedFields, findMissingFields, buildPlan } from './plan.ts';
import { readLeadValues } from './lead-values.ts';
import { findTargetField, nameObject } from './target-fields.ts';
import {
  objectRoles,
  type FieldValue,
  type ObjectRole,
  type TargetMetadata,
} from '../connectors/contract/destination.ts';

/** One field as it would be sent. */
interface PreviewField {
  /** What people call its object in the CRM, such as "account". */
  object: string;
  label: string;
  /** Options by their label; null when the field would be sent empty. */
  value: string | null;
  /** Length of our text in characters when the field is too short for it, otherwise null. */
  clippedFrom: number | null;
}

/** What a push of one lead would send. */
export interface PreviewLead {
  leadId: string;
  name: string;
  fields: PreviewField[];
  /** Labels of fields that the CRM requires and that this lead leaves empty. */
  missing: string[];
  /** Labels of fields that the CRM asks people for and that this lead leaves empty. */
  expected: string[];
  /** Sentences: what cannot be sent, and why. */
  problems: string[];
}

/** A preview shows this many leads: enough to see different ones, few enough to read. */
const maxLeads = 5;

/** One of the newest leads that a mapping can be tried on, with the values of our fields. */
export interface SampleLead {
  id: string;
  name: string;
  values: Record<string, FieldValue>;
}

/** The newest leads by their date of creation that could be pushed over a connection. */
export async function readSampleLeads(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<SampleLead[]> {
  const rows = await selectNewestLeads(tx, tenantId, connectionId);
  const values = await readLeadValues(
    tx,
    tenantId,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({ ...row, values: values.get(row.id)?.values ?? {} }));
}

/**
 * Shows what a mapping would send for some leads, from stored data alone: no request is made and
 * nothing is written.
 */
export const previewMapping = (
  samples: readonly SampleLead[],
  rows: readonly CompiledRow[],
  metadata: TargetMetadata,
): PreviewLead[] =>
  samples.map(({ id, name, values }) => buildPreview(id, name, rows, values, metadata));

/** Leads that could be pushed over the connection: none that came from it. */
function selectNewestLeads(tx: Tx, tenantId: string, connectionId: string) {
  const ours = and(
    eq(leads.tenantId, tenantId),
    isNull(leads.deletedAt),
    isNull(leads.mirrorOf),
    ne(leads.connectionId, connectionId),
  );
  return tx
    .select({ id: leads.id, name: leads.name })
    .from(leads)
    .where(ours)
    .orderBy(desc(leadSort.created), desc(leads.id))
    .limit(maxLeads);
}

/** The preview of one lead whose values are already known. Pure. */
export function buildPreview(
  leadId: string,
  name: string,
  rows: readonly CompiledRow[],
  values: Record<string, FieldValue>,
  metadata: TargetMetadata,
): PreviewLead {
  const plan = buildPlan(rows, values, metadata);
  const records = objectRoles.flatMap((role) =>
    plan.records[role] === undefined ? [] : [{ role, planned: plan.records[role] }],
  );
  return {
    leadId,
    name,
    problems: plan.problems,
    missing: records.flatMap(({ role, planned }) =>
      findMissingFields(metadata, role, planned.values).map(
        ({ label }) => `${label} (${nameObject(metadata, role)})`,
      ),
    ),
    expected: records.flatMap(({ role, planned }) =>
      findExpectedFields(metadata, role, planned.values).map(
        ({ label }) => `${label} (${nameObject(metadata, role)})`,
      ),
    ),
    fields: records.flatMap(({ role, planned }) =>
      Object.entries(planned.values).map(([target, value]) =>
        toPreviewField(role, target, value, rows, values, metadata),
      ),
    ),
  };
}

function toPreviewField(
  role: ObjectRole,
  target: string,
  value: FieldValue,
  rows: readonly CompiledRow[],
  values: Record<string, FieldValue>,
  metadata: TargetMetadata,
): PreviewField {
  const field = findTargetField(metadata, role, target);
  const ours = rows.find(({ row }) => row.role === role && row.target === target)?.fill(values);
  const label = field?.options?.find((option) => option.value === value)?.label;
  const isClipped =
    typeof value === 'string' &&
    typeof ours === 'string' &&
    typeof field?.maxLength === 'number' &&
    ours.trim().length > field.maxLength;
  return {
    object: nameObject(metadata, role),
    label: field?.label ?? target,
    value: value === null ? null : (label ?? String(value)),
    clippedFrom: isClipped ? ours.trim().length : null,
  };
}
