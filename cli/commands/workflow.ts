import type { Command } from "commander";
import {
  cancel,
  getAttempts,
  getTasks,
  getWorkflow,
  getWorkflows,
  payFee,
  refund,
  watch,
} from "../../sdk";
import type { Cli } from "../context";
import { EXIT, QuietExit } from "../errors";
import { wholeNumber } from "../numbers";
import { moneyOf } from "../render/money";
import { table } from "../render/table";
import {
  duration,
  taskTable,
  workflowDetails,
  workflowLine,
  workflowTable,
} from "../render/workflow";

const ID = ["<workflow>", "the workflow's number", wholeNumber] as const;

function addReaders(workflow: Command, cli: Cli): void {
  workflow
    .command("list")
    .description("all workflows that the coordinator knows")
    .action(async () => {
      const client = await cli.client();
      const [market, views] = await Promise.all([client.market(), getWorkflows(client)]);
      cli.print(views, () => workflowTable(views, moneyOf(market), Date.now()));
    });
  workflow
    .command("show")
    .description("one workflow: state, money, outputs")
    .argument(...ID)
    .action(async (id: number) => {
      const client = await cli.client();
      const [market, view] = await Promise.all([client.market(), getWorkflow(client, id)]);
      cli.print(view, () => workflowDetails(view, moneyOf(market), Date.now()));
    });
  workflow
    .command("tasks")
    .description("its tasks: state, payment, operator, and the reason why one waits")
    .argument(...ID)
    .action(async (id: number) => {
      const tasks = await getTasks(await cli.client(), id);
      cli.print(tasks, () => taskTable(tasks, Date.now()));
    });
  workflow
    .command("attempts")
    .description("every try at its tasks, and how it ended")
    .argument(...ID)
    .action(async (id: number) => {
      const attempts = await getAttempts(await cli.client(), id);
      cli.print(attempts, () =>
        table(
          ["task", "attempt", "operator", "outcome", "time", "reason"],
          attempts.map((one) => [
            one.task,
            one.attempt,
            one.operator,
            one.outcome,
            duration(one.startedAt, one.endedAt),
            one.reason ?? "",
          ]),
        ),
      );
    });
  workflow
    .command("watch")
    .description(
      "a line for every change, until all payments are final (with --json: a JSON value per line)",
    )
    .argument(...ID)
    .action(async (id: number) => {
      const client = await cli.client();
      const money = moneyOf(await client.market());
      let state = "running";
      for await (const view of watch(client, id)) {
        state = view.state;
        const line = cli.flags().json
          ? JSON.stringify(view)
          : workflowLine(view, money, Date.now());
        cli.io.out(`${line}\n`);
      }
      if (state !== "completed") throw new QuietExit(EXIT.failure);
    });
}

function addCalls(workflow: Command, cli: Cli): void {
  const calls = {
    cancel: [cancel, "stop new claims; work under way is still paid (requester only)"],
    refund: [
      refund,
      "credit the requester with the escrow that can't be spent any more (after completion: in 15 minutes, unless the market says otherwise)",
    ],
    fee: [payFee, "credit the coordinator's fee, a day after the last result can have matured"],
  } as const;
  for (const [name, [call, description]] of Object.entries(calls))
    workflow
      .command(name)
      .description(description)
      .argument(...ID)
      .action(async (id: number) => {
        const receipt = await call(await cli.client({ signing: true }), id);
        const data = { workflow: id, transaction: receipt.transactionHash };
        cli.print(data, () => `${name}: done in ${receipt.transactionHash}`);
      });
}

/** `froben workflow ...`: what became of what was paid for. */
export function addWorkflow(program: Command, cli: Cli): void {
  const workflow = program
    .command("workflow")
    .description("list, show, watch or cancel workflows")
    .addHelpText("after", "\nExamples:\n  froben workflow list\n  froben workflow watch 1");
  addReaders(workflow, cli);
  addCalls(workflow, cli);
}
