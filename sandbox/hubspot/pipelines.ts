export interface StageSpec {
  id: string;
  label: string;
  metadata: Record<string, string>;
}

const stage = (id: string, label: string, probability: string, isClosed = 'false'): StageSpec => ({
  id,
  label,
  metadata: { isClosed, probability },
});

/** The stages of deals of a new account. */
export const DEAL_STAGES: readonly StageSpec[] = [
  stage('appointmentscheduled', 'Appointment Scheduled', '0.2'),
  stage('qualifiedtobuy', 'Qualified To Buy', '0.4'),
  stage('presentationscheduled', 'Presentation Scheduled', '0.6'),
  stage('contractsent', 'Contract Sent', '0.9'),
  stage('closedwon', 'Closed Won', '1.0', 'true'),
  stage('closedlost', 'Closed Lost', '0.0', 'true'),
];

/** The stages of leads of a new account. */
export const LEAD_STAGES: readonly StageSpec[] = [
  { id: 'new-stage-id', label: 'New', metadata: {} },
  { id: 'attempting-stage-id', label: 'Attempting', metadata: {} },
  { id: 'connected-stage-id', label: 'Connected', metadata: {} },
  { id: 'qualified-stage-id', label: 'Qualified', metadata: {} },
  { id: 'unqualified-stage-id', label: 'Unqualified', metadata: {} },
];
