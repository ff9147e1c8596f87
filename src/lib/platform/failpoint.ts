import { config } from './config.ts';

let hitCount = 0;

/**
 * A named place at which a test may end the process at once, as a power cut would.
 * `FAILPOINT=commit.before:3` ends it the third time it comes by; without the variable nothing
 * happens, and production refuses it.
 */
export function failpoint(name: string): void {
  const wanted = config().FAILPOINT;
  if (wanted === undefined) return;
  const [place, time = '1'] = wanted.split(':');
  if (place !== name) return;
  hitCount += 1;
  if (hitCount === Number(time)) process.kill(process.pid, 'SIGKILL');
}
