/** Questions from the faces, answered without changing anything. */

import { unreachable } from '../engine/domain/assert.ts';
import { deny } from '../engine/domain/verdict.ts';
import { riskCheckView } from './account/risk-check-view.ts';
import { alertView } from './alerts/alert-watch.ts';
import type { DeskContext } from './desk-context.ts';
import type { Caller } from './engine-api.ts';
import type { Query } from './inputs.ts';
import { orderView } from './orders/order-views.ts';
import { planView } from './plan/plan-view.ts';
import { cardNow } from './previews/dry-runs.ts';
import type { PreviewShelf } from './previews/preview-shelf.ts';
import { awaitedBy } from './previews/replacing.ts';
import { deltaView, greeksByPosition, pnlView } from './queries.ts';

/** Why nothing stands under this id: it may be that of a replacement. */
function noOrder(desk: DeskContext, orderId: string): ReturnType<typeof deny> {
  const awaited = awaitedBy(desk, orderId);
  const replacement =
    awaited === undefined
      ? desk.day.replacements.unsent.get(orderId)
      : `it follows once ${awaited} has ended, which is called back for it`;
  const why = replacement === undefined ? '' : `, ${replacement}`;
  const message = `no order "${orderId}"${why}; get_recent_orders lists them`;
  return deny('not_found', message, { orderId });
}

/** Answers one query: `{value}` or `{denied}`. */
export function answerQuery(
  desk: DeskContext,
  shelf: PreviewShelf,
  query: Query,
  caller: Caller,
): unknown {
  switch (query.kind) {
    case 'pnl':
      return { value: pnlView(desk) };
    case 'portfolioDelta':
      return { value: deltaView(desk) };
    case 'portfolioGreeks':
      return { value: greeksByPosition(desk) };
    case 'riskCheck':
      return { value: riskCheckView(desk, caller, query.decisions ?? 0) };
    case 'recentOrders': {
      const orders = desk.orders.all().slice(-query.limit).reverse();
      return { value: { orders: orders.map((order) => orderView(desk, order)) } };
    }
    case 'orderStatus': {
      const order = desk.orders.get(query.orderId);
      if (order !== undefined) return { value: orderView(desk, order) };
      return noOrder(desk, query.orderId);
    }
    case 'describeToken': {
      const found = desk.tokens.lookup(query.tokenSha256, caller.principal, desk.at);
      if (found.kind === 'denied') return { denied: found.denied };
      if (found.kind === 'used') {
        return deny('token_used', 'this token was used: confirm it again to hear what it did');
      }
      const preview = shelf.get(query.tokenSha256);
      if (preview !== undefined) return { value: cardNow(desk, preview, found.grant) };
      return deny('not_found', 'the card of this preview gave way to newer ones; preview again');
    }
    case 'planStatus':
      return { value: planView(desk) };
    case 'alerts':
      return { value: { alerts: desk.alerts.all().map((kept) => alertView(desk, kept)) } };
    case 'scanInputs':
      return { value: { bars: desk.bars.bars() } };
    default:
      return unreachable(query);
  }
}
