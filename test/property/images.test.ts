/**
 * Images of blocked transactions, from which suspended and checkpointed transactions go on: random
 * transactions of all forks are blocked at every read. From whichever read they go on, in the same machine or
 * in another, after other transactions, they must do what they did without an image, and ask for the rest only.
 */
import { expect } from 'chai';
import { createVm } from '../../src/executor/scope.js';
import { Arena, SharedHeap } from '../../src/state/heap.js';
import { READ_OK } from '../../src/state/view.js';
import { RecordedExecution, recordTransactions, unpackOutcome } from '../../src/transition/transaction/index.js';
import { MachineError } from '../../src/vm/errors.js';
import { RUN_DONE, RUN_FOREIGN, type Vm } from '../../src/vm/vm.js';
import { environmentOf, type FuzzCase, stateOf, transactionOf } from '../fuzz/case.js';
import { generateCase } from '../fuzz/generate.js';
import { sampleBlock } from '../support/sample-block.js';
import { MemoryView, Writes } from '../unit/vm-harness.js';

const CASES = 2000;
const SEED = 20261121;
const IMAGE_WORDS = 1 << 16;
/** Images of one transaction that are tried: the first ones, and then every so many. */
const TRIED = 6;
const MAX_BLOB_GAS = 9n * 131_072n;

interface Image {
  readonly words: Uint32Array;
  /** Reads that were answered before. */
  readonly reads: number;
}

/** A machine with one transaction before it. */
class Bench {
  private readonly execution: RecordedExecution;
  private readonly record: number;

  constructor(
    private readonly vm: Vm,
    private readonly fuzzCase: FuzzCase,
  ) {
    const environment = environmentOf(fuzzCase);
    const records = recordTransactions(
      sampleBlock([transactionOf(fuzzCase)], { environment, maxBlobGas: MAX_BLOB_GAS }),
    );
    this.record = records.places[0] as number;
    this.execution = new RecordedExecution({ vm, environment, maxBlobGas: MAX_BLOB_GAS, deferFee: true }, records);
  }

  /** Runs the transaction, with an image at every read where one can be made. */
  run(): { did: unknown; images: Image[]; asked: readonly string[] } {
    const images: Image[] = [];
    const seen = new Set<string>();
    const view = new MemoryView(stateOf(this.fuzzCase), (location) => {
      if (seen.has(location)) return READ_OK;
      seen.add(location);
      return 7;
    });
    let status = this.execution.run(this.record, view) as number;
    while (status === 7) {
      if (!this.execution.resumable) {
        status = this.execution.run(this.record, view) as number;
        continue;
      }
      const words = new Uint32Array(IMAGE_WORDS);
      const length = this.execution.save(words, 0, IMAGE_WORDS);
      if (length > 0) images.push({ words: words.subarray(0, length), reads: view.asked.length });
      status = this.execution.resume();
    }
    return { did: this.outcome(status), images, asked: [...view.asked] };
  }

  /** Goes on from an image; what it did, and what it asked for. Null where this machine lacks a code. */
  goOn(image: Image): { did: unknown; asked: readonly string[] } | null {
    const view = new MemoryView(stateOf(this.fuzzCase));
    const status = this.execution.restore(this.record, view, image.words, 0);
    return status === RUN_FOREIGN ? null : { did: this.outcome(status), asked: view.asked };
  }

  private outcome(status: number): unknown {
    expect(status).to.equal(RUN_DONE);
    const heap = SharedHeap.create(16, 1024);
    const at = this.execution.pack(new Arena(heap, 64));
    const outcome = unpackOutcome(heap.u32, heap.u8, at);
    if (outcome.kind !== 'executed') return outcome;
    const writes = new Writes();
    this.vm.writes(writes);
    return { outcome, writes: writes.toObject() };
  }
}

describe('images of blocked transactions', function () {
  this.timeout(300_000);

  it(`${CASES} random transactions go on from them as they went on before`, async () => {
    const machines = [await createVm('wasm'), await createVm('wasm'), await createVm('wasm')] as const;
    let restored = 0;
    let foreign = 0;
    for (let i = 0; i < CASES; i++) {
      const fuzzCase = generateCase(SEED, i);
      const first = new Bench(machines[i % 3] as Vm, fuzzCase);
      try {
        const { did, images, asked } = first.run();
        const step = Math.max(1, Math.ceil(images.length / TRIED));
        for (let which = 0; which < images.length; which += step) {
          const image = images[which] as Image;
          // Every other time in the machine that made it, with whatever it has done since.
          const bench = which % 2 === 0 ? new Bench(machines[(i + 1) % 3] as Vm, fuzzCase) : first;
          // Most of the time the other machine has met the codes, at other places than the first one.
          if (i % 16 !== 0) expect(bench.run().did, `case ${i}`).to.deep.equal(did);
          const again = bench.goOn(image);
          if (again === null) foreign++;
          else {
            expect(again.did, `case ${i}, image ${which}`).to.deep.equal(did);
            expect(again.asked, `case ${i}, image ${which}`).to.deep.equal(asked.slice(image.reads));
            restored++;
          }
        }
      } catch (error) {
        if (!(error instanceof MachineError)) throw error;
      }
    }
    console.log(`      ${restored} images, ${foreign} of them in a machine that lacked a code`);
    expect(restored).to.be.greaterThan(CASES);
    expect(foreign).to.be.within(1, restored / 4);
  });
});
