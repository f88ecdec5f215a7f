export * from "./reader";
export * from "./view";
export { organizationIn, namesIn } from "./entries";
export { lookUp, ofConnector, ofServer } from "./lookUp";
