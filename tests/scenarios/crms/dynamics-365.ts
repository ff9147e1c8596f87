import { expect } from 'vitest';
import type { Figures } from '../../../scripts/deep/meta.ts';
import { org, pushStage, truth, type PushStage } from '../../outbound/stage.ts';
import type { Crm } from './crm.ts';

const dynamics365: Crm = {
  provider: 'dynamics-365',
  accounts: { orgs: [org] },
  creation: 'PATCH api/data/v9.2/leads(:key)',
  stage: (db, sandbox) => pushStage(db, sandbox),
  expectOnce,
};
export default dynamics365;

/**
 * Each lead was made once and is there once, and so is its opportunity; stage and value are ours.
 */
function expectOnce(stage: PushStage, ids: readonly string[]): Figures {
  const crm = stage.sandbox.dynamics365.org(stage.account);
  expect(Object.fromEntries(crm.createdBy('lead', 'hnt_leadid'))).toEqual(
    Object.fromEntries(ids.map((id) => [id, 1])),
  );
  const there = truth(stage, 'lead');
  expect(there.map((row) => row['hnt_leadid']).toSorted()).toEqual([...ids].toSorted());
  const opportunities = new Map(
    truth(stage, 'opportunity').map((row) => [row['_originatingleadid_value'], row]),
  );
  let compared = 0;
  for (const lead of there) {
    const score = Number(lead['hnt_finalscore']);
    const opportunity = opportunities.get(lead['leadid']);
    const expectedStage = score >= 85 ? 2 : score >= 70 ? 1 : score >= 55 ? 0 : undefined;
    expect(opportunity?.['salesstage'], String(lead['hnt_leadid'])).toBe(expectedStage);
    if (opportunity !== undefined)
      expect(opportunity['estimatedvalue']).toBe(lead['estimatedamount']);
    compared += opportunity === undefined ? 0 : 1;
  }
  expect(truth(stage, 'opportunity')).toHaveLength(compared);
  const accounts = truth(stage, 'account').map((row) => row['websiteurl']);
  expect(new Set(accounts).size).toBe(accounts.length);
  return {
    'leads there': there.length,
    'opportunities there': compared,
    'accounts there': accounts.length,
  };
}
