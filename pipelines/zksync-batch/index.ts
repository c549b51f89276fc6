export { zksyncBatch, type WfBatch } from "./batch";
export { FLEET } from "./parameters";
