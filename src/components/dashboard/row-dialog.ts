/*
 * Opens a row of a list over it. The address carries the row (?lead=id), so that Back closes it and
 * a reload shows it again; the server knows nothing of that, and the names stay links to pages for
 * everybody without this script.
 */
const dialog = document.querySelector<HTMLDialogElement>('[data-row-dialog]');
const body = dialog?.querySelector<HTMLElement>('[data-row-body]');
/** What a row is, and what its parameter is called. */
const noun = dialog?.dataset['rowDialog'] ?? '';

const findLinkById = (id: string) =>
  document.querySelector<HTMLAnchorElement>(`a[data-row="${CSS.escape(id)}"]`);
const readId = (address: string) => new URL(address).searchParams.get(noun);
const cloneTemplate = (name: string) =>
  dialog
    ?.querySelector<HTMLTemplateElement>(`template[data-row-${name}]`)
    ?.content.cloneNode(true) as DocumentFragment;

/** Where the row's page is: as the row says, else beside the list. */
function toPageUrl(id: string): URL {
  const page = new URL(
    findLinkById(id)?.href ?? `${location.pathname.replace(/\/$/, '')}/${encodeURIComponent(id)}`,
    location.href,
  );
  page.searchParams.delete(noun);
  return page;
}

let loading: AbortController | undefined;

async function show(id: string): Promise<void> {
  if (!dialog || !body) return;
  loading?.abort();
  const own = (loading = new AbortController());
  const page = toPageUrl(id);
  setTitle(findLinkById(id)?.textContent ?? noun);
  dialog
    .querySelector<HTMLAnchorElement>('[data-row-page]')
    ?.setAttribute('href', page.pathname + page.search);
  body.replaceChildren(cloneTemplate('loading'));
  if (!dialog.open) dialog.showModal();
  const failure = await load(page, own.signal).catch(() => 'The connection failed.');
  if (own.signal.aborted || failure === null) return;
  body.replaceChildren(cloneTemplate('failed'));
  const why = body.querySelector('[data-row-why]');
  if (why) why.textContent = failure;
  body.querySelector('[data-row-retry]')?.addEventListener('click', () => void show(id));
}

/** Fills the dialog; the answer says why that did not work. */
async function load(page: URL, signal: AbortSignal): Promise<string | null> {
  const response = await fetch(
    `${page.pathname.replace(/\/$/, '')}${dialog?.dataset['fragment'] ?? ''}${page.search}`,
    { signal },
  );
  // Signed out meanwhile: the answer is the sign-in page.
  if (response.redirected) return 'You have been signed out. Reload the page.';
  if (response.status === 404)
    return `This ${noun} no longer exists. It may have been deleted in the source system.`;
  if (!response.ok) return 'Something went wrong on our side. Try again in a minute.';
  const shown = new DOMParser()
    .parseFromString(await response.text(), 'text/html')
    .querySelector<HTMLElement>('[data-row-name]');
  if (signal.aborted || !body) return null;
  if (shown === null) return 'The response could not be read. Reload the page.';
  body.replaceChildren(shown);
  body.scrollTop = 0;
  body.dispatchEvent(new CustomEvent('row-shown', { bubbles: true }));
  setTitle(shown.dataset['rowName'] ?? noun);
  return null;
}

function setTitle(text: string): void {
  const place = dialog?.querySelector('[data-row-title]');
  if (place) place.textContent = text.trim();
}

function open(id: string): void {
  const address = new URL(location.href);
  address.searchParams.set(noun, id);
  history.pushState({ opened: true }, '', address);
  void show(id);
}

/** One step back when the list is there, else the same page without the row's. */
function close(): void {
  if ((history.state as { opened?: boolean } | null)?.opened === true) return history.back();
  const address = new URL(location.href);
  address.searchParams.delete(noun);
  history.replaceState(null, '', address);
  hide();
}

function hide(): void {
  loading?.abort();
  const shown = shownId;
  if (dialog?.open) dialog.close();
  if (shown !== null) findLinkById(shown)?.focus({ preventScroll: true });
  shownId = null;
}

/** Whose row gets the focus back. */
let shownId: string | null = null;

function syncWithAddress(): void {
  const id = readId(location.href);
  if (id === null) return hide();
  shownId = id;
  void show(id);
}

document.addEventListener('click', (event) => {
  const target = event.target as Element;
  if (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.ctrlKey ||
    event.metaKey ||
    event.shiftKey ||
    event.altKey
  )
    return;
  const link = target.closest<HTMLAnchorElement>('a[data-row]') ?? findLinkInRow(target);
  const id = link?.dataset['row'];
  if (id === undefined || !dialog) return;
  event.preventDefault();
  shownId = id;
  open(id);
});

/**
 * A click anywhere in a row means the row, unless it is on something of its own or text was being
 * selected.
 */
function findLinkInRow(target: Element): HTMLAnchorElement | null {
  if (
    target.closest('a, button, input, label, select, summary, .pick') ||
    getSelection()?.toString()
  )
    return null;
  return target.closest('tr')?.querySelector<HTMLAnchorElement>('a[data-row]') ?? null;
}

/** A press that began inside, for instance to select text, and ends outside closes nothing. */
let pressedOutside = false;
dialog?.addEventListener('pointerdown', (event) => (pressedOutside = event.target === dialog));
dialog?.addEventListener('click', (event) => {
  if (event.target === dialog && pressedOutside) close();
});
dialog?.addEventListener('cancel', (event) => {
  event.preventDefault();
  close();
});
dialog?.querySelector('[data-row-close]')?.addEventListener('click', close);
addEventListener('popstate', syncWithAddress);
if (dialog && readId(location.href) !== null) syncWithAddress();

export {};
