// Everything that shapes a simulated ZKsync-Era-like batch and its fleet, in one place. Frozen before anything was tuned: a change
// here makes all tables of docs/scheduling.md void.
//
// Sources: [A] public documentation, configuration and repositories of the ZKsync Era prover, as gathered for this project (circuit
// types, rounds and their memory, 400 to 500 circuit proofs of 20 s to 3 min on 24 GB GPUs, 30 to 35 GPU machines, 8 to 12 minutes for
// the whole, time limits and attempts). [C] chosen by us, as no public figure was found: it keeps the whole inside what [A] gives.

/** What a task of a kind takes of a machine, and how it is limited. Times in seconds, memory in MB. */
export interface Kind {
  cores: number;
  memoryMb: number;
  gpus: number;
  vramMb: number;
  runSeconds: number;
  attempts: number;
}

const MB = 1024;
const prover = { gpus: 1, vramMb: 24 * MB, runSeconds: 600, attempts: 10 }; // [A]
const witness = { gpus: 0, vramMb: 0, runSeconds: 900, attempts: 10 }; // [A]

export const KINDS = {
  basicWitness: { ...witness, cores: 8, memoryMb: 32 * MB }, // memory [A], cores [C]
  circuitProof: { ...prover, cores: 2, memoryMb: 8 * MB }, // cores and memory [C]
  leafWitness: { ...witness, cores: 8, memoryMb: 80 * MB }, // memory [A], cores [C]
  leafProof: { ...prover, cores: 2, memoryMb: 8 * MB },
  nodeWitness: { ...witness, cores: 1, memoryMb: 4 * MB },
  nodeProof: { ...prover, cores: 2, memoryMb: 8 * MB },
  tipWitness: { ...witness, cores: 1, memoryMb: 1 * MB },
  tipProof: { ...prover, cores: 2, memoryMb: 8 * MB },
  schedulerWitness: { ...witness, cores: 1, memoryMb: 1 * MB },
  schedulerProof: { ...prover, cores: 2, memoryMb: 8 * MB },
  compressor: {
    cores: 2,
    memoryMb: 8 * MB,
    gpus: 1,
    vramMb: 24 * MB,
    runSeconds: 3_600,
    attempts: 5,
  }, // [A]
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

/**
 * Circuit types with their share of a batch's circuit proofs and a proof's mean seconds on a machine of speed 1. 13 types and the
 * range of 20 s to 3 min are [A]; names follow the public circuit list; shares and means are [C].
 */
export const CIRCUITS = [
  { name: "main_vm", share: 0.38, seconds: 55 },
  { name: "code_decommitter", share: 0.07, seconds: 40 },
  { name: "decommitments_sorter", share: 0.01, seconds: 35 },
  { name: "log_demuxer", share: 0.03, seconds: 30 },
  { name: "keccak256", share: 0.1, seconds: 70 },
  { name: "sha256", share: 0.03, seconds: 60 },
  { name: "ecrecover", share: 0.07, seconds: 120 },
  { name: "ram_permutation", share: 0.14, seconds: 35 },
  { name: "storage_sorter", share: 0.06, seconds: 35 },
  { name: "storage_application", share: 0.07, seconds: 90 },
  { name: "events_sorter", share: 0.02, seconds: 25 },
  { name: "l1_messages_sorter", share: 0.01, seconds: 25 },
  { name: "l1_messages_hasher", share: 0.01, seconds: 45 },
] as const;

/** Mean seconds on a machine of speed 1. [C], except that circuits have theirs above. */
export const SECONDS = {
  basicWitness: 60,
  leafWitness: 10,
  leafProof: 30,
  nodeWitness: 5,
  nodeProof: 30,
  tipWitness: 3,
  tipProof: 30,
  schedulerWitness: 3,
  schedulerProof: 30,
  compressor: 60,
} as const;

export const BATCH = {
  /** Circuit proofs of a batch, both ends included [A]. */
  circuitProofs: { from: 400, to: 500 },
  /** Circuit proofs under one leaf, and proofs under one node [C]. */
  leafArity: 32,
  nodeArity: 32,
  /** Log-normal spread of a task's duration around its mean, and what circuit proofs are clamped to [A for the clamp, C for the spread]. */
  sigma: 0.15,
  circuitSeconds: { from: 20, to: 180 },
  /** Basic witnesses are made for each circuit type in parts of so many circuits [C]. */
  basicWitnessPart: 16,
  /** Whole batch, seconds [A]. */
  deadlineSeconds: 18_000,
} as const;

/**
 * 35 GPU machines in four classes [A for number and 24 GB; C for classes, speeds and prices], and CPU machines for the witnesses,
 * four of them with the 80 GB that leaf rounds need. Prices per hour, in units.
 */
export const FLEET = [
  {
    id: "gpu-fast",
    count: 5,
    cores: 16,
    memoryMb: 64 * MB,
    gpus: 1,
    vramMb: 80 * MB,
    speed: 2,
    pricePerHour: 400,
  },
  {
    id: "gpu-good",
    count: 10,
    cores: 16,
    memoryMb: 64 * MB,
    gpus: 1,
    vramMb: 48 * MB,
    speed: 1.4,
    pricePerHour: 220,
  },
  {
    id: "gpu-plain",
    count: 14,
    cores: 8,
    memoryMb: 32 * MB,
    gpus: 1,
    vramMb: 24 * MB,
    speed: 1,
    pricePerHour: 120,
  },
  {
    id: "gpu-slow",
    count: 6,
    cores: 8,
    memoryMb: 32 * MB,
    gpus: 1,
    vramMb: 24 * MB,
    speed: 0.7,
    pricePerHour: 70,
  },
  {
    id: "cpu-large",
    count: 4,
    cores: 32,
    memoryMb: 192 * MB,
    gpus: 0,
    vramMb: 0,
    speed: 1,
    pricePerHour: 80,
  },
  {
    id: "cpu-small",
    count: 8,
    cores: 16,
    memoryMb: 64 * MB,
    gpus: 0,
    vramMb: 0,
    speed: 1,
    pricePerHour: 40,
  },
] as const;
