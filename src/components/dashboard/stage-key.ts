/** The parameters that name a stage; the system only where there is more than one. */
export interface StageKey {
  stage: string;
  connection: string | null;
}

export const stageKey = (
  pipelines: readonly { connectionId: string }[],
  connectionId: string,
  stage: string,
): StageKey => ({ stage, connection: pipelines.length > 1 ? connectionId : null });
