/** Legs of an order as clients write them: a list, the same list as JSON text, or one leg in scalars. */
import { z } from 'zod';
import type { ManualLeg } from '../desk/engine-api-requests.ts';
import { asList, plainSymbol } from './argument-fields.ts';

const MOST_LEGS = 4;
const MOST_CONTRACTS = 1_000;
const MOST_SHARES = 1_000_000;

/** Every way to write an action, without spaces, hyphens and case. */
const ACTIONS: Readonly<Record<string, ManualLeg['action']>> = {
  buytoopen: 'buyToOpen',
  bto: 'buyToOpen',
  selltoopen: 'sellToOpen',
  sto: 'sellToOpen',
  buytoclose: 'buyToClose',
  btc: 'buyToClose',
  selltoclose: 'sellToClose',
  stc: 'sellToClose',
};
const ACTION_FAULT =
  'an action is "Buy to Open", "Sell to Open", "Buy to Close" or "Sell to Close"';

/** As on an order ticket, in any spelling. */
export function actionField(description: string) {
  return z
    .string()
    .transform((given, context): ManualLeg['action'] => {
      const action = ACTIONS[given.toLowerCase().replace(/[^a-z]/g, '')];
      if (action !== undefined) return action;
      context.addIssue(ACTION_FAULT);
      return z.NEVER;
    })
    .describe(description);
}

/** One symbol, an option in any form or a ticker. */
export function symbolField(description: string) {
  return z
    .string()
    .transform((given, context): string => {
      const symbol = plainSymbol(given);
      if (symbol !== undefined) return symbol;
      context.addIssue('this is no symbol: give an option in OCC form (SPY   261120C00600000)');
      return z.NEVER;
    })
    .describe(description);
}

/** Contracts, or shares. */
export function unitsField(description: string) {
  return z.int().min(1).max(MOST_SHARES).default(1).describe(description);
}

const legShape = z.strictObject({
  symbol: symbolField('Option in OCC form'),
  action: actionField('As on a ticket, Sell to Open'),
  quantity: z.int().min(1).max(MOST_CONTRACTS).default(1).describe('Contracts a unit'),
});

/** The legs of an order. */
export function legsField(description: string) {
  return z
    .union([z.array(z.looseObject({})), z.string()])
    .transform((value, context): readonly ManualLeg[] => {
      const list = z.array(legShape).min(1).max(MOST_LEGS).safeParse(asList(value));
      if (list.success) {
        return list.data.map(({ symbol, action, quantity }) => ({
          symbol,
          action,
          ratio: quantity,
        }));
      }
      const [issue] = list.error.issues;
      const own = issue?.code === 'custom' ? `${issue.message}; ` : '';
      context.addIssue(
        `${own}give 1 to ${MOST_LEGS} legs as [{"symbol":"SPY   261120C00600000","action":"Buy to Open","quantity":1}], or the same as JSON text`,
      );
      return z.NEVER;
    })
    .describe(description);
}
