import type { Command } from "commander";
import { planRerun, type RerunPlan } from "../../sdk";
import type { Cli } from "../context";
import { wholeNumber } from "../numbers";
import { readWorkflow } from "../read-workflow";
import { moneyOf } from "../render/money";
import { fields } from "../render/table";
import {
  readArtifacts,
  submitAndPrint,
  withSubmissionOptions,
  type SubmissionFlags,
} from "../submission";

interface Flags extends SubmissionFlags {
  spec?: string;
  quote?: boolean;
}

/** What it costs and keeps, as data. */
const dataOf = (former: number, { workflow, escrow, most, kept, underWay }: RerunPlan) => ({
  former,
  spec: workflow.digest,
  escrow: escrow.toString(),
  most: most.toString(),
  kept,
  underWay,
});

function linesOf(plan: RerunPlan, money: (units: bigint) => string): string[] {
  return fields([
    ["kept", `${plan.kept} finished tasks: neither run nor paid again`],
    ["most spent", `${money(plan.most)}, if all of these stay kept`],
    ["escrow", `${money(plan.escrow)}; what is not spent comes back`],
    ...(plan.underWay > 0
      ? [
          [
            "under way",
            `${plan.underWay} tasks: their results are kept too, if they come in time`,
          ] as [string, string],
        ]
      : []),
  ]);
}

/** `froben rerun`: pays for what a workflow that has ended did not finish. */
export function addRerun(program: Command, cli: Cli): void {
  const command = program
    .command("rerun")
    .description("run a failed or cancelled workflow again, and keep every task that it finished")
    .argument("<workflow>", "the workflow's number", wholeNumber)
    .option(
      "--spec <file>",
      "run this in place of its spec (JSON, or a module): what does the same work as before is kept",
    )
    .option("--quote", "say what it keeps and costs, and pay nothing");
  withSubmissionOptions(command)
    .addHelpText(
      "after",
      "\nIt says what it keeps and costs before it pays. Signs with FROBEN_KEY or --keystore; --quote needs no key.\n\nExamples:\n  froben rerun 7 --quote\n  froben rerun 7 --wait\n  froben rerun 7 --spec repaired.json --artifact table.bin",
    )
    .action(async (former: number, flags: Flags) => {
      const spec =
        flags.spec === undefined ? undefined : await readWorkflow(flags.spec, cli.io.cwd);
      const artifacts = await readArtifacts(flags.artifact);
      const client = await cli.client({ signing: !flags.quote });
      const plan = await planRerun(client, former, { spec, artifacts, feeBps: flags.feeBps });
      const money = moneyOf(await client.market());
      const data = dataOf(former, plan);
      if (flags.quote) return cli.print(data, () => linesOf(plan, money));
      for (const line of linesOf(plan, money)) cli.note(line);
      await submitAndPrint(cli, client, plan.workflow, flags, data);
    });
}
