import { setTimeout as sleep } from 'node:timers/promises';
import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import type { BenchDatabase } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import { startHelper } from '../kit/helper.ts';
import { createAccount } from '../rival/account.ts';
import { setups, type SideJob, type SideResult } from '../rival/sides.ts';
import { readResidentBytes } from './memory.ts';
import { growingLeads } from './tables.ts';

const sampleMs = 250;

/** The memory of a process that syncs one large connection. */
export interface Growth {
  /** Resident bytes, at even times from the first to the last page. */
  samples: number[];
  idle: number;
  ms: number;
}

/** Syncs a connection of many leads in a process of its own, as a worker does. */
export async function weighGrowth(database: BenchDatabase): Promise<Growth> {
  const server = startPart('stripe', 'bench/rival/server.ts', {});
  const side = await startHelper<SideJob, SideResult>('ours', setups.ours.entry);
  try {
    const { port } = await whenReady(server);
    await useDatabase(database.appUrl, database.superuserUrl);
    const account = await createAccount(`http://127.0.0.1:${port}/`, `sk_${growingLeads}_growing`);
    const idle = readResidentBytes(side.pid);
    const samples: number[] = [];
    let ended = false;
    const sync = side.run({ databaseUrl: database.appUrl, account }).finally(() => (ended = true));
    for (; !ended; await sleep(sampleMs)) samples.push(readResidentBytes(side.pid));
    const { ms, records } = await sync;
    if (records !== growingLeads) throw new Error(`${records} of ${growingLeads} leads were read`);
    return { samples, idle, ms };
  } finally {
    await side.stop();
    await stopPart(server);
  }
}
