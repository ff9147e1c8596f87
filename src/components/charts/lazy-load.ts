/**
 * Fetches the interactive charts when somebody reaches for one: a reader who only looks downloads
 * nothing.
 */
const loadChart = async (figure: HTMLElement): Promise<void> => {
  const { mountChart } = await import('./interactive.ts');
  mountChart(figure);
};

for (const figure of document.querySelectorAll<HTMLElement>('[data-chart]')) {
  const box = figure.querySelector('.chart-box');
  for (const event of ['pointerenter', 'touchstart']) {
    box?.addEventListener(event, () => void loadChart(figure), { once: true, passive: true });
  }
}
