/** Milliseconds that a message stays: long enough to read a sentence. */
const lifetime = 6000;

/** Shows a short message at the edge of the page and reads it out. */
export const toast = (message: string): void => {
  const item = document.createElement('p');
  item.className = 'toast';
  item.textContent = message;
  document.querySelector('#toasts')?.append(item);
  setTimeout(() => item.remove(), lifetime);
};
