/** A closing order takes from what is held, never past zero and never from the other side. */
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { legSign } from '../../engine/domain/order.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'nothing_to_close';

export const reduceOnlyCheck: Check = {
  code: CODE,
  control: 9,
  appliesTo: 'all',
  run({ intent, closable }) {
    if (intent.purpose === 'open') return passed(CODE, 'an opening order takes from nothing');
    if (closable === undefined) return notRun(CODE, 'what is held is not known');
    for (const leg of intent.legs) {
      const symbol = instrumentSymbol(leg.instrument);
      const held = closable.get(symbol) ?? 0;
      const traded = legSign(leg.action) * leg.ratio * intent.quantity;
      const shrinks = Math.sign(held) === -Math.sign(traded);
      if (shrinks && Math.abs(traded) <= Math.abs(held)) continue;
      const message = `${symbol}: ${held} can be closed and the order trades ${traded}`;
      return failed(CODE, `${message}; ask get_positions for what is held`, {
        symbol,
        held,
        traded,
      });
    }
    return passed(CODE, 'every leg takes from what is held');
  },
};
