import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { syncCase } from '../connectors/clienttether/lax-stage.ts';
import { useDatabase } from '../helpers/database.ts';
import { expectExactRollups } from '../helpers/truth.ts';

const db = useDatabase();
const migration = 'drizzle/0016_exact_percentages_and_name_parts.sql';

const opportunity = (id: number, likelihood: string) => ({
  opportunity_id: String(id),
  firstName: 'A',
  lastName: String(id),
  contact_sales_cycle: 'FDD Sent',
  deal_size: '1000',
  likelihood,
  created: `2026-${String(1 + (id % 9)).padStart(2, '0')}-03 10:00:00`,
});

it('weighs what was stored with two digits anew, in rows and sums', async () => {
  const likelihoods = ['33.333333', '66.666667', '12.345678', '50'];
  await syncCase({ opportunities: likelihoods.map((each, id) => opportunity(id + 1, each)) });
  await expectExactRollups(db);
  await db.query(`
    update hot_list_items set
      weighted_iff = round(units * franchise_fee * round(likely_pct * 100) / 10000, 2),
      weighted_cents = round(units * franchise_fee * round(likely_pct * 100) / 100)::bigint`);
  for (const table of ['pipeline_stage_counts', 'pipeline_stage_months'])
    await db.query(`update ${table} set weighted = weighted - 0.03 where weighted <> 500`);
  await expect(expectExactRollups(db)).rejects.toThrow();
  const statements = readFileSync(migration, 'utf8').split('--> statement-breakpoint');
  for (const statement of statements.filter((each) => /^\s*UPDATE/.test(each)))
    await db.query(statement);
  await expectExactRollups(db);
  const items = await db.query(
    'select weighted_iff, weighted_cents from hot_list_items order by weighted_cents',
  );
  expect(items).toEqual([
    { weighted_iff: '123.46', weighted_cents: '12346' },
    { weighted_iff: '333.33', weighted_cents: '33333' },
    { weighted_iff: '500.00', weighted_cents: '50000' },
    { weighted_iff: '666.67', weighted_cents: '66667' },
  ]);
});
