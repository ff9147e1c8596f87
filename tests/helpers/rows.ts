/** Rows of an account as the sandbox takes them, with what a test does not care about filled in. */
export function client(id: number, fields: Record<string, unknown> = {}) {
  return {
    client_id: String(id),
    firstName: 'Lead',
    lastName: String(id),
    email: `lead${id}@example.com`,
    clients_sales_cycle: 'Initial Call Complete',
    clients_lead_source: 'Website',
    created: '2026-03-01 10:00:00',
    last_modified_date: '2026-03-01 10:00:00',
    deal_size: '',
    ...fields,
  };
}

export function opportunity(id: number, fields: Record<string, unknown> = {}) {
  return {
    opportunity_id: String(id),
    firstName: 'Candidate',
    lastName: String(id),
    contact_sales_cycle: 'FDD Sent',
    contact_lead_source: 'Website',
    deal_size: '45000',
    market: 'Denver, CO',
    units: '2',
    created: '2026-03-01 10:00:00',
    last_modified_date: '2026-03-02 10:00:00',
    ...fields,
  };
}
