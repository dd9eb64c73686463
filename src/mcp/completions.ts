/** What may stand in an argument of a prompt or of a resource's address, while it is typed. */
import { dollarsFromPrice } from '../engine/domain/units.ts';
import type { Face } from './face.ts';
import { FOCUSES } from './prompts.ts';

/** The protocol lets a server offer so many. */
export const MOST_COMPLETIONS = 100;

async function orderIds({ room: { api }, caller }: Face): Promise<readonly string[]> {
  const answer = await api.recentOrders(MOST_COMPLETIONS, caller);
  return 'denied' in answer ? [] : answer.value.orders.map(({ orderId }) => orderId);
}

/** Strikes, the nearest to the money first. */
function strikes({ room: { api } }: Face): readonly string[] {
  const slice = api.chain();
  if (slice === undefined) return [];
  const middle = slice.spot === undefined ? (slice.forward ?? 0) : dollarsFromPrice(slice.spot);
  const all = slice.calls.map(({ contract }) => dollarsFromPrice(contract.strike));
  return all.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle)).map(String);
}

/** Values of one argument that begin as it was typed; none for an argument that takes any text. */
export async function completionsFor(
  face: Face,
  argument: string,
  typed: string,
): Promise<readonly string[]> {
  const start = typed.toLowerCase();
  let all: readonly string[] = [];
  if (argument === 'order_id' && face.holds('portfolio.read')) all = await orderIds(face);
  if (argument === 'strike' && face.holds('market.read')) all = strikes(face);
  if (argument === 'focus') all = FOCUSES;
  return all.filter((value) => value.toLowerCase().startsWith(start));
}
