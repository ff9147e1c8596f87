import { count, date, dateTime } from '../ui/format.ts';
import { toast } from '../ui/toast.ts';

interface Note {
  id: string;
  noteDate: string | null;
  author: string | null;
  content: string;
  contactName: string | null;
}

const list = document.querySelector<HTMLOListElement>('#notes');
const template = document.querySelector<HTMLTemplateElement>('#note-template');
const link = document.querySelector<HTMLAnchorElement>('[data-notes-more]');
const counter = document.querySelector<HTMLElement>('[data-notes-count]');
const timeZone = list?.dataset['timeZone'] ?? 'UTC';

function draw(note: Note): Node | null {
  const item = template?.content.querySelector('li')?.cloneNode(true) as HTMLLIElement | undefined;
  if (!item) return null;
  item.id = `note-${note.id}`;
  fill(item, 'author', note.author ?? 'Unknown author');
  fill(item, 'contact', note.contactName ?? '');
  fill(item, 'content', note.content);
  const at = note.noteDate ? new Date(note.noteDate) : null;
  const time = item.querySelector('time');
  if (at && time) {
    time.dateTime = at.toISOString();
    time.title = dateTime(at, timeZone);
    time.textContent = date(at, timeZone);
  }
  return item;
}

function fill(item: HTMLElement, name: string, text: string): void {
  const place = item.querySelector(`[data-note=${name}]`);
  if (place) place.textContent = text;
}

/**
 * Adds the next notes and moves the address along, so that a reload or a shared link shows the
 * same.
 */
async function loadMore(button: HTMLAnchorElement, notes: HTMLOListElement): Promise<void> {
  const before = notes.children.length;
  const response = await fetch(`${button.dataset['notesMore']}&offset=${before}`, {
    headers: { accept: 'application/json' },
  }).catch(() => null);
  if (!response?.ok) return toast('The notes could not be loaded. Try again in a minute.');
  const page = (await response.json()) as { notes: Note[]; total: number };
  // A sync may have added notes above meanwhile, which moves known ones onto the next page.
  const fresh = page.notes.filter(({ id }) => !document.getElementById(`note-${id}`));
  notes.append(...fresh.map(draw).filter((item) => item !== null));
  (notes.children[before] as HTMLElement | undefined)
    ?.querySelector('summary')
    ?.focus({ preventScroll: true });
  updateAddress(button, notes.children.length, page);
}

function updateAddress(
  button: HTMLAnchorElement,
  shown: number,
  { total, notes }: { total: number; notes: Note[] },
): void {
  const address = new URL(location.href);
  address.searchParams.set('limit', String(shown));
  history.replaceState(null, '', address);
  if (counter) counter.textContent = `${count(shown)} of ${count(total)} notes`;
  if (shown >= total || notes.length === 0) button.remove();
}

link?.addEventListener('click', (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !list) return;
  event.preventDefault();
  if (link.ariaDisabled === 'true') return;
  link.ariaDisabled = 'true';
  void loadMore(link, list).finally(() => (link.ariaDisabled = null));
});
