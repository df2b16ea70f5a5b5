/** Delegation designators (EIP-7702): `0xef0100 || address` as an account's code. */
const PREFIX = Uint8Array.of(0xef, 0x01, 0x00);

/** True where the code is a delegation designator. */
export function isDelegation(code: Uint8Array): boolean {
  return code.length === 23 && code[0] === PREFIX[0] && code[1] === PREFIX[1] && code[2] === PREFIX[2];
}

/** Code of an account that delegates to `target` (20 bytes); the zero address clears the code. */
export function delegationCode(target: Uint8Array): Uint8Array {
  if (target.every((byte) => byte === 0)) return new Uint8Array(0);
  const code = new Uint8Array(23);
  code.set(PREFIX);
  code.set(target, 3);
  return code;
}
