/** What tastytrade's dry run of an order says, read into the engine's own words. Pure. */

import { z } from 'zod';
import type { Cents } from '../../engine/domain/units.ts';
import { cents } from '../../engine/domain/units.ts';
import type { DryRunAnswer } from '../order-gateway.ts';
import type { WireAnswer } from '../wire-requests.ts';
import { dataIn, refusalIn, saidIn } from './envelope.ts';
import { FATAL_WARNINGS } from './order-body.ts';
import { wireNumber } from './tasty-order.ts';

const text = z.string().nullish();

/** An amount and the word that carries its sign. */
const buyingPower = z.object({
  'change-in-buying-power': wireNumber,
  'change-in-buying-power-effect': text,
  'new-buying-power': wireNumber,
  'new-buying-power-effect': text,
});
const fees = z.object({ 'total-fees': wireNumber, 'total-fees-effect': text });
const answerShape = z.object({
  order: z.object({ legs: z.array(z.unknown()) }),
  'buying-power-effect': buyingPower,
  'fee-calculation': fees.nullish(),
});

/** Answers that say that the order itself would not be taken. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 422]);
const MOST_WARNINGS = 5;
const MOST_REASON = 300;

/** Cents, a debit positive. Undefined where there is no amount, or no word for its sign. */
function debit(dollars: number | undefined, effect: string | null | undefined): Cents | undefined {
  if (dollars === undefined) return undefined;
  const size = Math.round(Math.abs(dollars) * 100);
  if (size === 0) return cents(0);
  if (effect === 'Debit') return cents(size);
  return effect === 'Credit' ? cents(-size) : undefined;
}

function failedFor(reason: string): DryRunAnswer {
  return { outcome: 'failed', reason };
}

/** Reads the answer to a dry run of an order of so many legs. */
export function dryRunIn(answer: WireAnswer, legCount: number): DryRunAnswer {
  if (answer.kind === 'httpFailed') return failedFor(answer.reason);
  const { status, body } = answer;
  if (REFUSALS.has(status)) return { outcome: 'refused', reason: refusalIn(status, body) };
  if (status < 200 || status >= 300) return failedFor(refusalIn(status, body));
  const data = dataIn(body);
  const errors = saidIn(data, 'errors');
  const warnings = saidIn(data, 'warnings');
  const fatal = [...errors, ...warnings.filter(({ code }) => FATAL_WARNINGS.has(code))];
  if (fatal.length > 0) {
    return { outcome: 'refused', reason: fatal.map(wordsOf).join('; ').slice(0, MOST_REASON) };
  }
  const read = answerShape.safeParse(data).data;
  const effect = read?.['buying-power-effect'];
  const neededCents = debit(
    effect?.['change-in-buying-power'],
    effect?.['change-in-buying-power-effect'],
  );
  if (read?.order.legs.length !== legCount || neededCents === undefined) {
    return failedFor('the dry run was answered with what cannot be read');
  }
  const fee = read['fee-calculation'];
  const feesCents = debit(fee?.['total-fees'], fee?.['total-fees-effect']);
  const after = debit(effect?.['new-buying-power'], effect?.['new-buying-power-effect']);
  return {
    outcome: 'passed',
    neededCents,
    ...(feesCents === undefined ? {} : { feesCents }),
    ...(after === undefined ? {} : { buyingPowerAfterCents: cents(0 - after) }),
    warnings: warnings.slice(0, MOST_WARNINGS).map(wordsOf),
  };
}

function wordsOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code} ${message}`.trim().slice(0, MOST_REASON);
}
