import { beforeAll, expect, it } from 'vitest';
import { defaultMapping } from '#lib/connectors/dynamics-365/destination/default-mapping.ts';
import type { FieldMapping } from '#lib/connectors/contract/destination.ts';
import { saveMapping } from '#lib/mappings/store.ts';
import { getTenant } from '#lib/identity/tenancy/tenants.ts';
import { getConflictsView } from '#lib/views/push-conflicts.ts';
import { change, db, leadRow, open, ourChange, pushed, readBack, stage } from './pull-stage.ts';
import { eventsOf, push, pushOf, truth } from './stage.ts';

/** Steps for some rows of the default. */
const own: Record<string, FieldMapping['steps']> = {
  telephone1: [{ fn: 'affix', args: { before: 'tel ' } }],
  companyname: [{ fn: 'case', args: { to: 'upper' } }],
  emailaddress1: [{ fn: 'regex-replace', args: { pattern: '@.*', with: '' } }, { fn: 'email' }],
};

beforeAll(async () => {
  const rows = defaultMapping.map((row) =>
    row.role === 'lead' ? { ...row, steps: own[row.target] ?? row.steps } : row,
  );
  await saveMapping(stage.tenantId, stage.connectionId, rows, 0, null);
});

it('runs the steps on the way out, and leaves out what one of them refuses', async () => {
  const { leadId, remoteId } = await pushed({ phone: '+1 555 0100', company: 'Contoso' });
  const [row] = truth(stage, 'lead').filter(({ leadid }) => leadid === remoteId);
  expect(row).toMatchObject({ telephone1: 'tel +1 555 0100', companyname: 'CONTOSO' });
  expect(row?.['emailaddress1'] ?? null).toBeNull();
  const words = (await eventsOf(stage, leadId)).map(({ message }) => message ?? '').join('\n');
  expect(words).toContain('"emailaddress1" is left out. Step 2 (email): The value');
});

it('brings back what the steps can undo, and says what stays there', async () => {
  const { leadId, remoteId } = await pushed({ phone: '+1 555 0100', company: 'Contoso' });
  change(remoteId, { telephone1: 'tel +1 555 0199', companyname: 'Fabrikam' });
  await readBack();
  expect(await leadRow(leadId)).toMatchObject({ phone: '+1 555 0199', company: 'Contoso' });
  expect(await open(leadId)).toEqual([]);
  const events = await eventsOf(stage, leadId);
  expect(events.find(({ step }) => step === 'pulled')?.message).toMatch(
    /^Values taken over from the CRM: .*\. Values that stay in the CRM: .*\.$/,
  );
  await push(stage, [leadId]);
  await readBack();
  const [row] = truth(stage, 'lead').filter(({ leadid }) => leadid === remoteId);
  expect(row).toMatchObject({ telephone1: 'tel +1 555 0199', companyname: 'Fabrikam' });
  expect(await leadRow(leadId)).toMatchObject({ phone: '+1 555 0199', company: 'Contoso' });
  expect(await pushOf(stage, leadId)).toMatchObject({ state: 'synced' });
  expect(await db.query('select field from lead_overrides where lead_id = $1', [leadId])).toEqual([
    { field: 'phone' },
  ]);
});

it('tells beside a conflict that their value would stay there', async () => {
  const { leadId, remoteId } = await pushed({ phone: '+1 555 0100', company: 'Contoso' });
  await ourChange(leadId, 'Northwind');
  await db.query(`update leads set phone = '+1 555 0111' where id = $1`, [leadId]);
  change(remoteId, { telephone1: 'tel +1 555 0199', companyname: 'Fabrikam' });
  await readBack();
  const { groups } = await getConflictsView(
    { tenant: await getTenant(stage.tenantId) },
    new URLSearchParams(),
  );
  const items = groups.find((group) => group.leadId === leadId)?.items ?? [];
  expect(Object.fromEntries(items.map(({ label, oneWay }) => [label, oneWay]))).toEqual({
    Company: 'What it leaves out cannot come back.',
    Telephone: null,
  });
});
