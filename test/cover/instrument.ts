import { childrenOf, spanOf, type Node } from "./ast";
import { literal, type Point } from "./points";
import { SourceEdits } from "./source-edits";
import { YulInstrumenter } from "./instrument-yul";

// Marks every function, every line on which a statement begins, and both outcomes of every condition. A condition is what an if, a
// ternary, a loop or a require decides on; where && and || join several, each of them is one, wherever they stand.

const CODE = new Set(["FunctionDefinition", "ModifierDefinition"]);
const NOT_COUNTED = new Set(["Block", "UncheckedBlock", "InlineAssembly"]);

/**
 * Puts marks into a source.
 * @param file its name
 * @param ast its syntax tree, as solc gives it
 * @param points where to add the points; their numbers go on from there
 * @returns the source with marks; it behaves as before, but for gas and size
 */
export function instrument(file: string, source: string, ast: Node, points: Point[]): string {
  const edits = new SourceEdits(source);
  new Instrumenter(file, edits, points).visitFile(ast);
  return edits.apply();
}

class Instrumenter {
  private contract = "";
  private scope = "";
  private asks = false;
  /** Differs from file to file: an import may bring another file's functions in. */
  private readonly ask: string;

  constructor(
    private readonly file: string,
    private readonly edits: SourceEdits,
    private readonly points: Point[],
  ) {
    this.ask = `ask_${points.length}_`;
  }

  /** Adds a point. @returns its number */
  private add(kind: Point["kind"], at: number, branch?: string): number {
    const { file, scope, points } = this;
    const id = points.length + 1;
    points.push({ id, kind, file, line: this.edits.lineOf(at), scope, branch });
    return id;
  }

  private mark(at: number, id: number): void {
    this.edits.insert(at, `assembly ("memory-safe") { pop(${literal(id)}) } `);
  }

  /** Visits functions and modifiers only: the value of a constant, for one, can't call a function. */
  visitFile(ast: Node): void {
    for (const node of childrenOf(ast)) {
      this.contract = node.nodeType === "ContractDefinition" ? node.name : "";
      const members = this.contract ? childrenOf(node) : [node];
      members.filter(({ nodeType }) => CODE.has(nodeType)).forEach((code) => this.visitCode(code));
    }
    if (this.asks) this.edits.insert(this.edits.length, askFunction(this.ask));
  }

  private visit(node: Node): void {
    switch (node.nodeType) {
      case "Block":
      case "UncheckedBlock":
        return node.statements.forEach((statement: Node) => this.visitStatement(statement));
      case "IfStatement":
        this.visitCondition(node.condition);
        this.visitBody(node.trueBody);
        if (node.falseBody) this.visitBody(node.falseBody);
        return;
      case "WhileStatement":
        this.visitCondition(node.condition);
        return this.visitBody(node.body);
      case "DoWhileStatement":
        this.visitBody(node.body);
        return this.visitCondition(node.condition);
      case "ForStatement":
        if (node.initializationExpression) this.visit(node.initializationExpression);
        if (node.condition) this.visitCondition(node.condition);
        if (node.loopExpression) this.visit(node.loopExpression);
        return this.visitBody(node.body);
      case "TryStatement":
        this.visit(node.externalCall);
        return node.clauses.forEach((clause: Node, i: number) => this.visitClause(clause, i));
      case "Conditional":
        this.visitCondition(node.condition);
        this.visit(node.trueExpression);
        return this.visit(node.falseExpression);
      case "BinaryOperation":
        if (joins(node)) return this.visitCondition(node);
        break;
      case "FunctionCall":
        if (node.expression.name === "require") {
          this.visitCondition(node.arguments[0]);
          return node.arguments.slice(1).forEach((argument: Node) => this.visit(argument));
        }
        break;
      case "InlineAssembly":
        return new YulInstrumenter(this.edits, (kind, at, branch) =>
          this.add(kind, at, branch),
        ).visitRoot(node.AST);
    }
    childrenOf(node).forEach((child) => this.visit(child));
  }

  private visitCode(node: Node): void {
    if (!node.body) return;
    this.scope = [this.contract, node.name || node.kind].filter(Boolean).join(".");
    node.modifiers?.forEach((modifier: Node) => this.visit(modifier));
    this.mark(spanOf(node.body)[0] + 1, this.add("function", spanOf(node)[0]));
    this.visit(node.body);
  }

  private visitStatement(node: Node): void {
    const [start] = spanOf(node);
    if (!NOT_COUNTED.has(node.nodeType)) this.mark(start, this.add("line", start));
    this.visit(node);
  }

  /** A body without braces gets them. */
  private visitBody(node: Node): void {
    if (node.nodeType === "Block") return this.visit(node);
    this.edits.insert(spanOf(node)[0], "{ ");
    this.visitStatement(node);
    this.edits.insert(this.endOf(node), " }");
  }

  /** @returns the byte behind a statement and its semicolon */
  private endOf(node: Node): number {
    switch (node.nodeType) {
      case "IfStatement":
        return this.endOf(node.falseBody ?? node.trueBody);
      case "ForStatement":
      case "WhileStatement":
        return this.endOf(node.body);
      case "Block":
      case "UncheckedBlock":
      case "TryStatement":
      case "InlineAssembly":
        return spanOf(node)[1];
      default:
        return this.edits.behindSemicolon(spanOf(node)[1] - 1);
    }
  }

  private visitClause(clause: Node, index: number): void {
    const [start] = spanOf(clause.block);
    const name = ["catch", clause.errorName].filter(Boolean).join(" ");
    const branch = index === 0 ? "the call never succeeds" : `${name} is never reached`;
    this.mark(start + 1, this.add("branch", start, branch));
    this.visit(clause.block);
  }

  /** Goes down to the operands of && and ||, through parentheses and negations, and asks for each one's outcome. */
  private visitCondition(node: Node): void {
    if (joins(node) && node.nodeType !== "BinaryOperation")
      return this.visitCondition(node.subExpression ?? node.components[0]);
    if (joins(node)) {
      this.visitCondition(node.leftExpression);
      return this.visitCondition(node.rightExpression);
    }
    const [start, end] = spanOf(node);
    const text = this.edits.textOf(node);
    const id = this.add("branch", start, `${text} is never false`);
    this.add("branch", start, `${text} is never true`);
    this.asks = true;
    this.edits.insert(start, `${this.ask}(`);
    this.visit(node);
    this.edits.insert(end, `, ${id})`);
  }
}

/** Whether an expression is made of others by && or ||. */
function joins(node: Node): boolean {
  if (node.nodeType === "BinaryOperation") return node.operator === "&&" || node.operator === "||";
  if (node.nodeType === "UnaryOperation") return node.operator === "!" && joins(node.subExpression);
  return (
    node.nodeType === "TupleExpression" && node.components.length === 1 && joins(node.components[0])
  );
}

/** Marks the outcome of a condition: `id` for false, the next number for true. */
const askFunction = (name: string): string => `
function ${name}(bool answer, uint256 id) pure returns (bool) {
    assembly ("memory-safe") { pop(add(${literal(0)}, add(id, iszero(iszero(answer))))) }
    return answer;
}
`;
