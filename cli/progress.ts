import { SingleBar } from 'cli-progress';

interface Progress {
  show(value: number, total: number, fields?: object): void;
  stop(): void;
}

/**
 * Shows a progress bar on standard error when that is a terminal, and nothing in scripts. `format`
 * uses the placeholders of cli-progress; `fields` fills them until the first `show`.
 */
export function startProgress(format: string, total: number, fields: object = {}): Progress {
  if (!process.stderr.isTTY) return { show: () => {}, stop: () => {} };
  const bar = new SingleBar({ format, hideCursor: true, clearOnComplete: true });
  bar.start(total, 0, fields);
  return {
    show: (value, all, shown = {}) => {
      bar.setTotal(all);
      bar.update(value, shown);
    },
    stop: () => bar.stop(),
  };
}
