import { beforeEach, describe, expect, it } from 'vitest';
import type { OrderView, TradeCard } from '../../../src/desk/engine-api.ts';
import type { Rights } from '../../../src/engine/domain/client-rights.ts';
import { Dialogs } from '../../../src/mcp/confirm-dialog.ts';
import type { FaceRoom } from '../../../src/mcp/face.ts';
import { createFaceRoom } from '../../../src/mcp/face.ts';
import { orderWords, tradeWords } from '../../../src/mcp/money-words.ts';
import type { Tool, ToolAnswer, ToolContext } from '../../../src/mcp/tool.ts';
import { cardText } from '../../../src/mcp/tools/card-text.ts';
import { findOptionsByDelta, getOptionChain } from '../../../src/mcp/tools/chain-tools.ts';
import { confirmWords } from '../../../src/mcp/tools/confirm-trade.ts';
import { killSwitch } from '../../../src/mcp/tools/emergency.ts';
import { marketStatus } from '../../../src/mcp/tools/market-status.ts';
import {
  cancelOrder,
  getRecentOrders,
  reconcilePositions,
} from '../../../src/mcp/tools/order-tools.ts';
import { portfolioDelta, showPnl } from '../../../src/mcp/tools/portfolio-views.ts';
import { riskCheck, riskMetrics } from '../../../src/mcp/tools/risk-views.ts';
import { straddleScan } from '../../../src/mcp/tools/straddle-scan.ts';
import { ironCondor, lottoPlay, orbLongPut } from '../../../src/mcp/tools/strategy-previews.ts';
import { streamingStatus } from '../../../src/mcp/tools/stream-tools.ts';
import { buildSlice } from '../../support/chain-builder.ts';
import { CONSOLE, DeskRig, TRADER } from '../../support/desk-rig.ts';
import { FakeEngineApi } from '../../support/fake-engine-api.ts';
import { ALL_SETTINGS } from '../support/connected-client.ts';
import { doorOf } from '../support/desk-door.ts';

let api: FakeEngineApi;
let room: FaceRoom;
let context: ToolContext;

beforeEach(() => {
  api = new FakeEngineApi();
  room = createFaceRoom(api, ALL_SETTINGS);
  context = {
    api,
    caller: { principal: 'p', authority: 'open' },
    confirmMode: 'token',
    readOnly: false,
    holds: () => true,
    offers: () => true,
    ask: undefined,
    conversation: { dialogs: new Dialogs() },
    tokens: room.tokens,
    approvals: room.approvals,
    streams: room.streams,
  };
});

async function textOf(tool: Tool, args: object = {}): Promise<string> {
  const answer = await tool.call(context, args);
  return 'denied' in answer ? answer.denied.message : answer.text;
}

function requestOf(tool: Tool, args: object): Promise<unknown> {
  return new Promise((resolve) => {
    const asking = new FakeEngineApi();
    asking.previewStrategy = async (request) => {
      resolve(request);
      return { stamp: asking.stamp(), value: {} as TradeCard };
    };
    tool.call({ ...context, api: asking }, args).catch(() => undefined);
  });
}

async function cardOf(): Promise<TradeCard> {
  const answer: ToolAnswer = await ironCondor.call(context, {});
  if ('denied' in answer) throw new Error(answer.denied.message);
  return answer.value as TradeCard;
}

describe('what the strategies are asked for', () => {
  it('is what was given, deltas without their sign', async () => {
    expect(await requestOf(orbLongPut, { strike_delta: -25, range_minutes: 30 })).toEqual({
      strategy: 'orb_long_put',
      strikeDelta: 25,
      rangeMinutes: 30,
      quantity: 1,
    });
    expect(await requestOf(lottoPlay, { side: 'put', target_delta: -5 })).toEqual({
      strategy: 'lotto_play_5_delta',
      side: 'put',
      targetDelta: 5,
      quantity: 1,
    });
    expect(await requestOf(straddleScan, { strike: 601, quantity: 2 })).toEqual({
      strategy: 'straddle_scan',
      strike: 601,
      quantity: 2,
    });
  });

  it('is the defaults where nothing was given', async () => {
    expect(await requestOf(ironCondor, {})).toEqual({
      strategy: 'iron_condor_30_delta',
      width: 10,
      shortDelta: 30,
      select: 'delta',
      quantity: 1,
    });
    expect(await textOf(straddleScan)).toContain('limit 10, max IV 0.8.');
  });

  it('is answered with the reason why not', async () => {
    api.refuseWith = 'no_breakout';
    expect(await orbLongPut.call(context, {})).toMatchObject({
      denied: { code: 'no_breakout', numbers: { spot: 600 } },
    });
  });
});

