import type { Simulation } from "./result";

const ROW = 14;
const LEFT = 140;
const WIDTH = 1_200;
const COLOURS = {
  done: "#4c9f70",
  invalid: "#7a1f1f",
  failed: "#d1495b",
  unclaimed: "#dadada",
  start_timeout: "#c9ada7",
  run_timeout: "#edae49",
  silence: "#8d99ae",
  cancelled: "#b8b8d1",
};

const escape = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** Puts attempts that overlap on one operator into lines of their own. */
function linesOf(attempts: Simulation["attempts"]): Simulation["attempts"][] {
  const lines: Simulation["attempts"][] = [];
  for (const attempt of [...attempts].sort((a, b) => a.start - b.start)) {
    const line = lines.find((l) => l[l.length - 1]!.end <= attempt.start);
    if (line) line.push(attempt);
    else lines.push([attempt]);
  }
  return lines;
}

/** @returns a picture (SVG) of who ran what when: a row for each task that an operator runs at once, colours by outcome */
export function gantt(result: Simulation): string {
  const byOperator = new Map<string, Simulation["attempts"]>();
  for (const attempt of result.attempts) {
    const list = byOperator.get(attempt.operator) ?? [];
    list.push(attempt);
    byOperator.set(attempt.operator, list);
  }
  const until = result.attempts.reduce((most, { end }) => Math.max(most, end), 0) || 1;
  const x = (seconds: number) => (LEFT + (seconds / until) * WIDTH).toFixed(1);
  const parts: string[] = [];
  let y = 0;
  for (const [operator, attempts] of [...byOperator].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const [i, line] of linesOf(attempts).entries()) {
      if (i === 0) parts.push(`<text x="2" y="${y + ROW - 3}">${escape(operator)}</text>`);
      for (const { start, end, outcome, workflow, task, attempt } of line) {
        const width = (((end - start) / until) * WIDTH).toFixed(1);
        const title = escape(`${workflow}/${task} #${attempt}: ${start} to ${end} s, ${outcome}`);
        parts.push(
          `<rect x="${x(start)}" y="${y}" width="${width}" height="${ROW - 2}" fill="${COLOURS[outcome]}" stroke="#fff" stroke-width="0.3"><title>${title}</title></rect>`,
        );
      }
      y += ROW;
    }
  const bound = `<line x1="${x(Math.min(until, result.lowerBound))}" x2="${x(Math.min(until, result.lowerBound))}" y1="0" y2="${y}" stroke="#000" stroke-dasharray="4"><title>lower bound</title></line>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 10}" height="${y}" font-family="sans-serif" font-size="10">\n${parts.join("\n")}\n${bound}\n</svg>\n`;
}
