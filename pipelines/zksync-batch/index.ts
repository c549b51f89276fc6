export { zksyncBatch, type WfBatch } from "./batch";
export { generator } from "./generator";
export { FLEET } from "./parameters";
