/** `lockstep trace` below the command line: which case it takes, its lines, and the comparison of machines. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from '../../runners/cli/options.js';
import { packageOf } from '../../runners/cli/package.js';
import { type TraceOptions, trace } from '../../runners/cli/trace.js';
import { PreAllocations } from '../../runners/engine/pre-allocations.js';
import { type FixtureSource, openSource } from '../../runners/fixtures/sources.js';
import { isUnitCase } from '../../runners/fixtures/unit-cases.js';
import { compareTraces, describeDifference, differingMembers } from '../../runners/trace/compare-traces.js';
import { findCases } from '../../runners/trace/find-case.js';
import { opName, type StepLine, type SummaryLine, type TraceLine } from '../../runners/trace/lines.js';
import { traceCase } from '../../runners/trace/trace-case.js';
import { Text } from '../support/text.js';

/** The embedded corpus, as a user would name its folder. */
const CORPUS = join(packageOf(import.meta.url).root, 'corpus/fixtures');
const CASE = 'execution.json.gz::logs_London[London]';

class TraceText extends Text {
  get lines(): TraceLine[] {
    return this.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TraceLine);
  }
}

interface Traced {
  readonly code: number;
  readonly out: TraceText;
  readonly log: TraceText;
}

const raise = (error: Error): void => {
  throw error;
};

