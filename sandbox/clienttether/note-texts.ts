import type { Random } from '../kit/random.ts';
import { BACKGROUNDS } from './sample-values.ts';

export interface NoteFacts {
  first: string;
  market: string;
  units: number;
  fee: string;
}

type Sentence = (facts: NoteFacts, random: Random) => string;

/** Openings by stage, as a franchise developer would jot them down right after the call or mail. */
const BY_STAGE: Record<string, Sentence[]> = {
  'Outbound Call': [
    ({ first }) =>
      `LVM for ${first}, sent intro text and email. Will try again tomorrow afternoon.`,
    () => 'Second attempt, went straight to voicemail. No text reply yet.',
    ({ first, market }) =>
      `Reached ${first} for two minutes between meetings. Interested ` +
      `in ${market}, asked me to call back this week.`,
  ],
  'Inbound Contact': [
    ({ first, market }) =>
      `${first} called in after reading the brochure. Wants to know what is open around ${market}.`,
    ({ first }) =>
      `${first} replied to the second email, asked about total ` +
      'investment and whether we help with financing.',
  ],
  'Initial Call Scheduled': [
    ({ first }) => `Booked the intro call with ${first}. Confirmation and one-pager sent.`,
    () => 'Rescheduled once, kid had a game. New time confirmed by text.',
  ],
  'Initial Call Complete': [
    ({ first, market }, r) =>
      `Great first call, 35 minutes. ${first} is a ` +
      `${r.pick(BACKGROUNDS)}. Wants ${market}, semi-absentee to start.`,
    (_, r) =>
      `Intro call done. Background: ${r.pick(BACKGROUNDS)}. About ` +
      `$${r.int(9, 40) * 10}k liquid, net worth fits. Spouse will join the next one.`,
    ({ units }) =>
      `Good energy, realistic about ramp-up. Thinks about ${units} ` +
      `unit${units > 1 ? 's' : ''} over five years. Sending the QR tonight.`,
  ],
  'QR Sent': [
    () => 'QR sent through the portal. Promised it back by the weekend.',
    ({ first }) =>
      `Nudged ${first} about the QR, page three was unclear (retirement accounts count).`,
  ],
  'QR Returned': [
    (_, r) =>
      `QR is back. Liquid $${r.int(10, 45) * 10}k, credit ` +
      `${r.int(690, 800)}. Qualified, moving on to FDD.`,
    () => 'QR returned and complete. One question on the 401(k) rollover, sent to funding partner.',
  ],
  'FDD Sent': [
    ({ first }) =>
      `FDD sent for e-signature of the receipt. ${first} knows the 14-day clock starts on signing.`,
    () => 'Resent the FDD, first mail landed in junk.',
  ],
  'FDD Signed': [
    () =>
      'Item 23 receipt signed. 14 days start today. Offered to go through Items 7 and 19 together.',
    ({ first }) => `${first} signed the receipt and already has a list of questions on Item 19.`,
  ],
  'FDD Review Call Scheduled': [() => 'FDD review on the calendar, attorney may join.'],
  'FDD Review Call Complete': [
    () =>
      'Walked through Items 5, 6, 7 and 19. Main worry is the time ' +
      'to break even, shared validation contacts.',
    ({ first }) =>
      `FDD review went well. ${first} will call four franchisees before ` +
      'we talk again. No red flags from the attorney.',
  ],
  'Deal Structure': [
    ({ units, market, fee }) =>
      `Talked structure: ${units} unit${units > 1 ? 's' : ''} in ${market} ` +
      `at ${fee} each, opening schedule over 36 months.`,
    () =>
      'Wants a first right on the neighbouring territory. Checking with the development committee.',
  ],
  'Discovery Day Booked': [
    ({ first }) =>
      `${first} and spouse confirmed for Discovery Day. Flights booked, hotel block used.`,
  ],
  'Discovery Day Completed': [
    ({ first }) => `Discovery Day done, the team liked ${first} a lot. Committee vote tomorrow.`,
    () =>
      'Strong Discovery Day. They asked the right questions about ' +
      'labor and real estate. Approved by the committee.',
  ],
  'FA Requested': [
    ({ market }) => `Asked legal to draft the FA for ${market}. Entity papers are in.`,
  ],
  'FA Sent': [
    () => 'FA out for signature. SBA pre-approval letter came in this morning.',
    () => 'Attorney asked for two small changes in the addendum, legal is fine with one.',
  ],
  'FA Signed': [
    ({ first, units }) =>
      `FA signed and fee wired! Welcome aboard ${first}, ${units} ` +
      `unit${units > 1 ? 's' : ''}. Handing over to onboarding.`,
  ],
  'Future Interest': [
    ({ first }) =>
      `Timing is not right, ${first} is closing on a house ` +
      'first. Asked to talk again in the spring.',
    () => 'Went quiet after three calls and two texts. Moving to long-term nurture.',
    ({ market }) =>
      `${market} is sold out for now, not willing to look further out. Keeping on the list.`,
    () =>
      'Chose another concept with a lower entry cost. Parted on ' +
      'good terms, check back in six months.',
  ],
};

const FOLLOW_UPS: Sentence[] = [
  ({ first }) => `Quick check-in with ${first}. Still interested, busy month at work.`,
  () => 'Left a voicemail and sent the case study of the couple in Ohio.',
  ({ market }) => `Sent the updated availability map for ${market}.`,
  ({ first }) => `${first} asked for the royalty and marketing fund numbers again. Sent by email.`,
  () => 'Text exchange: wants to loop in the spouse before the next step.',
];

/** An HTML note; `stage` undefined means a follow-up between stages. */
export function noteHtml(stage: string | undefined, facts: NoteFacts, random: Random): string {
  const sentence = random.pick((stage !== undefined && BY_STAGE[stage]) || FOLLOW_UPS)(
    facts,
    random,
  );
  return random.chance(0.25)
    ? `<p>${sentence}</p><p>${random.pick(NEXT_STEPS)}</p>`
    : `<p>${sentence}</p>`;
}

const NEXT_STEPS = [
  'Next step: call <b>Thursday</b>.',
  'Next: send references.',
  'Next step: funding intro.',
  'To do: check territory &amp; demographics.',
];
