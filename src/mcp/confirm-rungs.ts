/**
 * What a preview's token needs beside itself before it is carried out. Only what opens needs more:
 * the way out of a position must never wait for a dialog that a client does not show. The kill switch
 * takes no token at all.
 */
import type { ConfirmMode } from '../config.ts';
import type { TradeCard } from '../desk/engine-api.ts';

/** `token`: nothing more. `dialogIfAny`: the client's dialog where it has one that is shown.
 * `dialog`: that dialog, or nothing is placed. `page`: a yes on the engine's own page. */
export type Rung = 'token' | 'dialogIfAny' | 'dialog' | 'page';

const OPENING_RUNGS: Readonly<Record<ConfirmMode, Rung>> = {
  token: 'token',
  'elicit-preferred': 'dialogIfAny',
  'elicit-required': 'dialog',
  browser: 'page',
};

/** The rung for a preview of this purpose. */
export function rungOf(purpose: TradeCard['purpose'], mode: ConfirmMode): Rung {
  return purpose === 'open' ? OPENING_RUNGS[mode] : 'token';
}

/** True where confirm_trade is not offered: it could open nothing for a client without a dialog. What
 * closes has close_position there. */
export function hidesConfirm(mode: ConfirmMode, canAsk: boolean): boolean {
  return OPENING_RUNGS[mode] === 'dialog' && !canAsk;
}
