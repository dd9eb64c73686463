import { describe, expect, it } from 'vitest';
import type { Instrument } from '../../../src/engine/domain/instrument.ts';
import type { LegAction, OrderPurpose } from '../../../src/engine/domain/order.ts';
import { price, sessionDate } from '../../../src/engine/domain/units.ts';
import { instrumentCheck } from '../../../src/risk/checks/instrument.ts';
import { condorIntent, dollars, leg, option, riskInput, sliceOf } from '../fixtures.ts';

function outcome(instrument: Instrument, action: LegAction, purpose: OrderPurpose) {
  const legs = [{ instrument, action, ratio: 1 }];
  return instrumentCheck.run(riskInput({ intent: condorIntent({ legs, purpose }) }));
}

const SHARES: Instrument = { kind: 'shares', symbol: 'SPY' };

describe('the instrument check', () => {
  it('lets a listed contract of today open and close', () => {
    expect(outcome(option('call', 605), 'buyToOpen', 'open').outcome).toBe('passed');
    expect(outcome(option('call', 605), 'sellToClose', 'close').outcome).toBe('passed');
  });

  it('refuses another root', () => {
    const result = outcome(option('call', 605, 'QQQ'), 'buyToOpen', 'open');
    expect(result).toMatchObject({ outcome: 'failed', code: 'instrument_not_allowed' });
    expect(result.message).toContain('QQQ is not allowed');
  });

  it('refuses tomorrow', () => {
    const tomorrow = { ...option('call', 605), expiry: sessionDate('2026-11-23') };
    expect(outcome(tomorrow, 'buyToOpen', 'open').message).toContain('2026-11-23');
  });

  it('refuses a strike that no OCC symbol can carry', () => {
    const odd = { ...option('call', 605), strike: price(6_050_005) };
    expect(outcome(odd, 'sellToClose', 'close').outcome).toBe('failed');
    const huge = { ...option('call', 605), strike: dollars(100_000) };
    expect(outcome(huge, 'sellToClose', 'close').outcome).toBe('failed');
  });

  it('opens only what the chain has, and closes what the chain has lost', () => {
    expect(outcome(option('call', 607), 'buyToOpen', 'open').outcome).toBe('failed');
    expect(outcome(option('call', 607), 'sellToClose', 'exit').outcome).toBe('passed');
  });

  it.each([
    ['buyToClose', 'open'],
    ['sellToClose', 'open'],
    ['buyToOpen', 'close'],
    ['sellToOpen', 'exit'],
    ['buyToOpen', 'flatten'],
  ] as const)('refuses %s in an order to %s', (action, purpose) => {
    expect(outcome(option('call', 605), action, purpose).outcome).toBe('failed');
  });

  it('closes shares of an allowed root alone, and never opens them', () => {
    expect(outcome(SHARES, 'sellToClose', 'close').outcome).toBe('passed');
    expect(outcome(SHARES, 'buyToOpen', 'open').outcome).toBe('failed');
    expect(outcome({ kind: 'shares', symbol: 'QQQ' }, 'sellToClose', 'close').outcome).toBe(
      'failed',
    );
    const mixed = [
      { instrument: SHARES, action: 'sellToClose' as const, ratio: 100 },
      leg('buyToClose', 'call', 605),
    ];
    const input = riskInput({ intent: condorIntent({ legs: mixed, purpose: 'close' }) });
    expect(instrumentCheck.run(input).outcome).toBe('failed');
  });

  it('does not run while the session is not known', () => {
    const input = riskInput({ session: undefined });
    expect(instrumentCheck.run(input).outcome).toBe('notRun');
  });

  it('finds no row in an empty slice', () => {
    expect(instrumentCheck.run(riskInput({ slice: sliceOf([]) })).outcome).toBe('failed');
  });
});
