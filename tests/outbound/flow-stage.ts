/*
 * A workspace that pushes to one of three environments: a complete one, one without our solution
 * and a strict one.
 */
import { afterAll, beforeAll } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { defaultMapping } from '#lib/connectors/dynamics-365/destination/default-mapping.ts';
import { useDatabase } from '../helpers/database.ts';
import { addLeads, org, pushStage, truth, type PushStage } from './stage.ts';

export const db = useDatabase();
/** An environment without our solution, and one that finds duplicates by telephone. */
export const bare = {
  ...org,
  name: 'bare',
  clientId: 'bare-app',
  without: defaultMapping.map(({ target }) => target).filter((name) => name.startsWith('hnt_')),
  alternateKeys: false,
};
export const strict = {
  ...org,
  name: 'strict',
  clientId: 'strict-app',
  duplicateColumns: ['telephone1'],
  duplicateStatus: 500 as const,
};
/** An environment whose forms require more of people than a mapping fills. */
export const formal = {
  ...org,
  name: 'formal',
  clientId: 'formal-app',
  requires: { jobtitle: 'ApplicationRequired' as const },
};
export let sandbox: Sandbox;
export let stage: PushStage;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [org, bare, strict, formal],
    now: Date.UTC(2026, 10, 20),
  });
  stage = await pushStage(db, sandbox);
});
afterAll(() => sandbox.close(0));
export const leadOf = (on: PushStage, leadId: string | undefined) =>
  truth(on, 'lead').filter((row) => row['hnt_leadid'] === leadId);
export const by = (on: PushStage, kind: string, column: string, value: unknown) =>
  truth(on, kind).filter((row) => row[column] === value);
export const one = async (on: PushStage, given: Parameters<typeof addLeads>[1][number] = {}) =>
  (await addLeads(on, [given]))[0] ?? '';
