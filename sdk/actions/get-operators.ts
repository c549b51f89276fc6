import { operatorViewSchema, type OperatorView } from "../../protocol/http";
import type { Client } from "../client";

/** Lists the operators that registered with the coordinator. @throws FrobenError the API's */
export function getOperators(client: Client): Promise<OperatorView[]> {
  return client.get("/v1/operators", operatorViewSchema.array());
}
