import type { Lookups } from './account.ts';
import type { Row } from './rows.ts';

/** Ids are the position in the list, so that they stay when a list grows at its end. */
const FIRST_ID = { sales_cycle: 101, lead_source: 201, action_plan: 301, user: 11 };

export function salesCycleRows({ salesCycles }: Lookups): Row[] {
  return salesCycles.map((name, i) => ({
    sales_cycle_id: String(FIRST_ID.sales_cycle + i),
    sales_cycle_name: name,
    sales_cycle_active_status: '1',
  }));
}

export function leadSourceRows({ leadSources }: Lookups): Row[] {
  return leadSources.map((name, i) => ({
    lead_source_id: String(FIRST_ID.lead_source + i),
    lead_source_name: name,
  }));
}

export function actionPlanRows({ actionPlans }: Lookups): Row[] {
  return actionPlans.map((name, i) => ({
    action_plan_id: String(FIRST_ID.action_plan + i),
    action_plan_name: name,
  }));
}

export function userRows({ users }: Lookups): Row[] {
  return users.map((user, i) => ({ user_id: String(FIRST_ID.user + i), ...user }));
}

/** What is written as an id is read back as a name. */
export const WRITTEN_AS_ID: Record<
  string,
  { readAs: string; names: (lookups: Lookups) => string[]; firstId: number }
> = {
  sales_cycle_id: {
    readAs: 'clients_sales_cycle',
    names: (l) => l.salesCycles,
    firstId: FIRST_ID.sales_cycle,
  },
  lead_source_id: {
    readAs: 'clients_lead_source',
    names: (l) => l.leadSources,
    firstId: FIRST_ID.lead_source,
  },
  action_plan_id: {
    readAs: 'clients_action_plan',
    names: (l) => l.actionPlans,
    firstId: FIRST_ID.action_plan,
  },
};
