import { counted } from '../ui/format.ts';

/** What a page says after a form about pushes; `done` is the parameter of its address. */
export function pushNotice(done: string | null): string | undefined {
  if (done === 'push-queued')
    return 'The lead is being sent. Its status updates here when the CRM responds.';
  const [, retried] = /^push-retried-(\d{1,9})$/.exec(done ?? '') ?? [];
  if (retried === undefined) return undefined;
  return retried === '0'
    ? 'There were no failed pushes left to retry.'
    : `Retrying ${counted(Number(retried), ['failed push', 'failed pushes'])}.`;
}