describe('the text of a card', () => {
  it('says when profit is unlimited, and what did not pass', async () => {
    const card = await cardOf();
    const check = { code: 'data_stale', message: '', numbers: {} } as const;
    const checks = [{ ...check, outcome: 'notRun' }] as const;
    const text = cardText({ ...card, maxProfitCents: null, checks }, 'confirm_trade');
    expect(text).toContain('max profit unlimited');
    expect(text).toContain('nothing to ask for data_stale.');
    const close = cardText({ ...card, purpose: 'close', checks }, 'close_position');
    expect(close).not.toContain('Risk checks');
    expect(close).not.toContain('Max loss');
  });

  it('counts the contracts of each leg, and units of what has them alone', async () => {
    const card = await cardOf();
    const [leg] = card.legs;
    const legs = [3, 6, 3].map((quantity, i) => ({ ...leg!, quantity, strike: 595 + 2 * i }));
    const words = ({ purpose, quantity }: Pick<TradeCard, 'purpose' | 'quantity'>) =>
      tradeWords({ ...card, legs, purpose, quantity }).replaceAll(leg!.action, 'Trade');
    const inAll = '(in all: Trade 3 × 595 put, Trade 6 × 597 put, Trade 3 × 599 put)';
    const units = `${card.strategy} ×3 on SPY ${inAll}`;
    for (const purpose of ['open', 'close'] as const) {
      expect(words({ purpose, quantity: 3 })).toBe(units);
    }
    expect(words({ purpose: 'flatten', quantity: 1 })).toBe(`${card.strategy} on SPY ${inAll}`);
    expect(words({ purpose: 'cancel', quantity: 0 })).toBe(`${card.strategy} on SPY ${inAll}`);
    const shares = { ...leg!, right: 'shares', strike: 0, quantity: 100 } as const;
    expect(tradeWords({ ...card, legs: [shares] })).toContain(`${leg!.action} 100 shares)`);
    expect(tradeWords({ ...card, purpose: 'flatten', legs: [] })).toBe(`${card.strategy} on SPY`);
  });

  it('sums up what closes several positions, and names no price where there is none', async () => {
    const card = await cardOf();
    const flatten = { ...card, purpose: 'flatten', netCents: -10_500, feesCents: 452 } as const;
    for (const [positions, words] of [
      [2, '2 positions'],
      [1, '1 position'],
    ] as const) {
      const several = { ...flatten, figures: { orders: 2, positions, worstNetCents: -14_000 } };
      expect(cardText(several, 'call flatten_all again')).toContain(
        `: closes ${words} for about $105.00 debit, on this market at worst $140.00 debit, fees $4.52. Nothing`,
      );
    }
    const one = { ...flatten, figures: { orders: 1, worstNetCents: 0 }, limitPrice: -1.05 };
    expect(cardText(one, 'call flatten_all again')).toContain(', limit 1.05 debit, fees $4.52.');
    const reasons = ['cancels order 1, which guards p1'];
    const cancel = { ...card, purpose: 'cancel', reasons } as const;
    for (const bare of [cancel, { ...flatten, reasons, figures: { orders: 0 } }]) {
      const text = cardText(bare, 'call cancel_order again');
      expect(text).toContain(': cancels order 1, which guards p1.');
      expect(text).not.toContain('limit');
      expect(text).not.toContain('fees');
    }
  });

  it('tells what the broker itself says to the order, and that it has not said it yet', async () => {
    const card = await cardOf();
    expect(cardText(card, 'confirm_trade')).not.toContain('dry run');
    const passed = {
      outcome: 'passed',
      neededCents: 914_00,
      feesCents: 4_96,
      buyingPowerAfterCents: null,
      said: ['broker text: "illiquid"'],
    } as const;
    expect(cardText({ ...card, dryRun: passed }, 'confirm_trade')).toContain(
      ' The broker\'s dry run agrees: buying power $914.00, fees $4.96, broker text: "illiquid".',
    );
    const asked = {
      ...passed,
      outcome: 'asked',
      neededCents: null,
      feesCents: null,
      said: [],
    } as const;
    expect(cardText({ ...card, dryRun: asked }, 'confirm_trade')).toContain(
      " The broker's dry run has not come yet. Nothing",
    );
  });

  it('warns, and offers no token where none can be redeemed', async () => {
    const card = await cardOf();
    const text = cardText({ ...card, warnings: ['wide market'] }, undefined);
    expect(text).toContain('Warnings: wide market.');
    expect(text).not.toContain(card.confirmToken);
  });
});

