/** The figures of the run, at its end. */
import { omitted } from "../support/faults/families";
import { table } from "../support/faults/report";

describe("figures", () => {
  it("of all families", () => {
    console.log(`\n${[...table(), ...omitted()].map((line) => `      ${line}`).join("\n")}\n`);
  });
});
