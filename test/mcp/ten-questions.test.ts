/**
 * Ten questions about one seeded session, each with one right answer, put to the tools alone by a
 * scripted client: what a model has to do, without the model. The right answers are worked out here
 * from the quotes that the session showed, by arithmetic of this file's own.
 */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFaceRoom, Face } from '../../src/mcp/face.ts';
import { DeskRig } from '../support/desk-rig.ts';
import type { Data } from './support/connected-client.ts';
import { ALL_SETTINGS, call, connected } from './support/connected-client.ts';
import { doorOf } from './support/desk-door.ts';

type Side = 'call' | 'put';

/** What the session showed: the newest two sides of each contract, in cents. */
const shown = new Map<string, { readonly bid: number; readonly ask: number }>();

function mid(side: Side, strike: number): number {
  const { bid, ask } = shown.get(`${side} ${strike}`) ?? { bid: Number.NaN, ask: Number.NaN };
  return (bid + ask) / 2;
}

/** Standard normal distribution (Abramowitz and Stegun 26.2.17). */
function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const terms = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = terms.reduce((total, term, power) => total + term * t ** (power + 1), 0);
  const tail = (Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI)) * sum;
  return x > 0 ? 1 - tail : tail;
}

const SPOT = 600;
/** From 10:30 to 16:15, in years of the calendar. */
const YEARS = (5.75 * 3_600) / (365 * 24 * 3_600);

/** Delta of a put by Black, at the volatility that gives back its mid; found by halving. */
function putDelta(strike: number): number {
  let [low, high] = [0.01, 2];
  const deviation = (vol: number) => vol * Math.sqrt(YEARS);
  const d1 = (vol: number) => Math.log(SPOT / strike) / deviation(vol) + deviation(vol) / 2;
  const value = (vol: number) =>
    100 * (strike * normal(deviation(vol) - d1(vol)) - SPOT * normal(-d1(vol)));
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (value(middle) < mid('put', strike)) low = middle;
    else high = middle;
  }
  return normal(d1(low)) - 1;
}

const STRIKES = Array.from({ length: 61 }, (_, i) => 570 + i);
/** A dollar a share of one contract. */
const CENTS_PER_POINT = 10_000;

let rig: DeskRig;
let client: Client;
let close: () => Promise<void>;

beforeAll(async () => {
  const cents = (dollars: number | undefined) => Math.round((dollars ?? 0) * 100);
  rig = new DeskRig({ isOpen: false });
  rig.edit = (sides, side, strike) => {
    shown.set(`${side} ${strike}`, { bid: cents(sides.bid), ask: cents(sides.ask) });
    return sides;
  };
  rig.open();
  const room = createFaceRoom(doorOf(rig), { ...ALL_SETTINGS, confirmMode: 'token' });
  const joined = await connected(new Face(room, { principal: 'trader', authority: 'open' }));
  client = joined.client;
  close = async () => {
    await joined.close();
    room.close();
  };
});

afterAll(() => close());

async function ask(name: string, args: Record<string, unknown> = {}): Promise<Data> {
  const { isError, text, data } = await call(client, name, args);
  if (isError) throw new Error(`${name}: ${text}`);
  return data;
}

/** Carries a preview out by its token; hands back the fills. */
async function carryOut(tool: string, card: Data): Promise<Data[]> {
  const { orderId } = await ask(tool, { confirm_token: card['confirmToken'] });
  rig.ended(orderId);
  const order = await ask('get_order_status', { order_id: orderId });
  expect(order['status']).toBe('filled');
  return order['fills'];
}

function cash(fills: readonly Data[]): number {
  return fills.reduce((sum, fill) => {
    const { action, price, quantity } = fill;
    const sign = String(action).startsWith('Sell') ? 1 : -1;
    return sum + sign * Math.round(price * CENTS_PER_POINT) * quantity;
  }, 0);
}

function fees(fills: readonly Data[]): number {
  return fills.reduce((sum, { feesCents }) => sum + feesCents, 0);
}

/** The condor of the session: its card, and what opening and closing it filled at. */
let condor: Data;
let opened: Data[];
let closed: Data[];

