/** Order of BN254's scalar field: every signal of a circuit is below it. */
export const SCALAR_FIELD =
  21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Modulus of BN254's base field: every coordinate of a point is below it. */
export const BASE_FIELD =
  21888242871839275222246405745257275088696311157297823662689037894645226208583n;
