import type { Choice, WriteContext } from '../../contract/actions.ts';
import { parseList, parsePipelines, parseProperty } from '../answers.ts';
import { fetchOwners } from '../lookups.ts';
import { get, paths } from '../request.ts';
import type { HubSpotSettings } from '../settings.ts';
import { nameStages } from '../stages.ts';

type Context = WriteContext<HubSpotSettings>;

/** Active stages, each for the objects of its own pipeline, which `scope` names. */
export async function listStages(
  context: Context,
  type: 'deals' | 'leads',
  scope: string,
): Promise<Choice[]> {
  const { body } = await get(context, `${paths.pipelines}/${type}`);
  return nameStages(parsePipelines(body))
    .filter(({ active }) => active)
    .map(({ id, name, pipelineId }) => ({ value: id, label: name, when: { [scope]: pipelineId } }));
}

/** What a property may be set to by hand. */
export async function listOptions(
  context: Context,
  type: string,
  property: string,
): Promise<Choice[]> {
  const { body } = await get(context, `${paths.properties}/${type}`);
  const found = parseList(body)
    .results.map(parseProperty)
    .find((each) => each?.name === property);
  return (found?.options ?? []).flatMap((option) =>
    option === undefined || option['hidden'] === true
      ? []
      : [{ value: option.value, label: option.label }],
  );
}

/** Whoever may own records now. */
export async function listOwners(context: Context): Promise<Choice[]> {
  const names = await fetchOwners(context, ['false']);
  return [...names].map(([value, label]) => ({ value, label }));
}
