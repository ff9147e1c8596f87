import { migrateAll } from '#lib/jobs/migrate.ts';
import type { Transfer } from './transfer.ts';
import { compare, type Comparison } from './compare.ts';
import { fingerprintDatabase } from './fingerprint.ts';
import { connect, openSource, withScratchDatabase } from './sessions.ts';

export interface Drill {
  /** Logs in where the backup is taken. */
  fromUrl: string;
  /**
   * Logs in on the server on which the scratch database is made; its own database is not touched.
   */
  intoUrl: string;
  carry: Transfer;
  /** The carrier brings a backup from before. */
  older?: boolean;
}

/**
 * Backs up, restores into a scratch database, brings that up to date as after a real restore, and
 * compares it with the moment at which the backup was taken. Writers of the source are not
 * disturbed. `inspect` sees the restored database before it is compared.
 */
export async function runDrill(
  { fromUrl, intoUrl, carry, older = false }: Drill,
  inspect?: (restoredUrl: string) => Promise<void>,
): Promise<Comparison> {
  const source = await openSource(fromUrl);
  try {
    return await withScratchDatabase(intoUrl, async (scratchUrl) => {
      await carry(source, scratchUrl);
      await migrateAll(scratchUrl);
      await inspect?.(scratchUrl);
      const scratch = await connect(scratchUrl);
      try {
        return compare(
          await fingerprintDatabase(source.client),
          await fingerprintDatabase(scratch),
          { older },
        );
      } finally {
        await scratch.end();
      }
    });
  } finally {
    await source.client.end();
  }
}
