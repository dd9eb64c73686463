import { expect, it } from 'vitest';
import { EngineProcess } from '../support/engine-process.ts';
import { Trader } from './trader.ts';
const t0=performance.now(); const lap=(s:string)=>console.log(((performance.now()-t0)/1000).toFixed(2), s);
it.each([['20']])('speed %s', async (speed) => {
  const engine = await EngineProcess.start({settings:{SIM_SPEED:speed, SIM_START: speed==='20'?'14:30':'10:30'}}); lap('ready');
  const t = await Trader.overHttp(engine.url);
  for (let i=0;i<8;i++) console.log((await t.ask('market_status')).text.slice(60,220));
  let scan = await t.ask<any>('straddle_scan'); while (scan.isError) { scan = await t.ask<any>('straddle_scan'); }
  for (let i=0;i<3;i++) { const p = await t.ask<any>('straddle_scan', {strike: scan.fields.candidates[0].strike}); console.log(p.text);
   if (p.isError) {console.log(p.denied); continue;}
   const c = await t.ask<any>('confirm_trade',{confirm_token:p.fields.confirmToken}); console.log(c.text); if (c.isError) continue; const o = await t.settled(c.fields.orderId); console.log(o.status, o.reason); console.log((await engine.console('audit','show',o.orderId)).stdout); }
  console.log(await engine.stop());
  await t.leave(); await engine.remove();
}, 60000);
