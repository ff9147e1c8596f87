import { readAllAudit } from '../../identity/audit/scope.ts';
import { listTenants } from '../../identity/tenancy/tenants.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { config } from '../../platform/config.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import type { Slice } from '../types.ts';
import { pageSize, type Workspace } from '../workspace.ts';
import { noWorkspace, type AuditFilter } from './filter.ts';
import { countAudit, readAuditPage, type AuditRow, type AuditScope } from './queries.ts';

export interface AuditView {
  events: Slice<AuditRow>;
  timeZone: string;
  /** For how many days events are kept. */
  retentionDays: number;
}

/** The events of a workspace that a filter selects, from its cursor on. */
export function getAuditView(
  { tenant }: Workspace,
  filter: AuditFilter,
  size = pageSize,
): Promise<AuditView> {
  const scope = { tenantId: tenant.id, timeZone: tenant.timeZone };
  return readTenant(tenant.id, (tx) => readView(tx, scope, filter, size));
}

export interface InstallationAuditView extends AuditView {
  workspaces: { slug: string; name: string }[];
}

/**
 * As `getAuditView`, of all workspaces and of none, in UTC: only for staff of the whole
 * installation. Throws Problem `bad_request` for a filter by an unknown workspace.
 */
export async function getInstallationAuditView(
  filter: AuditFilter,
): Promise<InstallationAuditView> {
  const [scope, tenants] = await Promise.all([findScope(filter), listTenants()]);
  const view = await readAllAudit((tx) => readView(tx, scope, filter, pageSize));
  return { ...view, workspaces: tenants.map(({ slug, name }) => ({ slug, name })) };
}

/** Whose events a filter of the whole installation asks for. */
export async function findScope({ workspace }: AuditFilter): Promise<AuditScope> {
  const timeZone = 'UTC';
  if (workspace === undefined) return { tenantId: undefined, timeZone };
  if (workspace === noWorkspace) return { tenantId: null, timeZone };
  const tenant = (await listTenants()).find(({ slug }) => slug === workspace);
  if (tenant === undefined)
    throw new Problem(
      'bad_request',
      `There is no workspace "${workspace}". Choose one from the list.`,
    );
  return { tenantId: tenant.id, timeZone };
}

async function readView(
  tx: Tx,
  scope: AuditScope,
  filter: AuditFilter,
  size: number,
): Promise<AuditView> {
  const page = await readAuditPage(tx, scope, filter, filter.cursor, size);
  const counted = await countAudit(tx, scope, filter);
  return {
    events: { ...page, ...counted },
    timeZone: scope.timeZone,
    retentionDays: config().AUDIT_RETENTION_DAYS,
  };
}