describe('lockstep trace', function () {
  this.timeout(20_000);
  let sources: FixtureSource[] = [];

  before(async () => {
    sources = [await openSource(CORPUS)];
  });

  async function run(pattern: string, options: Partial<TraceOptions> = {}): Promise<Traced> {
    const out = new TraceText();
    const log = new TraceText();
    const code = await trace(pattern, { vm: 'wasm', stack: true, ...options }, sources, out, log);
    return { code, out, log };
  }

  async function refused(pattern: string): Promise<string> {
    try {
      await run(pattern);
    } catch (error) {
      if (error instanceof UsageError) return error.message;
      throw error;
    }
    throw new Error('it was not refused');
  }

  describe('choice of the case', () => {
    it('takes an id, or a pattern that one case matches', async () => {
      expect((await run(CASE)).log.text).to.equal(`${CASE}\npass\n`);
      expect((await run('/logs_London/')).log.text).to.equal(`${CASE}\npass\n`);
    });

    it('refuses a pattern without a case', async () => {
      expect(await refused('no such case')).to.equal('no case matches no such case');
    });

    it('lists what a pattern matches where it is more than one, ten at most', async () => {
      const few = (await refused('::logs_')).split('\n').map((line) => line.trim());
      expect(few[0]).to.equal('several cases match; name one of them:');
      expect(few).to.include(CASE).and.not.to.include('…');
      const many = (await refused('London')).split('\n');
      expect(many).to.have.length(12);
      expect(many.at(-1)?.trim()).to.equal('…');
    });

    it('prefers the case whose id is the pattern to those that hold it', async () => {
      const reference = async (id: string) => (await findCases(sources, id, 10, raise))?.ids;
      expect(await reference(CASE)).to.deep.equal([CASE]);
      expect((await reference('logs_'))?.length).to.be.greaterThan(1);
      expect(await reference('nothing')).to.equal(undefined);
    });
  });

  describe('lines', () => {
    it('have the members of EIP-3155 in its order and formats', async () => {
      const { out } = await run(CASE);
      const [first] = out.lines as [StepLine];
      expect(Object.keys(first)).to.deep.equal([
        'pc',
        'op',
        'gas',
        'gasCost',
        'memSize',
        'stack',
        'depth',
        'returnData',
        'refund',
        'opName',
      ]);
      for (const line of out.lines as StepLine[]) {
        if (line.pc === undefined) continue;
        for (const text of [line.gas, line.gasCost, line.refund, ...(line.stack ?? [])]) {
          expect(text).to.match(/^0x(?:0|[1-9a-f][0-9a-f]*)$/);
        }
        expect(line.returnData).to.match(/^0x(?:[0-9a-f]{2})*$/);
        expect([line.op, line.pc, line.memSize, line.depth].every(Number.isInteger)).to.equal(true);
      }
    });

    it('end each transaction with a summary', async () => {
      const { out } = await run(CASE);
      const summaries = out.lines.filter((line): line is SummaryLine => 'gasUsed' in line);
      expect(summaries.length).to.be.greaterThan(1);
      expect(summaries.map(({ transaction }) => transaction)).to.deep.equal(summaries.map((_, index) => index));
      expect(summaries[0]).to.include({ fork: 'London', pass: true, block: 0 });
      expect('gasUsed' in (out.lines.at(-1) as object)).to.equal(true);
    });

    it('are those of one block and transaction on demand', async () => {
      const all = (await run(CASE)).out.lines;
      const end = (line: TraceLine): boolean => 'gasUsed' in line;
      const first = all.findIndex(end);
      const second = all.findIndex((line, index) => index > first && end(line));
      expect((await run(CASE, { transaction: 1 })).out.lines).to.deep.equal(all.slice(first + 1, second + 1));
      const failure = await run(CASE, { block: 7 }).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(UsageError);
      expect((failure as UsageError).message).to.match(/^--block 7: .* executes no transaction there$/);
    });

    it('leave out the stack and bring in the memory on demand', async () => {
      const { out } = await run(CASE, { stack: false, memory: true, transaction: 0 });
      for (const line of out.lines as StepLine[]) {
        expect(line).not.to.have.property('stack');
        if (line.pc !== undefined) expect(line.memory).to.have.length(2 + 2 * line.memSize);
      }
    });

    it('go to a file on demand', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'lockstep-trace-'));
      try {
        const path = join(folder, 'trace.jsonl');
        const { out } = await run(CASE, { out: path });
        expect(out.text).to.equal('');
        expect(await readFile(path, 'utf8')).to.equal((await run(CASE)).out.text);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it('tell why a transaction is invalid', async () => {
      const { out, code } = await run('invalid.json.gz::invalid_nonce_too_low_Osaka[Osaka]');
      const failed = out.lines.filter((line): line is SummaryLine => 'gasUsed' in line && !line.pass);
      expect(failed.some(({ error }) => error?.includes('NONCE') || error?.includes('nonce'))).to.equal(true);
      expect(code).to.equal(0);
    });

    it('name instructions as the fork knows them', () => {
      expect(opName(0x44, 'London')).to.equal('DIFFICULTY');
      expect(opName(0x44, 'Paris')).to.equal('PREVRANDAO');
      expect(opName(0x5f, 'London')).to.equal('opcode 0x5f not defined');
      expect(opName(0x5f, 'Shanghai')).to.equal('PUSH0');
    });
  });

  describe('comparison', () => {
    for (const id of [
      CASE,
      'destruction.json.gz::destroy_and_revive_Frontier[Frontier]',
      'nonces.json.gz::nonces_creations_Berlin[Berlin]',
      'consensus.json.gz::multi_block_Shanghai[Shanghai]',
      'blobs.json.gz::blob_funds_just_in_time_Osaka[Osaka]',
    ]) {
      it(`finds ${id} equal`, async () => {
        const { code, out } = await run(id, { diff: true });
        expect(out.text).to.match(/^the traces are equal: \d+ lines\n$/);
        expect(code).to.equal(0);
      });
    }

    const faulty = async (change: (line: TraceLine, index: number) => TraceLine | null) => {
      const one = (await findCases(sources, CASE, 1, raise))?.decode();
      if (one === undefined || isUnitCase(one)) throw new Error('the case is gone');
      const settings = { transaction: null, block: null, stack: true, memory: false };
      const preAllocations = new PreAllocations(async () => null);
      return compareTraces((vm, emit) => {
        let index = 0;
        return traceCase(one, { ...settings, vm }, preAllocations, (line) => {
          const changed = vm === 'wasm' ? change(line, index++) : line;
          if (changed !== null) emit(changed);
        });
      });
    };

    it('shows the first step that differs, with what went before', async () => {
      const { difference } = await faulty((line, index) => (index >= 7 ? { ...line, gas: '0x1' } : line));
      if (difference === null) throw new Error('no difference');
      expect(difference.at).to.equal(7);
      expect(difference.members).to.deep.equal(['gas']);
      const text = describeDifference(difference);
      expect(text[0]).to.equal('the traces differ at line 8 (step) in gas');
      expect(text).to.have.length(8);
      expect(text.at(-1)).to.match(/^ {2}wasm {8}\{.*"gas":"0x1"/);
    });

    it('sees a trace that ends early, and one that goes on', async () => {
      const short = await faulty((line, index) => (index >= 9 ? null : line));
      expect(short.difference).to.deep.include({ at: 9, wasm: null });
      expect(describeDifference(short.difference as NonNullable<typeof short.difference>).at(-1)).to.contain(
        '(no more lines)',
      );
    });

    it('takes two reasons of a halt for equal, and a halt and none for different', () => {
      const line: StepLine = {
        ...{ pc: 0, op: 1, gas: '0x1', gasCost: '0x1', memSize: 0, stack: [], depth: 1 },
        ...{ returnData: '0x', refund: '0x0', opName: 'ADD' },
      };
      expect(differingMembers({ ...line, error: 'a' }, { ...line, error: 'b' })).to.deep.equal([]);
      expect(differingMembers({ ...line, error: 'a' }, line)).to.deep.equal(['error']);
    });
  });
});
