/** One year in seconds: how long a chosen theme is kept. */
const maxAgeSeconds = 31_536_000;
const root = document.documentElement;
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

const isDark = () =>
  root.dataset['theme'] ? root.dataset['theme'] === 'dark' : systemIsDark.matches;

const switches = document.querySelectorAll<HTMLButtonElement>('[data-theme-switch]');

const updateLabels = () => {
  for (const button of switches) {
    button.hidden = false;
    const text = button.querySelector('span');
    if (text) text.textContent = isDark() ? 'Light theme' : 'Dark theme';
  }
};

for (const button of switches) {
  button.addEventListener('click', () => {
    const theme = isDark() ? 'light' : 'dark';
    root.dataset['theme'] = theme;
    // The name that the server gives its own cookies over TLS (`toCookieName`).
    const name = location.protocol === 'https:' ? '__Host-theme=' : 'theme=';
    const secure = location.protocol === 'https:' ? '; secure' : '';
    document.cookie = `${name}${theme}; path=/; max-age=${maxAgeSeconds}; samesite=lax${secure}`;
    updateLabels();
  });
}
systemIsDark.addEventListener('change', updateLabels);
updateLabels();
