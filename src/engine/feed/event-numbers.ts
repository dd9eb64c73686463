/** The events that are all numbers but for their symbol: those that a quote stream is made of. */
import type { FeedType } from './feed-subscription.ts';

export const NUMBER_TYPES = ['Quote', 'Trade', 'Greeks', 'Summary'] as const;
export type NumberType = (typeof NUMBER_TYPES)[number];

/** Most numbers that an event of these types is asked for. */
export const NUMBERS_PER_EVENT = 4;

/** True for a type whose wanted fields are a symbol and numbers. */
export function isNumberType(type: FeedType): type is NumberType {
  return type === 'Quote' || type === 'Trade' || type === 'Greeks' || type === 'Summary';
}
