import assert from "node:assert/strict";
import { Dice, disturb, generated } from "../../support/organisations";
import { assertSame, original } from "./copies";
import { seedOf } from "../../support/seed";

const ROUNDS = 3;

describe("snapshot of generated organisations", function () {
  this.timeout(300_000);

  it("is copied equally, whatever people did to it", async () => {
    const seed = seedOf("SNAPSHOT_SEED");
    console.log(`      seed ${seed} (SNAPSHOT_SEED repeats it)`);
    for (let round = 0; round < Number(process.env.SNAPSHOT_ROUNDS ?? ROUNDS); round++) {
      const dice = new Dice(seed + round);
      const lab = await original(generated(dice));
      const done = await disturb(lab, dice);
      const note = `seed ${seed + round}\n${done.join("\n")}`;
      try {
        const text = JSON.stringify(await assertSame(lab, note));
        assert.doesNotMatch(text, /never copied|PRIVATE KEY/, note);
      } catch (error) {
        throw new Error(note, { cause: error });
      } finally {
        await lab.close();
      }
    }
  });
});
