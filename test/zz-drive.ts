import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { TOOLS } from '../src/mcp/catalog.ts';
import { z } from 'zod';
const url = new URL(process.argv[2]!);
const client = new Client({ name: 't', version: '1' }, { capabilities: { elicitation: { form: {} } } });
client.setRequestHandler(ElicitRequestSchema, async ({ params }) => { console.log('ASKED:', params.message); return { action: 'accept', content: { placeOrder: true } }; });
await client.connect(new StreamableHTTPClientTransport(url));
await client.listTools();
const call = async (name: string, args: Record<string, unknown> = {}) => {
  const t0 = performance.now();
  const r: any = await client.callTool({ name, arguments: args });
  const ms = performance.now() - t0;
  console.log(`${name} ${ms.toFixed(1)}ms ${r.isError ? 'ERR ' : ''}${r.content[0].text}`);
  const tool = TOOLS.find((t) => t.name === name || t.aliases.includes(name))!;
  const ok = z.strictObject(tool.output.shape).safeParse(r.structuredContent);
  if (!ok.success) console.log('  SHAPE', JSON.stringify(ok.error.issues.slice(0, 4)));
  return r.structuredContent;
};
await call('market_status'); await call('get_option_chain', { limit: 3, fields: '["bid","ask","delta"]' });
await call('find_options_by_delta', { delta: 30 }); await call('find_options_by_delta', { delta: 0.3 }).catch(console.log);
await call('start_option_streaming');
await call('risk_check'); await call('risk_metrics'); await call('portfolio_delta'); await call('portfolio_greeks');
await call('straddle_scan'); await call('orb_long_call'); await call('orb_long_put'); await call('lotto_play_5_delta');
const p = await call('iron_condor_30_delta', { width: 5 });
const c = await call('confirm_trade', { confirm_token: p.confirmToken });
for (let i = 0; i < 6; i++) { await new Promise((r) => setTimeout(r, 1500)); const o = await call('get_order_status', { order_id: c.orderId }); if (o.status === 'filled') break; }
await call('confirm_trade', { confirm_token: p.confirmToken });
const pnl = await call('show_pnl'); await call('streaming_status'); await call('get_recent_orders'); await call('reconcile_positions');
if (pnl.positions[0]) { const cl = await call('close_position', { order_or_position_id: pnl.positions[0].positionId }); if (cl.confirmToken) await call('close_position', { confirm_token: cl.confirmToken }); }
await new Promise((r) => setTimeout(r, 3000));
await call('show_pnl'); const f = await call('flatten_all'); if (f.confirmToken) await call('flatten_all', { confirm_token: f.confirmToken });
await call('stop_option_streaming');
await call('cancel_order', { order_id: 'nope' });
await call('kill_switch', { reason: 'drive' }); await call('kill_switch', { enable: false });
for (const r of (await client.listResources()).resources) { const x: any = await client.readResource({ uri: r.uri }); console.log(r.uri, x.contents[0].text.length); }
await client.close();
