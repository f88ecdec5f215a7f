/** `report` and `doctor` with --notify: one word for each change, delivered before it is remembered, and no address printed. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DELIVERY_TIMES } from "../../../provider/cli/notify/deliver";
import { notify } from "../../../provider/cli/notify/notify";
import type { Item } from "../../../provider/cli/notify/items";
import type { NoticeDocument } from "../../../provider/cli/notify/document";
import { labForAll } from "../../support/lab";
import { cli, folder, hostsFile, removeFolders } from "./support";

const SECRET = "/hooks/T0123/very-secret-path";

describe("--notify", function () {
  this.timeout(60_000);
  const lab = labForAll();
  let server: Server;
  let posted: { type: string; body: string }[];
  /** Answers of the webhook, one a request; then 200. */
  let answers: (number | "hang")[];
  let url: string;

  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        posted.push({ type: String(request.headers["content-type"]), body: Buffer.concat(chunks).toString() });
        const answer = answers.shift() ?? 200;
        if (answer !== "hang") response.writeHead(answer, { location: "http://127.0.0.1:1/elsewhere" }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${SECRET}`;
  });
  beforeEach(() => {
    posted = [];
    answers = [];
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await removeFolders();
  });

  const items = (state: string): Item[] => [
    { key: "certificate|EDGE01|AA", state, title: "EDGE01: CN=x", detail: "soon", remedy: ["renew"] },
  ];

  it("report tells a change once, by reference, and prints no address", async () => {
    const hosts = await hostsFile(lab());
    const state = join(await folder(), "state.json");
    const told = async (...more: string[]) => {
      const args = ["report", "--hosts", hosts, "--notify", "env:WEBHOOK", "--notify-state", state, ...more];
      const { code, out, err } = await cli(args, { WEBHOOK: url });
      for (const part of [url, SECRET, "very-secret"]) assert.ok(!`${out}${err}`.includes(part), err);
      assert.equal(code, 0, err);
      return posted.splice(0).map(({ body }) => JSON.parse(body) as NoticeDocument);
    };
    const [first, ...more] = await told();
    assert.deepEqual(more, []);
    assert.deepEqual([first.version, first.kind], [1, "report"]);
    assert.ok(first.changes.added.some(({ title, state }) => title.startsWith("EDGE01: CN=mail.contoso.com") && state === "red"));
    assert.deepEqual(await told(), [], "nothing changed");
    const later = new Date(Date.now() + 30 * 86_400_000).toISOString();
    const [crossed] = await told("--now", later);
    assert.ok(
      crossed.changes.changed.some(({ before, state }) => before === "red" && state === "expired"),
      "a threshold was crossed",
    );
    const text = await readFile(state, "utf8");
    for (const one of lab().ready.hosts) assert.ok(!text.includes(one.ssh.password));
    assert.ok(!text.includes("secret"));
  });

  it("doctor gives the document to a command, and what that prints is not the result", async () => {
    const made = await folder();
    const [script, file] = [join(made, "take.js"), join(made, "notice.json")];
    await writeFile(
      script,
      `let t="";process.stdin.on("data",(c)=>t+=c).on("end",()=>{require("fs").writeFileSync(process.argv[2],t);console.log("taken")})`,
    );
    const command = `"${process.execPath}" "${script}" "${file}"`;
    const args = ["doctor", "--hosts", await hostsFile(lab()), "--json", "--notify", command, "--notify-state", join(made, "s.json")];
    const { code, out, err } = await cli(args);
    assert.equal(code, 1, err);
    assert.ok(!out.includes("taken") && err.includes("taken"));
    const { findings } = JSON.parse(out) as { findings: unknown[] };
    const notice = JSON.parse(await readFile(file, "utf8")) as NoticeDocument;
    assert.ok(findings.length > 0 && notice.items.length > 0);
    assert.ok(
      notice.items.every(({ remedy }) => remedy.length > 0),
      "each says what to do",
    );
    const again = await cli(args);
    assert.match(again.err, /nothing changed since the last one/);
  });

  it("tries again what may pass, and remembers only what was delivered", async () => {
    const state = join(await folder(), "state.json");
    const flags = { hosts: "hosts.json", notify: url, notifyState: state };
    const { pausesMs, requestMs } = DELIVERY_TIMES;
    Object.assign(DELIVERY_TIMES, { pausesMs: [1, 1, 1] });
    try {
      answers = [500, 429];
      assert.equal(await notify("report", items("red"), new Date(), flags), true);
      assert.equal(posted.splice(0).length, 3);
      answers = [500, 500, 500, 500];
      assert.equal(await notify("report", items("expired"), new Date(), flags), false);
      assert.equal(posted.splice(0).length, 4);
      answers = [404];
      assert.equal(await notify("report", items("expired"), new Date(), flags), false);
      assert.equal(posted.splice(0).length, 1, "an answer that will not change");
      answers = [302];
      assert.equal(await notify("report", items("expired"), new Date(), flags), false, "a redirect is not followed");
      posted = [];
      Object.assign(DELIVERY_TIMES, { pausesMs: [], requestMs: 300 });
      answers = ["hang"];
      assert.equal(await notify("report", items("expired"), new Date(), flags), false);
      Object.assign(DELIVERY_TIMES, { requestMs });
      posted = [];
      assert.equal(await notify("report", items("expired"), new Date(), flags), true);
      const [late] = posted.map(({ body }) => JSON.parse(body) as NoticeDocument);
      assert.equal(late.changes.changed[0].before, "red", "told late, but told");
    } finally {
      Object.assign(DELIVERY_TIMES, { pausesMs, requestMs });
    }
  });

  it("a failure is said, in a code of its own", async () => {
    const args = ["report", "--hosts", await hostsFile(lab()), "--notify", "exit 3", "--notify-state", join(await folder(), "s.json")];
    const { code, err } = await cli(args);
    assert.equal(code, 1);
    assert.match(err, /\[NOTICE_FAILED\] The notice was not delivered: the command ended with 3/);
    const unset = await cli(["report", "--hosts", await hostsFile(lab()), "--notify", "env:NO_SUCH_WEBHOOK"]);
    assert.deepEqual([unset.code, /SECRET_UNAVAILABLE/.test(unset.err)], [1, true]);
    const odd = join(await folder(), "other.json");
    await writeFile(odd, "{}");
    const other = await cli(["report", "--hosts", await hostsFile(lab()), "--notify", "true", "--notify-state", odd]);
    assert.deepEqual([other.code, await readFile(odd, "utf8")], [1, "{}"], "a file that is something else stays");
  });
});
