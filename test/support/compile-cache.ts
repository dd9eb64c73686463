/**
 * Processes that tests start find what an earlier one compiled: starting them is most of what the
 * end-to-end tests cost. Node keeps the cache by content, so a changed source is never taken for what
 * it was.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'deltaring-compile-cache');
