/** Correctness pitfalls 26 to 33: what belongs to the block and not to its transactions. */
import { Bloom } from '@ethereumjs/vm';
import { expect } from 'chai';
import { assemble, initCode } from '../../corpus/assemble.js';
import { BEACON_ROOTS, BLOCK_HASHES } from '../../corpus/system.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { bytesToHex, concatBytes, type Hex, hexToBytes } from '../../src/primitives/bytes.js';
import type { AccountState } from '../../src/state/account.js';
import { Database } from '../../src/state/database.js';
import { DAO_DRAINED_ACCOUNTS, DAO_REFUND_CONTRACT } from '../../src/transition/block/dao.js';
import { DEPOSIT_CONTRACT } from '../../src/transition/block/requests.js';
import {
  CONSOLIDATION_REQUESTS_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../../src/transition/block/system-calls.js';
import {
  type Allocation,
  ASK,
  anything,
  blockOf,
  busy,
  busyGas,
  COINBASE,
  callOf,
  changeOf,
  conflict,
  contract,
  createdBy,
  ETHER,
  executed,
  FLAG,
  flagContract,
  gasOf,
  logged,
  PRECOMPILE_ACCOUNT,
  PRICE,
  place,
  rejection,
  send,
  sender,
  senders,
  slotAfter,
  statusOf,
  stranger,
  useRig,
  valid,
  wallet,
  words,
} from '../support/conflict-block.js';

const BLOB_GAS = 131_072n;
const ALICE = stranger(1);
const small = { value: 1n, gasLimit: 21_000n };
/** With calldata: stores its first word at slot 0, after a while. Else: what `read` does. */
const setter = (read: string): string => `CALLDATASIZE @set JUMPI ${read} STOP set: ${busy()} 0 CALLDATALOAD 0 SSTORE`;

describe('pitfalls: block', function () {
  this.timeout(60_000);
  const rig = useRig(this);

  for (const missing of [0n, 1n]) {
    it(`pitfall 26: gas is admitted by what was used before (${missing} too little)`, async () => {
      // Before the flag is set the second transaction uses 44,000 gas more: enough to shut the third out.
      const spender = place(1);
      const accounts = {
        ...senders(3),
        [FLAG]: flagContract,
        [spender]: contract(`${ASK} @quick JUMPI 1 1 SSTORE 1 2 SSTORE quick: STOP`),
      };
      // 31 zero bytes and one other; CALLDATASIZE, PUSH2, JUMPI, JUMPDEST; PUSH1 CALLDATALOAD PUSH1 SSTORE.
      const first = 21_000n + 31n * 4n + 16n + 16n + busyGas('London') + 3n + 3n + 3n + 22_100n;
      // The question: 7 operands, CALL cold; then CALLDATASIZE, PUSH2, JUMPI, SLOAD cold, MSTORE, RETURN; POP, MLOAD.
      const asked = 15n + 3n + 2n + 2_600n + 3n + (15n + 3n + 2_100n + 9n + 6n) + 2n + 6n;
      const second = 21_000n + asked + 13n + 1n;
      const third = 400_000n;
      const gasLimit = first + second + third - missing;
      const transactions = [
        send(sender(0), FLAG, { data: words(1n) }),
        send(sender(1), spender),
        send(sender(2), stranger(2), { value: 1n, gasLimit: third }),
      ];
      const { result } = await rig.agree(accounts, blockOf('London', transactions, { environment: { gasLimit } }));
      if (missing > 0n) {
        expect(rejection(result)).to.deep.equal({ code: 'GAS_ALLOWANCE_EXCEEDED', index: 2 });
        return;
      }
      expect(gasOf(valid(result))).to.deep.equal([first, second, 21_000n]);
      expect(valid(result).gasUsed).to.equal(first + second + 21_000n);
    });
  }

  it('pitfall 26: a transaction with more gas than the whole block is not run', async () => {
    // Run, the first would take longer than anybody waits, and the second more memory than there is.
    const accounts = {
      ...senders(1),
      [sender(1)]: wallet({ balance: 1n << 200n }),
      [place(1)]: contract('again: @again JUMP'),
      [place(2)]: contract('1 3000000000 MSTORE'),
    };
    for (const [target, gasLimit] of [
      [place(1), (1n << 64n) - 1n],
      [place(2), 1n << 60n],
    ] as const) {
      const transactions = [send(sender(0), stranger(1), small), send(sender(1), target, { gasLimit })];
      const { result } = await rig.agree(accounts, blockOf('Prague', transactions), anything);
      expect(rejection(result)).to.deep.equal({ code: 'GAS_ALLOWANCE_EXCEEDED', index: 1 });
    }
  });

  for (const count of [6, 7]) {
    it(`pitfall 26: blob gas is admitted by what was used before (${count} blobs of 6)`, async () => {
      const counter = place(1);
      const blobs = (n: number, many: number) =>
        send(sender(n), counter, {
          type: 3,
          chainId: 1n,
          maxFeePerBlobGas: 1n,
          blobVersionedHashes: Array.from({ length: many }, (_, i) => hexToBytes(`0x01${`${i}`.padStart(62, '0')}`)),
        });
      const accounts = { ...senders(4), [counter]: contract(`${busy(1)} 0 SLOAD 1 ADD 0 SSTORE`) };
      const transactions = [blobs(0, 2), blobs(1, 1), blobs(2, 3), ...(count > 6 ? [blobs(3, 1)] : [])];
      const block = blockOf('Cancun', transactions, { maxBlobGas: 6n * BLOB_GAS, environment: { blobBaseFee: 1n } });
      const { result } = await rig.agree(accounts, block);
      if (count > 6) {
        expect(rejection(result)).to.deep.equal({ code: 'TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED', index: 3 });
        return;
      }
      const outcome = valid(result);
      expect(outcome.blobGasUsed).to.equal(6n * BLOB_GAS);
      expect(slotAfter(outcome, counter, 0n)).to.equal(3n);
      const spent = (gasOf(outcome)[2] as bigint) * PRICE + 3n * BLOB_GAS;
      expect(changeOf(outcome, sender(2))?.after?.balance, 'the blob fee is burnt').to.equal(ETHER - spent);
    });
  }

  for (const [value, code, index] of [
    [ETHER, 'INSUFFICIENT_ACCOUNT_FUNDS', 2],
    [1n, 'INTRINSIC_GAS_TOO_LOW', 3],
  ] as const) {
    it(`pitfall 27: the error is that of the lowest transaction, on the committed prefix (${index})`, async () => {
      const funder = place(1);
      const accounts = {
        ...senders(10),
        [funder]: contract(`${busy()} ${callOf(ALICE, ETHER)}`, { balance: ETHER }),
      };
      const block = blockOf('London', [
        send(sender(0), funder),
        // Without funds at first sight, both of them; one of them in the end, or none.
        send(ALICE, stranger(2), small),
        send(ALICE, stranger(2), { value, gasLimit: 21_000n, nonce: 1n }),
        // These are seen to be wrong at once.
        send(sender(1), stranger(3), { gasLimit: 20_000n }),
        send(sender(2), stranger(3), { nonce: 3n }),
        send(sender(3), stranger(3), { value: 2n * ETHER }),
        ...Array.from({ length: 4 }, (_, i) => send(sender(4 + i), stranger(3), small)),
      ]);
      expect(rejection((await rig.agree(accounts, block)).result)).to.deep.equal({ code, index });
    });
  }

  it('pitfall 28: receipts before Byzantium carry the state root after their transaction', async () => {
    const counter = place(1);
    const accounts: Allocation = {
      ...senders(5),
      ...PRECOMPILE_ACCOUNT,
      [counter]: contract(`${busy(1)} 0 SLOAD 1 ADD DUP1 0 SSTORE COINBASE BALANCE SWAP1 SSTORE`),
    };
    const transactions = [
      ...[0, 1, 2].map((n) => send(sender(n), counter)),
      send(sender(3), stranger(2), small),
      send(sender(4), counter),
    ];
    const block = blockOf('Homestead', transactions, { mode: 'block' });
    const outcome = valid((await rig.agree(accounts, block)).result);
    const serial = await SerialExecutor.create({ vm: 'wasm' });
    const roots: string[] = [];
    for (let count = 1; count <= transactions.length; count++) {
      // The state after a prefix, by way of a block that ends there and pays no reward.
      const database = Database.from(Object.entries(accounts) as [Hex, AccountState][]);
      const prefix = blockOf('Homestead', transactions.slice(0, count));
      database.apply(valid(await serial.execute(database, prefix)).diff);
      roots.push(bytesToHex(database.stateRoot()));
    }
    expect(new Set(roots).size).to.equal(transactions.length);
    expect(outcome.receipts.map(({ stateRoot }) => bytesToHex(stateRoot as Uint8Array))).to.deep.equal(roots);
    expect(outcome.receipts.map(({ status }) => status)).to.deep.equal([null, null, null, null, null]);
    expect(slotAfter(outcome, counter, 0n)).to.equal(4n);
  });

  it('pitfall 29: logs, cumulative gas and blooms come in the order of the block', async () => {
    const logger = place(1);
    const accounts = {
      ...senders(6),
      // The n-th call logs n times; a run that counts wrong logs too little.
      [logger]: contract(`
        0 SLOAD 1 ADD DUP1 0 SSTORE
        loop: DUP1 ISZERO @done JUMPI DUP1 0 MSTORE DUP1 0x20 0 LOG1 1 SWAP1 SUB @loop JUMP
        done: STOP
      `),
      [place(2)]: contract(`${busy()} ${callOf(logger)}`),
    };
    const block = blockOf('London', [
      send(sender(0), place(2)),
      ...[1, 2, 3, 4, 5].map((n) => send(sender(n), n === 3 ? place(2) : logger)),
    ]);
    const outcome = valid((await rig.agree(accounts, block)).result);
    const gas = gasOf(outcome);
    let cumulative = 0n;
    const all = new Bloom();
    for (const [i, receipt] of outcome.receipts.entries()) {
      cumulative += gas[i] as bigint;
      expect(receipt.cumulativeGasUsed).to.equal(cumulative);
      const expected = Array.from({ length: i + 1 }, (_, k) => BigInt(i + 1 - k));
      expect(logged(outcome, i)).to.deep.equal(expected.map((n) => [n]));
      expect(receipt.logs).to.deep.equal(executed(outcome, i).logs);
      const bloom = new Bloom();
      for (const item of [hexToBytes(logger), ...expected.map((n) => words(n))]) {
        bloom.add(item);
        all.add(item);
      }
      expect(bytesToHex(receipt.logsBloom)).to.equal(bytesToHex(bloom.bitvector));
    }
    expect(bytesToHex(outcome.logsBloom)).to.equal(bytesToHex(all.bitvector));
    expect(outcome.gasUsed).to.equal(cumulative);
  });

  it('pitfall 30: BLOCKHASH answers every incarnation the same, whatever others asked', async () => {
    const asker = place(1);
    const numbers = [399n, 144n, 143n, 400n, 300n, 401n];
    const accounts = {
      ...senders(40),
      [asker]: contract(setter('0 SLOAD BLOCKHASH 1 ADD CALLER SSTORE')),
      ...Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [place(10 + i), contract(`${380 + i} BLOCKHASH CALLER SSTORE`)]),
      ),
    };
    const transactions = [
      ...numbers.flatMap((number, i) => [
        send(sender(2 * i), asker, { data: words(number) }),
        send(sender(2 * i + 1), asker),
      ]),
      ...Array.from({ length: 20 }, (_, i) => send(sender(20 + i), place(10 + i))),
    ];
    const block = blockOf('London', transactions, {
      environment: { number: 400n, blockHash: (number) => words(number + 1000n) },
    });
    const outcome = valid((await rig.agree(accounts, block)).result);
    // One more than the hash, so that no hash shows as 1: the last 256 blocks, without the present one.
    expect(numbers.map((_, i) => slotAfter(outcome, asker, sender(2 * i + 1)))).to.deep.equal([
      1400n,
      1145n,
      1n,
      1n,
      1301n,
      1n,
    ]);
    for (let i = 0; i < 20; i++) expect(slotAfter(outcome, place(10 + i), sender(20 + i))).to.equal(BigInt(1380 + i));
  });

  it('pitfall 31: the DAO is drained before the first transaction', async () => {
    const drained = bytesToHex(DAO_DRAINED_ACCOUNTS[0] as Uint8Array);
    const refund = bytesToHex(DAO_REFUND_CONTRACT);
    const accounts = {
      ...senders(2),
      ...PRECOMPILE_ACCOUNT,
      [drained]: wallet({ balance: 500n }),
      [refund]: wallet({ balance: 1n }),
      [place(1)]: contract(`${busy()} ${callOf(drained, 5n, '0')}`, { balance: 5n }),
      [place(2)]: contract(`${drained} BALANCE 0 MSTORE ${refund} BALANCE 0x20 MSTORE 0x40 0 LOG0`),
    };
    const block = blockOf('Homestead', [send(sender(0), place(1)), send(sender(1), place(2))], {
      mode: 'block',
      daoFork: true,
    });
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(logged(outcome, 1)).to.deep.equal([[5n, 501n]]);
    expect(changeOf(outcome, drained)?.after?.balance).to.equal(5n);
    expect(changeOf(outcome, refund)?.after?.balance).to.equal(501n);
  });

  it('pitfall 31: beacon root and parent hash stand before the first transaction', async () => {
    // Asks the system contract for the word at slot 0, which a slow transaction sets.
    const asker = (system: Hex) =>
      contract(setter(`0 SLOAD 0 MSTORE 0x20 0x20 0x20 0 0 ${system} GAS CALL 0 MSTORE 0x40 0 LOG0`));
    const simple = contract('STOP');
    const accounts = {
      ...senders(4),
      [BEACON_ROOTS.address]: { ...wallet({ nonce: 1n }), code: hexToBytes(BEACON_ROOTS.code) },
      [BLOCK_HASHES.address]: { ...wallet({ nonce: 1n }), code: hexToBytes(BLOCK_HASHES.code) },
      [bytesToHex(WITHDRAWAL_REQUESTS_ADDRESS)]: simple,
      [bytesToHex(CONSOLIDATION_REQUESTS_ADDRESS)]: simple,
      [place(1)]: asker(BEACON_ROOTS.address),
      [place(2)]: asker(BLOCK_HASHES.address),
    };
    const block = blockOf(
      'Prague',
      [
        send(sender(0), place(1), { data: words(1_000_000n) }),
        send(sender(1), place(1)),
        send(sender(2), place(2), { data: words(99n) }),
        send(sender(3), place(2)),
      ],
      { mode: 'block', parentBeaconBlockRoot: words(0xbeacn), parentHash: words(0x9a4en) },
    );
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(logged(outcome, 1)).to.deep.equal([[1n, 0xbeacn]]);
    expect(logged(outcome, 3)).to.deep.equal([[1n, 0x9a4en]]);
    expect(outcome.requests).to.deep.equal([]);
  });

  /** Senders whose first contract is a system contract (EIP-7002, EIP-7251, EIP-2935). */
  const DEPLOYERS: readonly [Hex, Hex, Hex] = [
    '0x8646861a7cf453ddd086874d622b0696de5b9674',
    '0x13d1913d623e6a9d8811736359e50fd31fe54fca',
    '0x3462413af4609098e1e27a490f554f260213d685',
  ];

  for (const complete of [true, false]) {
    it(`pitfall 31: requests come from contracts that the block itself deploys (${complete ? 'all' : 'one missing'})`, async () => {
      const systems = [WITHDRAWAL_REQUESTS_ADDRESS, CONSOLIDATION_REQUESTS_ADDRESS].map(bytesToHex);
      expect(DEPLOYERS.map((deployer) => createdBy(deployer, 0n))).to.deep.equal([...systems, BLOCK_HASHES.address]);
      const accounts = {
        ...senders(4),
        ...Object.fromEntries(DEPLOYERS.map((deployer) => [deployer, wallet({ balance: ETHER })])),
      };
      // Remembers a word, and answers it to the system.
      const init = initCode(
        assemble('CALLDATASIZE @set JUMPI 0 SLOAD 0 MSTORE 0x20 0 RETURN set: 0 CALLDATALOAD 0 SSTORE'),
        busy(),
      );
      const transactions = [
        send(DEPLOYERS[0], null, { data: hexToBytes(init) }),
        send(sender(0), systems[0] as Hex, { data: words(0xabcn) }),
        ...(complete ? [send(DEPLOYERS[1], null, { data: hexToBytes(init) })] : []),
        send(sender(1), systems[1] as Hex, { data: words(0xdefn) }),
        send(DEPLOYERS[2], null, { data: hexToBytes(initCode(BLOCK_HASHES.code)) }),
      ];
      const block = blockOf('Prague', transactions, { mode: 'block', parentHash: words(0x9a4en) });
      const { result } = await rig.agree(accounts, block);
      if (!complete) {
        expect(result.ok).to.equal(false);
        if (!result.ok) expect(result.error.code).to.equal('BlockException.SYSTEM_CONTRACT_EMPTY');
        return;
      }
      const outcome = valid(result);
      expect(outcome.requests?.map(bytesToHex)).to.deep.equal([
        `0x01${bytesToHex(words(0xabcn)).slice(2)}`,
        `0x02${bytesToHex(words(0xdefn)).slice(2)}`,
      ]);
      // Deployed after the step that would have called it.
      expect(changeOf(outcome, BLOCK_HASHES.address)?.storage.size).to.equal(0);
    });
  }

  /** Data of a deposit event (EIP-6110) with the given amount; offsets and lengths as the ABI has them. */
  function depositEvent(amount: bigint): Uint8Array {
    const field = (length: number, value: bigint): Uint8Array =>
      concatBytes(
        words(BigInt(length)),
        words(value),
        ...(length > 32 ? [words(0n)] : []),
        ...(length > 64 ? [words(0n)] : []),
      );
    const values = [field(48, 1n), field(32, 2n), field(8, amount << 192n), field(96, 4n), field(8, 5n << 192n)];
    return concatBytes(words(160n, 256n, 320n, 384n, 512n), ...values);
  }

  it('pitfall 31: deposit requests (EIP-6110) come in the order of the block', async () => {
    const deposit = bytesToHex(DEPOSIT_CONTRACT);
    const topic = '0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5';
    const accounts = {
      ...senders(4),
      [bytesToHex(WITHDRAWAL_REQUESTS_ADDRESS)]: contract('STOP'),
      [bytesToHex(CONSOLIDATION_REQUESTS_ADDRESS)]: contract('STOP'),
      // Logs its calldata, but with the number of the call in place of the amount.
      [deposit]: contract(
        `${busy(1)} CALLDATASIZE 0 0 CALLDATACOPY 0 SLOAD 1 ADD DUP1 0 SSTORE
        0x1000000000000000000000000000000000000000000000000 MUL 0x160 MSTORE ${topic} CALLDATASIZE 0 LOG1`,
      ),
    };
    const block = blockOf(
      'Prague',
      [0, 1, 2, 3].map((n) => send(sender(n), deposit, { data: depositEvent(77n) })),
      { mode: 'block' },
    );
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(outcome.requests).to.have.length(1);
    const [request] = outcome.requests as readonly [Uint8Array];
    expect(request).to.have.length(1 + 4 * 192);
    expect(request[0]).to.equal(0);
    const amounts = [0, 1, 2, 3].map((i) => BigInt(bytesToHex(request.subarray(1 + 192 * i + 80, 1 + 192 * i + 88))));
    expect(amounts).to.deep.equal([1n, 2n, 3n, 4n]);
  });

  it('pitfall 31: withdrawals come after the last transaction', async () => {
    const [empty, nobody] = [stranger(7), stranger(8)];
    const accounts = {
      ...senders(3),
      [empty]: wallet(),
      [place(1)]: contract(`${busy()} ${callOf(ALICE, 3n)}`, { balance: 3n }),
      [place(2)]: contract(`${ALICE} BALANCE 0 MSTORE 0x20 0 LOG0`),
    };
    const withdrawals = [
      [ALICE, 7n],
      [COINBASE, 1n],
      [empty, 0n],
      [nobody, 0n],
    ] as const;
    const fields = {
      mode: 'block' as const,
      withdrawals: withdrawals.map(([address, amount], i) => ({
        index: BigInt(i),
        validatorIndex: 1n,
        address: hexToBytes(address),
        amount,
      })),
    };
    const transactions = [send(sender(0), place(1)), send(sender(1), place(2))];
    const outcome = valid((await rig.agree(accounts, blockOf('Shanghai', transactions, fields))).result);
    expect(logged(outcome, 1)).to.deep.equal([[3n]]);
    expect(changeOf(outcome, ALICE)?.after?.balance).to.equal(3n + 7_000_000_000n);
    expect(changeOf(outcome, COINBASE)?.after?.balance).to.equal(outcome.gasUsed * PRICE + 1_000_000_000n);
    expect(changeOf(outcome, empty)).to.deep.include({ before: { nonce: 0n, balance: 0n }, after: null });
    expect(changeOf(outcome, nobody)).to.equal(undefined);
    // What comes after the block pays for nothing in it.
    const early = [...transactions, send(ALICE, stranger(2), small)];
    const refused = await rig.agree(accounts, blockOf('Shanghai', early, fields));
    expect(rejection(refused.result)).to.deep.equal({ code: 'INSUFFICIENT_ACCOUNT_FUNDS', index: 2 });
  });

  it('pitfall 31: rewards come after the last transaction', async () => {
    const uncle = stranger(7);
    const accounts = {
      ...senders(2),
      ...PRECOMPILE_ACCOUNT,
      [place(1)]: contract(busy()),
      [place(2)]: contract(`COINBASE BALANCE 0 MSTORE ${uncle} BALANCE 0x20 MSTORE 0x40 0 LOG0`),
    };
    const block = blockOf('Homestead', [send(sender(0), place(1)), send(sender(1), place(2))], {
      mode: 'block',
      ommers: [{ number: 99n, coinbase: hexToBytes(uncle) }],
    });
    const outcome = valid((await rig.agree(accounts, block)).result);
    expect(logged(outcome, 1)).to.deep.equal([[(21_000n + busyGas('Homestead')) * PRICE, 0n]]);
    // Five ether, a 32nd more for the uncle; its miner gets 7/8 (yellow paper, 11.3).
    const reward = 5n * ETHER + (5n * ETHER) / 32n;
    expect(changeOf(outcome, COINBASE)?.after?.balance).to.equal(reward + outcome.gasUsed * PRICE);
    expect(changeOf(outcome, uncle)?.after).to.deep.equal({ nonce: 0n, balance: (7n * 5n * ETHER) / 8n });
  });

  const WAYS_OUT: readonly (readonly [string, string])[] = [
    ['it stops', 'STOP'],
    ['it reverts', '0 0 REVERT'],
    ['it fails', 'INVALID'],
    ['it runs out of gas', 'forever: @forever JUMP'],
    ['it destroys itself', 'CALLER SELFDESTRUCT'],
    ['it reverts in a call', `0 0 0 0 0 ${place(2)} GAS CALL POP 0 0 REVERT`],
  ];
  for (const [name, way] of WAYS_OUT) {
    it(`pitfall 32: access set, transient storage and refund end with the incarnation (${name})`, async () => {
      const [target, cold] = [place(1), stranger(4)];
      const accounts = {
        ...senders(5),
        [FLAG]: flagContract,
        [place(2)]: contract(`${cold} BALANCE POP 3 1 TSTORE INVALID`),
        [target]: contract(
          `${ASK} @real JUMPI
          7 0 TSTORE 7 1 TSTORE 0 5 SSTORE ${cold} BALANCE POP ${way}
          real: 0 TLOAD 1 TLOAD ADD 0 MSTORE 5 SLOAD 0x20 MSTORE ${cold} BALANCE POP 8 0 TSTORE 0x40 0 LOG0`,
          { storage: { 5: 9n } },
        ),
      };
      const list = [
        { address: hexToBytes(cold), slots: [] },
        { address: hexToBytes(target), slots: [words(5n)] },
      ];
      const block = blockOf('Cancun', [
        send(sender(0), FLAG, { data: words(1n) }),
        send(sender(1), target),
        send(sender(2), target, { type: 1, chainId: 1n, accessList: list }),
        send(sender(3), target),
      ]);
      const outcome = valid((await rig.agree(accounts, block)).result);
      // The question as in pitfall 26; then PUSH2 JUMPI JUMPDEST.
      const asked = 15n + 3n + 2n + 2_600n + 3n + (15n + 3n + 2_100n + 9n + 6n) + 2n + 6n + 14n;
      // Two TLOADs, ADD, MSTORE; SLOAD cold, MSTORE; BALANCE cold, POP; TSTORE; LOG0 of 64 bytes.
      const real = 206n + 3n + 6n + 2_103n + 9n + 2_605n + 106n + (6n + 375n + 512n);
      const all = 21_000n + asked + real;
      // Two addresses and a slot (EIP-2930) make a slot and an account warm.
      expect(gasOf(outcome).slice(1)).to.deep.equal([all, all + 2n * 2_400n + 1_900n - 2_000n - 2_500n, all]);
      expect([1, 2, 3].map((i) => logged(outcome, i))).to.deep.equal([[[0n, 9n]], [[0n, 9n]], [[0n, 9n]]]);
      expect(changeOf(outcome, target)).to.equal(undefined);
    });
  }

  it('pitfall 33: workers stop once the block is rejected', async () => {
    const funder = place(1);
    const accounts = {
      ...senders(500),
      [funder]: contract(`${busy()} ${callOf(ALICE, 5n)}`, { balance: 5n }),
      [place(2)]: contract(busy(2)),
    };
    const rest = Array.from({ length: 499 }, (_, i) => send(sender(1 + i), place(2)));
    const block = blockOf('London', [send(sender(0), funder), send(ALICE, stranger(2), small), ...rest], {
      environment: { gasLimit: 1_000_000_000n },
    });
    const { result, stats } = await rig.agree(accounts, block, conflict);
    expect(rejection(result)).to.deep.equal({ code: 'INSUFFICIENT_ACCOUNT_FUNDS', index: 1 });
    expect(stats.incarnations, `of ${stats.transactions}`).to.be.below(stats.transactions / 2);
    // Whoever was stopped is fit for the next block.
    const next = blockOf('London', [send(sender(0), place(2)), ...rest.slice(0, 5)]);
    expect(statusOf(valid((await rig.agree(accounts, next, () => true)).result))).to.deep.equal(
      new Array(6).fill(true),
    );
  });
});
