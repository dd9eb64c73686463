import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { balancesIn, positionsIn } from '../../../src/broker/tastytrade/account-rows.ts';
import { dataIn, pageIn, refusalIn, saidIn } from '../../../src/broker/tastytrade/envelope.ts';
import { orderBody, priceFields, replaceBody } from '../../../src/broker/tastytrade/order-body.ts';
import { endOf, headOf, isSame, merge } from '../../../src/broker/tastytrade/order-chain.ts';
import { orderIn } from '../../../src/broker/tastytrade/order-news.ts';
import { settlementsIn } from '../../../src/broker/tastytrade/settlements.ts';
import type { TastyOrder } from '../../../src/broker/tastytrade/tasty-order.ts';
import { isWhole, parseTastyOrder } from '../../../src/broker/tastytrade/tasty-order.ts';
import { epochMicros, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';
import { sharedData } from '../../support/shared-data.ts';
import { TastyRig } from './tasty-rig.ts';

const LEG = {
  'instrument-type': 'Equity Option',
  symbol: 'SPY   260804P00640000',
  quantity: '2',
  'remaining-quantity': 1,
  action: 'Sell to Open',
  fills: [
    {
      'fill-id': 7,
      quantity: '1',
      'fill-price': '1.05',
      'filled-at': '2026-08-04T14:00:00.5+00:00',
    },
  ],
};
const ORDER = {
  id: 301,
  status: 'Live',
  price: '1.02',
  'price-effect': 'Credit',
  'updated-at': 1_748_439_528_049,
  legs: [LEG],
};

const CAPTURED = sharedData('public/tastytrade_captures/order_dry_run.json');

function order(change: object): TastyOrder {
  const read = parseTastyOrder({ ...ORDER, ...change });
  if (read === undefined) throw new Error('cannot be read');
  return read;
}

describe('an order of tastytrade', () => {
  it.each(['0', 0, undefined])(
    'for an amount of dollars, with %s as quantity, is none',
    (quantity) => {
      expect(
        parseTastyOrder({ ...ORDER, legs: [{ ...LEG, quantity, fills: [] }] }),
      ).toBeUndefined();
    },
  );

  it('is read whatever its numbers are written as', () => {
    expect(order({})).toMatchObject({
      id: '301',
      standing: 'working',
      limit: priceFromDollars(1.02),
      updatedAtMillis: 1_748_439_528_049,
      legs: [
        {
          action: 'sellToOpen',
          quantity: 2,
          remaining: 1,
          fills: [{ fillId: '7', quantity: 1, price: 10_500, at: 1_785_852_000_500_000 }],
        },
      ],
    });
    expect(order({ id: '301', price: 1.02, 'price-effect': 'Debit' }).limit).toBe(price(-10_200));
    expect(order({ price: undefined, 'updated-at': undefined })).toMatchObject({
      limit: 0,
      updatedAtMillis: 0,
    });
  });

  it.each([
    ['Filled', {}, 'filled'],
    ['Removed', {}, 'cancelled'],
    ['Partially Removed', {}, 'cancelled'],
    ['Expired', {}, 'expired'],
    ['Rejected', {}, 'rejected'],
    ['Cancel Requested', {}, 'working'],
    ['A Word Of Tomorrow', {}, 'working'],
    ['A Word Of Tomorrow', { 'terminal-at': '2026-08-04T14:00:00Z' }, 'cancelled'],
  ])('%s %o is %s', (status, rest, standing) => {
    expect(order({ status, ...rest }).standing).toBe(standing);
  });

  it.each([
    ['Contingent', undefined, true],
    ['Received', 'Pending Order', true],
    ['Live', 'Pending Order', false],
    ['Cancel Requested', 'Pending Order', false],
    ['Replace Requested', 'Pending Order', false],
    ['Live', undefined, false],
    ['Rejected', 'Pending Order', false],
    ['Cancelled', 'Pending Order', false],
    ['Filled', 'Pending Order', false],
  ])('%s with the contingent status %s waits for another: %s', (status, contingent, isWaiting) => {
    expect(order({ status, 'contingent-status': contingent }).isContingent).toBe(isWaiting);
  });

  it('of a kind this engine has no word for is left alone', () => {
    for (const change of [
      { id: undefined },
      { legs: [{ ...LEG, symbol: './ESZ6 E1AX6' }] },
      { legs: [{ ...LEG, action: 'Buy' }] },
    ]) {
      expect(parseTastyOrder({ ...ORDER, ...change })).toBeUndefined();
    }
  });

  it.skipIf(CAPTURED === undefined)('as it was captured from a dry run has no id', () => {
    const text = readFileSync(CAPTURED ?? '', 'utf8');
    expect(orderIn(dataIn(text))).toBeUndefined();
    expect(saidIn(dataIn(text), 'warnings')).toEqual([]);
    const data = dataIn(text) as { order: object };
    const real = orderIn({ order: { ...data.order, id: 1 } });
    expect(real).toMatchObject({ status: 'Received', standing: 'working', limit: 20_000 });
    expect(real?.legs.map(({ action, quantity }) => [action, quantity])).toEqual([
      ['buyToOpen', 1],
      ['sellToOpen', 1],
    ]);
  });

  it('takes news in whatever order they come: an end and a fill stand', () => {
    const live = order({});
    const filled = order({
      status: 'Filled',
      'updated-at': 1_748_439_528_100,
      legs: [{ ...LEG, fills: [...LEG.fills, { ...LEG.fills[0], 'fill-id': 8 }] }],
    });
    expect(isWhole(live.legs)).toBe(false);
    expect(isWhole(filled.legs)).toBe(true);
    for (const merged of [merge(live, filled), merge(filled, live)]) {
      expect([merged.standing, merged.legs[0]?.fills.length]).toEqual(['filled', 2]);
    }
    const late = order({ 'updated-at': 1_748_439_528_200, legs: [{ ...LEG, fills: [] }] });
    expect(merge(live, late).legs[0]?.fills).toHaveLength(1);
    expect(merge(filled, late).standing).toBe('filled');
    const other = { ...LEG, symbol: 'SPY   260804P00635000', fills: [] };
    const two = order({ legs: [LEG, other] });
    const turned = order({ 'updated-at': 1_748_439_528_200, legs: [other, { ...LEG, fills: [] }] });
    expect(merge(two, turned).legs.map(({ fills }) => fills.length)).toEqual([0, 1]);
    const gone = order({ status: 'Cancelled' });
    expect(merge(gone, late)).toMatchObject({ standing: 'cancelled', status: 'Cancelled' });
  });

  it.each<[string, object]>([
    ['its id', { id: 302 }],
    ['its status', { status: 'Replace Requested' }],
    ['that it waits for another', { status: 'Contingent' }],
    ['its end', { status: 'Filled' }],
    ['its tag', { 'external-identifier': 'another' }],
    ['what it replaces', { 'replaces-order-id': 300 }],
    ['what replaces it', { 'replacing-order-id': 302 }],
    ['its limit', { price: '1.03' }],
    ['why it was rejected', { 'reject-reason': 'no' }],
    ['another leg', { legs: [LEG, { ...LEG, symbol: 'SPY   260804P00635000' }] }],
    ['the instrument', { legs: [{ ...LEG, symbol: 'SPY   260804P00635000' }] }],
    ['the action', { legs: [{ ...LEG, action: 'Buy to Open' }] }],
    ['the quantity', { legs: [{ ...LEG, quantity: 3 }] }],
    ['what remains', { legs: [{ ...LEG, 'remaining-quantity': 2 }] }],
    ['no execution', { legs: [{ ...LEG, fills: [] }] }],
    ...Object.entries({
      'fill-id': 8,
      quantity: 2,
      'fill-price': '1.06',
      'filled-at': '2026-08-04T14:00:01+00:00',
    }).map(([name, value]): [string, object] => [
      `the ${name} of an execution`,
      { legs: [{ ...LEG, fills: [{ ...LEG.fills[0], [name]: value }] }] },
    ]),
  ])('is another where this differs: %s', (_what, change) => {
    expect(isSame(order({}), order(change))).toBe(false);
  });

  it('is the same where only the time of its last word, or how its numbers are written, differs', () => {
    const again = { ...LEG, quantity: 2, fills: [{ ...LEG.fills[0], quantity: 1 }] };
    expect(isSame(order({}), order({ 'updated-at': 7, legs: [again] }))).toBe(true);
  });

  it('chains: the end is that of all of them, and the head the one that trades', () => {
    const gone = order({ id: 1, status: 'Cancelled', 'replacing-order-id': 2 });
    const next = order({ id: 2, 'replaces-order-id': '1' });
    const waiting = order({ id: 2, status: 'Contingent', 'replaces-order-id': '1' });
    expect(endOf([gone])).toBeUndefined();
    expect(endOf([gone, next])).toBeUndefined();
    expect(headOf([gone, next])?.id).toBe('2');
    expect(headOf([order({ id: 1 }), waiting])?.id).toBe('1');
    expect(endOf([gone, order({ id: 2, status: 'Expired' })])).toBe('expired');
    expect(endOf([gone, order({ id: 2, status: 'Rejected' })])).toBe('rejected');
    expect(endOf([order({ status: 'Filled' })])).toBeUndefined();
    expect(endOf([order({ status: 'Rejected' })])).toBe('rejected');
  });
});

describe('what is written to tastytrade', () => {
  const rig = new TastyRig();

  it('is a limit for the day with its effect, tag and legs', () => {
    const legs = [optionLeg('buyToOpen', 'put', 635.5), optionLeg('sellToOpen', 'put', 640, 2)];
    expect(JSON.parse(orderBody(rig.intent(legs, -1.25, 3), 'deltaring/x'))).toEqual({
      'order-type': 'Limit',
      'time-in-force': 'Day',
      price: '1.25',
      'price-effect': 'Debit',
      'external-identifier': '20260804-000001',
      'automated-source': true,
      source: 'deltaring/x',
      legs: [
        {
          'instrument-type': 'Equity Option',
          symbol: 'SPY   260804P00635500',
          quantity: 3,
          action: 'Buy to Open',
        },
        {
          'instrument-type': 'Equity Option',
          symbol: 'SPY   260804P00640000',
          quantity: 6,
          action: 'Sell to Open',
        },
      ],
    });
  });

  it('insists on its position effect where it only closes', () => {
    const body = (...legs: Parameters<TastyRig['intent']>[0]) =>
      JSON.parse(orderBody(rig.intent(legs, 1), 's')) as object;
    const strict = { 'advanced-instructions': { 'strict-position-effect-validation': true } };
    expect(body(optionLeg('sellToClose', 'put', 640))).toMatchObject(strict);
    const roll = body(optionLeg('sellToClose', 'put', 640), optionLeg('buyToOpen', 'put', 635));
    expect(roll).not.toHaveProperty('advanced-instructions');
  });

  it('names prices in whole cents, and nothing else in a replacement', () => {
    expect(priceFields(price(-100))).toEqual({ price: '0.01', 'price-effect': 'Debit' });
    expect(priceFields(price(0))).toEqual({ price: '0.00', 'price-effect': 'Debit' });
    expect(Object.keys(JSON.parse(replaceBody(price(9_500))) as object)).toEqual([
      'order-type',
      'time-in-force',
      'price',
      'price-effect',
    ]);
  });
});

describe('answers of tastytrade', () => {
  it('tell why they refuse, in whatever shape', () => {
    const refusals: [number, string][] = [
      [400, '{"error":"invalid_grant","error_description":"no"}'],
      [406, '{"error":{"code":406,"message":"old"}}'],
      [
        422,
        '{"error":{"code":"validation_error","message":"bad","errors":[{"domain":"order","reason":"price"}]}}',
      ],
      [502, '<html>'],
      [422, '{"error":{}}'],
    ];
    expect(refusals.map(([status, body]) => refusalIn(status, body))).toEqual([
      '400 invalid_grant no',
      '406 old',
      'validation_error bad; price',
      'status 502',
      'status 422',
    ]);
  });

  it('are pages until the last, with or without being counted', () => {
    const page = (offset: number, pages: number) =>
      JSON.stringify({
        data: { items: [1] },
        pagination: { 'page-offset': offset, 'total-pages': pages },
      });
    expect(pageIn(page(0, 2), 1)?.isLast).toBe(false);
    expect(pageIn(page(1, 2), 1)?.isLast).toBe(true);
    expect(pageIn('{"data":{"items":[1,2]}}', 2)?.isLast).toBe(false);
    expect(pageIn('{"data":{"items":[1]}}', 2)?.isLast).toBe(true);
    expect(pageIn('{"data":[]}', 2)).toBeUndefined();
  });

  it('on balances and positions are taken whole or not at all', () => {
    expect(balancesIn('{"data":{"cash-balance":"1.5"}}')).toBeUndefined();
    const rows = { currency: 'USD', 'cash-balance': 1.5, 'derivative-buying-power': '2.25' };
    const euros = { ...rows, currency: 'EUR', 'cash-balance': 9 };
    expect(balancesIn(JSON.stringify({ data: { items: [euros, rows] } }))).toEqual({
      cashCents: 150,
      buyingPowerCents: 225,
      marginCents: 0,
    });
    const positions = (...items: object[]) => positionsIn(JSON.stringify({ data: { items } }));
    const row = { symbol: '/ESZ6', quantity: '3', 'quantity-direction': 'Short' };
    expect(positions(row, { ...row, 'quantity-direction': 'Zero' })).toEqual([
      { symbol: '/ESZ6', quantity: -3 },
    ]);
    expect(positions(row, { ...row, 'quantity-direction': 'Sideways' })).toBeUndefined();
  });

  it('on settlements of cash indices tell the cash a share, and skip what they do not explain', () => {
    const row = {
      id: 1,
      'transaction-sub-type': 'Cash Settled Assignment',
      symbol: 'SPXW  260804P06400000',
      quantity: '2',
      value: '1500.0',
      'executed-at': '2026-08-04T20:00:00Z',
    };
    const body = JSON.stringify({
      data: { items: [row, { ...row, id: 2, 'transaction-sub-type': 'Symbol Change' }, { id: 3 }] },
    });
    const wall = epochMicros(1);
    expect(settlementsIn(body, new Set([row.symbol]), wall)?.found).toMatchObject([
      {
        settlementId: 'tastytrade-1',
        outcome: 'assigned',
        quantity: -2,
        shares: 0,
        cashPerShare: priceFromDollars(7.5),
      },
    ]);
    expect(settlementsIn(body, new Set(), wall)?.found).toEqual([]);
  });

  it('on a settlement of no contract settle nothing', () => {
    const kind = {
      symbol: 'SPXW  260804P06400000',
      'transaction-sub-type': 'Cash Settled Exercise',
    };
    const items = ['0', 1e-12].map((quantity, id) => ({ id, ...kind, quantity, value: '1500.0' }));
    const body = JSON.stringify({ data: { items } });
    expect(settlementsIn(body, new Set([kind.symbol]), epochMicros(1))?.found).toEqual([]);
  });

  it.each(['RUTW  260804P02400000', 'SPX   260804P06400000'])(
    'on a settlement in cash of a class that is not traded here move no shares (%s)',
    (symbol) => {
      const kind = { symbol, 'transaction-sub-type': 'Cash Settled Assignment' };
      const row = { id: 1, ...kind, quantity: '1', value: '1000.0' };
      const body = JSON.stringify({ data: { items: [row] } });
      const [found] = settlementsIn(body, new Set([symbol]), epochMicros(1))?.found ?? [];
      expect(found).toMatchObject({ quantity: -1, shares: 0, cashPerShare: priceFromDollars(10) });
    },
  );
});