describe('ten questions', () => {
  it('1. How many minutes are left to open anything today?', async () => {
    const { asOf, openingCutoffAt } = await ask('market_status');
    const answer = (Date.parse(openingCutoffAt) - Date.parse(asOf)) / 60_000;
    expect(answer).toBe(15 * 60 + 25 - (10 * 60 + 30));
  });

  it('2. What does the straddle nearest to the money cost at mid?', async () => {
    const { spot } = await ask('market_status');
    const { rows } = await ask('get_option_chain', { around: spot, limit: 1 });
    const answer = rows.reduce((sum: number, row: Data) => sum + row['mid'], 0);
    expect(answer * 100).toBeCloseTo(mid('call', SPOT) + mid('put', SPOT), 6);
  });

  it('3. Which put is nearest to 30 delta, and what is the next one below it?', async () => {
    const { matches } = await ask('find_options_by_delta', { delta: 30, right: 'put' });
    const nearest = matches[0].nearest.strike;
    const { rows } = await ask('get_option_chain', { around: nearest, limit: 3 });
    const below = Math.min(...rows.map(({ strike }: Data) => strike));
    const sorted = STRIKES.toSorted(
      (a, b) => Math.abs(putDelta(a) + 0.3) - Math.abs(putDelta(b) + 0.3),
    );
    expect([nearest, below]).toEqual([sorted[0], (sorted[0] ?? 0) - 1]);
  });

  it('4. How many of the twenty strikes around the money have a call bid of fifty cents or more?', async () => {
    const { rows } = await ask('get_option_chain', { limit: 20, fields: ['bid'] });
    const answer = rows.filter(({ right, bid }: Data) => right === 'call' && bid >= 0.5).length;
    const strikes = [...new Set<number>(rows.map(({ strike }: Data) => strike))];
    expect(strikes).toHaveLength(20);
    const bids = strikes.map((strike) => shown.get(`call ${strike}`)?.bid ?? 0);
    expect(answer).toBe(bids.filter((bid) => bid >= 50).length);
    expect(answer).toBeGreaterThan(0);
  });

  it('5. What is the worst case of a condor five wide, and where does it break even?', async () => {
    condor = await ask('iron_condor_30_delta', { width: 5 });
    const { legs, worstPrice, maxLossCents, breakevens, feesCents, underlying } = condor;
    expect(underlying).toBe('SPY');
    const shorts = legs.filter(({ action }: Data) => action === 'Sell to Open');
    const [put, callStrike] = ['put', 'call'].map(
      (side) => shorts.find(({ right }: Data) => right === side).strike,
    );
    const credit = Math.round(worstPrice * CENTS_PER_POINT);
    // And what exercise and assignment of a side cost, five dollars a leg.
    expect(maxLossCents).toBe(5 * CENTS_PER_POINT - credit + feesCents + 2 * 500);
    const perShare = (credit - feesCents) / CENTS_PER_POINT;
    expect(breakevens[0]).toBeCloseTo(put - perShare, 3);
    expect(breakevens[1]).toBeCloseTo(callStrike + perShare, 3);
  });

  it('6. How much worst case may still be opened once that condor is held?', async () => {
    opened = await carryOut('confirm_trade', condor);
    const { limits } = await ask('risk_check');
    const { room } = limits.find(({ name }: Data) => name === 'MAX_OPEN_RISK');
    expect(room).toBe(2_500_00 - (5 * CENTS_PER_POINT - cash(opened) + 2 * 500));
  });

  it('7. What has the condor made at mid, fees apart, after SPY rose by a dollar?', async () => {
    rig.quotes(SPOT + 1);
    const { positions } = await ask('show_pnl');
    const [{ legs, unrealizedMidCents }] = positions;
    const value = legs.reduce(
      (sum: number, { right, strike, quantity }: Data) => sum + quantity * 100 * mid(right, strike),
      0,
    );
    expect(unrealizedMidCents).toBeCloseTo(cash(opened) + value, 6);
  });

  it('8. Which way does the book lean, and is it the sum of its legs?', async () => {
    const { netDelta } = await ask('portfolio_delta');
    const { positions } = await ask('show_pnl');
    const [{ legs }] = positions;
    const sum = legs.reduce(
      (total: number, { delta, quantity }: Data) => total + 100 * delta * quantity,
      0,
    );
    expect(netDelta).toBeCloseTo(sum, 6);
    expect(netDelta).toBeLessThan(0);
  });

  it('9. What did the round trip make, fees included?', async () => {
    closed = await carryOut('flatten_all', await ask('flatten_all'));
    const { realizedCents, feesCents, positions } = await ask('show_pnl');
    expect(positions).toEqual([]);
    expect(feesCents).toBeCloseTo(fees(opened) + fees(closed), 6);
    expect(realizedCents).toBeCloseTo(cash(opened) + cash(closed), 6);
  });

  it('10. After the kill switch: does the same condor open, and who can let it?', async () => {
    await ask('kill_switch', { reason: 'question ten' });
    const refused = await call(client, 'iron_condor_30_delta', { width: 5 });
    const rearm = await call(client, 'kill_switch', { enable: false });
    expect([refused.data['denied'].code, rearm.text.includes('deltaring rearm')]).toEqual([
      'killed',
      true,
    ]);
    expect(rig.positions()).toEqual([]);
    expect(rig.submitted).toHaveLength(2);
  });
});
