import type { Command } from "commander";
import { why } from "../../sdk";
import type { Cli } from "../context";
import { wholeNumber } from "../numbers";
import { taskWhyLines, workflowWhyLines } from "../render/why";

/** `froben why`: what a task, or a whole workflow, waits for. */
export function addWhy(program: Command, cli: Cli): void {
  program
    .command("why")
    .description("say why a task is not running; without a task, what holds the workflow up")
    .argument("<workflow>", "the workflow's number", wholeNumber)
    .argument("[task]", "the task's number in the workflow", wholeNumber)
    .option(
      "--operators <n>",
      "operators to list for each reason that rules them out; all are counted",
      wholeNumber,
    )
    .addHelpText("after", "\nExamples:\n  froben why 1\n  froben why 1 3 --operators 20 --json")
    .action(async (id: number, task: number | undefined, options: { operators?: number }) => {
      const client = await cli.client();
      if (task === undefined) {
        const answer = await why(client, id, undefined, options);
        cli.print(answer, () => workflowWhyLines(answer));
        return;
      }
      const answer = await why(client, id, task, options);
      cli.print(answer, () => taskWhyLines(answer));
    });
}
