import { Locality } from "../matchmaker/locality";
import type { SimTask } from "./model";

type Files = SimTask["files"];

/** Who has which files of a workflow. Operators keep all of them, fetch what they have not got one after another, and upload in no time. */
export class Transfers {
  /** What the market knows of it. */
  private readonly known = new Locality();
  /** All of it, small files too. */
  private readonly real = new Locality(0, Infinity);

  /** @returns a task's inputs and who has them: as the market knows it, and as it is */
  haulsOf({ files, inputBytes }: SimTask, step: number, task: number) {
    const inputs = files?.inputs ?? [];
    // Who does not know how large inputs are does not know what is large either.
    const known = inputBytes === undefined ? undefined : this.known.haulOf(inputs, step, task);
    return { known, real: this.real.haulOf(inputs, step, task) };
  }

  /** An attempt has ended of which was heard: its operator has the inputs. */
  fetched(operator: string, files: Files): void {
    if (files) this.real.note(operator, files.inputs);
  }

  /** It was done: its operator has the outputs, too, and the market knows of all. */
  made(operator: string, files: Files): void {
    if (!files) return;
    const { inputs, outputs } = files;
    this.real.note(operator, outputs);
    this.known.note(operator, [...inputs, ...outputs]);
  }
}
