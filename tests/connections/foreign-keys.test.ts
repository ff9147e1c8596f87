import { describe, expect, it } from 'vitest';
import { rotateKeys } from '../../src/lib/connections/keys/rotate.ts';
import { listKeyUses } from '#lib/connections/keys/key-uses.ts';
import { assertUsableKeys } from '../../src/lib/connections/keys/verify.ts';
import { startProcess } from '../helpers/processes.ts';
import { db, key, one, two, useKeys } from './keys-stage.ts';

describe('keys that are not those of the database', () => {
  const refusal = (words: RegExp) => ({
    name: 'Problem',
    code: 'unavailable',
    message: expect.stringMatching(words) as string,
  });

  it('are refused when their bytes differ from before, also for a withdrawn key', async () => {
    useKeys(two, one);
    await Promise.all(Array.from({ length: 8 }, () => assertUsableKeys()));
    expect(await db.query('select id from encryption_keys order by id')).toEqual([
      { id: 'k1' },
      { id: 'k2' },
    ]);
    useKeys(key('k2', 9), one);
    await expect(assertUsableKeys()).rejects.toMatchObject(
      refusal(/different value for the key "k2".*Put the right value back/),
    );
    useKeys(two, one);
    await rotateKeys();
    useKeys(two);
    await assertUsableKeys();
    useKeys(two, key('k1', 9));
    await expect(assertUsableKeys()).rejects.toMatchObject(refusal(/"k1"/));
  });

  it('are refused when a secret shows that they never sealed it', async () => {
    useKeys(key('k1', 9));
    await expect(assertUsableKeys()).rejects.toMatchObject(
      refusal(/different value for the key "k1"/),
    );
    expect(await db.query('select id from encryption_keys')).toEqual([]);
  });

  it('are refused when one is missing that a secret needs', async () => {
    useKeys(two);
    await expect(assertUsableKeys()).rejects.toMatchObject(
      refusal(/lacks the key "k1".*Put it back/),
    );
    expect(await listKeyUses()).toContainEqual({
      key: 'k1',
      place: 'withdrawn',
      secrets: 24,
      mayBeWithdrawn: false,
    });
  });

  it.each([
    ['web', 'scripts/web.ts', [], 1],
    ['worker', 'worker/index.ts', [], 1],
    ['command line', 'cli/index.ts', ['keys', 'rotate'], 7],
  ])('stop the %s from starting', async (_name, entry, args, code) => {
    const started = startProcess(entry, db.url, { TRIBUTARY_KEYS: two, PORT: '0' }, args);
    expect((await started.exited).code).toBe(code);
    expect(started.output()).toContain('TRIBUTARY_KEYS lacks the key');
    expect(started.output()).not.toContain(two.slice(3));
  });

  it('are still shown, and the right ones rotate from the command line', async () => {
    const tributary = async (keys: string, ...args: string[]) => {
      const { exited, output } = startProcess(
        'cli/index.ts',
        db.url,
        { TRIBUTARY_KEYS: keys, LOG_LEVEL: 'error' },
        ['keys', ...args],
      );
      return { code: (await exited).code, output: output() };
    };
    expect(await tributary(two, 'status')).toMatchObject({
      code: 0,
      output: expect.stringContaining('The key "k1" is missing') as string,
    });
    expect(await tributary(`${two},${one}`, 'rotate')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Re-encrypted 24 secrets with the key "k2".') as string,
    });
    expect(
      JSON.parse((await tributary(`${two},${one}`, 'status', '--json')).output),
    ).toContainEqual({ key: 'k1', place: 'opens', secrets: 0, mayBeWithdrawn: true });
  });
});
