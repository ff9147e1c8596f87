import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRow, parseSearch } from '#lib/connectors/hubspot/answers.ts';
import { hubspot } from '#lib/connectors/hubspot/index.ts';
import { hubSpotSettings } from '#lib/connectors/hubspot/settings.ts';
import { parseRecord } from '#lib/records/registry.ts';
import { mapperOf } from '../streams.ts';

/** What HubSpot documents is read as documented; anything else is refused in words. */
const settings = hubSpotSettings.parse({});
const names = (name: string) =>
  name === 'ZodError' || name === 'RecordRejected' || name === 'RemoteError';

function attempt(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toSatisfy(({ name }: Error) => names(name));
  }
}

/** A row with any values in the properties that are read, and more. */
const texts = fc.dictionary(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary' }));
const known = fc.record(
  Object.fromEntries(
    [
      'amount',
      'closedate',
      'createdate',
      'dealstage',
      'firstname',
      'hs_attachment_ids',
      'hs_meeting_start_time',
      'hs_note_body',
      'hs_timestamp',
      'lifecyclestage',
      'numberofemployees',
    ].map((name) => [name, fc.oneof(fc.string({ unit: 'binary' }), fc.integer().map(String))]),
  ),
  { requiredKeys: [] },
);
const item = fc.record({
  id: fc.string({ minLength: 1 }),
  properties: fc.tuple(texts, known).map(([some, others]) => ({ ...some, ...others })),
  about: fc.record(
    {
      owner: fc.string(),
      links: fc.record({ contacts: fc.array(fc.string()) }),
      stage: fc.record({ name: fc.string(), metadata: texts }),
    },
    { requiredKeys: [] },
  ),
});

describe.each(hubspot.streams.map((stream) => [stream.name, stream] as const))(
  '%s',
  (_, stream) => {
    it('maps or rejects any row, and any value in its place', async () => {
      const toRecord = await mapperOf(stream, settings);
      const map = (value: unknown) => attempt(() => parseRecord(stream.entity, toRecord(value)));
      fc.assert(fc.property(item, map), { numRuns: 300 });
      fc.assert(fc.property(fc.jsonValue(), map), { numRuns: 300 });
    });

    it('reads or refuses any body', () => {
      fc.assert(
        fc.property(fc.oneof(fc.json(), fc.string()), (body) => attempt(() => stream.parse(body))),
        { numRuns: 300 },
      );
    });
  },
);

describe('an answer', () => {
  it('is read with any value in each of its fields', () => {
    const anything = fc.jsonValue();
    const row = fc.record(
      { id: anything, properties: anything, archived: anything, associations: anything },
      { requiredKeys: [] },
    );
    const body = fc.record(
      { results: fc.array(row), paging: anything, total: anything },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(body, (value) =>
        attempt(() => parseSearch(JSON.stringify(value)).results.map(parseRow)),
      ),
      { numRuns: 500 },
    );
  });
});
