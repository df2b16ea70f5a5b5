import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { AssemblyError, assemble, initCode } from '../../corpus/assemble.js';
import { decodeState } from '../../corpus/encode.js';
import {
  compareFixture,
  compress,
  DEFAULT_SEED,
  filledFolder,
  fillScenario,
  fixtureName,
  fixturesFolder,
  listFixtures,
} from '../../corpus/files.js';
import { fillTest } from '../../corpus/fill.js';
import { ETHER, TestBuilder } from '../../corpus/plan.js';
import { FILLED } from '../../corpus/recipes.js';
import { blobs } from '../../corpus/scenarios/blobs.js';
import { create2Address, createAddress } from '../../corpus/scenarios/define.js';
import { delegation } from '../../corpus/scenarios/delegation.js';
import { SCENARIOS } from '../../corpus/scenarios/index.js';
import { VerifyError, verifyTest } from '../../corpus/verify.js';
import type { JsonObject } from '../../runners/scenario/json.js';
import { atLeast, FORKS } from '../../src/primitives/fork.js';

describe('corpus: assembler', () => {
  it('pushes numbers in their shortest form and zero as one byte', () => {
    expect(assemble('0 1 255 256 0x0100 SSTORE')).to.equal('0x6000600160ff6101006101'.concat('0055'));
  });

  it('resolves labels before and after their use', () => {
    expect(assemble('start: @end JUMPI @start JUMP end: STOP')).to.equal('0x5b6100095761000056'.concat('5b00'));
  });

  it('knows families of opcodes and comments', () => {
    expect(assemble('DUP1 DUP16 SWAP1 SWAP16 LOG0 LOG4 ; nothing more\nSTOP')).to.equal('0x808f909fa0a400');
  });

  it('makes init code that deploys the runtime after its prologue', () => {
    // PUSH1 1 PUSH1 0 SSTORE | PUSH2 2 DUP1 PUSH2 18 PUSH1 0 CODECOPY PUSH1 0 RETURN | runtime
    expect(initCode('0x5f00', '1 0 SSTORE')).to.equal('0x6001600055' + '6100028061001260003960' + '00f3' + '5f00');
  });

  it('refuses what it does not know', () => {
    const codeOf = (source: string): string => {
      try {
        assemble(source);
      } catch (error) {
        if (error instanceof AssemblyError) return error.code;
        throw error;
      }
      return 'assembled';
    };
    expect(codeOf('FROB')).to.equal('unknown-token');
    expect(codeOf('DUP17')).to.equal('unknown-token');
    expect(codeOf('LOG5')).to.equal('unknown-token');
    expect(codeOf('@nowhere JUMP')).to.equal('unknown-label');
    expect(codeOf('a: a:')).to.equal('duplicate-label');
    expect(codeOf(`0x1${'00'.repeat(32)}`)).to.equal('too-wide');
  });
});

describe('corpus: addresses', () => {
  it('derives CREATE2 and CREATE addresses', () => {
    // EIP-1014, example 2; and the first contract of a well-known key (yellow paper, section 7).
    expect(create2Address('0xdeadbeef00000000000000000000000000000000', 0n, '0x00')).to.equal(
      '0xb928f69bb1d91cd65274e3c79d8986362984fda3',
    );
    expect(createAddress('0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0', 0)).to.equal(
      '0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d',
    );
  });
});

