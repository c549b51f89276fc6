import { spanOf, type Node } from "./ast";

/** Insertions into one source. Those at one place stay in the order in which they were made. */
export class SourceEdits {
  private readonly bytes: Buffer;
  private readonly insertions: { at: number; text: string }[] = [];

  constructor(source: string) {
    this.bytes = Buffer.from(source); // the compiler counts bytes
  }

  get length(): number {
    return this.bytes.length;
  }

  insert(at: number, text: string): void {
    this.insertions.push({ at, text });
  }

  /** @returns the line of a byte, from 1 */
  lineOf(at: number): number {
    return this.bytes.subarray(0, at).toString().split("\n").length;
  }

  /** @returns a node's text in one line */
  textOf(node: Node): string {
    const [start, end] = spanOf(node);
    return this.bytes.subarray(start, end).toString().replace(/\s+/g, " ");
  }

  /** @returns the byte behind the next semicolon */
  behindSemicolon(from: number): number {
    return this.bytes.indexOf(";", from) + 1;
  }

  /** @returns the source with every insertion in it */
  apply(): string {
    let from = 0;
    let text = "";
    for (const { at, text: inserted } of this.insertions.toSorted((a, b) => a.at - b.at)) {
      text += this.bytes.subarray(from, at).toString() + inserted;
      from = at;
    }
    return text + this.bytes.subarray(from).toString();
  }
}
