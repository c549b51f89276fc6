import type { Row, StoredRow } from "../db/row-writer";
import {
  keyText,
  TABLE_NAMES,
  type ChainStatements,
  type KeyPart,
  type RowOf,
  type TableName,
} from "./chain-statements";

/** Keys of the rows that a change touched, by table. */
export type Touched = Record<TableName, KeyPart[][]>;

const nothing = (): Touched => ({
  workflows: [],
  batches: [],
  tasks: [],
  accounts: [],
  disputes: [],
  evidence: [],
  programs: [],
});

interface Entry {
  key: KeyPart[];
  /** As stored before. */
  former: StoredRow | undefined;
  row: Row | undefined;
  changed: boolean;
}

/**
 * The rows that one block, or a range of final ones, changes: read on first use, changed in memory, written together by `flush`,
 * which also keeps what each of them held before.
 */
export class BlockRows {
  /** By the text of the key. */
  readonly #tables: Record<TableName, Map<string, Entry>>;

  constructor(private readonly statements: ChainStatements) {
    const tables = TABLE_NAMES.map((name) => [name, new Map<string, Entry>()]);
    this.#tables = Object.fromEntries(tables) as Record<TableName, Map<string, Entry>>;
  }

  #entry(name: TableName, key: KeyPart[]): Entry {
    const entries = this.#tables[name];
    const text = keyText(key);
    let entry = entries.get(text);
    if (!entry) {
      const { stored, row } = this.statements.rows[name].find(key, text);
      entry = { key, former: stored, row, changed: false };
      entries.set(text, entry);
    }
    return entry;
  }

  /** @param key values of the table's key columns, in their order */
  find<N extends TableName>(name: N, ...key: KeyPart[]): RowOf<N> | undefined {
    return this.#entry(name, key).row as RowOf<N> | undefined;
  }

  /** Sets a whole row; rows are values, so change a copy. */
  put<N extends TableName>(name: N, row: RowOf<N>): void {
    const entry = this.#entry(name, this.statements.rows[name].keyOf(row));
    entry.row = row;
    entry.changed = true;
  }

  /** Changes some fields of a row that exists. */
  patch<N extends TableName>(name: N, row: RowOf<N>, fields: Partial<RowOf<N>>): void {
    this.put(name, { ...row, ...fields });
  }

  /**
   * Writes everything.
   * @param undoBlock number of the block, if it may still be taken back
   * @returns the keys of the changed rows
   */
  flush(undoBlock?: number): Touched {
    const touched = nothing();
    for (const name of TABLE_NAMES)
      for (const [text, { key, former, row, changed }] of this.#tables[name]) {
        if (!changed) continue;
        this.statements.rows[name].put(row!, text);
        touched[name].push(key);
        if (undoBlock !== undefined)
          this.statements.addUndo(undoBlock, {
            tableName: name,
            key: JSON.stringify(key),
            former: former ? JSON.stringify(former) : null,
          });
      }
    return touched;
  }
}

/**
 * Puts every row back to what it held at the end of block `ancestor`.
 * @returns the keys of the rows that changed
 */
export function rollBack(statements: ChainStatements, ancestor: number): Touched {
  const touched = nothing();
  const seen = new Set<string>();
  // The oldest entry of a row is what it held at the ancestor; later ones only repeat states in between.
  for (const { tableName, key, former } of statements.undoAbove(ancestor)) {
    const id = tableName + key;
    if (seen.has(id)) continue;
    seen.add(id);
    const parts = JSON.parse(key) as KeyPart[];
    const stored = former === null ? undefined : (JSON.parse(former) as StoredRow);
    statements.rows[tableName].restore(parts, stored);
    touched[tableName].push(parts);
  }
  statements.dropUndoAbove(ancestor);
  return touched;
}
