/*
 * Opens a lead over the list. The address carries it (?lead=id), so that Back closes it and a reload shows it again; the
 * server knows nothing of that, and the names stay links to pages for everybody without this script.
 */
const dialog = document.querySelector<HTMLDialogElement>('[data-lead-dialog]');
const body = dialog?.querySelector<HTMLElement>('[data-lead-body]');

const rowLink = (id: string) => document.querySelector<HTMLAnchorElement>(`a[data-lead="${CSS.escape(id)}"]`);
const leadIn = (address: string) => new URL(address).searchParams.get('lead');
const part = (name: string) => dialog?.querySelector<HTMLTemplateElement>(`template[data-lead-${name}]`)?.content.cloneNode(true) as DocumentFragment;

/** Where the lead's page is: as its row says, else beside the list. */
const pageOf = (id: string) => new URL(rowLink(id)?.href ?? `${location.pathname.replace(/\/$/, '')}/${encodeURIComponent(id)}`, location.href);

let loading: AbortController | undefined;

async function show(id: string): Promise<void> {
  if (!dialog || !body) return;
  loading?.abort();
  const own = (loading = new AbortController());
  const page = pageOf(id);
  title(rowLink(id)?.textContent ?? 'Lead');
  dialog.querySelector<HTMLAnchorElement>('[data-lead-page]')?.setAttribute('href', page.pathname + page.search);
  body.replaceChildren(part('loading'));
  if (!dialog.open) dialog.showModal();
  const failure = await load(page, own.signal).catch(() => 'The connection failed.');
  if (own.signal.aborted || failure === null) return;
  body.replaceChildren(part('failed'));
  const why = body.querySelector('[data-lead-why]');
  if (why) why.textContent = failure;
  body.querySelector('[data-lead-retry]')?.addEventListener('click', () => void show(id));
}

/** Fills the dialog; the answer says why that did not work. */
async function load(page: URL, signal: AbortSignal): Promise<string | null> {
  const answer = await fetch(`${page.pathname.replace(/\/$/, '')}/panel${page.search}`, { signal });
  // Signed out meanwhile: the answer is the sign-in page.
  if (answer.redirected) return 'You are not signed in any more. Load the page again.';
  if (answer.status === 404) return 'There is no such lead any more. It may have been deleted at its source.';
  if (!answer.ok) return 'Something went wrong on our side. Try again in a minute.';
  const html = await answer.text();
  if (signal.aborted || !body) return null;
  body.innerHTML = html;
  body.scrollTop = 0;
  title(body.querySelector<HTMLElement>('[data-lead-name]')?.dataset['leadName'] ?? 'Lead');
  return null;
}

function title(text: string): void {
  const place = dialog?.querySelector('[data-lead-title]');
  if (place) place.textContent = text.trim();
}

function open(id: string): void {
  const address = new URL(location.href);
  address.searchParams.set('lead', id);
  history.pushState({ opened: true }, '', address);
  void show(id);
}

/** One step back when the list is there, else the same page without the lead. */
function close(): void {
  if ((history.state as { opened?: boolean } | null)?.opened === true) return history.back();
  const address = new URL(location.href);
  address.searchParams.delete('lead');
  history.replaceState(null, '', address);
  hide();
}

function hide(): void {
  loading?.abort();
  const shown = leadShown;
  if (dialog?.open) dialog.close();
  if (shown !== null) rowLink(shown)?.focus({ preventScroll: true });
  leadShown = null;
}

/** Whose row gets the focus back. */
let leadShown: string | null = null;

function follow(): void {
  const id = leadIn(location.href);
  if (id === null) return hide();
  leadShown = id;
  void show(id);
}

document.addEventListener('click', (event) => {
  const target = event.target as Element;
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = target.closest<HTMLAnchorElement>('a[data-lead]') ?? linkOfRow(target);
  const id = link?.dataset['lead'];
  if (id === undefined || !dialog) return;
  event.preventDefault();
  leadShown = id;
  open(id);
});

/** A click anywhere in a row means its lead, unless it is on something of its own or text was being selected. */
function linkOfRow(target: Element): HTMLAnchorElement | null {
  if (target.closest('a, button, input, label, select, summary, .pick') || getSelection()?.toString()) return null;
  return target.closest('tr')?.querySelector<HTMLAnchorElement>('a[data-lead]') ?? null;
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
dialog?.querySelector('[data-lead-close]')?.addEventListener('click', close);
addEventListener('popstate', follow);
if (dialog && leadIn(location.href) !== null) follow();

export {};
