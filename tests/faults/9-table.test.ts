/** The figures of the run, at its end. */
import { table } from "../support/faults/report";

describe("figures", () => {
  it("of all families", () => {
    const started = process.uptime();
    console.log(`\n${[...table(), `whole run: ${started.toFixed(0)} s`].map((line) => `      ${line}`).join("\n")}\n`);
  });
});
