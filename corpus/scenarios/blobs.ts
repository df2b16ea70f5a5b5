/** Blob transactions (EIP-4844) among others: blob gas, blob fees, and the excess that follows. */

import { BLOB_READER, COINBASE_READER } from '../contracts.js';
import { blobHash } from '../fill.js';
import { ETHER, words } from '../plan.js';
import { scenario } from './define.js';

export const blobs = scenario('blobs', 'blob transactions', [
  {
    name: 'blob_transactions',
    description:
      'Two blocks with six blobs each, spread over several senders, between transfers; the blob fee is stored and the coinbase, which gets none of it, is read.',
    forks: ['Cancun', 'Prague', 'Osaka'],
    options: { excessBlobGas: 10_000_000n },
    build(t) {
      const reader = t.contract('blob reader', BLOB_READER);
      const coinbaseReader = t.contract('coinbase reader', COINBASE_READER);
      const senders = t.keyring('sender', 4, ETHER);
      let next = 1n;
      for (let b = 0; b < 2; b++) {
        const block = t.block();
        senders.forEach((sender, i) => {
          const blobHashes = Array.from({ length: i === 1 || i === 3 ? 2 : 1 }, () => blobHash(next++));
          block.send(sender, { to: reader, data: words(BigInt(16 * (4 * b + i))), blobHashes });
          block.send(sender, { to: t.address('to'), value: 1n });
          block.send(sender, { to: coinbaseReader, data: words(BigInt(4 * b + i + 1)) });
        });
      }
    },
  },
  {
    name: 'blob_funds_just_in_time',
    description: 'Senders that can pay for their blobs only because an earlier transaction of the block paid them.',
    forks: ['Cancun', 'Osaka'],
    options: { excessBlobGas: 10_000_000n },
    build(t) {
      const rich = t.key('rich');
      const block = t.block();
      t.keyring('poor', 5, null).forEach((poor, i) => {
        block.send(rich, { to: poor.address, value: ETHER });
        block.send(poor, { to: rich.address, value: ETHER / 2n, blobHashes: [blobHash(BigInt(i))] });
      });
    },
  },
]);
