import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { call, join } from '../support/connected-client.ts';

const RESULTS = z.strictObject({
  results: z.array(z.strictObject({ id: z.string(), title: z.string(), url: z.string() })),
});
const DOCUMENT = z.strictObject({
  id: z.string(),
  title: z.string(),
  text: z.string().min(1),
  url: z.string(),
  metadata: z.record(z.string(), z.string()).optional(),
});

async function withOrder() {
  const joined = await join();
  const card = await call(joined.client, 'iron_condor_30_delta');
  await call(joined.client, 'confirm_trade', { confirm_token: card.data['confirmToken'] });
  return joined;
}

describe('search and fetch', () => {
  it('answer in the shapes of deep research and in nothing else, as content and as one JSON text', async () => {
    const { client, close } = await withOrder();
    const found = await call(client, 'search', { query: 'iron condor order' });
    expect(RESULTS.parse(found.data)).toEqual(JSON.parse(found.text));
    const ids = RESULTS.parse(found.data).results.map(({ id }) => id);
    expect(ids).toContain('order:O-1');
    expect(ids).toContain('strategy:iron_condor_30_delta');
    for (const id of ids) {
      const { data, text } = await call(client, 'fetch', { id });
      expect(DOCUMENT.parse(data)).toEqual(JSON.parse(text));
      expect(data['id']).toBe(id);
    }
    await close();
  });

  it('name an order of an earlier day only to who asks for it by its id', async () => {
    const { api, client, close } = await withOrder();
    const [order] = api.orders;
    if (order === undefined) throw new Error('there is no order');
    api.orders.unshift({ ...order, orderId: 'O-0', createdAt: '2020-11-19T10:05:00-05:00' });
    const found = await call(client, 'search', { query: 'condor filled order' });
    const ids = RESULTS.parse(found.data).results.map(({ id }) => id);
    expect(ids).toContain('order:O-1');
    expect(ids.filter((id) => id.endsWith('O-0'))).toEqual([]);
    const fetched = await call(client, 'fetch', { id: 'order:O-0' });
    expect(fetched.data['title']).toContain('Order O-0');
    await close();
  });

  it('tell an order’s audit records, and the sections of the documents', async () => {
    const { client, close } = await withOrder();
    const audit = await call(client, 'fetch', { id: 'audit:O-1' });
    expect(audit.data['url']).toBe('deltaring://audit/order/O-1');
    const docs = await call(client, 'search', { query: 'settings environment' });
    const [first] = RESULTS.parse(docs.data).results.filter(({ id }) => id.startsWith('doc:'));
    const section = await call(client, 'fetch', { id: first?.id ?? '' });
    expect(String(section.data['text']).length).toBeGreaterThan(100);
    await close();
  });

  it('take exactly one text each, as the shapes ask for', async () => {
    const { client, close } = await join();
    const { tools } = await client.listTools();
    const schemaOf = (name: string) => tools.find((tool) => tool.name === name)?.inputSchema;
    expect(schemaOf('search')).toMatchObject({
      properties: { query: { type: 'string' } },
      required: ['query'],
    });
    expect(schemaOf('fetch')).toMatchObject({
      properties: { id: { type: 'string' } },
      required: ['id'],
    });
    await close();
  });

  it('find nothing in nonsense, and refuse an id that is none without an echo of it', async () => {
    const { client, close } = await join();
    expect((await call(client, 'search', { query: '§§ !!' })).data).toEqual({ results: [] });
    const gone = await call(client, 'fetch', { id: '../../etc/passwd <b>' });
    expect(gone.isError).toBe(true);
    expect(gone.text).toContain('search names what there is');
    expect(gone.text).not.toContain('passwd');
    await close();
  });
});