describe('corpus: fixtures', function () {
  this.timeout(120_000);

  it('are one file per scenario', () => {
    expect(listFixtures(fixturesFolder())).to.deep.equal(SCENARIOS.map(fixtureName).sort());
  });

  it('are filled for every fork from Berlin on', () => {
    expect(listFixtures(filledFolder())).to.deep.equal(FILLED.map(fixtureName).sort());
    expect(FILLED.map(({ name }) => name)).to.deep.equal(FORKS.filter((fork) => atLeast(fork, 'Berlin')));
  });

  it('are filled with at least 300 blocks of 50 to 2,000 transactions, of every type and kind', () => {
    const plans = FILLED.flatMap((scenario) => scenario.tests(DEFAULT_SEED));
    const sizes = plans.flatMap(({ blocks }) => blocks.map(({ transactions }) => transactions.length));
    expect(sizes.length).to.be.at.least(300);
    expect(Math.min(...sizes)).to.equal(50);
    expect(Math.max(...sizes)).to.equal(2000);
    for (const [fork, types] of [
      ['Berlin', [0, 1]],
      ['London', [0, 1, 2]],
      ['Cancun', [0, 1, 2, 3]],
      ['Osaka', [0, 1, 2, 3, 4]],
    ] as const) {
      const own = plans.filter((plan) => plan.fork === fork).flatMap(({ blocks }) => blocks);
      const found = new Set(own.flatMap(({ transactions }) => transactions.map(({ type }) => type)));
      expect([...found].sort()).to.deep.equal(types);
    }
  });

  it('are filled as the generator fills them: the first block of each fork', async () => {
    for (const scenario of FILLED) {
      const [plan] = scenario.tests(DEFAULT_SEED);
      const path = join(filledFolder(), fixtureName(scenario));
      const committed = JSON.parse(gunzipSync(readFileSync(path)).toString()) as Record<string, JsonObject>;
      const kept = committed[plan!.name] as JsonObject;
      plan!.blocks.splice(1);
      const { pre, genesisRLP, blocks } = await fillTest(plan!, {});
      expect({ pre, genesisRLP }).to.deep.equal({ pre: kept.pre, genesisRLP: kept.genesisRLP });
      expect((blocks as readonly JsonObject[])[0]).to.deep.equal((kept.blocks as readonly JsonObject[])[0]);
    }
  });

  it('hold at least forty tests, under names that are unique', () => {
    const names = SCENARIOS.flatMap((scenario) => scenario.tests(DEFAULT_SEED).map(({ name }) => name));
    expect(names.length).to.be.at.least(40);
    expect(new Set(names).size).to.equal(names.length);
  });

  for (const scenario of [delegation, blobs]) {
    it(`are what the generator makes: ${scenario.name}`, async () => {
      const filled = await fillScenario(scenario, DEFAULT_SEED, false);
      expect(compareFixture(fixturesFolder(), filled)).to.equal(null);
    });
  }

  it('differ for another seed, and the comparison says where', async () => {
    const filled = await fillScenario(blobs, DEFAULT_SEED + 1, false);
    expect(compareFixture(fixturesFolder(), filled)).to.match(/^blobs\.json\.gz: differs .* line \d+$/);
  });

  it('compress to the same bytes, without a time', () => {
    const packed = compress('{"a":1}\n');
    expect(packed.equals(compress('{"a":1}\n'))).to.equal(true);
    expect([...packed.subarray(4, 8)]).to.deep.equal([0, 0, 0, 0]);
    expect(gunzipSync(packed).toString()).to.equal('{"a":1}\n');
  });
});

describe('corpus: filling and verifying', function () {
  this.timeout(10_000);

  async function filled(): Promise<JsonObject> {
    const test = new TestBuilder(7, 'sample', 'Berlin', 'a chain of payments and a bad block');
    const [a, b] = [test.key('a'), test.key('b', null)];
    test
      .block()
      .send(a, { to: b.address, value: ETHER })
      .send(b, { to: a.address, value: ETHER / 2n });
    test
      .block({ exception: 'TransactionException.INSUFFICIENT_ACCOUNT_FUNDS' })
      .send(a, { to: a.address })
      .sendInvalid(b, { to: a.address, value: ETHER });
    test.block().send(b, { to: a.address, value: 1n });
    return fillTest(test.plan, {});
  }

  it('executes valid blocks, rejects invalid ones and ends with the written state', async () => {
    const test = await filled();
    const verified = await verifyTest('sample', test);
    expect(verified).to.deep.equal({ blocks: 3, transactions: 3, rejected: 1, gasUsed: 63_000n });
    const nonces = [...decodeState(test.postState ?? {}).values()].map(({ nonce }) => nonce);
    expect(nonces.filter((nonce) => nonce > 0n)).to.have.members([1n, 2n]);
  });

  it('fills briefly: without what RLP and state root say as well', async () => {
    const test = new TestBuilder(7, 'brief', 'London', 'one payment', { brief: true });
    const a = test.key('a');
    test.block().send(a, { to: test.address('b'), value: 1n });
    const filled = await fillTest(test.plan, {});
    expect(filled).to.include.keys('postStateHash').and.not.include.keys('postState');
    expect((filled.blocks as readonly JsonObject[])[0]).to.have.all.keys('rlp', 'blockHeader', 'blocknumber');
    expect(await verifyTest('brief', filled)).to.include({ blocks: 1, transactions: 1 });
    const { postStateHash: _, ...without } = filled;
    const failure = await verifyTest('brief', without).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(VerifyError);
  });

  it('notices a wrong post-state and an invalid block that is declared valid', async () => {
    const failure = async (json: JsonObject): Promise<unknown> =>
      verifyTest('sample', json).then(
        () => null,
        (error: unknown) => error,
      );
    const test = await filled();
    expect(await failure({ ...test, postState: test.pre ?? {} })).to.be.instanceOf(VerifyError);
    const blocks = (test.blocks as readonly JsonObject[]).map(({ expectException: _, ...block }) => block);
    expect(await failure({ ...test, blocks })).to.be.instanceOf(VerifyError);
  });
});
