/** From a unit's description to the blocks that are measured, and to those that `runBlock` is measured on. */
import { figure } from '../../reports/format.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { replayableBlock, replayTransactions } from '../../runners/replay/load.js';
import { scenarioBlock, scenarioDatabase } from '../../runners/scenario/block.js';
import { scenarioFixture } from '../../runners/scenario/fixture.js';
import { SerialExecutor } from '../../src/executor/serial.js';
import { Database } from '../../src/state/database.js';
import type { RawBlock } from '../../src/transition/block/block.js';
import { Workload } from '../../workloads/index.js';
import { workloadScenario } from '../../workloads/scenario.js';
import { Subject } from '../contender.js';
import { replayPeer } from '../replay-blocks.js';
import { type CaseBlock, lastBlock } from './case-block.js';
import { sampleOptions } from './catalogue.js';
import { eestTests } from './eest.js';
import { mainnetBlocks, mainnetSample } from './mainnet.js';
import type { GeneratedSpec, UnitSpec } from './unit.js';

export interface NamedSubject {
  /** Within the unit; empty where there is one only. */
  readonly name: string;
  readonly subject: Subject;
  /** Where its header says what comes out. */
  readonly raw: RawBlock | null;
}

/** The blocks of a unit, in order. Throws what their source throws. */
export async function openSubjects(spec: UnitSpec): Promise<NamedSubject[]> {
  if (spec.kind === 'generated') return [generated(spec)];
  const subjects: NamedSubject[] = [];
  if (spec.kind === 'mainnet') {
    for await (const block of mainnetBlocks(spec)) {
      const executable = replayableBlock(block, replayTransactions(block));
      const subject = new Subject(Database.from(block.pre), executable);
      subjects.push({ name: String(block.number), subject, raw: block.raw });
    }
    return subjects;
  }
  for (const { name, test } of await eestTests(spec, spec.megagas)) {
    const { database, block, peer } = await lastBlock(test);
    subjects.push({ name, subject: new Subject(database, block), raw: peer.raw });
  }
  return subjects;
}

function generated({ options }: GeneratedSpec): NamedSubject {
  const workload = Workload.create(options);
  return { name: '', subject: new Subject(Database.from(workload.accounts()), workload.block()), raw: null };
}

/** A block for the comparison with `runBlock`; `make` builds it. */
export interface PeerCase {
  readonly name: string;
  make(): Promise<CaseBlock>;
}

/** The blocks that `runBlock` is measured on, in order. Throws what their source throws. */
export async function* openPeerCases(spec: UnitSpec): AsyncGenerator<PeerCase> {
  if (spec.kind === 'generated') {
    const { transactions } = sampleOptions(spec);
    yield { name: `${figure(transactions)} transactions made alike`, make: () => signedSample(spec) };
  } else if (spec.kind === 'mainnet') {
    for await (const block of mainnetSample(spec)) {
      yield {
        name: String(block.number),
        make: async () => {
          const executable = replayableBlock(block, replayTransactions(block));
          return { database: Database.from(block.pre), block: executable, peer: replayPeer(block) };
        },
      };
    }
  } else {
    for (const { name, test } of await eestTests(spec, spec.sampleMegagas)) yield { name, make: () => lastBlock(test) };
  }
}

/** A smaller block with the same options, signed and with a header, by way of the official format. */
async function signedSample(spec: GeneratedSpec): Promise<CaseBlock> {
  const scenario = workloadScenario(Workload.create(sampleOptions(spec)), 'sample');
  const executor = await SerialExecutor.create({ vm: 'wasm' });
  try {
    const database = scenarioDatabase(scenario);
    const result = await executor.execute(database, scenarioBlock(scenario, database));
    const text = JSON.stringify(scenarioFixture(scenario, result));
    for (const one of decodeFile('generated', 'sample.json', text).cases) {
      if (one instanceof Error) throw one;
      if (one.kind === 'blockchain') return await lastBlock(one);
    }
  } finally {
    await executor.close();
  }
  throw new TypeError('the sample is no blockchain test');
}
