import type { Command } from "commander";
import { pause, resume } from "../../sdk";
import type { Cli } from "../context";
import { wholeNumber } from "../numbers";

const CALLS = {
  pause: {
    call: pause,
    description: "give out no more tasks of a workflow; what operators have goes on and is paid",
    done: "is paused: nothing new is given out; its deadline goes on",
  },
  resume: { call: resume, description: "let a paused workflow go on", done: "goes on" },
};

/** `froben pause` and `froben resume`: the requester holds a workflow up, and lets it go on. */
export function addPause(program: Command, cli: Cli): void {
  for (const [name, { call, description, done }] of Object.entries(CALLS))
    program
      .command(name)
      .description(`${description} (requester only)`)
      .argument("<workflow>", "the workflow's number", wholeNumber)
      .addHelpText(
        "after",
        `\nSigns with FROBEN_KEY or --keystore.\n\nExample:\n  froben ${name} 1`,
      )
      .action(async (id: number) => {
        const view = await call(await cli.client({ signing: true }), id);
        cli.print(view, () => `workflow ${id} ${done}`);
      });
}
