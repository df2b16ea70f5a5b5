/**
 * Scratch words of the arithmetic and of Keccak: one block of fixed addresses. Nothing in it outlives
 * the call of the function that uses it, so nobody else may keep anything here.
 */

/** First byte of the block. Static data (`memory.data`) lies below it. */
export const SCRATCH_BASE: usize = 0x40000;

/** Numerator of a division, normalised: 17 digits of 32 bits, padded. */
export const DIV_NUMERATOR: usize = SCRATCH_BASE;
/** Divisor of a division, normalised: 8 digits of 32 bits. */
export const DIV_DIVISOR: usize = SCRATCH_BASE + 0x60;
/** Quotient of the last division: 16 digits of 32 bits. */
export const DIV_QUOTIENT: usize = SCRATCH_BASE + 0x80;
/** Remainder of the last division: 32 bytes. */
export const DIV_REMAINDER: usize = SCRATCH_BASE + 0xc0;
/** Absolute values of the operands of a signed division: 32 bytes each. */
export const SIGNED_X: usize = SCRATCH_BASE + 0xe0;
export const SIGNED_Y: usize = SCRATCH_BASE + 0x100;
/** A sum of 257 bits or a product of 512 bits on its way to a division: 64 bytes. */
export const WIDE: usize = SCRATCH_BASE + 0x120;
/** Power of the base that belongs to the current bit of an exponent: 32 bytes. */
export const EXP_POWER: usize = SCRATCH_BASE + 0x160;
/** Product collected so far by an exponentiation: 32 bytes. */
export const EXP_RESULT: usize = SCRATCH_BASE + 0x180;
/** Keccak-f[1600] state: 25 lanes of 64 bits. */
export const KECCAK_STATE: usize = SCRATCH_BASE + 0x1c0;

/** The second state, which every other round writes. */
export const KECCAK_ODD: usize = SCRATCH_BASE + 0x300;
/** A column sum that is kept out of registers. */
export const KECCAK_HELD: usize = SCRATCH_BASE + 0x3c8;

/** First byte after the block. */
export const SCRATCH_END: usize = SCRATCH_BASE + 0x400;
