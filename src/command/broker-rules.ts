/** What the broker says of the coming session, beside the engine's own calendar and tables. */
import { alpacaReader } from '../broker/alpaca/alpaca-reader.ts';
import { tastytradeReader } from '../broker/tastytrade/tastytrade-reader.ts';
import type { Config } from '../config.ts';
import type { OwnRules } from '../desk/session/broker-rules.ts';
import { toldDifferences } from '../desk/session/broker-rules.ts';
import type { ReadingWorld } from '../desk/threads/account-reading-shell.ts';
import { AccountReadings } from '../desk/threads/account-reading-shell.ts';
import { contractsOf } from '../desk/threads/io-worker-shell.ts';
import { keySender } from '../desk/threads/key-account-shell.ts';
import type { RestAccount } from '../desk/threads/rest-account-shell.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import { instrumentSymbol } from '../engine/domain/instrument.ts';
import { newYorkDate } from '../engine/domain/session-calendar.ts';
import { alpacaReading } from './alpaca-access.ts';

const TIMEOUT_MILLIS = 10_000;

/** One of the session's options, so that it can be asked about; undefined where none is listed yet. */
async function anOption(
  service: RestAccount,
  { session, spec }: OwnRules,
): Promise<string | undefined> {
  const chain = await service.get(`/option-chains/${spec.symbol}/nested`);
  const contracts = contractsOf(chain, session.date, spec);
  const middle = contracts[contracts.length >> 1];
  return middle === undefined ? undefined : instrumentSymbol(middle);
}

/** Where the broker's word differs from the engine's; undefined where it has said nothing. `service` is
 * the login at tastytrade, where that is the broker. */
export async function brokerDifferences(
  config: Config,
  own: OwnRules,
  service: RestAccount | undefined,
): Promise<readonly string[] | undefined> {
  const none = { statement: undefined, home: config.home };
  const { symbol: underlying } = own.spec;
  const { date } = own.session;
  if (service === undefined) {
    const send: ReadingWorld['send'] = keySender(alpacaReading(config), TIMEOUT_MILLIS);
    const readings = new AccountReadings(alpacaReader(''), { ...none, send });
    const result = await readings.run('marketRules', { underlying, date });
    return result.kind === 'read' ? toldDifferences(result.value, own) : undefined;
  }
  const send: ReadingWorld['send'] = async ({ method, path }) => {
    const response = await service.send(method, path, { turn: 'look' });
    const body = await response.text();
    return { kind: 'answer', status: response.status, body, wall: wallMicros() };
  };
  const today = () => newYorkDate(wallMicros());
  const readings = new AccountReadings(tastytradeReader({ accountId: '', today }), {
    ...none,
    send,
  });
  const contract = await anOption(service, own).catch(() => undefined);
  const result = await readings.run('marketRules', { underlying, date, contract });
  return result.kind === 'read' ? toldDifferences(result.value, own) : undefined;
}
