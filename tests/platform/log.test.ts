import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';

interface Line {
  level: string;
  event: string;
  repeats?: number;
  [field: string]: unknown;
}

/** The lines that a process of its own logs while it runs `code`, which may end it. */
async function logOf(code: string): Promise<{ lines: Line[]; text: string }> {
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { log, withLogFields } from '#lib/platform/log.ts';\n${code}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, LOG_LEVEL: 'info' } },
  );
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return { lines, text };
}

describe('the log', () => {
  it('writes what repeats itself once, and the count when the process exits', async () => {
    const { lines } = await logOf(`
      for (let i = 0; i < 31_000; i += 1)
        log.warn({ event: 'queue.error', reason: 'refused', attempt: i }, 'The queue');
      process.exit(0);`);
    expect(lines).toMatchObject([
      { level: 'warn', event: 'queue.error', reason: 'refused', attempt: 0 },
      { level: 'warn', event: 'queue.error', reason: 'refused', repeats: 30_999 },
    ]);
  });

  it('keeps different reasons, tenants and connections apart, and every line of other levels', async () => {
    const { lines } = await logOf(`
      for (const tenantId of ['a', 'b'])
        for (const connectionId of ['1', '2'])
          for (const reason of ['x', 'y'])
            for (let i = 0; i < 3; i += 1)
              withLogFields({ tenantId }, () =>
                log.error({ event: 'sync.run_failed', connectionId, reason }, 'A run'));
      for (let i = 0; i < 3; i += 1) log.info({ event: 'http.request' }, 'Request');`);
    const failures = lines.filter(({ event }) => event === 'sync.run_failed');
    expect(failures.filter(({ repeats }) => repeats === undefined)).toHaveLength(8);
    const sums = failures.filter(({ repeats }) => repeats === 2);
    expect(
      new Set(sums.map((line) => [line['tenantId'], line['connectionId'], line['reason']].join())),
    ).toHaveProperty('size', 8);
    expect(lines.filter(({ event }) => event === 'http.request')).toHaveLength(3);
  });

  it('names the requests of a summary, so that a request number leads to its error', async () => {
    const { lines } = await logOf(`
      for (let i = 0; i < 30; i += 1)
        withLogFields({ requestId: 'request-' + i }, () =>
          log.error({ event: 'http.error', reason: 'broken', stack: 'Error: broken' }, 'Failed'));`);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ requestId: 'request-0', stack: 'Error: broken' });
    const named = String(lines[1]?.['requestId']).split(' ');
    expect(named).toHaveLength(20);
    expect(named[0]).toBe('request-1');
    expect(lines[1]).not.toHaveProperty('stack');
  });

  it('sums up while it goes on, and begins anew after a quiet minute', async () => {
    const { lines } = await logOf(`
      import { mock } from 'node:test';
      let now = 0;
      performance.now = () => now;
      mock.timers.enable({ apis: ['setInterval'] });
      const minutes = (count) => {
        for (let i = 0; i < count * 12; i += 1) { now += 5_000; mock.timers.tick(5_000); }
      };
      const fail = () => log.error({ event: 'task.failed', reason: 'away' }, 'A task');
      for (let i = 0; i < 4; i += 1) { fail(); fail(); minutes(1); }
      minutes(3);
      fail();`);
    expect(lines.map(({ repeats = 0 }) => repeats)).toEqual([0, 1, 2, 2, 2, 0]);
  });

  it('remembers 500 lines at most', async () => {
    const { lines } = await logOf(`
      for (let i = 0; i < 2_000; i += 1)
        for (let twice = 0; twice < 2; twice += 1)
          log.warn({ event: 'a', reason: 'r' + i }, 'm');`);
    const at = (reason: string, repeats?: number) =>
      lines.findIndex((line) => line['reason'] === reason && line.repeats === repeats);
    expect(lines).toHaveLength(4_000);
    expect(at('r0', 1)).toBe(at('r500') - 1);
    expect(at('r1999', 1)).toBe(3_999);
  });

  it('tells a value that is no text in words', async () => {
    const { text } = await logOf(
      `log.error({ event: 'auth.error', reason: Object.assign(new Error('own words'), { token: 'of a person' }) }, 'm');
       log.error({ event: 'auth.error', reason: {} }, 'm');`,
    );
    expect(text).toContain('"reason":"own words"');
    expect(text).not.toMatch(/of a person|\[object /);
  });
});
