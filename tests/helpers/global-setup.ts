import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../scripts/embedded-postgres.ts';
import { migrateAll } from '#lib/jobs/migrate.ts';

/** The migrated database that every test file clones. */
export const templateName = 'tributary_template';

declare module 'vitest' {
  interface ProvidedContext {
    adminUrl: string;
  }
}

/**
 * One PostgreSQL for the whole run: the one of TEST_DATABASE_URL (a superuser), else an embedded
 * one without durability.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_DATABASE_URL'];
  const directory = mkdtempSync(path.join(tmpdir(), 'tributary-test-'));
  const server =
    given === undefined
      ? await startEmbeddedPostgres({
          directory,
          settings: ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'],
        })
      : undefined;
  const adminUrl = given ?? server?.url ?? '';
  await prepareTemplate(adminUrl);
  project.provide('adminUrl', adminUrl);
  return async () => {
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}

async function prepareTemplate(adminUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`drop database if exists ${templateName}`);
  await admin.query(`create database ${templateName}`);
  await admin.end();
  const url = new URL(adminUrl);
  url.pathname = `/${templateName}`;
  await migrateAll(url.href);
}
