export * from "./actions/cancel";
export * from "./actions/estimate";
export * from "./actions/extend-deadline";
export * from "./actions/fetch-output";
export * from "./actions/find-workflow";
export * from "./actions/get-attempts";
export * from "./actions/get-decisions";
export * from "./actions/get-operators";
export * from "./actions/get-owed";
export * from "./actions/get-tasks";
export * from "./actions/pause";
export * from "./actions/pay-fee";
export * from "./actions/refund";
export * from "./actions/replace-coordinator";
export * from "./actions/rerun";
export * from "./actions/set-delegate";
export * from "./actions/submit";
export * from "./actions/top-up";
export * from "./actions/upload-artifacts";
export * from "./actions/watch";
export * from "./actions/why";
export * from "./actions/withdraw-owed";
export { createClient, type Client, type ClientOptions, type Market } from "./client";
export { ETHER, type Currency } from "./currency";
export { apiFetch, type ApiRequest, type Signer } from "./http";
export { loadProgram, loadPrograms, ProgramSet, type InstalledProgram } from "./programs";
export { formatUnits, toUnits, toWei, DEFAULT_UNIT, type Amount } from "./units";
export { bondWarnings, type Warning } from "./workflow/bond-warnings";
export {
  defineWorkflow,
  WorkflowBuilder,
  type SubWorkflow,
  type Workflow,
} from "./workflow/define";
export { quote, type Quote, type QuoteOptions, type StepQuote } from "./workflow/quote";
export { windowWarnings } from "./workflow/window-warnings";
export {
  defineProgram,
  each,
  either,
  file,
  is,
  isNot,
  list,
  type FileRef,
  type ListRef,
  type Program,
  type StepListRef,
} from "./workflow/ports";
export {
  accepted,
  verifier,
  type JuryOptions,
  type StepDefaults,
  type StepOptions,
} from "./workflow/step-options";
export { FrobenError } from "../protocol/errors";
