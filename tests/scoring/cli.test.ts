import { afterAll, beforeAll, expect, it } from 'vitest';
import { rescoreDomains } from '#lib/scoring/apply.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess } from '../helpers/processes.ts';
import { evidence } from './evidence.ts';
import { createStage, store, type Stage } from './stage.ts';

allowForLoad();
const db = useDatabase();
let stage: Stage;

beforeAll(async () => {
  stage = await createStage('north');
  await store(stage, 'lead', [{ externalId: '1', email: 'a@acme.com', company: 'Acme' }]);
  await db.query(
    `update company_domains set evidence = $2, scanned_at = now() where tenant_id = $1`,
    [
      stage.tenant.id,
      evidence({ domain: 'acme.com', dkim: { verdict: 'unknown', selectors: [] } }),
    ],
  );
  await withTenant(stage.tenant.id, (tx) => rescoreDomains(tx, stage.tenant.id, ['acme.com']));
});
afterAll(closeQueue);

async function tributary(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { exited, output } = startProcess('cli/index.ts', db.url, { LOG_LEVEL: 'error' }, args);
  const { code } = await exited;
  return { code, output: output() };
}

it('the command line switches the engine on, rescans a company, explains its score', async () => {
  const on = await tributary(
    'tenant',
    'update',
    '--tenant',
    'north',
    '--enable',
    'lead-engine',
    '--json',
  );
  expect(JSON.parse(on.output)).toMatchObject({ slug: 'north', features: ['lead-engine'] });
  await db.query(`update company_domains set scan_due_at = now() + interval '1 day'`);
  const [rescanned, explained, unknown] = await Promise.all([
    tributary('domain', 'rescan', '--tenant', 'north', '--domain', 'https://www.acme.com/'),
    tributary('score', 'explain', '--tenant', 'north', '--domain', 'acme.com'),
    tributary('tenant', 'update', '--tenant', 'north', '--enable', 'everything'),
  ]);
  expect(rescanned).toMatchObject({
    code: 0,
    output: 'acme.com will be scanned as soon as a worker is free.',
  });
  expect(await db.query(`select scan_due_at <= now() as due from company_domains`)).toEqual([
    { due: true },
  ]);
  expect(explained.code).toBe(0);
  expect(explained.output).toContain('acme.com (Acme) scores 100, using version 0 of the weights.');
  expect(explained.output).toMatch(
    /DKIM +0 of 0 +unknown +No key was found under common selectors/,
  );
  expect(unknown).toMatchObject({
    code: 2,
    output: 'Unknown feature "everything". Known features: lead-engine, crm-push.',
  });
});
