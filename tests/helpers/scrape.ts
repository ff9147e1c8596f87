export const metricsToken = 'a-token-that-only-tests-use';

/** What a scrape returned. */
export interface Scrape {
  status: number;
  text: string;
  /**
   * The value of one series, labels in the order in which they are written; undefined when it is
   * not there.
   */
  value(series: string): number | undefined;
  /** The labels of every series of a name, as they are written. */
  labels(name: string): string[];
}

/** Asks /metrics as Prometheus does. */
export async function scrape(origin: string, token: string | null = metricsToken): Promise<Scrape> {
  const response = await fetch(new URL('/metrics', origin), {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  });
  return readScrape(response.status, await response.text());
}

export function readScrape(status: number, text: string): Scrape {
  const lines = text.split('\n');
  return {
    status,
    text,
    value: (series) => {
      const line = lines.find((candidate) => candidate.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
    labels: (name) =>
      lines.flatMap((line) =>
        line.startsWith(`${name}{`) ? [line.slice(name.length + 1, line.lastIndexOf('}'))] : [],
      ),
  };
}
