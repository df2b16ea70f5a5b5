/** Reads the binary format of WebAssembly modules (core specification, chapter 5). */

/** A cursor over numbers, byte runs and names. */
export class WasmCursor {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  /** LEB128, unsigned, of up to 32 bits. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError('the module ends within a number');
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value >>> 0;
    }
  }

  /** Bytes that are preceded by their number. */
  run(): Uint8Array {
    const length = this.number();
    const from = this.at;
    this.at += length;
    return this.bytes.subarray(from, this.at);
  }

  text(): string {
    return Buffer.from(this.run()).toString();
  }
}
