/** What a refusal of tastytrade says of trying again, by the codes in it and by its words. */

import type { RefusalKind } from '../order-gateway.ts';
import type { WireAnswer } from '../wire-requests.ts';
import { refusalIn } from './envelope.ts';

const HOURS = /too_close_to_expiration|tif_next_valid_sess/;
const ACCOUNT =
  /not_permitted|closing.?only|risk.?reducing|frozen|account (?:is |has been )?(?:closed|restricted)/i;
const COMBINATION = /margin_check_failed|closing_with_no_position|uncovered/;

/** Undefined where it says nothing of it. */
export function refusalKind(answer: WireAnswer): RefusalKind | undefined {
  if (answer.kind === 'httpFailed') return answer.neverSent === true ? 'unsent' : undefined;
  return refusalKindOf(refusalIn(answer.status, answer.body));
}

/** The same of a text alone, as it stands on an order that was rejected later. */
export function refusalKindOf(text: string): RefusalKind | undefined {
  if (HOURS.test(text)) return 'hours';
  if (ACCOUNT.test(text)) return 'account';
  return COMBINATION.test(text) ? 'combination' : undefined;
}
