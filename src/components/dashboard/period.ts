/** A typed date means a custom period, and dates of other periods need not be sent. */
for (const form of document.querySelectorAll<HTMLFormElement>('[data-period]')) {
  const choice = form.querySelector<HTMLSelectElement>('[name=period]');
  const dates = [...form.querySelectorAll<HTMLInputElement>('[type=date]')];
  for (const input of dates) {
    input.addEventListener('input', () => {
      if (choice) choice.value = 'custom';
    });
  }
  form.addEventListener('submit', () => {
    for (const input of dates) input.disabled = choice?.value !== 'custom';
  });
}
