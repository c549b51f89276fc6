import { range, type Account, type Claim, type OpenWorkflow, type World } from "./world";

/** A workflow with one committed batch of the first operator's, some of whose results are wrong. */
export async function wrongBatch(
  w: World,
  tasks = range(0, 8),
  wrong = [3],
): Promise<{ workflow: OpenWorkflow; batch: Claim; operator: Account }> {
  const workflow = await w.open();
  const operator = w.operators[0]!;
  const batch = await w.commit(await w.claim(workflow, operator, tasks), { wrong });
  return { workflow, batch, operator };
}
