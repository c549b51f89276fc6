/** Who may import whom: the layers of docs/architecture.md, checked by `npm run lint:imports`. */
const OURS =
  "^(protocol|machine|sdk|offchain|operator|provers|pipelines|cli|web|devnet|deploy|bench|test)/";
const only = (name, from, allowed) => ({
  name,
  severity: "error",
  comment: `${from} may import only: ${allowed.join(", ")}`,
  from: { path: `^${from}/` },
  to: { path: OURS, pathNot: [from, ...allowed].map((folder) => `^${folder}`) },
});

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-unresolvable",
      severity: "error",
      from: { pathNot: "^provers/" },
      to: { couldNotResolve: true, pathNot: "^tsx/" }, // only its package.json says where that is
    },
    only("protocol-is-the-base", "protocol", []),
    only("machine-on-protocol", "machine", ["protocol"]),
    only("sdk-on-protocol", "sdk", ["protocol"]),
    only("offchain-on-protocol-and-machine", "offchain", ["protocol", "machine"]),
    only("operator-on-protocol-machine-and-sdk", "operator", ["protocol", "machine", "sdk"]),
    only("provers-on-protocol", "provers", ["protocol"]),
    only("pipelines-on-sdk", "pipelines", ["protocol", "sdk"]),
    only("deploy-on-protocol", "deploy", ["protocol"]),
    only("cli-through-sdk", "cli", ["protocol", "sdk", "offchain/audit", "offchain/simulate"]),
    {
      name: "audit-shares-with-nobody",
      severity: "error",
      comment: "The audit must not repeat the coordinator's mistakes.",
      from: { path: "^offchain/audit/" },
      to: { path: "^offchain/", pathNot: "^offchain/audit/" },
    },
    {
      name: "audit-is-a-leaf",
      severity: "error",
      from: { path: "^offchain/", pathNot: "^offchain/audit/" },
      to: { path: "^offchain/audit/" },
    },
    {
      name: "no-tests-in-products",
      severity: "error",
      from: { pathNot: "^(test|bench)/" },
      to: { path: "^test/" },
    },
    {
      name: "gpl-stays-outside",
      severity: "error",
      comment: "snarkjs is GPL-3.0: run as a separate program, never imported.",
      from: {},
      to: { path: "(^|node_modules/)snarkjs(/|$)" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    // node_modules is not followed, but not excluded either: rules about packages must see the edge to them.
    exclude: { path: "^(artifacts|cache|typechain-types)/" },
  },
};
