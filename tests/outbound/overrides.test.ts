import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createConnection } from '#lib/connections/connections.ts';
import { overlayRecord, normalizeValue, type Override } from '#lib/entities/lead/overrides.ts';
import { leadRecord, type LeadRecord } from '#lib/records/lead.ts';
import { compareVersions } from '#lib/entities/compare.ts';
import { type Incoming } from '#lib/entities/incoming.ts';
import { JsonText } from '#lib/platform/db/bulk.ts';
import { newId } from '#lib/platform/id.ts';
import { changeLead, lockLead } from '#lib/outbound/pull/change-lead.ts';
import { recountSummaries } from '#lib/ingest/recount.ts';
import { applyDeletion, applyPages, applyRewrites } from '#lib/ingest/apply.ts';
import { sql } from 'drizzle-orm';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../helpers/database.ts';
import { expectExactRollups } from '../helpers/truth.ts';

const db = useDatabase();
let tenantId: string;
let connectionId: string;

beforeAll(async () => {
  tenantId = (await createTenant({ slug: 'laid', name: 'Laid' })).id;
  connectionId = (
    await createConnection({
      tenantId,
      provider: 'clienttether',
      settings: { baseUrl: 'http://127.0.0.1:9/' },
      secrets: { webKey: 'k', accessToken: 'some-token' },
    })
  ).id;
});

const fields = ['status', 'dealValue', 'phone'] as const;
type Field = (typeof fields)[number];
type Said = Record<Field, string | null>;

const status = fc.constantFrom('New', 'Contacted', 'Qualified');
const dealValue = fc.constantFrom(null, '100', '100.5', '9000.25');
const phone = fc.constantFrom(null, '1', '+1 303 555 0100');
const said: fc.Arbitrary<Said> = fc.record({ status, dealValue, phone });
const oneChange = fc.oneof(
  status.map((value) => ({ status: value })),
  dealValue.map((value) => ({ dealValue: value })),
  phone.map((value) => ({ phone: value })),
  said,
);
const step = fc.oneof(
  said.map((value) => ({ kind: 'source' as const, value })),
  oneChange.map((value) => ({ kind: 'override' as const, value })),
  fc.constant({ kind: 'replay' as const }),
  fc.constant({ kind: 'delete' as const }),
);

const recordOf = (externalId: string, value: Said): LeadRecord =>
  leadRecord.parse({
    externalId,
    sourceCreatedAt: new Date('2026-03-01'),
    sourceUpdatedAt: null,
    name: 'Ann Lead',
    company: null,
    email: 'ann@acme.test',
    city: null,
    state: null,
    source: 'Web',
    qualified: false,
    assignedTo: null,
    summary: null,
    ...value,
  });

function incoming(externalId: string, value: Said): Incoming {
  const record = recordOf(externalId, value);
  return {
    record,
    raw: new JsonText(JSON.stringify(value)),
    hash: createHash('sha256').update(JSON.stringify(value)).digest('base64'),
  };
}

/** One lead, and what it must say according to the rule alone. */
class Lead {
  readonly externalId = newId();
  readonly place = {
    tenantId,
    connectionId,
    provider: 'clienttether',
    stream: 'clients',
    timeZone: 'UTC',
  };
  source: Said = { status: 'New', dealValue: null, phone: null };
  over: Partial<Record<Field, { value: string | null; against: string | null }>> = {};
  clock = Date.UTC(2026, 10, 1);
  deleted = false;

  expected(): Said {
    return Object.fromEntries(
      fields.map((field) => [
        field,
        normalizeValue(field, this.over[field] ? this.over[field].value : this.source[field]),
      ]),
    ) as Said;
  }

  async hear(value: Said): Promise<void> {
    this.clock += 60_000;
    const origin = { ...this.place, snapshotId: newId(), receivedAt: new Date(this.clock) };
    await withTenant(tenantId, async (tx) => {
      const pages = [{ origin, incoming: [incoming(this.externalId, value)] }];
      await applyPages(tx, origin, 'lead', pages);
    });
    for (const field of fields)
      if (this.over[field] && this.over[field].against !== normalizeValue(field, value[field]))
        Reflect.deleteProperty(this.over, field);
    this.source = value;
    this.deleted = false;
  }

