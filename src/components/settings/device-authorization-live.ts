/** Draws the consent again while it waits, and goes on to the connections once there is one. */
async function followAuthorization(): Promise<void> {
  for (
    let now = document.getElementById('consent');
    now?.dataset['state'] === 'waiting';
    now = document.getElementById('consent')
  ) {
    await new Promise((resolve) =>
      setTimeout(resolve, Number(now?.dataset['every'] ?? '5') * 1000),
    );
    const page = await fetch(location.href).then(
      (response) => (response.ok ? response.text() : ''),
      () => '',
    );
    const next = new DOMParser().parseFromString(page, 'text/html').getElementById('consent');
    if (next !== null && next.dataset['state'] !== 'waiting') now.replaceWith(next);
  }
  const done = document.getElementById('consent');
  if (done?.dataset['state'] === 'connected' && done.dataset['then'] !== undefined)
    location.assign(done.dataset['then']);
}

void followAuthorization();

export {};
