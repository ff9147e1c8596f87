import { expect } from 'vitest';
import { OUR_KEY } from '#lib/connectors/salesforce/our-key.ts';
import { orgSpec } from '../../connectors/salesforce/harness.ts';
import { salesforceStage } from '../../connectors/salesforce/push-stage.ts';
import type { Crm } from './crm.ts';

const salesforce: Crm = {
  provider: 'salesforce',
  accounts: { salesforce: [orgSpec({ quota: 1_000_000 })] },
  creation: 'POST services/data/:version/sobjects/:object',
  stage: salesforceStage,
  expectOnce({ sandbox, account }, ids) {
    const there = sandbox.salesforce.truth(account, 'Lead')['Lead'] ?? [];
    expect(there.map((row) => row[OUR_KEY]).toSorted()).toEqual([...ids].toSorted());
    for (const row of there) expect(row['Tributary_Segment__c']).toBe('Migration');
    return { 'leads there': there.length };
  },
};
export default salesforce;
