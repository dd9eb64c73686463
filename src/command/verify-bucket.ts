/** Verifies the sealed batches in a bucket against this home's own checkpoint. */
import { readJournal } from '../audit/journal-open.ts';
import { S3Store } from '../audit/s3-store-shell.ts';
import type { VerifyReport } from '../audit/verify.ts';
import { verifyStore } from '../audit/verify-store.ts';
import type { Config } from '../config.ts';
import { wallMicros } from '../engine/domain/clock.ts';

/** `s3://BUCKET/PREFIX`; the prefix ends with a journal's id. */
export async function verifyBucket(config: Config, url: string): Promise<VerifyReport> {
  const { hostname: bucket, pathname } = new URL(url);
  const store = new S3Store({ bucket, endpoint: config.S3_ENDPOINT });
  try {
    const { lastHash } = readJournal(config.home);
    const nowMicros = wallMicros();
    return await verifyStore(store, pathname.slice(1), {
      nowMicros,
      ...(lastHash === '' ? {} : { expectedLastHash: lastHash }),
    });
  } finally {
    store.close();
  }
}
