import { and, desc, eq, isNull, ne } from 'drizzle-orm';
import { leads, leadSort } from '../schema/leads.ts';
import type { Tx } from '../platform/db/pool.ts';
import { findExpectedFields, findMissingFields, buildPlan } from './plan.ts';
import { readLeadValues } from './lead-values.ts';
import { findTargetField, nameObject } from './target-fields.ts';
import {
  objectRoles,
  type FieldMapping,
  type FieldValue,
  type ObjectRole,
  type TargetMetadata,
} from '../connectors/contract/destination.ts';
import { getOwn } from '../platform/own.ts';

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

/**
 * Shows what a mapping would send for the newest leads by their date of creation, from stored data
 * alone: no request is made and nothing is written.
 */
export async function previewMapping(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  fields: readonly FieldMapping[],
  metadata: TargetMetadata,
): Promise<PreviewLead[]> {
  const rows = await selectNewestLeads(tx, tenantId, connectionId);
  const values = await readLeadValues(
    tx,
    tenantId,
    rows.map(({ id }) => id),
  );
  return rows.map(({ id, name }) =>
    buildPreview(id, name, fields, values.get(id)?.values ?? {}, metadata),
  );
}

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
  fields: readonly FieldMapping[],
  values: Record<string, FieldValue>,
  metadata: TargetMetadata,
): PreviewLead {
  const plan = buildPlan(fields, values, metadata);
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
        toPreviewField(role, target, value, fields, values, metadata),
      ),
    ),
  };
}

function toPreviewField(
  role: ObjectRole,
  target: string,
  value: FieldValue,
  fields: readonly FieldMapping[],
  values: Record<string, FieldValue>,
  metadata: TargetMetadata,
): PreviewField {
  const field = findTargetField(metadata, role, target);
  const source = fields.find((row) => row.role === role && row.target === target)?.source ?? '';
  const ours = source.startsWith('=') ? source.slice(1) : getOwn(values, source);
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
