/**
 * The broker's own dry run agrees with what this engine reckons. Where the broker offers none the
 * question cannot be asked: that is told on the card and refuses nothing, since margin and fees are
 * then the engine's alone. Where it offers one, no opening goes without it.
 */

import type { DryRunAnswer } from '../../broker/order-gateway.ts';
import { brokerText, mixedText } from '../../engine/domain/broker-text.ts';
import type { At } from '../../engine/domain/clock.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import type { CheckResult } from '../../engine/domain/verdict.ts';
import type { DryRun, RiskInput } from '../risk-input.ts';
import { neededBuyingPower } from './buying-power.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'second_source';

/** Fees are rounded by both and not always alike. */
const TOLERANCE_CENTS = 5_00;

/** What an order needs does not go by the market, but by what else the account holds: a word older
 * than this is not the broker's word on the account as it stands. */
export const MAX_DRY_RUN_AGE_MILLIS = 60_000;

export function isTooOld({ answeredAt }: DryRun, { wall }: At): boolean {
  return wall - answeredAt > MAX_DRY_RUN_AGE_MILLIS * MICROS_PER_MILLI;
}

/** A broker that needs less nets the order against what else is there; where nothing is, it has
 * understood another order. */
function compared(
  input: RiskInput,
  { neededCents }: Extract<DryRunAnswer, { readonly outcome: 'passed' }>,
): CheckResult {
  const brokerCents = Math.max(0, neededCents);
  const ourCents = neededBuyingPower(input);
  const gapCents = Math.abs(brokerCents - ourCents);
  const numbers = { gapCents, limitCents: TOLERANCE_CENTS, ourCents, brokerCents };
  if (gapCents <= TOLERANCE_CENTS) return passed(CODE, 'the broker reckons the same', numbers);
  const { totalContracts, openOrders } = input.account;
  if (brokerCents < ourCents && totalContracts + openOrders > 0) {
    return passed(CODE, 'the broker needs less beside what is held or on its way', numbers);
  }
  const message = 'the broker reckons with another sum than we do; look at both, then preview';
  return failed(CODE, message, numbers);
}

export const secondSourceCheck: Check = {
  code: CODE,
  control: 22,
  appliesTo: 'openings',
  isOptional: true,
  run(input) {
    const { capabilities, dryRun } = input;
    if (capabilities.preview === 'local') {
      return notRun(CODE, `${capabilities.name} offers no dry run to compare with`);
    }
    if (dryRun === 'asked') {
      return notRun(CODE, 'asked of the broker; the order is sent with its answer only');
    }
    if (dryRun === undefined) {
      return failed(CODE, 'the dry run of the broker has not come; confirm again in a moment');
    }
    const { answer, answeredAt } = dryRun;
    if (isTooOld(dryRun, input.at)) {
      const ageMillis = Math.round((input.at.wall - answeredAt) / MICROS_PER_MILLI);
      const numbers = { ageMillis, limitMillis: MAX_DRY_RUN_AGE_MILLIS };
      return failed(CODE, 'the dry run of the broker is too old; confirm again', numbers);
    }
    if (answer.outcome === 'refused') {
      return failed(CODE, `the broker would not take it: ${brokerText(answer.reason)}`);
    }
    if (answer.outcome === 'failed') {
      const why = mixedText(answer.reason);
      return failed(CODE, `the dry run of the broker failed: ${why}; confirm again in a moment`);
    }
    return compared(input, answer);
  },
};
