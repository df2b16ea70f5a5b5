/** Entry point of `npm run bench`. */
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { HEADING, machine, machineLine, rowLine } from './report.js';
import { benchVm } from './vm.js';

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above zero is expected');
  return value;
}

function count(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('a whole number is expected');
  return value;
}

interface Flags {
  readonly rounds: number;
  readonly seconds: number;
  readonly transactions: number;
  readonly only?: string;
  readonly json?: string;
}

const program = new Command('bench').description('Measures Lockstep beside @ethereumjs, as ratios of processor time');

program
  .command('vm')
  .description('the WASM machine against @ethereumjs/evm, and serial blocks against @ethereumjs/vm runBlock')
  .option('--rounds <n>', 'interleaved rounds', count, 5)
  .option('--seconds <s>', 'processor seconds per contender and round', positive, 0.4)
  .option('--transactions <n>', 'transactions in a whole block', count, 1000)
  .option('--only <text>', 'measure workloads whose name holds the text')
  .option('--json <path>', 'write the figures to a file')
  .action(async ({ rounds, seconds, transactions, only, json }: Flags) => {
    const described = machine();
    console.log(machineLine(described));
    console.log(
      `${rounds} interleaved rounds after one of warm-up, at least ${seconds} s of processor time per contender and round;` +
        ' medians; ratios are of processor time, round by round.\n',
    );
    console.log(HEADING);
    const rows = await benchVm({
      rounds,
      seconds,
      transactions,
      selects: (name) => name.includes(only ?? ''),
      onRow: (row) => console.log(rowLine(row)),
    });
    if (json !== undefined) {
      const report = { bench: 'vm', machine: described, rounds, seconds, transactions, rows };
      await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
    }
  });

await program.parseAsync();
