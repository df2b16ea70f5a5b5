/** Word `word` of the value that incarnation `incarnation` of `transaction` writes to the row with index `row`. */
export function versionWord(row: number, transaction: number, incarnation: number, word: number): number {
  return Math.imul((row << 28) ^ (transaction << 20) ^ incarnation, 0x9e3779b1 + 2 * word) >>> 0;
}
