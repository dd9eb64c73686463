/** The order gateway that a desk's configuration names: the same in production and in a replay. */

import { AlpacaGateway } from '../broker/alpaca/alpaca-gateway.ts';
import type { OrderGateway } from '../broker/order-gateway.ts';
import { PaperBroker } from '../broker/paper/paper-broker.ts';
import { TastytradeGateway } from '../broker/tastytrade/tastytrade-gateway.ts';
import { exitSettingsOf } from './desk-config.ts';
import type { JournalSummary } from './journal-summary.ts';
import type { RecordedStart } from './recorded-start.ts';

/** What a gateway and its desk are built from. */
export interface DeskStart extends Omit<RecordedStart, 'lastSeq' | 'records'> {
  readonly past: JournalSummary;
}

export function gatewayOf({
  config,
  accountId,
  paperSeed,
  at,
  past: history,
}: DeskStart): OrderGateway {
  if (config.broker === 'tastytrade') {
    const { tastytradeNativeStops: nativeStops = false } = exitSettingsOf(config);
    const source = `deltaring/${config.build}`;
    return new TastytradeGateway({ accountId, source, nativeStops, history });
  }
  const { underlying } = config;
  if (config.broker === 'alpaca') return new AlpacaGateway({ accountId, underlying, history, at });
  return new PaperBroker({
    accountId,
    underlying,
    seed: paperSeed,
    history,
    nativeStops: exitSettingsOf(config).paperNativeStops,
  });
}
