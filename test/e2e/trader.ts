import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type {
  ConfirmResult,
  OrderView,
  PnlView,
  Stamp,
  TradeCard,
} from '../../src/desk/engine-api.ts';
import type { MarketStatusView } from '../../src/desk/engine-api-health.ts';
import { eventually, LAUNCHER, type Settings } from '../support/engine-process.ts';

const link = z.object({ type: z.literal('resource_link'), uri: z.string() });
const resultShape = z.object({
  isError: z.boolean().optional(),
  content: z.tuple([z.object({ type: z.literal('text'), text: z.string() })], link),
  structuredContent: z.record(z.string(), z.unknown()),
});

/** Any field of any answer; a test reads those that its tool promises. */
export type Fields<T> = T & Stamp;

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly [number: string]: unknown;
}

/** What a tool answered: fields, or a refusal. */
export interface Reply<T> {
  readonly isError: boolean;
  readonly text: string;
  readonly fields: Fields<T>;
  readonly denied: Refusal | undefined;
}

export type Arguments = Readonly<Record<string, unknown>>;

/** Arguments that are made anew for each try, for a market that does not wait. */
export type FreshArguments = Arguments | (() => Promise<Arguments>);

/** Orders in these states do not move any more. */
const FINAL = ['filled', 'cancelled', 'rejected', 'expired', 'denied'];

/** What a trader asks for where strikes lie too far apart for the delta that was wanted, as late on a calm
 * half day: the nearer of those that the refusal names. */
function deltaInstead({ denied }: Reply<unknown>): Arguments {
  if (denied?.code !== 'delta_too_far') return {};
  const wanted = Number(denied['targetDeltaPoints']);
  const [nearest] = [denied['aboveDeltaPoints'], denied['belowDeltaPoints']]
    .map(Number)
    .filter(Number.isFinite)
    .toSorted((one, other) => Math.abs(one - wanted) - Math.abs(other - wanted));
  return nearest === undefined ? {} : { short_delta: nearest };
}

/** A client as an MCP host has it: the SDK's own, which checks results against the listed schemas. */
export class Trader {
  readonly client: Client;
  readonly transport: Transport;
  tools: readonly Tool[] = [];

  private constructor(transport: Transport) {
    this.transport = transport;
    this.client = new Client({ name: 'trader', version: '1.0.0' });
  }

  /** Over Streamable HTTP. */
  static async overHttp(url: string, bearer?: string): Promise<Trader> {
    const headers = bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` };
    const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
      requestInit: { headers },
    });
    // The SDK's own class misses its interface by exactOptionalPropertyTypes alone.
    return Trader.#join(transport as Transport);
  }

  /** Over stdio: a process of its own, `deltaring mcp`. */
  static async overStdio(settings: Settings): Promise<Trader> {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [LAUNCHER, 'mcp'],
      env: { ...settings },
      cwd: settings['DELTARING_HOME'] ?? '.',
      stderr: 'pipe',
    });
    return Trader.#join(transport);
  }

  static async #join(transport: Transport): Promise<Trader> {
    const trader = new Trader(transport);
    await trader.client.connect(transport, { timeout: 60_000 });
    trader.tools = (await trader.client.listTools()).tools;
    return trader;
  }

  /** Calls a tool and hands back whatever it said. */
  async ask<T = Record<string, unknown>>(name: string, args: Arguments = {}): Promise<Reply<T>> {
    const result = resultShape.parse(await this.client.callTool({ name, arguments: { ...args } }));
    const { structuredContent: fields, content, isError = false } = result;
    const [{ text }] = content;
    const denied = fields['denied'] as Refusal | undefined;
    return { isError, text, fields: fields as Fields<T>, denied };
  }

  /** Calls a tool that must not refuse. */
  async call<T = Record<string, unknown>>(name: string, args: Arguments = {}): Promise<Fields<T>> {
    const { isError, text, fields } = await this.ask<T>(name, args);
    if (isError) throw new Error(`${name} refused: ${text}`);
    return fields;
  }

  /** Calls a tool that must refuse. */
  async refusal(name: string, args: Arguments = {}): Promise<Refusal> {
    const { isError, text, denied } = await this.ask(name, args);
    if (!isError || denied === undefined) throw new Error(`${name} did not refuse: ${text}`);
    return denied;
  }

  /**
   * Calls a tool that must refuse until it does so for this reason: a strategy may find a fault with
   * the market first.
   */
  refusalFor(code: string, tool: string, args: Arguments = {}): Promise<Refusal> {
    return eventually(`${tool} is refused as ${code}`, async () => {
      const refusal = await this.refusal(tool, args);
      return refusal.code === code ? refusal : undefined;
    });
  }

  /** Asks for a preview until the market allows one: a spread may be wide for a moment, and no condor near
   * its delta. */
  preview(tool: string, args: FreshArguments = {}): Promise<Fields<TradeCard>> {
    let why = '';
    let instead: Arguments = {};
    return eventually(`${tool} previews`, async () => {
      const asked = typeof args === 'function' ? await args() : args;
      const reply = await this.ask<TradeCard>(tool, { ...asked, ...instead });
      if (!reply.isError) return reply.fields;
      why = reply.text;
      if (tool === 'iron_condor_30_delta') instead = deltaInstead(reply);
      return undefined;
    }).catch((error: unknown) => {
      throw new Error(`${tool} never previewed: ${why}`, { cause: error });
    });
  }

  confirm(token: string, tool = 'confirm_trade'): Promise<Fields<ConfirmResult>> {
    return this.call<ConfirmResult>(tool, { confirm_token: token });
  }

  /** Waits until an order moves no more. */
  settled(orderId: string): Promise<Fields<OrderView>> {
    return eventually(`order ${orderId} settles`, async () => {
      const order = await this.call<OrderView>('get_order_status', { order_id: orderId });
      return FINAL.includes(order.status) ? order : undefined;
    });
  }

  /** The strike nearest to where the underlying is now. */
  readonly atTheMoney = async (): Promise<{ readonly strike: number }> => {
    const { spot } = await this.call<MarketStatusView>('market_status');
    return { strike: Math.round(spot ?? Number.NaN) };
  };

  pnl(): Promise<Fields<PnlView>> {
    return this.call<PnlView>('show_pnl');
  }

  /** Previews, confirms and watches until a preview of the tool is filled. */
  open(tool: string, args: FreshArguments = {}): Promise<Opened> {
    return eventually(`${tool} is filled`, async () => {
      const card = await this.preview(tool, args);
      const reply = await this.ask<ConfirmResult>('confirm_trade', {
        confirm_token: card.confirmToken,
      });
      if (reply.isError) return undefined;
      const order = await this.settled(reply.fields.orderId ?? '');
      return order.status === 'filled' ? { card, confirmed: reply.fields, order } : undefined;
    });
  }

  async leave(): Promise<void> {
    await this.client.close();
  }
}

/** A position that was opened, from its card to its fill. */
export interface Opened {
  readonly card: Fields<TradeCard>;
  readonly confirmed: Fields<ConfirmResult>;
  readonly order: Fields<OrderView>;
}
