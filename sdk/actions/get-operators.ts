import type { Address } from "viem";
import { operatorViewSchema, type OperatorView } from "../../protocol/http";
import type { Client } from "../client";

/** Lists the operators that registered with the coordinator. @throws FrobenError the API's */
export function getOperators(client: Client): Promise<OperatorView[]> {
  return client.get("/v1/operators", operatorViewSchema.array());
}

/** One of them. @throws FrobenError the API's: `operator_unknown` */
export function getOperator(client: Client, address: Address): Promise<OperatorView> {
  return client.get(`/v1/operators/${address}`, operatorViewSchema);
}
