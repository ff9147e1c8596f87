import { migrateAll } from '#lib/jobs/migrate.ts';
import type { Transfer } from './transfer.ts';
import { compare, type Comparison } from './compare.ts';
import { fingerprintDatabase } from './fingerprint.ts';
import { connect, openSource, withScratchDatabase } from './sessions.ts';

export interface Drill {
  /** Login for the database that is backed up. */
  fromUrl: string;
  /**
   * Login for the server on which the scratch database is created; its own database is not changed.
   */
  intoUrl: string;
  carry: Transfer;
  /** The transfer restores an older backup. */
  older?: boolean;
}

/**
 * Backs up, restores into a scratch database, migrates it as after a real restore, and compares it
 * with the source as of the moment of the backup. Writers of the source are not blocked. `inspect`
 * receives the URL of the restored database before the comparison.
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
