import { expect } from "chai";
import { ROLES } from "../../../devnet/chain";
import { sha256 } from "../../../protocol/digest";
import { taskWhySchema, workflowWhySchema } from "../../../protocol/why";
import { apiFixture, REGISTRATION } from "./api-fixture";

describe("views of the HTTP API of a coordinator on a real chain", () => {
  const api = apiFixture();
  const { post } = api;

  it("names the market, and how well the coordinator keeps up", async () => {
    const market = (await (await fetch(`${api.running.url}/v1/market`)).json()) as Record<
      string,
      unknown
    >;
    expect(market).include({
      chainId: 31337,
      unit: api.chain.unit.toString(),
      fromBlock: api.chain.fromBlock,
    });
    await api.running.indexer.caughtUp();
    const status = (await (await fetch(`${api.running.url}/v1/status`)).json()) as Record<
      string,
      number
    >;
    expect(status.block).equal(Number(await api.chain.client.getBlockNumber()));
  });

  it("describes every route that it has", async () => {
    const document = (await (await fetch(`${api.running.url}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    };
    expect(document.openapi).equal("3.1.0");
    for (const [path, methods] of Object.entries(document.paths))
      for (const method of Object.keys(methods)) {
        const real = path
          .replace("{digest}", sha256("none"))
          .replace("{id}", "999")
          .replace("{task}", "0");
        const response = await fetch(api.running.url + real, { method: method.toUpperCase() });
        const text = await response.text();
        expect(text, `${method} ${path}`).not.include("route_unknown");
      }
  });

  it("shows a page without scripts, and with every name escaped", async () => {
    await post("/v1/operators", { ...REGISTRATION, name: "<script>alert(1)</script>" });
    const response = await fetch(api.running.url);
    const html = await response.text();
    expect(response.headers.get("content-security-policy")).include("default-src 'none'");
    expect(html).include("&lt;script&gt;alert(1)").and.not.include("<script");
  });

  it("shows a workflow with what the contract said about it, amounts as text", async () => {
    const escrow = await api.openWithoutSpec();
    await api.chain.call(ROLES.requesters, "cancel", [1]);
    await api.running.indexer.caughtUp();
    const read = async (path: string) => (await fetch(api.running.url + path)).json();
    expect(await read("/v1/workflows/1")).include({ workflow: 1, escrow: escrow.toString() });
    const events = (await read("/v1/workflows/1/events")) as {
      name: string;
      args: Record<string, unknown>;
    }[];
    expect(events.map(({ name }) => name)).deep.equal(["WorkflowOpened", "WorkflowCancelled"]);
    expect(events[0]!.args.escrow).equal(escrow.toString());
  });

  it("says why a workflow and its tasks are not running, and refuses a question that is none", async () => {
    const ask = async (path: string): Promise<{ status: number; body: unknown }> => {
      const response = await fetch(`${api.running.url}/v1/workflows/${path}`);
      return { status: response.status, body: await response.json() };
    };
    const workflow = await ask("1/why?operators=0");
    expect(workflowWhySchema.strict().parse(workflow.body)).include({ code: "workflow_ended" });
    const task = await ask("1/tasks/0/why");
    expect(taskWhySchema.strict().parse(task.body)).include({ code: "workflow_ended", task: 0 });
    for (const [path, status, code] of [
      ["9/why", 404, "workflow_unknown"],
      ["1/tasks/1/why", 404, "task_unknown"],
      ["1/tasks/first/why", 400, "query_invalid"],
      ["1/why?operators=101", 400, "query_invalid"],
    ] as const) {
      const { status: found, body } = await ask(path);
      expect(found, path).equal(status);
      expect(body, path).nested.property("error.code", code);
    }
  });
});
