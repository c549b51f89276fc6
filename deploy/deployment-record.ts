import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Address, Hex } from "viem";
import { z } from "zod";
import { FrobenError } from "../protocol/errors";
import { schemaError } from "../protocol/validate-spec";

const hex = z.string().regex(/^0x[0-9a-fA-F]+$/);
const recordSchema = z.strictObject({
  chainId: z.int().nullable(),
  contracts: z.record(z.string(), z.strictObject({ address: hex, block: z.int(), tx: hex })),
});

export interface Deployed {
  address: Address;
  block: number;
  tx: Hex;
}

/** What stands where, on one chain; kept in a file so that a deployment can be resumed and others can read it. */
export class DeploymentRecord {
  private readonly data: z.infer<typeof recordSchema>;

  /**
   * @param path file to read and write; without one the record lives in memory
   * @throws FrobenError `deployment_invalid` when the file is not a deployment record
   */
  constructor(private readonly path?: string) {
    if (!path || !existsSync(path)) {
      this.data = { chainId: null, contracts: {} };
      return;
    }
    let json: unknown;
    try {
      json = JSON.parse(readFileSync(path, "utf8"));
    } catch (cause) {
      throw new FrobenError("deployment_invalid", `${path} is not JSON`, { value: path, cause });
    }
    const parsed = recordSchema.safeParse(json);
    if (!parsed.success) throw schemaError(parsed.error, json, "deployment_invalid");
    this.data = parsed.data;
  }

  /** Binds the record to a chain. @throws FrobenError `chain_mismatch` when it belongs to another one */
  claim(chainId: number): void {
    if (this.data.chainId !== null && this.data.chainId !== chainId)
      throw new FrobenError("chain_mismatch", "this record belongs to another chain", {
        field: "chainId",
        limit: this.data.chainId,
        value: chainId,
        hint: "name another --out file",
      });
    this.data.chainId = chainId;
  }

  find(name: string): Deployed | undefined {
    return this.data.contracts[name] as Deployed | undefined;
  }

  add(name: string, deployed: Deployed): void {
    this.data.contracts[name] = deployed;
    if (!this.path) return;
    writeFileSync(`${this.path}.tmp`, `${JSON.stringify(this.data, null, 2)}\n`);
    renameSync(`${this.path}.tmp`, this.path);
  }

  toJSON() {
    return this.data;
  }
}
