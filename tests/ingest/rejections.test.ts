import { describe, expect, it } from 'vitest';
import { correctRecord, readRecordForEditing } from '#lib/ingest/rejections/correct.ts';
import { discardRecord } from '#lib/ingest/rejections/discard.ts';
import { useDatabase } from '../helpers/database.ts';
import { mend, SetAsideBench } from '../helpers/rejections.ts';
import { expectExactRollups } from '../helpers/truth.ts';

const db = useDatabase();
const bench = new SetAsideBench(db);

describe('a rejected item', () => {
  it.each([
    ['nul', 'characters'],
    ['missing_id', 'no_id'],
  ] as const)('with %s is of the kind "%s"', async (name, kind) => {
    bench.poison(name);
    expect((await bench.sync()).status).toBe('partial');
    const row = await bench.error();
    expect(row).toMatchObject({ kind, attempts: 1, resolution: null });
    expect(row.item_digest).toMatch(/^[0-9a-f]{64}$/);
    await bench.sync();
    expect(await bench.error()).toMatchObject({ attempts: 2, item_digest: row.item_digest });
  });

  it('leaves the list as accepted when the source mends it', async () => {
    const [id = ''] = bench.poison('nul');
    await bench.sync();
    bench.change(id, { whiteboard: 'mended' });
    expect((await bench.sync()).status).toBe('success');
    expect(await bench.error()).toMatchObject({ resolution: 'accepted', resolved_by: null });
  });
});

describe('a discarded item', () => {
  it('does not come back, is still counted, and makes the next sync green', async () => {
    bench.poison('nul');
    await bench.sync();
    await discardRecord(bench.actor, (await bench.error()).id, '  A test entry of ours ');
    const report = await bench.sync();
    expect(report.status).toBe('success');
    expect(report.streams.find(({ stream }) => stream === 'clients')).toMatchObject({
      rejected: 1,
    });
    expect(await bench.error()).toMatchObject({
      resolution: 'discarded',
      resolved_by: bench.actor.userId,
      note: 'A test entry of ours',
      attempts: 2,
    });
  });

  it('opens again when the source changes it and it still cannot be read', async () => {
    const [id = ''] = bench.poison('nul');
    await bench.sync();
    await discardRecord(bench.actor, (await bench.error()).id, 'Not needed');
    bench.change(id, { firstName: 'Changed' });
    expect((await bench.sync()).status).toBe('partial');
    expect(await bench.error()).toMatchObject({ resolution: null, resolved_by: null, note: null });
  });

  it('needs a reason', async () => {
    bench.poison('nul');
    await bench.sync();
    await expect(discardRecord(bench.actor, (await bench.error()).id, '  ')).rejects.toMatchObject({
      code: 'bad_request',
      details: { fields: { note: expect.stringContaining('why') as string } },
    });
  });
});

describe('a correction', () => {
  it('brings the record in at once, unmasked, and outlives the next sync', async () => {
    const [id = ''] = bench.poison('nul');
    bench.change(id, { firstName: 'Abigail', email: 'abigail@example.com' });
    await bench.sync();
    const { id: errorId } = await bench.error();
    const { text } = await readRecordForEditing(bench.actor, errorId);
    expect(text).not.toContain('Abigail');
    expect(text).not.toContain('abigail@');
    await correctRecord(bench.actor, errorId, await bench.edited(errorId, (shown) => mend(shown)));
    const corrected = {
      name: expect.stringContaining('Abigail') as string,
      email: 'abigail@example.com',
      summary: 'mended',
      raw: { whiteboard: 'mended', firstName: 'Abigail' },
    };
    expect(await bench.readLead(id)).toMatchObject(corrected);
    expect(await bench.error()).toMatchObject({
      resolution: 'corrected',
      resolved_by: bench.actor.userId,
      correction: { whiteboard: 'mended' },
    });
    const report = await bench.sync();
    expect(report).toMatchObject({ status: 'success', recordsUpdated: 0 });
    expect(report.streams.find(({ stream }) => stream === 'clients')).toMatchObject({
      rejected: 0,
    });
    expect(await bench.readLead(id)).toMatchObject(corrected);
    expect(await bench.error()).toMatchObject({ resolution: 'corrected' });
    await expectExactRollups(db);
  });

  it('falls when the source changes the item', async () => {
    const [id = ''] = bench.poison('nul');
    await bench.sync();
    const { id: errorId } = await bench.error();
    await correctRecord(bench.actor, errorId, await bench.edited(errorId, (shown) => mend(shown)));
    bench.change(id, { compName: 'Another company' });
    expect((await bench.sync()).status).toBe('partial');
    expect(await bench.error()).toMatchObject({
      resolution: null,
      correction: null,
      kind: 'characters',
    });
    bench.change(id, { whiteboard: 'mended at the source' });
    expect((await bench.sync()).status).toBe('success');
    expect(await bench.readLead(id)).toMatchObject({
      summary: 'mended at the source',
    });
  });

  it('may give an id to an item that has none: it is not taken for gone afterwards', async () => {
    bench.poison('missing_id');
    await bench.sync();
    const { id: errorId } = await bench.error();
    await correctRecord(
      bench.actor,
      errorId,
      await bench.edited(errorId, (shown) =>
        shown.replace('"client_id": false', '"client_id": "77001"'),
      ),
    );
    expect(await bench.readLead('77001')).toBeDefined();
    expect(await bench.sync()).toMatchObject({ status: 'success', recordsUpdated: 0 });
    expect(await bench.readLead('77001')).toBeDefined();
  });

  it('is refused with a reason when it is no help, no JSON, moves the id, or is old', async () => {
    const [id = ''] = bench.poison('nul');
    await bench.sync();
    const { id: errorId } = await bench.error();
    const attempt = async (edit: (text: string) => string) =>
      correctRecord(bench.actor, errorId, await bench.edited(errorId, edit)).then(
        () => 'accepted',
        (problem: Error) => problem.message,
      );
    expect(await attempt((text) => text)).toMatch(
      /^It still cannot be read\. The item holds a character/,
    );
    expect(await attempt((text) => text.replace(`"${id}"`, '"4711"'))).toMatch(
      /id of a record cannot be changed/,
    );
    expect(await attempt((text) => text.slice(2))).toMatch(/^This is not JSON/);
    expect(await attempt((text) => text.replace('"firstName": "', '"firstName": "x'))).toMatch(
      /Enter it in full/,
    );
    const stale = await bench.edited(errorId, (text) => mend(text));
    bench.change(id, { city: 'Denver' });
    await bench.sync();
    await expect(correctRecord(bench.actor, errorId, stale)).rejects.toThrow(
      'sent a newer version of this record',
    );
    expect(await bench.error()).toMatchObject({ resolution: null, correction: null });
    expect(await bench.readLead(id)).toBeUndefined();
  });
});
