export { makeDemoGroup, type DemoGroup, type DemoGroupOptions } from "./demo-group";
export { membershipWorkflow, type MembershipOptions } from "./workflow";
