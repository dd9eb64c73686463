/** What a client is told about this server when it connects. */
import type { EngineIdentity } from '../desk/engine-api.ts';
import type { Rights } from '../engine/domain/client-rights.ts';
import { dollars } from './money-words.ts';

/** Some hosts read only so much of the instructions: the beginning stands by itself. */
export const SELF_CONTAINED_CHARACTERS = 512;

/** What a client may not do, in words; nothing for one that may do all. */
function rightsWords({ authority, openUpToCents }: Rights): readonly string[] {
  if (authority === 'observe') return ['This client may only look and preview.'];
  if (authority === 'reduce') return ['This client may only close, reduce and cancel.'];
  if (openUpToCents === undefined) return [];
  const most = dollars(openUpToCents);
  return [`All that this client has open may lose at most ${most} together.`];
}

/** The instructions of an engine, for a client with these rights, and what it has to know besides. */
export function instructionsOf(
  { underlying, environment }: EngineIdentity,
  rights: Rights,
  notice?: string,
): string {
  const money = environment === 'live' ? 'LIVE money' : 'paper money';
  return [
    `deltaring trades same-day-expiry (0DTE) ${underlying} options with ${money}.`,
    'Every order takes two steps: a strategy tool previews it and returns a confirm_token; after the human agreed, confirm_trade sends it.',
    'Show worst case and limits before asking. Deltas are points: 30 = 0.30. Money fields end in Cents, prices are dollars per share, credit positive.',
    'A refusal has denied.code and says what to do next. kill_switch stops trading; only the console re-arms.',
    '\nEvery result has asOf, dataAgeMs, environment, broker, tradingState and killed; figures go stale in seconds, so ask again instead of remembering.',
    'market_status tells the session and its cut-offs, risk_check what may still be opened, show_pnl what is held.',
    'Tokens live for seconds and work once; a repeated confirm_trade returns the first result. If an order is "unknown", never send it again: get_order_status tells once the engine found out.',
    'close_position and flatten_all preview first, then take their token; both work while killed.',
    ...rightsWords(rights),
    ...(notice === undefined ? [] : [notice]),
  ].join(' ');
}
