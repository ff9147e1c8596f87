import { expect, it } from 'vitest';
import type { Cursor, Page, ReadSpan } from '#lib/connectors/contract/source.ts';
import type { SalesforceChange } from '../../../sandbox/index.ts';
import { randomFrom, type Random } from '../../../sandbox/kit/random.ts';
import { times } from '../../helpers/deep.ts';
import { changes, connect, full, lead, MINUTE, streamOf } from './harness.ts';

/** What somebody knows who has only read pages: titles by id. */
type Known = Map<string, unknown>;

function learn(known: Known, { items, deleted = [] }: Page): void {
  for (const item of items) {
    const { Title } = item as { Title: unknown };
    known.set(streamOf('leads').identify(item) ?? '', Title);
  }
  for (const id of deleted) known.delete(id);
}

/** What people do meanwhile. */
function pickChanges(random: Random, ids: readonly string[]): SalesforceChange[] {
  return Array.from({ length: random.int(0, 6) }, () => {
    const id = ids.length === 0 ? '' : random.pick(ids);
    const title = `Title ${random.int(1, 1_000_000)}`;
    const made = lead({ Title: title }, random.chance(0.3) ? random.int(0, 8) * MINUTE : 0);
    if (id === '' || random.chance(0.3)) return made;
    return random.pick<SalesforceChange>([
      { op: 'update', kind: 'Lead', id, row: { Title: title } },
      { op: 'update', kind: 'Lead', id, row: { Title: title }, lateMs: random.int(0, 8) * MINUTE },
      { op: 'delete', kind: 'Lead', id },
      { op: 'purge', kind: 'Lead', id },
    ]);
  });
}

it.each(Array.from({ length: times(6, 60) }, (_, seed) => [seed]))(
  'passes over changes come to the truth, whatever happens while pages are read (seed %i)',
  async (seed) => {
    const random = randomFrom('churn', seed);
    const byJob = random.chance(0.3);
    const { read, mutate, pass, renew, sandbox } = await connect(
      { pageRows: random.int(3, 12) },
      byJob ? { bulkAbove: 5, bulkPageSize: random.int(3, 12) } : {},
    );
    const live = () =>
      (sandbox.salesforce.truth('org', 'Lead')['Lead'] ?? []).map(({ Id }) => String(Id));
    const happen = () => {
      for (const change of pickChanges(random, live()))
        if (change.op === 'add' || ('id' in change && live().includes(change.id))) mutate(change);
    };
    mutate(...Array.from({ length: random.int(5, 40) }, () => lead({ Title: 'First' })));
    const known: Known = new Map();
    let token: Cursor = null;
    for (let round = 0; round < 6; round += 1) {
      const span: ReadSpan = round === 0 ? full : changes(token);
      let cursor: Cursor = null;
      for (let isLast = false; !isLast;) {
        const isStopped = random.chance(0.3);
        for await (const page of read('leads', span, cursor)) {
          learn(known, page);
          cursor = page.cursor;
          isLast = page.last;
          if (page.last) token = page.token ?? null;
          happen();
          sandbox.clock.shift(random.int(0, 2) * 1_000);
          if (random.chance(0.2)) await renew();
          if (isStopped) break;
        }
      }
      await pass(random.int(1, 90) * MINUTE);
    }
    // Nothing happens any more, and what was late is visible.
    for (let round = 0; round < 2; round += 1) {
      await pass(20 * MINUTE);
      for await (const page of read('leads', changes(token))) {
        learn(known, page);
        if (page.last) token = page.token ?? null;
      }
    }
    const truth = sandbox.salesforce.truth('org', 'Lead')['Lead'] ?? [];
    const expected = new Map(truth.map(({ Id, Title }) => [String(Id), Title]));
    expect(Object.fromEntries(known)).toEqual(Object.fromEntries(expected));
  },
);
