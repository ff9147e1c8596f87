import { counted } from '../ui/format.ts';
import { toast } from '../ui/toast.ts';

/** The count of chosen rows, the box that chooses all of the page, and the way to choose none. */
const bar = document.querySelector<HTMLFormElement>('[data-bulk]');
const boxes = [...document.querySelectorAll<HTMLInputElement>('[data-pick]')];
const selectAllBox = document.querySelector<HTMLInputElement>('[data-pick-all]');

function updateBar(): void {
  const chosen = boxes.filter(({ checked }) => checked).length;
  const line = bar?.querySelector('[data-bulk-count]');
  const text =
    chosen === 0 ? 'Select leads to push' : `${counted(chosen, ['lead', 'leads'])} selected`;
  if (line && line.textContent !== text) line.textContent = text;
  bar?.toggleAttribute('data-chosen', chosen > 0);
  const push = bar?.querySelector<HTMLButtonElement>('[data-bulk-selected]');
  if (push) push.disabled = chosen === 0;
  const clear = bar?.querySelector<HTMLButtonElement>('[data-bulk-clear]');
  if (clear) clear.hidden = chosen === 0;
  for (const box of boxes) box.closest('tr')?.toggleAttribute('data-chosen', box.checked);
  if (!selectAllBox) return;
  selectAllBox.checked = chosen > 0 && chosen === boxes.length;
  selectAllBox.indeterminate = chosen > 0 && chosen < boxes.length;
}

/** With Shift, everything between the last box and this one. */
let last = -1;
function toggleRange(event: MouseEvent, index: number): void {
  const checked = boxes[index]?.checked ?? false;
  if (event.shiftKey && last >= 0)
    for (const box of boxes.slice(Math.min(last, index), Math.max(last, index) + 1))
      box.checked = checked;
  last = index;
  updateBar();
}

if (bar) {
  for (const [index, box] of boxes.entries())
    box.addEventListener('click', (event) => toggleRange(event, index));
  if (selectAllBox) {
    selectAllBox.hidden = false;
    selectAllBox.addEventListener('change', () => {
      for (const box of boxes) box.checked = selectAllBox.checked;
      updateBar();
    });
  }
  bar.addEventListener('reset', () => setTimeout(updateBar));
  addEventListener('pageshow', updateBar);
  updateBar();
}

/**
 * What a form did stands at the head of the page; whoever comes back to the rows, further down, is
 * told there as well.
 */
const notice = document.querySelector('[data-leads-notice]')?.cloneNode(true) as
  HTMLElement | undefined;
for (const link of notice?.querySelectorAll('a') ?? []) link.remove();
const noticeText = notice?.textContent?.replaceAll(/\s+/g, ' ').trim() ?? '';
if (noticeText !== '' && location.hash === '#rows') toast(noticeText);