describe('the text of an order', () => {
  it('says that an unknown one must not be sent again', async () => {
    const card = await cardOf();
    const answer = await api.confirm(card.confirmToken, context.caller);
    if ('denied' in answer) throw new Error(answer.denied.message);
    const [order] = answer.value.orders;
    const unknown = { ...order!, status: 'unknown', averageFillPrice: null } as const;
    expect(orderWords(order!)).toBe('open order O-1 filled, 1 of 1 filled at 0.91 credit');
    expect(orderWords({ ...unknown, reason: 'timeout' })).toContain(
      'unknown, 1 of 1 filled (timeout)',
    );
    expect(confirmWords({ ...answer.value, orders: [unknown] })).toContain('do not send it again');
    expect(confirmWords({ ...answer.value, orders: [], replayed: true })).toContain('used before');
  });

  it('names a replacement that was not sent before the order that it was to replace', async () => {
    const card = await cardOf();
    const answer = await api.confirm(card.confirmToken, context.caller);
    if ('denied' in answer) throw new Error(answer.denied.message);
    const reason = 'not replaced: it filled meanwhile';
    expect(confirmWords({ ...answer.value, orderId: 'O-2', status: 'denied', reason })).toBe(
      `Order O-2 was never sent, ${reason}. open order O-1 filled, 1 of 1 filled at 0.91 credit.`,
    );
  });

  it('never says that nothing was open where something is', async () => {
    const card = await cardOf();
    const answer = await api.confirm(card.confirmToken, context.caller);
    if ('denied' in answer) throw new Error(answer.denied.message);
    const unclosed = [{ positionId: 'P-1', reason: 'no leg has a market' }];
    const left = 'Still open: P-1: no leg has a market.';
    const bare = { ...answer.value, orders: [], unclosed };
    expect(confirmWords(bare)).toBe(`Nothing was sent. ${left}`);
    expect(confirmWords({ ...answer.value, unclosed })).toMatch(
      / filled at 0.91 credit. Still open: P-1/,
    );
    expect(confirmWords({ ...bare, unclosed: [] })).toBe('Done: there was nothing to send.');
  });

  it('that came too late to be cancelled calls for no close of what a close has left', async () => {
    const card = await cardOf();
    const answer = await api.confirm(card.confirmToken, context.caller);
    if ('denied' in answer) throw new Error(answer.denied.message);
    const [opened] = answer.value.orders;
    const texts = ['open', 'close', 'flatten', 'exit', 'protective'].map((purpose) => {
      const value = { ...opened!, purpose: purpose as OrderView['purpose'] };
      api.cancelOrder = async () => ({ stamp: api.stamp(), value });
      return textOf(cancelOrder, { order_id: 'O-1' });
    });
    const [opening, ...closes] = await Promise.all(texts);
    expect(opening).toMatch(/^Nothing to cancel: .*: close_position closes what it opened\.$/);
    for (const close of closes) {
      expect(close).toMatch(/^Nothing to cancel: .* credit: show_pnl tells what is still held\.$/);
    }
  });

  it('says when there is none', async () => {
    expect(await textOf(getRecentOrders)).toBe('No orders yet today.');
  });
});

