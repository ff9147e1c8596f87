/*
 * Opens a referral over the list. The address carries it (?referral=id), so that Back closes it and a reload shows it again;
 * the server knows nothing of that, and the names stay links to pages for everybody without this script.
 */
const dialog = document.querySelector<HTMLDialogElement>('[data-referral-dialog]');
const body = dialog?.querySelector<HTMLElement>('[data-referral-body]');

const linkOf = (id: string) => document.querySelector<HTMLAnchorElement>(`a[data-referral="${CSS.escape(id)}"]`);
const idIn = () => new URL(location.href).searchParams.get('referral');
const template = (name: string) => dialog?.querySelector<HTMLTemplateElement>(`template[data-referral-${name}]`)?.content.cloneNode(true) as DocumentFragment;
const isOurs = () => (history.state as { opened?: boolean } | null)?.opened === true;

let loading: AbortController | undefined;
/** Whose row gets the focus back. */
let shown: string | null = null;

async function show(id: string): Promise<void> {
  if (!dialog || !body) return;
  loading?.abort();
  const { signal } = (loading = new AbortController());
  shown = id;
  const page = new URL(linkOf(id)?.href ?? `${location.pathname}/${encodeURIComponent(id)}`, location.href);
  page.searchParams.delete('referral');
  title(linkOf(id)?.textContent ?? 'Referral');
  dialog.querySelector('[data-referral-page]')?.setAttribute('href', page.pathname + page.search);
  body.replaceChildren(template('loading'));
  if (!dialog.open) dialog.showModal();
  const detail = await load(page, signal).catch(() => null);
  if (signal.aborted) return;
  body.replaceChildren(detail ?? template('failed'));
  title(detail?.dataset['referralName'] ?? 'Referral');
}

/** The part of the referral's page that the dialog shows; null when there is none, or nobody is signed in any more. */
async function load(page: URL, signal: AbortSignal): Promise<HTMLElement | null> {
  const answer = await fetch(page, { signal });
  if (!answer.ok || answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector<HTMLElement>('[data-referral-name]');
}

function title(text: string): void {
  const place = dialog?.querySelector('[data-referral-title]');
  if (place) place.textContent = text.trim();
}

function addressWith(id: string | null): URL {
  const address = new URL(location.href);
  if (id === null) address.searchParams.delete('referral');
  else address.searchParams.set('referral', id);
  return address;
}

/** One step back when the list is there, else the same page without the referral. */
function close(): void {
  if (isOurs()) return history.back();
  history.replaceState(null, '', addressWith(null));
  hide();
}

function hide(): void {
  loading?.abort();
  if (dialog?.open) dialog.close();
  if (shown !== null) linkOf(shown)?.focus({ preventScroll: true });
  shown = null;
}

function follow(): void {
  const id = idIn();
  if (id === null) hide();
  else void show(id);
}

document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const id = (event.target as Element).closest<HTMLAnchorElement>('a[data-referral]')?.dataset['referral'];
  if (id === undefined || !dialog) return;
  event.preventDefault();
  history.pushState({ opened: true }, '', addressWith(id));
  void show(id);
});

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
dialog?.querySelector('[data-referral-close]')?.addEventListener('click', close);
addEventListener('popstate', follow);
if (dialog && idIn() !== null) follow();

export {};
