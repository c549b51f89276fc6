import type { Range } from "./ast";

/** Replaces a range of bytes of a source. */
export interface Edit extends Range {
  text: string;
}

export function applyEdit(source: Buffer, edit: Edit): Buffer {
  return Buffer.concat([
    source.subarray(0, edit.start),
    Buffer.from(edit.text),
    source.subarray(edit.end),
  ]);
}

/** @returns where the next byte after `from` is that is neither white space nor comment */
function skipBlanks(source: Buffer, from: number): number {
  const blanks = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*/;
  // latin1 keeps one character per byte.
  return from + blanks.exec(source.toString("latin1", from))![0].length;
}

/** @returns the range of an operator between its operands, comments apart */
export function tokenRange(source: Buffer, from: number, token: string): Range {
  const start = skipBlanks(source, from);
  return { start, end: start + token.length };
}

/** @returns the range of a statement with its semicolon, which solc leaves out of most statements */
export function wholeStatement(source: Buffer, { start, end }: Range): Range {
  const next = skipBlanks(source, end);
  return { start, end: source[next] === 0x3b ? next + 1 : end };
}

export interface LineChange {
  /** Counted from one. */
  line: number;
  original: string;
  mutated: string;
}

/** @returns what an edit does to the lines that it touches, each side on one line, for people */
export function lineChange(source: Buffer, edit: Edit): LineChange {
  const lineStart = source.lastIndexOf(0x0a, edit.start - 1) + 1;
  const newline = source.indexOf(0x0a, edit.end);
  const lineEnd = newline < 0 ? source.length : newline;
  const onOneLine = (text: string) => text.replace(/\s+/g, " ").trim();
  const before = source.toString("utf8", lineStart, edit.start);
  const after = source.toString("utf8", edit.end, lineEnd);
  return {
    line: source.toString("latin1", 0, edit.start).split("\n").length,
    original: onOneLine(source.toString("utf8", lineStart, lineEnd)),
    mutated: onOneLine(before + edit.text + after) || "(nothing)",
  };
}
