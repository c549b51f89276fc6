import { measure } from "./measure";

// One size of the bench, in a process of its own: a coordinator has one market, and code that has run on another is compiled differently.

type Sizes = [
  operators: number,
  tasks: number,
  decisions: number,
  perWorkflow: number,
  withinSeconds?: number,
];
process.stdout.write(JSON.stringify(measure(...(process.argv.slice(2).map(Number) as Sizes))));
