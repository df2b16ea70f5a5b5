import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import { checkTest } from '../../corpus/anvil-check.js';
import { blobsOf, type FixtureTest } from '../../corpus/anvil-fixture.js';
import { AnvilError, AnvilNode } from '../../corpus/anvil-node.js';
import { bytesToHex, concatBytes } from '../../src/primitives/bytes.js';
import type { Fork } from '../../src/primitives/fork.js';
import { BLOB_HASHES } from '../../workloads/blobs.js';

describe('corpus: second oracle', () => {
  const test: FixtureTest = {
    network: 'London',
    genesisBlockHeader: { gasLimit: '0x1c9c380', timestamp: '0x00' },
    pre: {},
    blocks: [{ rlp: '0xc3c0c0c0' }],
  };

  it('says so where there is no node, and what a node says that does not start', async () => {
    const failureOf = (binary: string, ...args: string[]): Promise<unknown> =>
      AnvilNode.start(binary, {}, args).then(
        () => null,
        (error: unknown) => error,
      );
    const missing = await failureOf('/nowhere/anvil');
    expect(missing).to.be.instanceOf(AnvilError).with.property('code', 'NOT_STARTED');
    expect((missing as AnvilError).message).to.match(/\/nowhere\/anvil .*ENOENT/);
    // Node does not know the options of anvil.
    const other = await failureOf(process.execPath);
    expect(other).to.be.instanceOf(AnvilError).with.property('code', 'NOT_STARTED');
    expect((other as AnvilError).message).to.match(/ended with 9\n.*bad option: --init/s);
  });

  it('knows the blobs of generated transactions, and leaves out those of others', async () => {
    const withHash = (hash: Uint8Array): Uint8Array => {
      const fields = [...new Array<Uint8Array>(10).fill(new Uint8Array()), [hash]];
      return concatBytes(Uint8Array.of(3), RLP.encode(fields));
    };
    expect(blobsOf(withHash(BLOB_HASHES[2] as Uint8Array))).to.deep.equal([2]);
    expect(blobsOf(withHash(new Uint8Array(32).fill(1)))).to.deep.equal([-1]);
    const reasonFor = async (network: Fork, hash: Uint8Array): Promise<unknown> => {
      const rlp = bytesToHex(RLP.encode([[], [withHash(hash)], []]));
      return checkTest('unused', { ...test, network, blocks: [{ rlp }] });
    };
    expect(await reasonFor('Cancun', new Uint8Array(32).fill(1))).to.deep.equal({
      kind: 'left out',
      reason: 'it has versioned hashes of blobs that nobody knows',
    });
    expect(await reasonFor('Prague', BLOB_HASHES[0] as Uint8Array)).to.deep.equal({
      kind: 'left out',
      reason: 'the node prices blobs as Cancun does',
    });
  });

  it('leaves out, with its reason, what the node cannot do', async () => {
    const invalid = await checkTest('unused', { ...test, blocks: [{ rlp: '0xc0', expectException: 'X' }] });
    expect(invalid).to.deep.equal({ kind: 'left out', reason: 'a block must be rejected' });
    const requestsHash = `0x${'11'.repeat(32)}` as const;
    const withRequests = await checkTest('unused', {
      ...test,
      blocks: [{ rlp: '0xc0', blockHeader: { requestsHash } }],
    });
    expect(withRequests).to.deep.equal({
      kind: 'left out',
      reason: 'the node takes no requests out of their contracts',
    });
    const berlin = await checkTest('unused', { ...test, network: 'Berlin' });
    expect(berlin).to.deep.equal({ kind: 'left out', reason: 'the node gives the refunds of London' });
  });
});
