/** The commands about real blocks of the main chain. */
import type { Command } from 'commander';
import type { CaptureOptions } from './capture.js';
import { parseCount, parseNumbers, parseSeconds } from './options.js';
import type { ReplayOptions } from './replay.js';
import { manyThreads, NO_COLOR, VM } from './shared-options.js';

export interface MainnetActions {
  replay(sources: readonly string[], options: ReplayOptions): Promise<void>;
  capture(options: CaptureOptions): Promise<void>;
}

const REPLAY_EXAMPLES = `
SOURCE holds blocks/N/block.json and blocks/N/pre_state.json for each block, and codes.json and block_hashes.json
for all of them; \`lockstep capture\` writes such a folder. Times leave out decoding and the recovery of senders.

Examples:
  $ lockstep replay mainnet-blocks.tar.gz                        every block, serially and with 1, 2 and 4 threads
  $ lockstep replay captured --block 19426586 --threads 2,8
  $ lockstep replay mainnet-blocks.tar.gz --json replay.json

Exit codes:
  0  every block came out as its header says     3  a source, a file of it or the report failed
  1  at least one block did not                  4  no block was selected
  2  the command line is wrong                 130  interrupted`;

const CAPTURE_EXAMPLES = `
The node must be on Ethereum mainnet and hold the state before the block. Its state is taken from
debug_executionWitness where the node has it, else from debug_traceBlockByNumber with the prestateTracer and, to
prove it, eth_getProof. The block is replayed before its files are written; the end says what was verified.

Examples:
  $ lockstep capture --rpc http://localhost:8545 --block 22000000
  $ lockstep capture --rpc https://node.example/key --block 22000000,22000001 --out captured
  $ lockstep replay captured

Exit codes:
  0  the block was written, and replays              2  the command line is wrong
  1  it was written, and does not come out as        3  the node, or what it answered, failed; nothing was written
     its header says                               130  interrupted`;

export function addReplay(program: Command, actions: MainnetActions): void {
  program
    .command('replay')
    .description('run real mainnet blocks against their headers')
    .argument('<source...>', 'folder, .tar(.gz) or URL of an archive')
    .addOption(VM)
    .addOption(manyThreads([1, 2, 4]))
    .option('--block <numbers>', 'only these blocks, separated by commas', parseNumbers)
    .option('--repeat <n>', 'times each block is run; the table shows medians', parseCount, 3)
    .option('--json <path>', 'write the report there')
    .addOption(NO_COLOR)
    .addHelpText('after', REPLAY_EXAMPLES)
    .action((sources: string[], options: ReplayOptions) => actions.replay(sources, options));
}

export function addCapture(program: Command, actions: MainnetActions): void {
  program
    .command('capture')
    .description('fetch mainnet blocks and the state they need from a node, for replay')
    .requiredOption('--rpc <url>', 'JSON-RPC endpoint (http or https)')
    .requiredOption('--block <numbers>', 'numbers of the blocks, separated by commas', parseNumbers)
    .option('--out <folder>', 'folder to add the blocks to', 'captured-blocks')
    .option('--timeout <seconds>', 'longest wait for one answer of the node', parseSeconds, 120)
    .addHelpText('after', CAPTURE_EXAMPLES)
    .action((options: CaptureOptions) => actions.capture(options));
}
