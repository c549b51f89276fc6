import { Experience } from "../../offchain/matchmaker/experience";
import { chance } from "../../offchain/simulate/faults";
import { sha256 } from "../../protocol/digest";

// What it takes to learn one result, by how many operators run the program.

const SIZES = [50, 1_000, 10_000];
/** That every operator runs. */
const PROGRAMS = 25;
const RESULTS = 20_000;
/** Of each pair before the second measure; more do not change its weight. */
const SETTLED_RUNS = 10;

export interface LearningRow {
  operators: number;
  /** Processor time of one result, and of the expected duration of one operator after it: microseconds. */
  firstUs: number;
  settledUs: number;
}

const programs = Array.from({ length: PROGRAMS }, (_, i) => sha256(`program ${i}`));

/** @returns microseconds of processor time of each */
function timed(count: number, work: (i: number) => void): number {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) work(i);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function measure(operators: number): LearningRow {
  const experience = new Experience();
  const names = Array.from({ length: operators }, (_, i) => `operator ${i}`);
  for (const name of names) experience.declare(name, 1);
  const draws = Array.from({ length: RESULTS }, (_, i) => chance(String(i)));
  const learn = (i: number) => {
    const program = programs[i % PROGRAMS]!;
    experience.succeeded(program, names[Math.floor(draws[i]! * operators)]!, 1_000 + draws[i]!);
    const other = names[Math.floor(draws[RESULTS - 1 - i]! * operators)]!;
    experience.expectedMs(program, other, 1);
  };
  for (const program of programs)
    for (const name of names) experience.succeeded(program, name, 1_000);
  const firstUs = timed(RESULTS, learn);
  for (const program of programs)
    for (const name of names)
      experience.restore(program, name, { runs: SETTLED_RUNS, meanMs: 1_000, failed: 0 });
  const settledUs = timed(RESULTS, learn);
  return { operators, firstUs, settledUs };
}

/** @returns a row for each number of operators */
export function measureLearning(): LearningRow[] {
  return SIZES.map(measure);
}
