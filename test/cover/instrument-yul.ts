import { childrenOf, spanOf, type Node } from "./ast";
import { literal, type Point } from "./points";
import type { SourceEdits } from "./source-edits";

const ASK = "ask_outcome_";

/** Inline assembly: marks lines, both outcomes of ifs and loops, and the cases of switches. */
export class YulInstrumenter {
  constructor(
    private readonly edits: SourceEdits,
    private readonly add: (kind: Point["kind"], at: number, branch?: string) => number,
  ) {}

  /** @param block the outermost block of an assembly statement */
  visitRoot(block: Node): void {
    if (asks(block))
      this.edits.insert(
        spanOf(block)[0] + 1,
        ` function ${ASK}(ask_answer_, ask_id_) -> ask_result_ { pop(add(${literal(0)}, add(ask_id_, iszero(iszero(ask_answer_))))) ask_result_ := ask_answer_ } `,
      );
    this.visit(block);
  }

  private visit(node: Node): void {
    switch (node.nodeType) {
      case "YulBlock":
        for (const statement of node.statements as Node[]) {
          const [start] = spanOf(statement);
          if (statement.nodeType !== "YulBlock" && statement.nodeType !== "YulFunctionDefinition")
            this.mark(start, this.add("line", start));
          this.visit(statement);
        }
        return;
      case "YulIf":
        this.visitCondition(node.condition);
        return this.visit(node.body);
      case "YulForLoop":
        this.visit(node.pre);
        this.visitCondition(node.condition);
        this.visit(node.post);
        return this.visit(node.body);
      case "YulSwitch":
        return this.visitSwitch(node);
      default:
        childrenOf(node).forEach((child) => this.visit(child));
    }
  }

  private mark(at: number, id: number): void {
    this.edits.insert(at, `pop(${literal(id)}) `);
  }

  private visitCondition(node: Node): void {
    const [start, end] = spanOf(node);
    const text = this.edits.textOf(node);
    const id = this.add("branch", start, `${text} is never false`);
    this.add("branch", start, `${text} is never true`);
    this.edits.insert(start, `${ASK}(`);
    this.edits.insert(end, `, ${id})`);
  }

  private visitSwitch(node: Node): void {
    const text = this.edits.textOf(node.expression);
    const cases = node.cases as Node[];
    for (const { value, body, src } of cases) {
      const name = value === "default" ? "another value" : (value as Node).value;
      const [start] = spanOf({ nodeType: "", src });
      this.mark(spanOf(body)[0] + 1, this.add("branch", start, `${text} is never ${name}`));
      this.visit(body);
    }
    if (cases.some(({ value }) => value === "default")) return;
    const [start, end] = spanOf(node);
    const id = this.add("branch", start, `${text} is never another value`);
    this.edits.insert(end, ` default { pop(${literal(id)}) }`);
  }
}

/** Whether a condition is anywhere below. */
function asks(node: Node): boolean {
  return node.nodeType === "YulIf" || node.nodeType === "YulForLoop" || childrenOf(node).some(asks);
}
