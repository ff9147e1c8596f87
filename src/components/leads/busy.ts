/*
 * While the next list is on its way: the table says so, and the filter cannot be changed under it.
 * Leaves are seen at their start; a page that comes back from the browser's memory is as it was.
 */
const region = document.querySelector<HTMLElement>('[data-leads]');

function setBusy(isBusy: boolean): void {
  region?.toggleAttribute('data-busy', isBusy);
  for (const table of region?.querySelectorAll('table') ?? [])
    table.ariaBusy = isBusy ? 'true' : null;
  for (const fields of region?.querySelectorAll<HTMLFieldSetElement>('[data-filters] fieldset') ??
    [])
    fields.disabled = isBusy;
}

// Fields that are disabled are not sent: the form has been read when this turn is over.
region
  ?.querySelector('[data-filters]')
  ?.addEventListener('submit', () => setTimeout(() => setBusy(true)));

region?.addEventListener('click', (event) => {
  const link = (event.target as Element).closest('a');
  if (
    !link ||
    event.defaultPrevented ||
    event.button !== 0 ||
    event.ctrlKey ||
    event.metaKey ||
    event.shiftKey
  )
    return;
  const to = new URL(link.href);
  const leaves = to.pathname === location.pathname && to.search !== location.search;
  if (leaves && !link.hasAttribute('download')) setTimeout(() => setBusy(!event.defaultPrevented));
});

addEventListener('pageshow', (event) => {
  if (event.persisted) setBusy(false);
});

export {};
