import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import { checkTest } from '../../corpus/anvil-check.js';
import { blobsOf, type FixtureTest } from '../../corpus/anvil-fixture.js';
import { AnvilError, AnvilNode } from '../../corpus/anvil-node.js';
import { bytesToHex, concatBytes } from '../../src/primitives/bytes.js';
import { BLOB_HASHES } from '../../workloads/blobs.js';

describe('corpus: second oracle', () => {
  const test: FixtureTest = {
    network: 'London',
    genesisBlockHeader: { gasLimit: '0x1c9c380', timestamp: '0x00' },
    pre: {},
    blocks: [{ rlp: '0xc3c0c0c0' }],
  };

  it('says so where there is no node', async () => {
    const failure = await AnvilNode.start('/nowhere/anvil', {}, []).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(AnvilError).with.property('code', 'NOT_STARTED');
    expect((failure as AnvilError).message).to.match(/\/nowhere\/anvil .*ENOENT/);
  });

  it('knows the blobs of generated transactions, and leaves out those of others', async () => {
    const withHash = (hash: Uint8Array): Uint8Array => {
      const fields = [...new Array<Uint8Array>(10).fill(new Uint8Array()), [hash]];
      return concatBytes(Uint8Array.of(3), RLP.encode(fields));
    };
    expect(blobsOf(withHash(BLOB_HASHES[2] as Uint8Array))).to.deep.equal([2]);
    const foreign = withHash(new Uint8Array(32).fill(1));
    expect(blobsOf(foreign)).to.deep.equal([-1]);
    const rlp = bytesToHex(RLP.encode([[], [foreign], []]));
    expect(await checkTest('unused', { ...test, network: 'Cancun', blocks: [{ rlp }] })).to.deep.equal({
      kind: 'left out',
      reason: 'it has versioned hashes of blobs that nobody knows',
    });
  });

  it('leaves out, with its reason, what the node cannot do', async () => {
    const invalid = await checkTest('unused', { ...test, blocks: [{ rlp: '0xc0', expectException: 'X' }] });
    expect(invalid).to.deep.equal({ kind: 'left out', reason: 'a block must be rejected' });
    const berlin = await checkTest('unused', { ...test, network: 'Berlin' });
    expect(berlin).to.deep.equal({ kind: 'left out', reason: 'the node gives the refunds of London' });
  });
});
