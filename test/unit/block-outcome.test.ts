import { createHash } from 'node:crypto';
import { Bloom, encodeReceipt as peerEncodeReceipt } from '@ethereumjs/vm';
import { expect } from 'chai';
import { bytesToHex, concatBytes, hexToBytes } from '../../src/primitives/bytes.js';
import { EMPTY_LIST_HASH } from '../../src/primitives/crypto.js';
import { decodeBlock } from '../../src/transition/block/block.js';
import {
  combineBlooms,
  encodeReceipt,
  logsBloom,
  logsHash,
  receiptsRoot,
} from '../../src/transition/block/receipts.js';
import {
  DEPOSIT_CONTRACT,
  depositRequests,
  parseDepositEvent,
  requestsHash,
} from '../../src/transition/block/requests.js';
import { verifyOutcome } from '../../src/transition/block/verify.js';
import { BlockError } from '../../src/transition/errors.js';
import type { Receipt } from '../../src/transition/types.js';
import type { Log } from '../../src/vm/vm.js';
import { blockRlp, RECEIPTS_ROOT } from './block-literals.js';

const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (seed * 31 + i) & 255);
const logs: Log[] = [
  { address: bytes(20, 1), topics: [bytes(32, 2), bytes(32, 3)], data: bytes(70, 4) },
  { address: bytes(20, 5), topics: [], data: new Uint8Array(0) },
];
const receipt = (changes: Partial<Receipt> = {}): Receipt => ({
  type: 0,
  status: 1,
  stateRoot: null,
  cumulativeGasUsed: 75192n,
  logsBloom: logsBloom([]),
  logs: [],
  ...changes,
});

describe('receipts', () => {
  it('fills blooms as @ethereumjs/vm does', () => {
    const peer = new Bloom();
    for (const log of logs) for (const item of [log.address, ...log.topics]) peer.add(item);
    expect(bytesToHex(logsBloom(logs))).to.equal(bytesToHex(peer.bitvector));
    const parts = logs.map((log) => logsBloom([log]));
    expect(bytesToHex(combineBlooms(parts))).to.equal(bytesToHex(peer.bitvector));
    expect(combineBlooms([]).every((byte) => byte === 0)).to.equal(true);
  });

  it('encodes receipts of every kind as @ethereumjs/vm does', () => {
    const bitvector = logsBloom(logs);
    const peerLogs = logs.map((log): [Uint8Array, Uint8Array[], Uint8Array] => [
      log.address,
      [...log.topics],
      log.data,
    ]);
    const common = { cumulativeBlockGasUsed: 75192n, bitvector, logs: peerLogs };
    for (const type of [0, 1, 2, 3, 4] as const) {
      for (const status of [0, 1] as const) {
        const mine = encodeReceipt(receipt({ type, status, logs, logsBloom: bitvector }));
        expect(bytesToHex(mine)).to.equal(bytesToHex(peerEncodeReceipt({ ...common, status }, type)));
      }
    }
    const stateRoot = bytes(32, 9);
    const early = encodeReceipt(receipt({ status: null, stateRoot, logs, logsBloom: bitvector }));
    expect(bytesToHex(early)).to.equal(bytesToHex(peerEncodeReceipt({ ...common, stateRoot }, 0)));
    expect(() => encodeReceipt(receipt({ status: null }))).to.throw(TypeError);
  });

  it('computes the receipts root of an official block', () => {
    expect(bytesToHex(receiptsRoot([receipt()]))).to.equal(RECEIPTS_ROOT);
  });

  it('hashes no logs to the hash of an empty list', () => {
    expect(logsHash([])).to.deep.equal(EMPTY_LIST_HASH);
    expect(logsHash(logs)).to.not.deep.equal(logsHash([...logs].reverse()));
  });
});

/** ABI encoding of a deposit event with the given fields. */
function depositEvent(): Uint8Array {
  const word = (n: number): Uint8Array => hexToBytes(n.toString(16).padStart(64, '0'));
  const padded = (data: Uint8Array): Uint8Array => concatBytes(data, new Uint8Array(-data.length & 31));
  const fields = [bytes(48, 1), bytes(32, 2), bytes(8, 3), bytes(96, 4), bytes(8, 5)];
  const offsets = [160, 256, 320, 384, 512].map(word);
  return concatBytes(...offsets, ...fields.map((data) => concatBytes(word(data.length), padded(data))));
}

