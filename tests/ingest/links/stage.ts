/*
 * Workspaces whose leads come from one system and are pushed to another that is read as well.
 */
import type { Sandbox } from '../../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { setFeature } from '#lib/identity/features.ts';
import type { TestDatabase } from '../../helpers/database.ts';
import { client, opportunity } from '../../helpers/rows.ts';
import { syncAndPull } from '../../helpers/sync.ts';
import { createWorkspace, type Workspace } from '../../helpers/workspace.ts';
import { org, type PushStage } from '../../outbound/stage.ts';

/** Two people with a deal each; the second deal is worth 20,000. */
export const sourceRows = {
  clients: [
    client(1, { firstName: 'Pat', lastName: 'Ellery', compName: 'Ellery Ventures' }),
    client(2, { firstName: 'Sam', lastName: 'Okafor', compName: 'Okafor Group' }),
  ],
  opportunities: [
    opportunity(11, { firstName: 'Pat', lastName: 'Ellery', compName: 'Ellery Ventures' }),
    opportunity(12, {
      firstName: 'Sam',
      lastName: 'Okafor',
      compName: 'Okafor Group',
      deal_size: '20000',
    }),
  ],
};

/** A push stage whose source is an account of the sandbox. */
export interface LinkStage extends PushStage {
  workspace: Workspace;
}

let number = 0;

export async function createLinkStage(
  db: TestDatabase,
  sandbox: Sandbox,
  account: string,
): Promise<LinkStage> {
  number += 1;
  const workspace = await createWorkspace(sandbox, account, `links-${number}`);
  const { tenant, connection } = workspace;
  await setFeature(tenant.id, 'crm-push', true, null);
  const { baseUrl, loginUrl } = sandbox.dynamics365;
  const { id: connectionId } = await createConnection({
    tenantId: tenant.id,
    provider: 'dynamics-365',
    settings: { baseUrl, loginUrl, tenantId: org.tenant, clientId: org.clientId },
    secrets: { clientSecret: org.clientSecret },
  });
  return {
    db,
    sandbox,
    tenantId: tenant.id,
    slug: tenant.slug,
    connectionId,
    sourceId: connection.id,
    account: org.name,
    workspace,
  };
}

export const readSource = ({ tenantId, sourceId }: LinkStage) =>
  syncAndPull({ tenantId, connectionId: sourceId });
export const readCrm = ({ tenantId, connectionId }: LinkStage) =>
  syncAndPull({ tenantId, connectionId });

/** Gives the leads of the stage a score that is worth a deal, and returns their ids by name. */
export async function scoreLeads(stage: LinkStage): Promise<Map<string, string>> {
  const rows = await stage.db.query<{ id: string; name: string }>(
    `update leads set score = 88, sort_score = 88, segment = 'Migration', priority = 1
     where tenant_id = $1 and connection_id = $2 returning id, name`,
    [stage.tenantId, stage.sourceId],
  );
  return new Map(rows.map(({ id, name }) => [name, id]));
}

/** The live opportunities, and which one stands for each. */
export const dealsOf = ({ db, tenantId }: LinkStage) =>
  db.query<{ id: string; name: string; externalId: string; ours: boolean; standsFor: string }>(
    `select o.id, o.name, o.external_id as "externalId", c.provider = 'clienttether' as ours,
       coalesce(standing.external_id, o.external_id) as "standsFor"
     from opportunities o
     join connections c on c.tenant_id = o.tenant_id and c.id = o.connection_id
     left join opportunities standing on standing.tenant_id = o.tenant_id
       and standing.id = o.mirror_of and standing.deleted_at is null
     where o.tenant_id = $1 and o.deleted_at is null
     order by ours desc, o.external_id`,
    [tenantId],
  );

/** What the pipeline counts. */
export async function countPipeline({ db, tenantId }: LinkStage) {
  const [row] = await db.query<{ count: number; value: number; hot: number }>(
    `select coalesce(sum(count), 0)::int as count, coalesce(sum(value), 0)::float8 as value,
       coalesce(sum(hot), 0)::int as hot
     from pipeline_stage_months where tenant_id = $1`,
    [tenantId],
  );
  return row;
}
