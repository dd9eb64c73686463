/** Only what this engine is for: listed roots, today's expiry, and legs that do what the order is. */

import { findContract } from '../../engine/chain/contract-rows.ts';
import type { OptionContract } from '../../engine/domain/instrument.ts';
import { instrumentSymbol, occSymbol, parseOccSymbol } from '../../engine/domain/instrument.ts';
import { isOpening, LEG_ACTION_WORDS, type OrderLeg } from '../../engine/domain/order.ts';
import type { RiskInput } from '../risk-input.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'instrument_not_allowed';

interface Fault {
  readonly message: string;
  readonly symbol: string;
}

/** Contracts that were read back as they are: one never changes, so it is read once. */
const READ_BACK = new WeakSet<OptionContract>();

function survivesOccRoundTrip(contract: OptionContract): boolean {
  if (READ_BACK.has(contract)) return true;
  const survives = isReadBack(contract);
  if (survives) READ_BACK.add(contract);
  return survives;
}

function isReadBack(contract: OptionContract): boolean {
  const back = parseOccSymbol(occSymbol(contract));
  if (back === undefined) return false;
  const sameSeries = back.root === contract.root && back.expiry === contract.expiry;
  return sameSeries && back.right === contract.right && back.strike === contract.strike;
}

function optionFault(contract: OptionContract, input: RiskInput): string | undefined {
  const { limits, session, slice, intent } = input;
  if (!limits.allowedRoots.includes(contract.root)) {
    return `${contract.root} is not allowed; use ${limits.allowedRoots.join(', ')}`;
  }
  if (session !== undefined && contract.expiry !== session.date) {
    return `it expires on ${contract.expiry}; only ${session.date}, today's expiry, is traded`;
  }
  if (!survivesOccRoundTrip(contract)) return 'it has no OCC symbol; take one from the chain';
  const opens = intent.purpose === 'open';
  if (opens && slice !== undefined && findContract(slice, contract) === undefined) {
    return "it is not in today's chain; take one from get_option_chain";
  }
  return undefined;
}

function sharesFault(symbol: string, input: RiskInput): string | undefined {
  const { intent, limits } = input;
  if (intent.purpose === 'open') return 'shares are only ever closed; open options instead';
  if (intent.legs.length > 1) return 'shares are closed alone; send the option legs by themselves';
  return limits.allowedRoots.includes(symbol) ? undefined : 'these shares are not allowed';
}

function legFault(leg: OrderLeg, input: RiskInput): Fault | undefined {
  const { instrument, action } = leg;
  const { purpose } = input.intent;
  const symbol = instrumentSymbol(instrument);
  if (isOpening(action) !== (purpose === 'open')) {
    const words = LEG_ACTION_WORDS[action];
    return {
      symbol,
      message: `${words} has no place in an order to ${purpose}; send it by itself`,
    };
  }
  const message =
    instrument.kind === 'option' ? optionFault(instrument, input) : sharesFault(symbol, input);
  return message === undefined ? undefined : { symbol, message };
}

export const instrumentCheck: Check = {
  code: CODE,
  control: 5,
  appliesTo: 'all',
  run(input) {
    for (const leg of input.intent.legs) {
      const fault = legFault(leg, input);
      if (fault !== undefined) {
        return failed(CODE, `${fault.symbol}: ${fault.message}`, { symbol: fault.symbol });
      }
    }
    if (input.session === undefined) return notRun(CODE, "today's expiry is not known");
    return passed(CODE, 'every leg is allowed', { legs: input.intent.legs.length });
  },
};
