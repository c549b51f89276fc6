import { measure } from "./measure";

// One size of the bench, in a process of its own: a coordinator has one market, and code that has run on another is compiled differently.

const [operators, tasks, decisions, perWorkflow] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
];
process.stdout.write(JSON.stringify(measure(operators, tasks, decisions, perWorkflow)));
