import { startSandbox } from '../../sandbox/index.ts';

/**
 * An organisation of Salesforce with BENCH_LEADS leads as a process of its own, so that its work is
 * not done by the process that is measured.
 */

const now = Date.UTC(2026, 10, 1);
const count = Number(process.env['BENCH_LEADS']);
const org = {
  name: 'org',
  label: 'Bench',
  clientId: 'bench_key',
  clientSecret: 'bench-secret-0123',
  seed: 'bench',
  leads: 0,
  countedOn: now,
};
const sandbox = await startSandbox({
  accounts: [],
  partners: [],
  orgs: [],
  salesforce: [org],
  now,
});
const batch = 10_000;
for (let from = 0; from < count; from += batch) {
  const changes = Array.from({ length: Math.min(batch, count - from) }, (_, at) =>
    leadOf(from + at),
  );
  sandbox.salesforce.mutate(org.name, { changes });
}
process.send?.({ baseUrl: sandbox.salesforce.baseUrl, url: sandbox.url });
const end = () => process.exit(0);
process.on('SIGTERM', end);
process.on('disconnect', end);

function leadOf(index: number) {
  const row = {
    FirstName: `Given${index}`,
    LastName: `Family${index}`,
    Company: `Company ${index % 5_000}`,
    Email: `person${index}@company-${index % 5_000}.example`,
    Website: `https://www.company-${index % 5_000}.example`,
    Phone: `+1 555 ${String(index % 10_000).padStart(4, '0')}`,
    City: 'Leeds',
    LeadSource: 'Web',
    Status: 'Open - Not Contacted',
    Description: 'Asked for a price for 40 seats. Their contract ends in spring.',
  };
  return { op: 'add' as const, kind: 'Lead' as const, row };
}
