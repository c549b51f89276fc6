import { Router } from "express";
import type { ApiDeps } from "./deps";
import { statusOf } from "./routes/status";

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escape = (value: unknown): string =>
  String(value ?? "–").replace(/[&<>"']/g, (char) => ENTITIES[char]!);

function table(head: string[], rows: unknown[][]): string {
  const line = (tag: string, cells: unknown[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => line("td", row)).join("");
  return `<table><thead>${line("th", head)}</thead><tbody>${body}</tbody></table>`;
}

const counts = (of: Record<string, number>): string =>
  Object.entries(of)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(", ");

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1b1f24}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #d8dee4;font-variant-numeric:tabular-nums}
th{font-weight:600}code{font-size:.9em}@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th,td{border-color:#30363d}a{color:#58a6ff}}`;

const NEWEST = 100; // workflows on the page

/** @returns the status page: what runs, and who runs it */
export function renderPage(deps: ApiDeps): string {
  const status = statusOf(deps);
  const { views } = deps.coordinator;
  const workflows = views.workflows().slice(-NEWEST).reverse();
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width"><title>Froben coordinator</title><style>${STYLE}</style></head><body>
<h1>Froben coordinator</h1>
<p>Market <code>${escape(deps.market.market)}</code> on chain ${escape(deps.market.chainId)}, block ${escape(status.block)}
(${escape(status.lagSeconds)} s ago). ${escape(status.operatorsOnline)} operators online. Tasks: ${escape(counts(status.tasks) || "none")}.
<a href="/openapi.json">API</a></p>
<h2>Workflows</h2>
${table(
  ["Id", "Name", "State", "Tasks", "Attempts", "Spent / escrow (units)", "Reason"],
  workflows.map((w) => [
    w.workflow,
    w.name,
    w.state + (w.settled ? ", settled" : w.paused ? ", paused" : ""),
    counts(w.counts),
    w.attempts,
    `${w.spent} / ${w.escrow}`,
    w.reason,
  ]),
)}
<h2>Operators</h2>
${table(
  [
    "Name",
    "Address",
    "Online",
    "Running",
    "Done",
    "Failed",
    "Struck",
    "Free / locked / owed (units)",
  ],
  views
    .operators()
    .map((o) => [
      o.name,
      o.address,
      o.online ? "yes" : "no",
      o.running,
      o.done,
      o.failed,
      o.struck,
      `${o.free} / ${o.locked} / ${o.owed}`,
    ]),
)}
</body></html>`;
}

/** GET /: the page, which loads itself again every two seconds and runs no script. */
export function pageRoutes(deps: ApiDeps): Router {
  return Router().get("/", (_request, response) => {
    response
      .set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
      .type("html")
      .send(renderPage(deps));
  });
}
