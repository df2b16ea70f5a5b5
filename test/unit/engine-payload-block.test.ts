import { decode, RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import { payloadBlock } from '../../runners/engine/payload-block.js';
import { versionedHashes } from '../../runners/engine/versioned-hashes.js';
import type { EngineCase } from '../../runners/fixtures/cases-engine.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { bigIntToMinimalBytes, concatBytes, hexToBytes } from '../../src/primitives/bytes.js';
import { decodeBlock } from '../../src/transition/block/block.js';
import { BLOB_CALL, BLOB_TRANSACTION, HASHES, PAYEE, PRE, ROOT } from '../support/engine-blob-block.js';
import { type CallJson, callJson, genesisJson } from '../support/engine-fixture.js';

const LEGACY = RLP.encode([1, 2, 3, hexToBytes(PAYEE), 4, new Uint8Array(70), 27, 1, 1]);

function blockOf(call: CallJson) {
  const test = {
    network: 'Shanghai',
    genesisBlockHeader: genesisJson('Shanghai', PRE),
    pre: PRE,
    postState: PRE,
    lastblockhash: `0x${'00'.repeat(32)}`,
    engineNewPayloads: [call],
  };
  const [one] = decodeFile('suite', 'f.json', JSON.stringify({ t: test })).cases;
  return payloadBlock((one as EngineCase).payloads[0] as EngineCase['payloads'][number]);
}

describe('blocks of payloads', () => {
  it('are those of the same RLP, its size included', () => {
    const address = hexToBytes(PAYEE);
    const withdrawals = [1n, 2n ** 40n].map((n) => ({ index: n, validatorIndex: n, address, amount: n }));
    const large = concatBytes(Uint8Array.of(2), RLP.encode([new Uint8Array(70_000)]));
    const small = concatBytes(Uint8Array.of(2), RLP.encode([]));
    for (const transactions of [[], [LEGACY], [BLOB_TRANSACTION], [small], [LEGACY, large, small, BLOB_TRANSACTION]]) {
      for (const fork of ['Paris', 'Shanghai'] as const) {
        const block = blockOf(callJson({ fork, parentHash: ROOT, stateRoot: ROOT, transactions, withdrawals }));
        const bodies = transactions.map((bytes) => ((bytes[0] as number) >= 0xc0 ? decode(bytes) : bytes));
        const items = withdrawals.map(({ index, validatorIndex, address, amount }) => [
          ...[index, validatorIndex].map(bigIntToMinimalBytes),
          address,
          bigIntToMinimalBytes(amount),
        ]);
        const rlp = RLP.encode([[...block.header.fields], bodies, [], ...(fork === 'Paris' ? [] : [items])]);
        expect(block, fork).to.deep.equal(decodeBlock(rlp));
      }
    }
  });

  it('hold the hashes of all blob transactions, in order', () => {
    expect(versionedHashes([LEGACY, BLOB_TRANSACTION, BLOB_TRANSACTION])).to.deep.equal([...HASHES, ...HASHES]);
    expect(versionedHashes([])).to.deep.equal([]);
    expect(versionedHashes([Uint8Array.of(3), BLOB_TRANSACTION])).to.equal(null);
    expect(versionedHashes([concatBytes(Uint8Array.of(3), RLP.encode([1, 2]))])).to.equal(null);
    expect(blockOf(BLOB_CALL).transactions).to.deep.equal([BLOB_TRANSACTION]);
  });
});