  async override(value: Partial<Said>): Promise<void> {
    const now = this.expected();
    await withTenant(tenantId, async (tx) => {
      const lead = await lockLead(tx, tenantId, await this.id());
      if (lead !== undefined)
        await changeLead(tx, lead, value, { connectionId: null, by: null, timeZone: 'UTC' });
    });
    for (const field of fields) {
      if (!(field in value)) continue;
      const [wanted, against] = [
        normalizeValue(field, value[field]),
        normalizeValue(field, this.source[field]),
      ];
      if (wanted === against) Reflect.deleteProperty(this.over, field);
      else if (wanted !== now[field]) this.over[field] = { value: wanted, against };
    }
  }

  async replay(): Promise<void> {
    const version = {
      incoming: incoming(this.externalId, this.source),
      snapshotId: newId(),
      receivedAt: new Date(this.clock),
      isFallback: false,
      wasRejected: false,
      mayInsert: false,
    };
    await withTenant(tenantId, async (tx) => {
      const rewrites = await compareVersions(
        tx,
        'lead',
        this.place,
        new Map([[this.externalId, version]]),
      );
      if (!this.deleted)
        expect(rewrites.updates, 'nothing to write when the source says the same').toEqual([]);
      await applyRewrites(tx, this.place, 'lead', rewrites);
    });
    this.deleted = false;
  }

  async delete(): Promise<void> {
    this.clock += 1_000;
    await withTenant(tenantId, async (tx) => {
      const gone = sql`external_id = ${this.externalId}`;
      await applyDeletion(tx, this.place, 'lead', gone, new Date(this.clock));
    });
    this.deleted = true;
  }

  async id(): Promise<string> {
    const [row] = await db.query<{ id: string }>('select id from leads where external_id = $1', [
      this.externalId,
    ]);
    return row?.id ?? '';
  }
}

describe('overlay', () => {
  const override = (
    field: Override['field'],
    value: string | null,
    sourceValue: string | null,
  ): Override => ({ leadId: 'x', field, value, sourceValue });

  it('holds while the source says what it said, and gives way when it says something else', () => {
    const record = recordOf('1', { status: 'New', dealValue: '100', phone: null });
    expect(
      overlayRecord(record, [
        override('status', 'Contacted', 'New'),
        override('dealValue', '5.00', '100.00'),
        override('phone', '1', '2'),
      ]),
    ).toEqual({
      record: { ...record, status: 'Contacted', dealValue: '5.00' },
      superseded: [{ leadId: 'x', field: 'phone' }],
    });
    expect(overlayRecord(record, []).record).toBe(record);
  });
});

describe('a lead that others changed', () => {
  it('follows the rule after any responses, changes, replays and deletions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
        const lead = new Lead();
        await lead.hear(lead.source);
        for (const one of steps) {
          if (one.kind === 'source') await lead.hear(one.value);
          else if (one.kind === 'override') await lead.override(one.value);
          else if (one.kind === 'replay') await lead.replay();
          else await lead.delete();
          const [row] = await db.query(
            `select status, deal_value as "dealValue", phone, deleted_at is not null as deleted
             from leads
             where external_id = $1`,
            [lead.externalId],
          );
          expect(row).toEqual({ ...lead.expected(), deleted: lead.deleted });
          const kept = await db.query<{
            field: Field;
            value: string | null;
            against: string | null;
          }>(
            `select field, value, source_value as against
             from lead_overrides o
             join leads l on l.tenant_id = o.tenant_id and l.id = o.lead_id
             where l.external_id = $1`,
            [lead.externalId],
          );
          expect(
            Object.fromEntries(
              kept.map(({ field, value, against }) => [field, { value, against }]),
            ),
          ).toEqual(lead.over);
        }
        await expectExactRollups(db);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });

  it('a recount finds nothing to mend', async () => {
    const before = await db.query('select * from lead_metrics order by 1, 2, 3, 4');
    expect(before.length).toBeGreaterThan(0);
    await withTenant(tenantId, (tx) => recountSummaries(tx, 'lead', tenantId));
    expect(await db.query('select * from lead_metrics order by 1, 2, 3, 4')).toEqual(before);
  });
});
