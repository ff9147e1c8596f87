import { createRequire } from 'node:module';
import { StripeSync, type runMigrations } from '@supabase/stripe-sync-engine';
import Stripe from 'stripe';
import { serve } from '../kit/helper.ts';
import { measured, nothing, type SideJob, type SideResult } from './sides.ts';

/** @supabase/stripe-sync-engine in a process of its own: a back-fill as its README has it. */

serve<SideJob, SideResult>(async ({ databaseUrl, account: { baseUrl, key }, migrate }) => {
  if (migrate === true) {
    await migrations().runMigrations({ databaseUrl, schema: 'stripe' });
    return nothing;
  }
  const { hostname, port } = new URL(baseUrl);
  const engine = new StripeSync({
    stripeSecretKey: key,
    stripeWebhookSecret: 'whsec_unused',
    poolConfig: { connectionString: databaseUrl, max: 10 },
  });
  // It has no option for another host: the same client, pointed at the loopback server.
  engine.stripe = new Stripe(key, { host: hostname, port: Number(port), protocol: 'http' });
  const result = await measured(async () => {
    const { customers } = await engine.syncBackfill({ object: 'customer' });
    return customers?.synced ?? 0;
  });
  await engine.close();
  return result;
});

/**
 * Its ES module looks for the migrations through `__dirname`, which ES modules do not have, and
 * only logs that; its CommonJS one finds them.
 */
function migrations(): { runMigrations: typeof runMigrations } {
  return createRequire(import.meta.url)('@supabase/stripe-sync-engine') as {
    runMigrations: typeof runMigrations;
  };
}
