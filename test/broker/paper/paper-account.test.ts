import { describe, expect, it } from 'vitest';
import type { Settlement } from '../../../src/broker/order-gateway.ts';
import { PaperAccount } from '../../../src/broker/paper/paper-account.ts';
import { settlementOf } from '../../../src/broker/paper/settling.ts';
import { BrokenInvariant } from '../../../src/engine/domain/assert.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill, OrderLeg } from '../../../src/engine/domain/order.ts';
import { cents, epochMicros, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { condorLegs, optionLeg, sharesLeg } from '../../support/legs.ts';

const START = cents(100_000_00);
const NOW = epochMicros(0);
const noPrice = () => undefined;

function fill(leg: OrderLeg, dollars: number, quantity = leg.ratio): Fill {
  const { instrument, action } = leg;
  const rest = { feesCents: cents(13), marketAt: NOW };
  const at = priceFromDollars(dollars);
  return { fillId: 'f', intentId: 'i', instrument, action, quantity, price: at, ...rest };
}

function accountWith(...fills: [Fill, string][]): PaperAccount {
  const account = new PaperAccount(START);
  for (const [each, positionId] of fills) account.applyFill(each, positionId);
  return account;
}

const contract = (leg: OrderLeg) => leg.instrument as OptionContract;

function settled(option: OptionContract, quantity: number, outcome: Settlement['outcome']) {
  return settlementOf({ contract: option, quantity, outcome, spot: option.strike, before: 0 }, NOW);
}

describe('the paper account', () => {
  it('pays premium and fees for what it buys, and is paid for what it sells', () => {
    const call = optionLeg('buyToOpen', 'call', 640);
    expect(accountWith([fill(call, 1.25), 'a']).cashCents).toBe(START - 125_00 - 13);
    const put = optionLeg('sellToOpen', 'put', 640);
    expect(accountWith([fill(put, 1.25), 'a']).cashCents).toBe(START + 125_00 - 13);
  });

  it('ties up the wider side of a condor, and nothing once it is closed', () => {
    const legs = condorLegs([630, 635, 645, 655]);
    const account = accountWith(...legs.map((leg): [Fill, string] => [fill(leg, 1), 'a']));
    expect(account.marginCents(noPrice)).toBe(1_000_00);
    for (const { instrument, action, ratio } of legs) {
      const closing = action === 'buyToOpen' ? 'sellToClose' : 'buyToClose';
      account.applyFill(fill({ instrument, action: closing, ratio }, 1), 'a');
    }
    expect(account.marginCents(noPrice)).toBe(0);
    expect(account.positions()).toEqual([]);
  });

  it('ties up the put side alone after the call side was closed', () => {
    const legs = condorLegs([630, 635, 645, 655]);
    const account = accountWith(...legs.map((leg): [Fill, string] => [fill(leg, 1), 'a']));
    expect(account.marginCents(noPrice)).toBe(1_000_00);
    account.applyFill(fill(optionLeg('buyToClose', 'call', 645), 1), 'a');
    account.applyFill(fill(optionLeg('sellToClose', 'call', 655), 1), 'a');
    expect(account.marginCents(noPrice)).toBe(500_00);
  });

  it('secures a bare short put with the cash of its assignment', () => {
    const put = optionLeg('sellToOpen', 'put', 640);
    expect(accountWith([fill(put, 1), 'a']).marginCents(noPrice)).toBe(64_000_00);
  });

  it('takes a closing from its own position first, then from the others', () => {
    const open = optionLeg('sellToOpen', 'put', 640, 2);
    const wing = optionLeg('buyToOpen', 'put', 635, 2);
    const account = accountWith([fill(open, 1), 'a'], [fill(wing, 0.5), 'a'], [fill(open, 1), 'b']);
    account.applyFill(fill(optionLeg('buyToClose', 'put', 640, 3), 1), 'b');
    expect(account.held(instrumentSymbol(open.instrument))).toBe(-1);
    expect(account.marginCents(noPrice)).toBe(500_00);
  });

  it('refuses to take out what it does not hold', () => {
    const closing = fill(optionLeg('sellToClose', 'put', 640), 1);
    expect(() => accountWith([closing, 'a'])).toThrow(BrokenInvariant);
  });

  it('turns an assigned put into shares at the strike', () => {
    const put = optionLeg('sellToOpen', 'put', 640);
    const account = accountWith([fill(put, 1), 'a']);
    account.applySettlement(settled(contract(put), -1, 'assigned'));
    expect(account.positions()).toEqual([{ symbol: 'SPY', quantity: 100 }]);
    expect(account.cashCents).toBe(START + 100_00 - 13 - 64_000_00 - 500);
    expect(account.marginCents(noPrice)).toBe(0);
  });

  it('nets shares that come with shares that go', () => {
    const short = optionLeg('sellToOpen', 'call', 640, 2);
    const long = optionLeg('buyToOpen', 'call', 635);
    const account = accountWith([fill(short, 1), 'a'], [fill(long, 5), 'a']);
    account.applySettlement(settled(contract(long), 1, 'exercised'));
    expect(account.held('SPY')).toBe(100);
    account.applySettlement(settled(contract(short), -2, 'assigned'));
    expect(account.positions()).toEqual([{ symbol: 'SPY', quantity: -100 }]);
  });

  it('holds half as much again against short shares', () => {
    const call = optionLeg('sellToOpen', 'call', 640);
    const account = accountWith([fill(call, 1), 'a']);
    account.applySettlement(settled(contract(call), -1, 'assigned'));
    expect(account.marginCents(() => priceFromDollars(650))).toBe(97_500_00);
    account.applyFill(fill(sharesLeg('buyToClose', 100), 650), 'any');
    expect(account.marginCents(() => priceFromDollars(650))).toBe(0);
  });

  it('holds it against the price they came at while nothing quotes them', () => {
    const call = optionLeg('sellToOpen', 'call', 605, 5);
    const account = accountWith([fill(call, 1), 'a']);
    account.applySettlement(settled(contract(call), -5, 'assigned'));
    expect(account.marginCents(noPrice)).toBe(453_750_00);
    account.applyFill(fill(sharesLeg('buyToClose', 100), 610), 'any');
    expect(account.marginCents(noPrice)).toBe(366_000_00);
  });

  it('lists options by expiry and lots by symbol', () => {
    const call = optionLeg('buyToOpen', 'call', 640, 3);
    const account = accountWith([fill(call, 1), 'a']);
    const { expiry } = contract(call);
    const symbol = instrumentSymbol(call.instrument);
    const lot = { symbol, instrument: call.instrument, quantity: 3 };
    expect([...account.expiries()]).toEqual([expiry]);
    expect(account.optionsOf(expiry)).toEqual([lot]);
    expect(account.lot(symbol)).toEqual(lot);
    expect(account.lot('SPY')).toBeUndefined();
  });
});
