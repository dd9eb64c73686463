import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';

const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), '../../scripts/radosgw.sh');
const PROGRAMS = ['radosgw', 'radosgw-admin', 'ceph', 'ceph-mon', 'ceph-osd', 'monmaptool'];

/** Why the real S3 server cannot be started here, or undefined when it can. */
export function radosgwLacks(): string | undefined {
  const missing = PROGRAMS.filter(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  );
  return missing.length === 0 ? undefined : `${missing.join(', ')} not installed`;
}

export interface Radosgw {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    let problems = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      problems += chunk.toString();
    });
    child.on('exit', (code) => reject(new Error(`radosgw ended with ${code}: ${problems}`)));
  });
}

/** Starts radosgw with everything in memory, on loopback, in a folder of its own. */
export async function startRadosgw(): Promise<Radosgw> {
  const folder = mkdtempSync(join(tmpdir(), 'deltaring-radosgw-'));
  const [port, monitorPort] = [await freePort(), await freePort()];
  const child = spawn(SCRIPT, [folder, String(port), String(monitorPort)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const [word, accessKeyId = '', secretAccessKey = ''] = (await firstLine(child)).split(' ');
  if (word !== 'ready') throw new Error(`radosgw did not start: ${word}`);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId, secretAccessKey },
    async stop() {
      child.stdin?.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
