import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as SyncEngine from '@stripe/sync-engine';
import { serve } from '../kit/helper.ts';
import { buildCustomer } from './customers.ts';
import { measured, nothing, type SideJob, type SideResult } from './sides.ts';

/** @stripe/sync-engine, as a process of its own: a full sync of one kind of object. */

/** Its ES module looks for its migrations in the wrong folder; its CommonJS one finds them. */
const { StripeSync, runMigrations } = createRequire(import.meta.url)(
  '@stripe/sync-engine',
) as typeof SyncEngine;

/** Its command's default. */
const workers = 20;
/** More requests per second than it can send; its default of 10 would be what is measured. */
const rateLimit = 100_000;
/** Seconds after which it reads again what is complete; by default a day. */
const rest = 0;
const silent = { info() {}, warn() {}, error() {} } as unknown as SyncEngine.Logger;

serve<SideJob, SideResult>(
  async ({ databaseUrl, account: { baseUrl, key, connectionId }, migrate }) => {
    if (migrate === true) {
      const openApiSpecPath = writeSpec();
      await runMigrations({ databaseUrl, openApiSpecPath, logger: silent });
      rmSync(openApiSpecPath);
      return nothing;
    }
    const engine = await StripeSync.create({
      stripeSecretKey: key,
      stripeAccountId: `acct_${connectionId}`,
      poolConfig: { connectionString: databaseUrl, max: workers },
      logger: silent,
    });
    redirect(engine, new URL(baseUrl));
    engine.printProgress = async () => {};
    const result = await measured(async () => {
      const { totalSynced, errors } = await engine.fullSync(
        ['customer'],
        true,
        workers,
        rateLimit,
        false,
        rest,
      );
      if (errors.length > 0) throw new Error(JSON.stringify(errors));
      return totalSynced;
    });
    await engine.close();
    return result;
  },
);

/** It has no option for another host; its client has a setter for each part of the address. */
function redirect(engine: SyncEngine.StripeSync, { hostname, port }: URL): void {
  const client = engine.stripe as unknown as {
    _setApiField(key: string, value: string | number): void;
  };
  client._setApiField('host', hostname);
  client._setApiField('port', Number(port));
  client._setApiField('protocol', 'http');
}

/**
 * It makes its tables from Stripe's OpenAPI document, which it takes from GitHub or, as here, from
 * a file: the customers, with the fields that the imitated account has.
 */
function writeSpec(): string {
  const properties = Object.fromEntries(
    Object.entries(buildCustomer(0)).map(([name, value]) => [
      name,
      { type: typeOf(value), nullable: true },
    ]),
  );
  const customer = { 'x-resourceId': 'customer', type: 'object', properties };
  const file = path.join(tmpdir(), `tributary-bench-openapi-${process.pid}.json`);
  const paths = {};
  const info = { title: 'Stripe', version: '2020-08-27' };
  const spec = { openapi: '3.0.0', info, paths, components: { schemas: { customer } } };
  writeFileSync(file, JSON.stringify(spec));
  return file;
}

function typeOf(value: unknown): string {
  if (typeof value === 'number') return 'integer';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'object' && value !== null ? 'object' : 'string';
}
