import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import { Chain } from '../../runners/blockchain/chain.js';
import { BlockProcessor } from '../../runners/blockchain/process-block.js';
import { runBlockchainCase } from '../../runners/blockchain/run-blockchain.js';
import { emptyCoverage } from '../../runners/events/tally.js';
import type { AccountState, BlockCase, BlockchainCase, StatedBlock } from '../../runners/fixtures/cases.js';
import { network } from '../../runners/fixtures/networks.js';
import type { Engines, Executor } from '../../runners/job/engine.js';
import { emptyStats } from '../../src/executor/scope.js';
import { bigIntToMinimalBytes, bytesToHex, type Hex } from '../../src/primitives/bytes.js';
import { EMPTY_LIST_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../../src/primitives/crypto.js';
import type { Fork } from '../../src/primitives/fork.js';
import { Database } from '../../src/state/database.js';
import type { StateDiff } from '../../src/state/diff.js';
import { decodeBlock } from '../../src/transition/block/block.js';
import { DAO_EXTRA_DATA } from '../../src/transition/block/dao.js';
import { blockDifficulty } from '../../src/transition/block/difficulty.js';
import type { BlockHeader } from '../../src/transition/block/header.js';
import { BlockError } from '../../src/transition/errors.js';
import { signTransaction } from '../../src/transition/transaction/index.js';
import type { BlockOutcome } from '../../src/transition/types.js';

const MINER: Hex = '0x00000000000000000000000000000000000000cc';
const RICH: Hex = '0x00000000000000000000000000000000000000aa';
const account = (balance: bigint): AccountState => ({
  nonce: 0n,
  balance,
  code: new Uint8Array(0),
  storage: new Map(),
});
const PRE = new Map([[RICH, account(100n)]]);
const REWARD = 5n * 10n ** 18n;
const POST = new Map([...PRE, [MINER, account(REWARD)] as const]);
const rootOf = (accounts: ReadonlyMap<Hex, AccountState>): Uint8Array => Database.from(accounts).stateRoot();

interface MadeBlock {
  readonly fields: readonly Uint8Array[];
  readonly hash: Uint8Array;
  readonly rlp: Uint8Array;
}

/** An empty Frontier block. */
function makeBlock(change: {
  parentHash?: Uint8Array;
  root: Uint8Array;
  number: bigint;
  difficulty: bigint;
}): MadeBlock {
  const fields = [
    change.parentHash ?? new Uint8Array(32),
    EMPTY_LIST_HASH,
    Uint8Array.from(Buffer.from(MINER.slice(2), 'hex')),
    change.root,
    EMPTY_TRIE_ROOT,
    EMPTY_TRIE_ROOT,
    new Uint8Array(256),
    ...[change.difficulty, change.number, 5_000_000n, 0n, 1000n + 20n * change.number].map(bigIntToMinimalBytes),
    new Uint8Array(0),
    new Uint8Array(32),
    new Uint8Array(8),
  ];
  return { fields, hash: keccak256(RLP.encode(fields)), rlp: RLP.encode([fields, [], []]) };
}

const GENESIS = makeBlock({ root: rootOf(PRE), number: 0n, difficulty: 131072n });
const DIFFICULTY = blockDifficulty('Frontier', {
  number: 1n,
  timestamp: 1020n,
  parentTimestamp: 1000n,
  parentDifficulty: 131072n,
  parentHasOmmers: false,
});
const CHILD = { parentHash: GENESIS.hash, number: 1n, difficulty: DIFFICULTY };
const GOOD = makeBlock({ ...CHILD, root: rootOf(POST) });
const WRONG_ROOT = makeBlock({ ...CHILD, root: rootOf(PRE) });
const ORPHAN = makeBlock({ ...CHILD, parentHash: new Uint8Array(32).fill(3), root: rootOf(POST) });

const blockCase = (block: MadeBlock, exception: string[] | null = null): BlockCase => ({
  rlp: block.rlp,
  exception,
  hash: exception === null ? block.hash : null,
  stated: null,
  transactionSequence: null,
});

const withExtraData = (fields: readonly Uint8Array[]): Uint8Array[] =>
  fields.map((bytes, index) => (index === 12 ? Uint8Array.of(1) : bytes));

const statedOf = ({ fields, hash }: MadeBlock): StatedBlock => ({
  header: fields.map((value, index) => ({ name: `field ${index}`, value })),
  hash,
  transactions: [],
  ommers: [],
  withdrawals: null,
  receipts: null,
});

function testCase(change: Partial<BlockchainCase>): BlockchainCase {
  return {
    kind: 'blockchain',
    id: 'f.json::t[Frontier]',
    source: 's',
    file: 'f.json',
    test: 't',
    network: 'Frontier',
    group: 'BlockchainTests',
    pre: PRE,
    genesisRlp: null,
    genesisHeader: GENESIS.fields,
    genesisHash: GENESIS.hash,
    blocks: [],
    lastBlockHash: GENESIS.hash,
    postState: null,
    postStateHash: null,
    sealEngine: 'NoProof',
    config: null,
    ...change,
  };
}

/** Of a block without transactions, which has none. */
const STATED_RECEIPT = { status: 1n, cumulativeGasUsed: null, logs: null };

/** Rewards the miner and does nothing else. */
function executor(change: Partial<BlockOutcome> = {}): Executor {
  const diff: StateDiff = new Map([
    [MINER, { before: null, after: { nonce: 0n, balance: REWARD }, storage: new Map() }],
  ]);
  const outcome: BlockOutcome = {
    ok: true,
    receipts: [],
    transactions: [],
    gasUsed: 0n,
    blobGasUsed: 0n,
    logsBloom: new Uint8Array(256),
    requests: null,
    diff,
    stats: emptyStats(0, 1),
    ...change,
  };
  return { execute: async () => outcome, close: async () => undefined };
}

async function judged(change: Partial<BlockchainCase>, parallel = executor()): Promise<string> {
  const engines: Engines = { database: Database.from([]), serial: executor(), parallel: new Map([[2, parallel]]) };
  const { verdict, cause, block } = await runBlockchainCase(engines, testCase(change));
  return [verdict, ...(cause === null ? [] : [cause]), ...(block === null ? [] : [`block ${block}`])].join(', ');
}

describe('blockchain cases', () => {
  const end = { lastBlockHash: GOOD.hash, postState: POST, postStateHash: rootOf(POST) };

  it('passes where every block, the head and the state are as the fixture says', async () => {
    expect(await judged({})).to.equal('pass');
    expect(await judged({ genesisRlp: GENESIS.rlp })).to.equal('pass');
    expect(await judged({ blocks: [blockCase(GOOD)], ...end })).to.equal('pass');
  });

  it("goes on from the parent's state after an invalid block", async () => {
    const blocks = [
      blockCase(WRONG_ROOT, ['BlockException.INVALID_STATE_ROOT']),
      blockCase(ORPHAN, ['UnknownParent']),
      blockCase({ ...GOOD, rlp: Uint8Array.of(1, 2) }, []),
      { ...blockCase(GOOD), stated: statedOf(GOOD) },
    ];
    expect(await judged({ blocks, ...end })).to.equal('pass');
  });

  it('tells each way in which a case can fail', async () => {
    const failures: [Partial<BlockchainCase>, string][] = [
      [{ pre: POST }, 'the genesis differs from the fixture'],
      [{ genesisHash: GOOD.hash, genesisRlp: GENESIS.rlp }, 'the genesis differs from the fixture'],
      [{ genesisRlp: Uint8Array.of(0xc0) }, 'the genesis block does not decode'],
      // Fields that no later block looks at are still those that the hash was made of.
      [{ genesisHeader: withExtraData(GENESIS.fields) }, 'the genesis differs from the fixture'],
      [
        { genesisHeader: withExtraData(GENESIS.fields), genesisRlp: GENESIS.rlp },
        'the genesis differs from the fixture',
      ],
      [{ lastBlockHash: GOOD.hash }, 'the head of the chain differs from the fixture'],
      [{ postState: POST }, 'the post-state differs from the fixture'],
      [{ blocks: [blockCase(GOOD)], ...end, postState: PRE }, 'the post-state differs from the fixture'],
      [{ postStateHash: rootOf(POST) }, 'the post-state differs from the fixture'],
      [{ blocks: [blockCase(GOOD)], ...end, postStateHash: rootOf(PRE) }, 'the post-state differs from the fixture'],
      [
        { blocks: [blockCase(GOOD), blockCase(WRONG_ROOT)] },
        'a valid block was rejected: BlockException.INVALID_STATE_ROOT, block 1',
      ],
      [{ blocks: [blockCase(GOOD, ['UnknownParent'])] }, 'an invalid block was accepted, block 0'],
      [{ blocks: [blockCase(GOOD, [])] }, 'an invalid block was accepted, block 0'],
      [
        { blocks: [blockCase(ORPHAN, ['InvalidGasUsed'])] },
        'exception differs: InvalidGasUsed expected, BlockException.UNKNOWN_PARENT occurred, block 0',
      ],
      [
        { blocks: [{ ...blockCase(GOOD), stated: { ...statedOf(GOOD), receipts: [STATED_RECEIPT] } }], ...end },
        'the receipts differ from the fixture, block 0',
      ],
      [{ blocks: [blockCase(ORPHAN, ['NoSuchName'])] }, 'unmapped exception name NoSuchName, block 0'],
      [
        { blocks: [{ ...blockCase(WRONG_ROOT, ['InvalidStateRoot']), stated: statedOf(GOOD) }] },
        "the block's RLP differs from the JSON beside it, block 0",
      ],
      [
        { blocks: [{ ...blockCase(GOOD), hash: GENESIS.hash }] },
        "the hash of the block's RLP differs from the JSON beside it, block 0",
      ],
    ];
    for (const [change, cause] of failures) expect(await judged(change)).to.equal(`nonconformant, ${cause}`);
  });

  it('asks for proof of work where the fixture names Ethash, and nowhere else', async () => {
    const change = { blocks: [blockCase(GOOD)], ...end };
    const refused = 'nonconformant, a valid block was rejected: BlockException.INVALID_POW, block 0';
    expect(await judged({ ...change, sealEngine: 'Ethash' })).to.equal(refused);
    expect(await judged({ ...change, sealEngine: null })).to.equal('pass');
  }).timeout(60_000);

  it('calls a parallel run that differs divergent, even in a block that is invalid', async () => {
    const wrong = executor({ gasUsed: 7n });
    const expected = 'divergent, parallel differs from serial: gasUsed, block 0';
    expect(await judged({ blocks: [blockCase(GOOD)], ...end }, wrong)).to.equal(expected);
    expect(await judged({ blocks: [blockCase(WRONG_ROOT, [])] }, wrong)).to.equal(expected);
  });

  it('names the transaction for which a block was rejected', async () => {
    const error = new BlockError('TransactionException.NONCE_IS_MAX', 1, 'nonce');
    const serial: Executor = {
      execute: async () => ({ ok: false, error, stats: emptyStats(0, 1) }),
      close: async () => undefined,
    };
    const engines: Engines = { database: Database.from([]), serial, parallel: new Map() };
    const rejected = (exception: string[] | null) =>
      runBlockchainCase(engines, testCase({ blocks: [blockCase(GOOD, exception)] }));
    expect(await rejected(null)).to.deep.include({ verdict: 'nonconformant', block: 0, transaction: 1 });
    expect(await rejected(['UnknownParent'])).to.deep.include({ verdict: 'nonconformant', block: 0, transaction: 1 });
    expect(await rejected(['TR_NonceHasMaxValue'])).to.include({ verdict: 'pass', transaction: null });
  });

  it('names the accounts that differ where the last block is rejected, which a root does not tell', async () => {
    const half: StateDiff = new Map([
      [MINER, { before: null, after: { nonce: 0n, balance: REWARD / 2n }, storage: new Map() }],
    ]);
    const judge = async (change: Partial<BlockchainCase>): Promise<string[]> => {
      const engines: Engines = { database: Database.from([]), serial: executor({ diff: half }), parallel: new Map() };
      const one = testCase({ blocks: [blockCase(GOOD)], ...end, ...change });
      const { cause, differences } = await runBlockchainCase(engines, one);
      expect(cause).to.equal('a valid block was rejected: BlockException.INVALID_STATE_ROOT');
      expect(engines.database.stateRoot(), 'taken back').to.deep.equal(rootOf(PRE));
      return differences.map(({ what, expected, actual }) =>
        what === 'exception' ? what : `${what} ${expected} ${actual}`,
      );
    };
    expect(await judge({})).to.deep.equal(['exception', `account ${MINER} balance ${REWARD} ${REWARD / 2n}`]);
    expect(await judge({ postState: null })).to.deep.equal(['exception']);
    expect(await judge({ lastBlockHash: GENESIS.hash })).to.deep.equal(['exception']);
  });

  describe('of blocks with more in them', () => {
    /** The block after the genesis (or `parent`), with other fields by their place, transactions and ommers. */
    function filled(
      change: Readonly<Record<number, Uint8Array>>,
      { transactions = [] as Uint8Array[], ommers = [] as MadeBlock[], of = GOOD } = {},
    ): MadeBlock {
      const listed = ommers.map((ommer) => [...ommer.fields]);
      const more: Readonly<Record<number, Uint8Array>> = { 1: keccak256(RLP.encode(listed)), ...change };
      const fields = of.fields.map((bytes, index) => more[index] ?? bytes);
      const rlp = RLP.encode([fields, transactions.map((bytes) => RLP.decode(bytes)), listed]);
      return { fields, hash: keccak256(RLP.encode(fields)), rlp };
    }
    const difficultyOf = (fork: Fork): Uint8Array =>
      bigIntToMinimalBytes(
        blockDifficulty(fork, {
          ...{ number: 1n, timestamp: 1020n, parentTimestamp: 1000n },
          ...{ parentDifficulty: 131072n, parentHasOmmers: false },
        }),
      );
    const EXTRA_DATA = 12;
    const NONCE = 14;

    it('takes the error of a transaction before that of one behind it that does not decode', async () => {
      const signed = signTransaction(
        {
          ...{ type: 0, chainId: 1n, nonce: 0n, gasLimit: 21_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
          ...{ to: new Uint8Array(20), value: 0n, data: new Uint8Array(0), accessList: [], maxFeePerBlobGas: 0n },
          ...{ blobVersionedHashes: [], authorizations: [] },
        },
        new Uint8Array(32).fill(1),
      );
      const block = filled({ 7: difficultyOf('EIP158') }, { transactions: [signed, RLP.encode([])] });
      const error = new BlockError('TransactionException.NONCE_IS_MAX', 0, 'nonce');
      const judge = async (serial: Executor): Promise<unknown> => {
        const engines: Engines = { database: Database.from([]), serial, parallel: new Map() };
        const blocks = [blockCase(block, ['TR_NonceHasMaxValue'])];
        const { cause, transaction } = await runBlockchainCase(engines, testCase({ network: 'EIP158', blocks }));
        return [cause, transaction];
      };
      const rejecting = async () => ({ ok: false, error, stats: emptyStats(0, 1) }) as const;
      expect(await judge({ ...executor(), execute: rejecting })).to.deep.equal([null, null]);
      const [cause, transaction] = (await judge(executor())) as [string, number];
      expect(cause).to.match(/^exception differs: .*, TransactionException\.RLP_INVALID_VALUE occurred$/);
      expect(transaction).to.equal(1);
    });

    it('asks for the seal of an ommer, too', async () => {
      const ommer = filled({ [NONCE]: new Uint8Array(8).fill(1) });
      const block = filled(
        {
          0: GOOD.hash,
          7: bigIntToMinimalBytes(
            blockDifficulty('Frontier', {
              ...{ number: 2n, timestamp: 1040n, parentTimestamp: 1020n },
              ...{ parentDifficulty: DIFFICULTY, parentHasOmmers: false },
            }),
          ),
          8: Uint8Array.of(2),
          11: bigIntToMinimalBytes(1040n),
        },
        { ommers: [ommer] },
      );
      const judge = async (verifySeal: (header: BlockHeader) => boolean): Promise<string> => {
        const database = Database.from(PRE);
        const engines: Engines = { database, serial: executor(), parallel: new Map() };
        const chain = new Chain(database, decodeBlock(GENESIS.rlp).header);
        const processor = new BlockProcessor(engines, chain, network('Frontier'), 1n, verifySeal);
        await processor.process(() => decodeBlock(GOOD.rlp), 0, emptyCoverage());
        return processor
          .process(() => decodeBlock(block.rlp), 1, emptyCoverage())
          .then(
            () => 'accepted',
            (error: unknown) => (error instanceof BlockError ? error.code : String(error)),
          );
      };
      expect(await judge(({ nonce }) => nonce[0] !== 1)).to.equal('BlockException.INVALID_POW');
      expect(await judge(() => true)).to.equal('accepted');
    });

    it('drains the DAO in the block of its fork, and in none before', async () => {
      for (const [name, extraData, drained] of [
        ['HomesteadToDaoAt1', DAO_EXTRA_DATA, true],
        ['HomesteadToDaoAt2', new Uint8Array(0), false],
      ] as const) {
        const block = filled({ 7: difficultyOf('Homestead'), [EXTRA_DATA]: extraData });
        const seen: boolean[] = [];
        const serial: Executor = {
          ...executor(),
          execute: (database, one) => {
            seen.push(one.daoFork);
            return executor().execute(database, one);
          },
        };
        const engines: Engines = { database: Database.from([]), serial, parallel: new Map() };
        const one = testCase({ network: name, blocks: [blockCase(block)], ...end, lastBlockHash: block.hash });
        expect((await runBlockchainCase(engines, one)).cause).to.equal(null);
        expect(seen, name).to.deep.equal([drained]);
      }
    });
  });

  it('names an account that the fixture does not have', async () => {
    const engines: Engines = { database: Database.from([]), serial: executor(), parallel: new Map() };
    const one = testCase({ blocks: [blockCase(GOOD)], ...end, postState: PRE });
    const { differences } = await runBlockchainCase(engines, one);
    expect(differences).to.deep.equal([
      { what: `account ${MINER}`, expected: 'absent', actual: `nonce 0, balance ${REWARD}, 0 bytes of code, 0 slots` },
    ]);
    expect(bytesToHex(engines.database.stateRoot())).to.equal(bytesToHex(rootOf(POST)));
  });
});
