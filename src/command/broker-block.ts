/**
 * `deltaring broker-block`: Alpaca's own switch against new orders, for the operator alone. It refuses
 * closes as well, so it is set once the account is verified flat, or with the open risk stated and
 * taken. Nothing else in this program calls it: the kill switch never does.
 */
import type { Fields } from '../broker/alpaca/wire-order.ts';
import { isFields, parseJson, textIn } from '../broker/alpaca/wire-order.ts';
import type { Config } from '../config.ts';
import { keySender } from '../desk/threads/key-account-shell.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { alpacaReading } from './alpaca-access.ts';
import { reachBroker } from './broker-access.ts';
import { configOf } from './environment.ts';
import { onlyFlags } from './flags.ts';

const USAGE = 'usage: deltaring broker-block on [--with-open-risk] | off';
const TIMEOUT_MILLIS = 10_000;

/** What is open at the broker, one line a position and a working order. */
async function openRisk(ask: Ask): Promise<readonly string[]> {
  const [positions, orders] = [
    await ask('GET', '/v2/positions'),
    await ask('GET', '/v2/orders?status=open&limit=500'),
  ];
  return [
    ...rowsOf(positions).map(
      (row) =>
        `position ${textIn(row, 'symbol') ?? 'unknown'}: ${textIn(row, 'qty') ?? 'unknown'}, now worth $${textIn(row, 'market_value') ?? 'unknown'}`,
    ),
    ...rowsOf(orders).map((row) => `working order ${textIn(row, 'client_order_id') ?? 'unknown'}`),
  ];
}

function rowsOf(value: unknown): readonly Fields[] {
  if (!Array.isArray(value) || !value.every(isFields)) throw unread('Alpaca answered no list');
  return value;
}

function unread(message: string): DeltaringError {
  return new DeltaringError('BROKER_UNREACHABLE', `${message}: nothing was changed`);
}

type Ask = (method: 'GET' | 'PATCH', path: string, body?: string) => Promise<unknown>;

function askerOf(config: Config): Ask {
  const send = keySender(alpacaReading(config), TIMEOUT_MILLIS);
  return async (method, path, body) => {
    const { status, body: text } = await send({
      method,
      path,
      ...(body !== undefined && { body }),
    });
    if (status !== 200) throw unread(`Alpaca answered ${status} to ${method} ${path}`);
    return parseJson(text);
  };
}

async function setBlock(ask: Ask, isBlocked: boolean): Promise<void> {
  const body = JSON.stringify({ suspend_trade: isBlocked });
  const answer = await ask('PATCH', '/v2/account/configurations', body);
  const isSet = isFields(answer) && answer['suspend_trade'] === isBlocked;
  if (!isSet) throw unread('Alpaca did not take the change');
}

/** Exit 0 once it stands as asked; 1 where something is open and its risk was not taken. */
export async function brokerBlock(args: readonly string[]): Promise<number> {
  const [wanted, ...flags] = args;
  if (wanted !== 'on' && wanted !== 'off') throw new DeltaringError('INPUT_INVALID', USAGE);
  onlyFlags(`broker-block ${wanted}`, flags, wanted === 'on' ? ['--with-open-risk'] : []);
  const config = configOf();
  if (config.DELTARING_BROKER !== 'alpaca') {
    throw new DeltaringError('INPUT_INVALID', 'only Alpaca has such a switch');
  }
  const { accountId } = await reachBroker(config);
  const ask = askerOf(config);
  const isBlocked = wanted === 'on';
  if (isBlocked) {
    const open = await openRisk(ask);
    if (open.length > 0)
      process.stdout.write(`${accountId} is not flat:\n  ${open.join('\n  ')}\n`);
    if (open.length > 0 && !flags.includes('--with-open-risk')) {
      process.stdout.write(
        'Nothing was changed: the block would refuse their closes too. Close them first (`deltaring flatten`), or take the risk with --with-open-risk.\n',
      );
      return 1;
    }
  }
  await setBlock(ask, isBlocked);
  const words = isBlocked ? 'refuses every new order, closes included' : 'takes orders again';
  process.stdout.write(`Alpaca ${words} for ${accountId}.\n`);
  return 0;
}
