import { describe, expect, it } from 'vitest';
import { withOrg } from './dynamics.ts';

describe('metadata of Dynamics 365', () => {
  it('tells columns, options, keys and change tracking, as the customer has them', () =>
    withOrg(
      { without: ['hnt_segment'], untracked: ['task'], keyStatus: 'Pending' },
      async ({ get }) => {
        expect(
          await get(
            "EntityDefinitions(LogicalName='task')?$select=LogicalName,EntitySetName,ChangeTrackingEnabled",
          ),
        ).toMatchObject({
          LogicalName: 'task',
          ChangeTrackingEnabled: false,
          EntitySetName: 'tasks',
        });
        const { value = [] } = await get("EntityDefinitions(LogicalName='lead')/Attributes");
        const named = new Map(value.map((each) => [each.LogicalName, each]));
        const own = value.filter(({ LogicalName }) => String(LogicalName).startsWith('hnt_'));
        expect(own.filter(({ AttributeOf }) => AttributeOf === null)).toHaveLength(23);
        expect(named.get('hnt_sourcename')).toMatchObject({
          AttributeOf: 'hnt_source',
          AttributeType: 'Virtual',
          IsValidODataAttribute: false,
        });
        expect(named.get('subject')).toMatchObject({
          AttributeType: 'String',
          IsValidForCreate: true,
        });
        expect(named.get('subject')).not.toHaveProperty('MaxLength');
        const { value: texts = [] } = await get(
          "EntityDefinitions(LogicalName='lead')/Attributes/" +
            'Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=LogicalName,MaxLength',
        );
        expect(texts.find(({ LogicalName }) => LogicalName === 'subject')).toMatchObject({
          MaxLength: 300,
        });
        expect(named.get('lastname')).toMatchObject({
          RequiredLevel: { Value: 'ApplicationRequired' },
        });
        expect(named.get('statecode')).toMatchObject({
          IsValidForCreate: false,
          IsValidForUpdate: true,
        });
        const picklists = await get(
          "EntityDefinitions(LogicalName='lead')/Attributes/" +
            'Microsoft.Dynamics.CRM.PicklistAttributeMetadata' +
            '?$select=LogicalName&$expand=OptionSet',
        );
        const source = picklists.value?.find(({ LogicalName }) => LogicalName === 'leadsourcecode');
        expect(source).toMatchObject({
          OptionSet: {
            Options: expect.arrayContaining([
              expect.objectContaining({
                Value: 8,
                Label: expect.objectContaining({
                  UserLocalizedLabel: expect.objectContaining({ Label: 'Website' }),
                }),
              }),
            ]),
          },
        });
        expect(await get("EntityDefinitions(LogicalName='lead')/Keys")).toMatchObject({
          value: [{ KeyAttributes: ['hnt_leadid'], EntityKeyIndexStatus: 'Pending' }],
        });
        expect((await get('WhoAmI')).UserId).toEqual(expect.any(String));
      },
    ));
});

it('refuses what is no property: companions, and limits that no cast asks for', () =>
  withOrg({ leads: 1 }, async ({ call }) => {
    const attributes = "EntityDefinitions(LogicalName='lead')/Attributes";
    for (const path of [
      'leads?$select=hnt_segmentname',
      'leads?$select=parentaccountidname',
      'leads?$select=statecodename',
      `${attributes}?$select=LogicalName,MaxLength`,
      `${attributes}/Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=MinValue`,
      `${attributes}/Microsoft.Dynamics.CRM.StringAttributeMetadata?$expand=OptionSet`,
      "EntityDefinitions(LogicalName='lead')?$expand=Attributes($select=MaxLength)",
      "EntityDefinitions(LogicalName='lead')?$select=Nonsense",
    ])
      expect(await call('GET', path), path).toMatchObject({
        status: 400,
        body: {
          error: { message: expect.stringContaining('Could not find a property') as string },
        },
      });
  }));