describe('requests', () => {
  const topic = hexToBytes('649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5');
  const event = depositEvent();
  const deposit = concatBytes(bytes(48, 1), bytes(32, 2), bytes(8, 3), bytes(96, 4), bytes(8, 5));

  it('takes deposits from the logs of the deposit contract, in order', () => {
    expect(event).to.have.length(576);
    expect(parseDepositEvent(event)).to.deep.equal(deposit);
    const log = { address: DEPOSIT_CONTRACT, topics: [topic], data: event };
    const others = [
      { ...log, topics: [bytes(32, 7)], data: bytes(3, 1) },
      { ...log, topics: [] },
    ];
    expect(depositRequests([log, ...others, log])).to.deep.equal(concatBytes(deposit, deposit));
    expect(depositRequests([])).to.have.length(0);
  });

  it('refuses any other layout', () => {
    const broken = [event.subarray(0, 575), concatBytes(event, Uint8Array.of(0))];
    for (const at of [0, 31, 63, 95, 127, 159, 160, 191, 287, 351, 415, 543]) {
      const copy = event.slice();
      copy[at] = (copy[at] as number) ^ 1;
      broken.push(copy);
    }
    for (const data of broken) {
      expect(() => parseDepositEvent(data))
        .to.throw(BlockError)
        .with.property('code', 'BlockException.INVALID_DEPOSIT_EVENT_LAYOUT');
    }
  });

  it('hashes the hashes of the requests (EIP-7685)', () => {
    const sha = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();
    expect(bytesToHex(requestsHash([]))).to.equal('0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const requests = [concatBytes(Uint8Array.of(0), deposit), Uint8Array.of(2, 1, 1)];
    expect(bytesToHex(requestsHash(requests))).to.equal(
      bytesToHex(new Uint8Array(sha(concatBytes(...requests.map((request) => new Uint8Array(sha(request))))))),
    );
  });
});

describe('verifyOutcome', () => {
  const block = decodeBlock(blockRlp());
  const outcome = {
    gasUsed: 75192n,
    blobGasUsed: 0n,
    receipts: [receipt()],
    logsBloom: logsBloom([]),
    requests: null,
  };
  const stateRoot = block.header.stateRoot;
  const codeOf = (
    changes: Partial<typeof outcome>,
    header: Partial<typeof block.header> = {},
    root: Uint8Array = stateRoot,
  ): string | undefined =>
    verifyOutcome({ ...block, header: { ...block.header, ...header } }, { ...outcome, ...changes }, root, 'Cancun')
      ?.code;

  it('accepts the official block', () => {
    expect(codeOf({})).to.equal(undefined);
  });

  it('names the first broken promise', () => {
    const zero = new Uint8Array(32);
    expect(codeOf({ gasUsed: 1n, receipts: [] })).to.equal('BlockException.INVALID_GAS_USED');
    expect(codeOf({}, { transactionsRoot: zero })).to.equal('BlockException.INVALID_TRANSACTIONS_ROOT');
    expect(codeOf({ receipts: [receipt({ status: 0 })] }, {}, zero)).to.equal('BlockException.INVALID_RECEIPTS_ROOT');
    expect(codeOf({ logsBloom: logsBloom(logs) })).to.equal('BlockException.INVALID_LOG_BLOOM');
    expect(codeOf({}, {}, zero)).to.equal('BlockException.INVALID_STATE_ROOT');
    expect(codeOf({ blobGasUsed: 131072n })).to.equal('BlockException.INCORRECT_BLOB_GAS_USED');
  });

  it('compares requests from Prague on', () => {
    const header = { ...block.header, requestsHash: requestsHash([]) };
    expect(verifyOutcome({ ...block, header }, { ...outcome, requests: [] }, stateRoot, 'Prague')).to.equal(null);
    const wrong = { ...outcome, requests: [Uint8Array.of(1, 2)] };
    expect(verifyOutcome({ ...block, header }, wrong, stateRoot, 'Prague')?.code).to.equal(
      'BlockException.INVALID_REQUESTS',
    );
  });
});
