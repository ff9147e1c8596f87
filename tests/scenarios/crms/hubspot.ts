import { expect } from 'vitest';
import { OUR_KEY } from '#lib/connectors/hubspot/our-key.ts';
import { hubSpotStage, pushedPortal } from '../../connectors/hubspot/push-stage.ts';
import type { Crm } from './crm.ts';

const hubspot: Crm = {
  provider: 'hubspot',
  // Searches find nothing of what was just made.
  accounts: { portals: [pushedPortal({ searchDelayMs: 86_400_000 })] },
  creation: 'POST crm/v3/objects/:type/batch/upsert',
  stage: hubSpotStage,
  expectOnce({ sandbox, account }, ids) {
    const there = (sandbox.hubspot.truth(account, 'contacts')['contacts'] ?? []).map(
      ({ properties }) => properties as Record<string, string | null>,
    );
    expect(there.map((row) => row[OUR_KEY]).toSorted()).toEqual([...ids].toSorted());
    for (const row of there) expect(row['tributary_segment']).toBe('Migration');
    return { 'leads there': there.length };
  },
};
export default hubspot;