describe('the texts of what is looked at', () => {
  it('stand by themselves', async () => {
    expect(await textOf(showPnl)).toContain('Day P&L -$12.50 at liquidation value (-$4.00 at mid)');
    expect(await textOf(portfolioDelta)).toContain(
      'Net delta 30.0 shares of a cap of 50, room 20.0',
    );
    expect(await textOf(riskCheck)).toContain(
      'daily_loss $12.50 of $500.00; portfolio_delta 28.8 of 50.',
    );
    expect(await textOf(riskMetrics)).toContain('worst of 1 scenarios -$40.00');
    expect(await textOf(marketStatus)).toContain(
      '345 minutes to the last trade, openings until 15:25',
    );
    expect(await textOf(reconcilePositions)).toContain('Clean');
    expect(await textOf(streamingStatus)).toContain('Not streaming: 302 contracts');
    expect(await textOf(getOptionChain)).toContain('SPY 600.00, 0DTE 2026-11-20: 20 contracts');
    expect(await textOf(findOptionsByDelta, { delta: 30 })).toMatch(
      /nearest to 0\.3 is the \d+ call/,
    );
  });

  it('say what blocks, and what is not known', async () => {
    const { since, note } = (await api.kill('look')).value;
    expect(await textOf(killSwitch)).toBe(`Killed since ${since}. ${note}`);
    expect(await textOf(riskCheck)).toContain('New positions are blocked by killed');
    const unknown = { netDelta: null, worstCaseHighest: null, worstCaseLowest: null, room: null };
    const blind = new FakeEngineApi();
    blind.portfolioDelta = async () => ({
      stamp: blind.stamp(),
      value: { ...unknown, cap: 50 } as never,
    });
    const answer = await portfolioDelta.call({ ...context, api: blind }, {});
    expect(answer).toMatchObject({ text: expect.stringContaining('Net delta unknown') });
  });

  it('tell a client what its own rights leave of what may be opened', async () => {
    const rig = new DeskRig();
    rig.openPosition();
    const textFor = async (rights: Rights): Promise<string> => {
      const caller = { principal: TRADER.principal, ...rights };
      const answer = await riskCheck.call({ ...context, api: doorOf(rig), caller }, {});
      return 'denied' in answer ? answer.denied.message : answer.text;
    };
    expect(await textFor({ authority: 'open', openUpToCents: 40_000 })).toContain(
      'what this caller may open $383.00 of $400.00',
    );
    expect(await textFor({ authority: 'open' })).not.toContain('caller');
    expect(await textFor({ authority: 'reduce' })).toContain(
      'New positions are blocked by the rights of this client: it may only close',
    );
  });

  it('date the decisions of an earlier session, and those alone', async () => {
    const rig = new DeskRig({ date: '2026-11-19', minutes: 15 * 60 });
    rig.ask({ kind: 'kill', reason: 'enough' });
    rig.goTo(9 * 60, '2026-11-20');
    rig.ask({ kind: 'rearm' }, CONSOLE);
    const api = doorOf(rig);
    const answer = await riskCheck.call({ ...context, api }, { decisions: 50 });
    if ('denied' in answer) throw new Error(answer.denied.message);
    expect(answer.text).toContain('\n2026-11-19 15:00:00 trader engaged the kill switch');
    expect(answer.text).toContain('\n09:00:00 operator released the kill switch');
    expect(answer.text).not.toContain('2026-11-20');
  });

  it('refuse a chain whose middle nobody knows', async () => {
    api.slice = { ...buildSlice(), spot: undefined, forward: undefined };
    expect(await getOptionChain.call(context, {})).toMatchObject({
      denied: { code: 'data_stale' },
    });
    expect(await getOptionChain.call(context, { around: 600 })).toHaveProperty('value');
    const edit = (row: ReturnType<typeof buildSlice>['calls'][number]) => ({
      ...row,
      greeks: undefined,
    });
    api.slice = buildSlice({ edit });
    expect(await findOptionsByDelta.call(context, { delta: 30 })).toMatchObject({
      denied: { code: 'data_stale' },
    });
  });
});
