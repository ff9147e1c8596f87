import { createHash } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { sql, type SQL } from 'drizzle-orm';
import yazl from 'yazl';
import { recordAudit } from '../../identity/audit/record.ts';
import { readTenant, withTenant } from '../../identity/tenancy/with-tenant.ts';
import { unpackBody } from '../../ingest/snapshots/store.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { listExportedTables, type ExportOptions } from './tables.ts';

/** Rows that are held in memory at once, and responses, which are larger. */
const rowsAtOnce = 500;
const bodiesAtOnce = 20;
/** After this long an export is given up, because its snapshot keeps VACUUM waiting. */
const maxMinutes = 60;

/** One file of the archive, as its manifest describes it. */
interface ExportedFile {
  path: string;
  rows: number;
  bytes: number;
  /** In hex. */
  sha256: string;
}

/** The last file of the archive. */
export interface Manifest {
  /** Changes when the form of the archive does. */
  version: 1;
  workspace: string;
  /** The moment that every file shows. */
  exportedAt: string;
  rawBodies: boolean;
  files: ExportedFile[];
}

/**
 * Writes everything that a workspace holds, but no secret, as a ZIP: a file of JSON lines for each
 * table, all of one moment, and at the end `manifest.json` with counts and checksums. It reads
 * through cursors and holds a few hundred rows in memory, however large the workspace is. `output`
 * should take it as fast as a disk does: the transaction lasts until everything is written. Throws
 * Problem `conflict` while another export of the workspace is under way.
 */
export async function exportWorkspace(
  tenant: { id: string; slug: string },
  options: ExportOptions,
  output: Writable,
): Promise<Manifest> {
  await withTenant(tenant.id, (tx) =>
    recordAudit(tx, {
      tenantId: tenant.id,
      action: 'tenant.exported',
      target: { type: 'workspace', id: tenant.id, label: tenant.slug },
      after: { rawBodies: options.rawBodies },
    }),
  );
  return readTenant(tenant.id, async (tx) => {
    await claim(tx, tenant.id);
    const manifest = await createManifest(tx, tenant.slug, options);
    const archive = new yazl.ZipFile();
    // Each file's own stream reports its failure; without a listener it would end the process.
    archive.on('error', () => {});
    const writing = pipeline(archive.outputStream, output);
    // A failure is reported by the loop below or by the last line, whichever meets it first.
    writing.catch(() => {});
    for (const file of await listFiles(tx, tenant.id, options))
      manifest.files.push(await addFile(archive, output, file));
    archive.addBuffer(Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`), 'manifest.json');
    archive.end();
    await writing;
    return manifest;
  });
}

/** The lock is given up with the transaction. */
async function claim(tx: Tx, tenantId: string): Promise<void> {
  const { rows } = await tx.execute<{ claimed: boolean }>(sql`
    select pg_try_advisory_xact_lock(hashtextextended(${`export ${tenantId}`}, 0)) as claimed`);
  if (rows[0]?.claimed !== true)
    throw new Problem(
      'conflict',
      'An export of this workspace is already being made. Wait until it has ended.',
    );
}

async function createManifest(
  tx: Tx,
  workspace: string,
  { rawBodies }: ExportOptions,
): Promise<Manifest> {
  const { rows } = await tx.execute<{ at: string }>(sql`select now() as at`);
  const exportedAt = new Date(rows[0]?.at ?? Date.now()).toISOString();
  return { version: 1, workspace, exportedAt, rawBodies, files: [] };
}

/** A file that is still to be written: its lines, in portions. */
interface FileToWrite {
  path: string;
  portions: () => AsyncIterable<readonly string[]>;
}

async function listFiles(
  tx: Tx,
  tenantId: string,
  { rawBodies }: ExportOptions,
): Promise<FileToWrite[]> {
  const tables = (await listExportedTables(tx, tenantId)).map(({ name, rows }): FileToWrite => ({
    path: `${name}.ndjson`,
    portions: () => readLines(tx, rows),
  }));
  const bodies = { path: 'raw_bodies.ndjson', portions: () => readBodies(tx, tenantId) };
  return rawBodies ? [...tables, bodies] : tables;
}

async function* readPortions<Row extends object>(
  tx: Tx,
  query: SQL,
  atOnce: number,
): AsyncGenerator<Row[]> {
  const deadline = performance.now() + maxMinutes * 60_000;
  await tx.execute(sql`declare export_rows no scroll cursor for ${query}`);
  for (;;) {
    const { rows } = await tx.execute(sql`fetch ${sql.raw(String(atOnce))} from export_rows`);
    if (rows.length > 0) yield rows as unknown as Row[];
    if (rows.length < atOnce) break;
    if (performance.now() > deadline)
      throw new Problem('timed_out', `The export took more than ${maxMinutes} minutes.`);
  }
  await tx.execute(sql`close export_rows`);
}

async function* readLines(tx: Tx, query: SQL): AsyncGenerator<string[]> {
  for await (const rows of readPortions<{ line: string }>(tx, query, rowsAtOnce))
    yield rows.map(({ line }) => line);
}

async function* readBodies(tx: Tx, tenantId: string): AsyncGenerator<string[]> {
  const query = sql`select sha256, compressed from raw_bodies where tenant_id = ${tenantId}`;
  type Body = { sha256: Buffer; compressed: Buffer };
  for await (const bodies of readPortions<Body>(tx, query, bodiesAtOnce))
    yield await Promise.all(
      bodies.map(async (body) =>
        JSON.stringify({
          sha256: body.sha256.toString('hex'),
          // A damaged body has no text any more.
          body: await unpackBody(body).catch(() => null),
        }),
      ),
    );
}

/** Adds one file and waits until it is written, because the next one uses the same cursor. */
async function addFile(
  archive: yazl.ZipFile,
  output: Writable,
  { path, portions }: FileToWrite,
): Promise<ExportedFile> {
  const hash = createHash('sha256');
  const file = { path, rows: 0, bytes: 0 };
  async function* read(): AsyncGenerator<Buffer> {
    for await (const lines of portions()) {
      const chunk = Buffer.from(`${lines.join('\n')}\n`);
      hash.update(chunk);
      file.rows += lines.length;
      file.bytes += chunk.length;
      yield chunk;
    }
  }
  const source = Readable.from(read(), { objectMode: false });
  const stop = () => source.destroy(new Error('The archive could not be written'));
  output.once('close', stop);
  archive.addReadStream(source, path);
  try {
    await finished(source);
  } finally {
    output.off('close', stop);
  }
  return { ...file, sha256: hash.digest('hex') };
}
