import type { RequestHandler } from "express";
import { FrobenError } from "../../protocol/errors";

/** Requests under way, and whether new ones are taken. */
export class Lifecycle {
  #draining = false;
  #underWay = 0;
  #waiting: (() => void)[] = [];

  get draining(): boolean {
    return this.#draining;
  }

  /** From now on new requests are refused with `draining`, and `GET /readyz` says so; those under way go on. */
  drain(): void {
    this.#draining = true;
  }

  /** Resolves when no request is under way, or after `ms`. */
  async idle(ms: number): Promise<void> {
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Counts requests; goes before every route that `drain` closes. */
  readonly middleware: RequestHandler = (_request, response, next) => {
    if (this.#draining) {
      response.set("connection", "close");
      throw new FrobenError("draining", "the coordinator is about to end", {
        status: 503,
        retryable: true,
        hint: "ask again: it, or another one, comes back",
      });
    }
    this.#underWay++;
    response.once("close", () => {
      if (--this.#underWay === 0) this.#waiting.splice(0).forEach((resolve) => resolve());
    });
    next();
  };
}
