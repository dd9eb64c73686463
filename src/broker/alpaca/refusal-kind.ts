/**
 * What a refusal of Alpaca says of trying again. Its codes are few: 40310000 stands for money, quantity,
 * level and restriction alike, so that the words tell them apart; and of what is said after the cut-off
 * of the day neither code nor words are published, so that the hour tells it.
 */

import type { OrderIntent } from '../../engine/domain/order.ts';
import { isPastCutoff } from '../order-cutoff.ts';
import type { RefusalKind } from '../order-gateway.ts';
import type { WireAnswer } from '../wire-requests.ts';
import type { AlpacaWorld } from './order-world.ts';
import { refusalText } from './wire-order.ts';

const ACCOUNT =
  /user request|suspend|trading.?blocked|account (?:is |has been )?(?:blocked|restricted|closed|not active)|closing.?only|not allowed to trade|options? level/i;
const COMBINATION = /uncovered|insufficient/i;

/** Undefined where it says nothing of it. */
export function refusalKind(
  { at, session, capabilities }: AlpacaWorld,
  { legs }: OrderIntent,
  answer: WireAnswer,
): RefusalKind | undefined {
  if (answer.kind === 'httpFailed') return answer.neverSent === true ? 'unsent' : undefined;
  const { status, body } = answer;
  if (status !== 403 && status !== 422) return undefined;
  const isLate = session !== undefined && isPastCutoff(legs, at.market, session, capabilities);
  if (isLate) return 'hours';
  const text = refusalText(status, body);
  if (status === 403 && ACCOUNT.test(text)) return 'account';
  return status === 403 && COMBINATION.test(text) ? 'combination' : undefined;
}
