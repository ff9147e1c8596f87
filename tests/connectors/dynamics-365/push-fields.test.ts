import { describe, expect, it } from 'vitest';
import { defaultMapping } from '#lib/connectors/dynamics-365/destination/default-mapping.ts';
import { findTargetField, listTargetFields } from '#lib/mappings/target-fields.ts';
import { compileRows } from '#lib/mappings/compile-rows.ts';
import { buildPlan, findExpectedFields, findMissingFields } from '#lib/mappings/plan.ts';
import { id, usePushStage } from './push-stage.ts';

const stage = usePushStage();
const demanding = usePushStage({
  requires: { jobtitle: 'SystemRequired', ownerid: 'SystemRequired', subject: 'None' },
});

describe('what the environment says of itself', () => {
  it('is read with options, limits, what is required, and keys that are active', () => {
    const field = (name: string) => findTargetField(stage.metadata, 'lead', name);
    expect(field('hnt_segment')).toMatchObject({
      type: 'option',
      options: [
        { value: 859_870_000, label: 'Migration' },
        { label: 'Existing' },
        { label: 'Cold' },
        { label: 'Skip' },
      ],
    });
    expect(field('lastname')).toMatchObject({
      type: 'text',
      required: false,
      expected: true,
      maxLength: 50,
      creatable: true,
    });
    expect(field('statecode')?.creatable).toBe(false);
    expect(field('parentaccountid')?.type).toBe('lookup');
    expect(stage.metadata.objects.lead).toMatchObject({
      keys: [['hnt_leadid']],
    });
    expect(stage.metadata.objects.company?.keys).toEqual([]);
  });

  it('has no companions, and knows limits that only a cast tells', () => {
    const fields = listTargetFields(stage.metadata, 'lead');
    const names = fields.map(({ name }) => name);
    expect(names).not.toContain('hnt_segmentname');
    expect(names).not.toContain('parentaccountidname');
    expect(new Set(names).size).toBe(names.length);
    expect(fields.find(({ name }) => name === 'numberofemployees')).toMatchObject({
      type: 'integer',
      min: 0,
      max: 1_000_000_000,
    });
    expect(fields.find(({ name }) => name === 'description')?.maxLength).toBe(2_000);
    expect(fields.find(({ name }) => name === 'estimatedamount')?.max).toBe(922_337_203_685_477);
  });

  it('tells days from times, because a day refuses a time', async () => {
    const type = (name: string) => findTargetField(stage.metadata, 'lead', name)?.type;
    expect([type('estimatedclosedate'), type('hnt_lastscoredon')]).toEqual(['date', 'datetime']);
    const row = {
      role: 'lead' as const,
      sources: ['scoredAt'],
      steps: [],
      rule: 'ours' as const,
    };
    const { records: planned } = buildPlan(
      await compileRows([
        { ...row, target: 'estimatedclosedate' },
        { ...row, target: 'hnt_lastscoredon' },
      ]),
      { leadId: id(0), scoredAt: '2026-11-20T23:30:00.500Z' },
      stage.metadata,
    );
    const values = planned.lead?.values ?? {};
    expect(values).toEqual({
      estimatedclosedate: '2026-11-20',
      hnt_lastscoredon: '2026-11-20T23:30:00Z',
    });
    expect(
      await stage.objects.create(
        { role: 'lead', key: id(7), leadId: id(7), values, parents: {} },
        { detect: false },
      ),
    ).toMatchObject({ kind: 'done', kept: values });
  });

  it('tells what the system demands from what only forms demand of people', async () => {
    const { metadata, objects } = demanding;
    const missing = (values: Record<string, string>) =>
      findMissingFields(metadata, 'lead', values).map(({ name }) => name);
    expect(missing({})).toEqual(['jobtitle']);
    expect(missing({ jobtitle: 'Owner' })).toEqual([]);
    const row = { role: 'lead' as const, parents: {} };
    await expect(
      objects.create(
        { ...row, key: id(1), leadId: id(1), values: { lastname: 'Fox' } },
        { detect: false },
      ),
    ).rejects.toMatchObject({
      kind: 'malformed',
      message: expect.stringContaining('mentions the field "jobtitle"') as string,
    });
    expect(
      await objects.create(
        { ...row, key: id(1), leadId: id(1), values: { jobtitle: 'Owner' } },
        { detect: false },
      ),
    ).toMatchObject({ kind: 'done' });
  });

  it('makes a plan: kept values, labels as options, and in words what cannot be sent', async () => {
    const values = {
      leadId: id(0),
      lastName: 'x'.repeat(60),
      segment: 'migration',
      score: 88,
      tenantSize: 'huge',
      domain: null,
      email: null,
      opportunityStage: null,
    };
    const { records: planned, problems } = buildPlan(
      await compileRows(defaultMapping),
      values,
      stage.metadata,
    );
    expect(planned.lead?.values).toMatchObject({
      lastname: 'x'.repeat(50),
      hnt_segment: 859_870_000,
      hnt_finalscore: 88,
    });
    expect(planned.lead?.values).not.toHaveProperty('hnt_huntertenantsize');
    expect(Object.keys(planned)).toEqual(['lead']);
    expect(problems).toHaveLength(2);
    expect(problems).toContain(
      '"hnt_huntertenantsize" has no option "huge". Its options are: Small, Medium, Large.',
    );
    expect(problems.join()).toContain('"leadsourcecode" has no option "migration".');
    const names = (found: { name: string }[]) => found.map(({ name }) => name);
    expect(names(findMissingFields(stage.metadata, 'lead', {}))).toEqual([]);
    expect(names(findExpectedFields(stage.metadata, 'lead', {}))).toEqual(['lastname']);
    expect(
      buildPlan(
        await compileRows([
          ...defaultMapping,
          { role: 'lead', target: 'hnt_nowhere', sources: ['score'], steps: [], rule: 'ours' },
        ]),
        values,
        stage.metadata,
      ).problems,
    ).toContain('The object "lead" in the CRM has no field "hnt_nowhere".');
  });
});
