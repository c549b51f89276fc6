/** A Semaphore group made from a seed, and requests of its members. For demonstrations: the secrets are no secrets. */
import { createHash } from "node:crypto";
import { Group } from "@semaphore-protocol/group";
import { Identity } from "@semaphore-protocol/identity";
import { poseidon2 } from "poseidon-lite/poseidon2";
import type { MembershipRequest } from "./request";
import type { MembershipStatement } from "./statement";

/** What to make. */
export interface DemoGroupOptions {
  /** Members of the group; at most 2^depth. */
  members: number;
  /** Proofs to ask for, each by another member; at most `members`. */
  proofs: number;
  /** Depth of the circuit, 1 to 32. */
  depth: number;
  /** Same seed, same group. */
  seed: string;
}

/** One proof to ask for. */
export interface DemoRequest {
  request: MembershipRequest;
  statement: MembershipStatement;
}

/** Text as a signal: its hash without the last 8 bits, which is below the scalar field's order. */
function textSignal(text: string): bigint {
  return BigInt(`0x${createHash("sha256").update(text).digest("hex")}`) >> 8n;
}

/** Makes the group, and for its first `proofs` members a request and its statement. */
export function makeDemoRequests({
  members,
  proofs,
  depth,
  seed,
}: DemoGroupOptions): DemoRequest[] {
  const identities = Array.from({ length: members }, (_, i) => new Identity(`${seed}/member/${i}`));
  const group = new Group(identities.map(({ commitment }) => commitment));
  const scope = textSignal(`${seed}/scope`);
  return identities.slice(0, proofs).map((identity, i) => {
    const { index, siblings, root } = group.generateMerkleProof(i);
    const padded = Array.from({ length: depth }, (_, level) => siblings[level] ?? 0n);
    const message = textSignal(`${seed}/message/${i}`);
    return {
      request: {
        depth,
        secret: `${identity.secretScalar}`,
        merkleProofLength: siblings.length,
        merkleProofIndex: index,
        merkleProofSiblings: padded.map(String),
        scope: `${scope}`,
        message: `${message}`,
      },
      statement: {
        depth,
        root,
        nullifier: poseidon2([scope, identity.secretScalar]),
        message,
        scope,
      },
    };
  });
}
