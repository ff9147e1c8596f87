/** What a page says after a form about pushes; `done` is the parameter of its address. */
export function pushNotice(done: string | null): string | undefined {
  if (done === 'push-queued')
    return 'The lead is on its way. Its state changes here when the CRM has answered.';
  const [, retried] = /^push-retried-(\d{1,9})$/.exec(done ?? '') ?? [];
  if (retried === undefined) return undefined;
  return retried === '0'
    ? 'Nothing had failed any more.'
    : `${retried === '1' ? 'One failed push is' : `${Number(retried).toLocaleString('en-US')} failed pushes are`} on the way again.`;
}
