import { config } from './config.ts';

let hitCount = 0;

/**
 * A named place at which a test may kill the process at once, as a power cut would.
 * `FAILPOINT=commit.before:3` kills it the third time that it reaches the place. Without the
 * variable nothing happens, and production rejects the variable.
 */
export function failpoint(name: string): void {
  const wanted = config().FAILPOINT;
  if (wanted === undefined) return;
  const [place, time = '1'] = wanted.split(':');
  if (place !== name) return;
  hitCount += 1;
  if (hitCount === Number(time)) process.kill(process.pid, 'SIGKILL');
}
