import { describe, expect, it } from 'vitest';
import { AlpacaGateway } from '../../src/broker/alpaca/alpaca-gateway.ts';
import { PaperBroker } from '../../src/broker/paper/paper-broker.ts';
import type { DeskConfig } from '../../src/desk/desk-config.ts';
import { DEFAULT_EXIT_SETTINGS } from '../../src/desk/exits/exit-settings.ts';
import { gatewayOf } from '../../src/desk/gateway-of.ts';
import { summarizeJournal } from '../../src/desk/journal-summary.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';
import { limitsFrom } from '../../src/risk/limits.ts';

const CONFIG: DeskConfig = {
  build: 'test',
  configFingerprint: 'test',
  environment: 'paper',
  underlying: 'SPY',
  limits: limitsFrom(),
  flatBy: {},
};

const past = summarizeJournal([]);
const AT = { market: epochMicros(1_770_000_000_000_000), wall: epochMicros(1_770_000_000_000_000) };

describe('the gateway of a configuration', () => {
  it('is the paper broker where none is named, with the stops that the settings give it', () => {
    const start = { config: CONFIG, accountId: 'PAPER-1', paperSeed: 1, at: AT, past };
    const gateway = gatewayOf(start);
    expect(gateway).toBeInstanceOf(PaperBroker);
    expect(gateway.accountId).toBe('PAPER-1');
    expect(gateway.capabilities.nativeStops).toBe(false);
  });

  it('is Alpaca where that is named', () => {
    const config = { ...CONFIG, broker: 'alpaca' } as const;
    const start = { config, accountId: 'PA3TEST', paperSeed: 1, at: AT, past };
    const gateway = gatewayOf(start);
    expect(gateway).toBeInstanceOf(AlpacaGateway);
    expect(gateway).toMatchObject({ accountId: 'PA3TEST', capabilities: { name: 'alpaca' } });
    const index = gatewayOf({ ...start, config: { ...config, underlying: 'XSP' } });
    expect(index.capabilities.orderCutoffMinutes).toBe(15 * 60 + 15);
  });

  it('is the adapter to tastytrade where that is the broker', () => {
    const config = { ...CONFIG, broker: 'tastytrade' } as const;
    const gateway = gatewayOf({ config, accountId: '5WT1', paperSeed: 1, at: AT, past });
    expect([gateway.capabilities.name, gateway.accountId]).toEqual(['tastytrade', '5WT1']);
    expect(gateway.capabilities.nativeStops).toBe(false);
    const exits = { ...DEFAULT_EXIT_SETTINGS, tastytradeNativeStops: true };
    const start = { config: { ...config, exits }, accountId: '5WT1', paperSeed: 1, at: AT };
    expect(gatewayOf({ ...start, past }).capabilities.nativeStops).toBe(true);
  });
});
