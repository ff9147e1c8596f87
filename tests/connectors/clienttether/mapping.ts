import { expect } from 'vitest';
import type { z } from 'zod';
import {
  clientTetherSettings,
  type ClientTetherSettings,
} from '#lib/connectors/clienttether/settings.ts';
import { mapperOf } from '../streams.ts';
import { getStream } from './harness.ts';

export type Given = z.input<typeof clientTetherSettings>;
export const parseSettings = (given: Given = {}): ClientTetherSettings =>
  clientTetherSettings.parse(given);

/** The record that the default mapping makes of an item. */
export async function map(
  streamName: string,
  item: object,
  given: Given = {},
  context: { partition?: string; index?: number } = {},
) {
  const toRecord = await mapperOf(getStream(streamName), parseSettings(given));
  return toRecord(item, context);
}

export const rejected = (reason: RegExp) =>
  expect.objectContaining({ name: 'RecordRejected', message: expect.stringMatching(reason) });
