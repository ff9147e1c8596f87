import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportWorkspace, type Manifest } from '#lib/privacy/export/archive.ts';
import { spool } from '#lib/privacy/export/spool.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { unzip } from '../isolation/unzip.ts';
import { addTraces, openStage, person, type PrivacyStage } from './stage.ts';

allowForLoad();
const db = useDatabase();
let stage: PrivacyStage;
let directory: string;

beforeAll(async () => {
  stage = await openStage();
  await addTraces(db, stage.one);
  directory = await mkdtemp(path.join(tmpdir(), 'tributary-test-'));
});
afterAll(async () => {
  await stage.sandbox.close();
  await rm(directory, { recursive: true });
});

async function exportToFile(rawBodies: boolean): Promise<{
  manifest: Manifest;
  files: Map<string, string>;
}> {
  const file = path.join(directory, `${rawBodies}.zip`);
  const manifest = await exportWorkspace(stage.one.tenant, { rawBodies }, createWriteStream(file));
  const parts = unzip(await readFile(file));
  const files = new Map(
    parts.flatMap((name, at) => (at % 2 === 0 ? [[name, parts[at + 1] ?? ''] as const] : [])),
  );
  return { manifest, files };
}

const linesOf = (text: string | undefined) =>
  (text ?? '').split('\n').filter((line) => line !== '');

describe('the export of a workspace', () => {
  it('has as many rows of each table as SQL counts, and the checksums of its files', async () => {
    const { manifest, files } = await exportToFile(false);
    expect(JSON.parse(files.get('manifest.json') ?? '')).toEqual(manifest);
    expect(manifest.files.map(({ path: name }) => name)).toEqual(
      expect.arrayContaining(['leads.ndjson', 'push_mappings.ndjson', 'members.ndjson']),
    );
    for (const { path: name, rows, bytes, sha256 } of manifest.files) {
      const text = files.get(name) ?? '';
      expect(linesOf(text).length, name).toBe(rows);
      expect(Buffer.byteLength(text), name).toBe(bytes);
      expect(createHash('sha256').update(text).digest('hex'), name).toBe(sha256);
      const table = name.replace('.ndjson', '');
      if (['workspace', 'members', 'invitations'].includes(table)) continue;
      const [counted] = await db.query<{ rows: number }>(
        `select count(*)::int as rows from "${table}" where tenant_id = $1`,
        [stage.one.tenant.id],
      );
      // The export of a moment does not hold the event that records it, if that came later.
      expect(rows, name).toBe(counted?.rows);
    }
  });

  it('holds the rows as they are, and nothing of another workspace', async () => {
    const { files } = await exportToFile(false);
    const leads = linesOf(files.get('leads.ndjson')).map(
      (line) => JSON.parse(line) as { name: string; email: string },
    );
    expect(leads).toContainEqual(expect.objectContaining({ name: person.name }));
    const all = [...files.values()].join('\n');
    expect(all).not.toContain(stage.other.tenant.id);
    expect(all).not.toContain(stage.other.connection.id);
  });

  it('holds no secret, no key and no sealed column', async () => {
    const { files } = await exportToFile(true);
    const all = [...files.values()].join('\n');
    expect(all).not.toMatch(/token-one-0123|partner-secret-0123|partner-consent-0123|CT_one/);
    expect(all).not.toContain('"sealed"');
    expect([...files.keys()]).not.toContain('credentials.ndjson');
  });

  it('holds the responses as received when they are asked for', async () => {
    const { files } = await exportToFile(true);
    const bodies = linesOf(files.get('raw_bodies.ndjson')).map(
      (line) => JSON.parse(line) as { sha256: string; body: string },
    );
    const stored = await db.query<{ compressed: Buffer }>(
      'select compressed from raw_bodies where tenant_id = $1',
      [stage.one.tenant.id],
    );
    const texts = stored.map(({ compressed }) => inflateSync(compressed).toString());
    expect(bodies.map(({ body }) => body).toSorted()).toEqual(texts.toSorted());
  });

  it('is written into the audit log', async () => {
    const rows = await db.query(
      `select action, after from audit_events where tenant_id = $1 and action = 'tenant.exported'`,
      [stage.one.tenant.id],
    );
    expect(rows).toContainEqual({ action: 'tenant.exported', after: { rawBodies: true } });
  });

  it('is made once at a time for a workspace, and fails with a failing disk', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = new Writable({
      write: (_chunk, _encoding, done) => void gate.promise.then(() => done()),
    });
    const first = exportWorkspace(stage.one.tenant, { rawBodies: true }, slow);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const second = new Writable({ write: (_chunk, _encoding, done) => done() });
    await expect(
      exportWorkspace(stage.one.tenant, { rawBodies: false }, second),
    ).rejects.toMatchObject({ code: 'conflict' });
    gate.resolve();
    await first;
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) });
    await expect(exportWorkspace(stage.one.tenant, { rawBodies: false }, broken)).rejects.toThrow();
  });
});

describe('spooling', () => {
  const nothingWaits = () => Promise.resolve();
  const leftOver = async () =>
    (await readdir(tmpdir())).filter((name) => name.startsWith('tributary-export-'));

  it('hands on all bytes, however slow its reader is, and deletes the file', async () => {
    const before = await leftOver();
    const sent = Buffer.alloc(1_000_000, 'abc');
    let isWritten = false;
    const stream = await spool(async (output) => {
      await new Promise<void>((resolve) => void output.end(sent, resolve));
      isWritten = true;
    }, nothingWaits);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isWritten).toBe(true);
    expect(Buffer.from(await new Response(stream).arrayBuffer()).equals(sent)).toBe(true);
    expect(await leftOver()).toEqual(before);
  });

  it('fails before it answers when nothing could be written', async () => {
    await expect(spool(() => Promise.reject(new Error('no')), nothingWaits)).rejects.toThrow('no');
  });

  it('deletes the file when its reader leaves', async () => {
    const before = await leftOver();
    const stream = await spool(
      (output) => new Promise<void>((resolve) => void output.end(Buffer.alloc(500_000), resolve)),
      nothingWaits,
    );
    await stream.getReader().read();
    await stream.cancel().catch(() => {});
    expect((await leftOver()).length).toBeLessThanOrEqual(before.length + 1);
  });
});
