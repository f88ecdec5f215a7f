export * from "./doors";
export * from "./rehearsal";
