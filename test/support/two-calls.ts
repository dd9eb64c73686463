import type { TradeCard } from '../../src/desk/engine-api.ts';
import { occSymbol } from '../../src/engine/domain/instrument.ts';
import type { DeskRig } from './desk-rig.ts';
import { valueIn } from './desk-rig.ts';

/** Buys two calls at 601 by hand. */
export function buyTwoCalls(rig: DeskRig): void {
  const call = rig.desk.context.reader
    .slice()
    ?.calls.find((row) => row.contract.strike === 6_010_000);
  if (call === undefined) throw new Error('no such call');
  const legs = [{ symbol: occSymbol(call.contract), action: 'buyToOpen', ratio: 1 }] as const;
  const tokenSha256 = rig.newToken();
  const request = { legs, quantity: 2 };
  const card = valueIn(rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 }));
  rig.execute({ tokenSha256, card });
}

/** From now on nobody bids for anything, and only calls are worth more than a cent. */
export function unbidAll(rig: DeskRig): void {
  rig.edit = ({ ask }, right) => ({ bid: undefined, ask: right === 'call' ? ask : 0.01 });
}
