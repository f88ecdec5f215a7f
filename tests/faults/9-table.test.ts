/** The figures of the run, at its end. */
import { table } from "../support/faults/report";

describe("figures", () => {
  it("of all families", () => {
    console.log(`\n${table()
      .map((line) => `      ${line}`)
      .join("\n")}\n`);
  });
});
