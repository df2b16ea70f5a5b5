/** A comparison of two benchmarks, as lines for a terminal. */
import type { Colors } from 'picocolors/types.js';
import { figure, plural } from '../format.js';
import type { BenchComparison, FigureChange } from './compare.js';

/** Figures within the noise are many and say nothing: only their number is told. */
export function comparisonLines(
  { changes, added, missing, notes, threshold }: BenchComparison,
  colors: Colors,
): string[] {
  const told = changes.filter(({ beyondNoise, regression }) => beyondNoise || regression);
  const still = changes.length - told.length;
  const worse = changes.filter(({ regression }) => regression).length;
  const gone = changes.filter(({ now, regression }) => regression && now === null).length;
  const passedOver = missing.filter((name) => !changes.some((one) => one.name === name));
  return [
    ...notes.map((note) => colors.yellow(`! ${note}`)),
    ...told.map((one) => changeLine(one, colors)),
    ...(still > 0 ? [`  ${plural(still, 'figure')} within the noise of the rounds`] : []),
    ...(added.length > 0 ? [`  ${plural(added.length, 'figure')} not in the earlier file`] : []),
    ...(passedOver.length > 0 ? [`  ${plural(passedOver.length, 'figure')} of the earlier file not measured now`] : []),
    worse === 0
      ? colors.green(`${plural(changes.length, 'figure')}, none below ${threshold} of the baseline beyond the noise`)
      : colors.red(
          `${figure(worse)} of ${plural(changes.length, 'figure')} below ${threshold} of the baseline${gone === 0 ? '' : `, or missing (${figure(gone)})`}`,
        ),
  ];
}

function changeLine({ name, before, now, gain, regression }: FigureChange, colors: Colors): string {
  const unit = before.unit === 'x' ? 'x' : ' us/tx';
  if (now === null || gain === null)
    return colors.red(`✖ ${name}: ${amount(before.median)}${unit} before, not measured`);
  const percent = `${gain < 0 ? '-' : '+'}${Math.abs(100 * gain).toFixed(1)} %`;
  const text = `${name}: ${amount(before.median)}${unit} before, ${amount(now.median)}${unit} (${percent})`;
  if (regression) return colors.red(`✖ ${text}`);
  return gain > 0 ? colors.green(`▲ ${text}`) : `▼ ${text}`;
}

function amount(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
