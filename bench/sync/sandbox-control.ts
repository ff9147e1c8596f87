/** What the sandbox's process says when it is ready. */
export interface SandboxReady {
  port: number;
  /** For a connection's `baseUrl`. */
  baseUrl: string;
  url: string;
}

/** Delays every response of the sandbox; 0 for no wait. */
export async function setLatency({ url }: SandboxReady, ms: number): Promise<void> {
  await fetch(`${url}/_control/faults`, { method: 'DELETE' });
  if (ms > 0)
    await fetch(`${url}/_control/faults`, {
      method: 'POST',
      body: JSON.stringify({ kind: 'latency', ms }),
    });
}
