/**
 * PowerShell for Windows runs the shipped script, on a simulated Windows (Wine) with a real registry, real services, stores and access
 * lists: what Windows supplies, and aliases cover elsewhere.
 */
import { strict as assert } from "node:assert";
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRoot } from "../../lab/interop/programs";
import { asWindows, EXCHANGE_KEY, exchangeRegistry } from "../../lab/powershell/wine";
import { AGENT_SHA256 } from "../../provider/remote/agentHash";
import { packageRoot } from "../../provider/remote/agentScript";
import type { Reply, ServiceInfo } from "../../provider/remote/protocol";
import { issuedCertificates } from "../../lab/issued";
import { documentedCommands } from "../support/agents/documentedCommands";
import type { ChildAgent } from "../support/agents/child";
import { labNames } from "../support/agents/replay";
import { stageForAll, wineMissing } from "../support/agents/stage";
import { until } from "../support/lab";
import { skipUnless } from "../support/skip";

const TRANSPORT = { name: "MSExchangeTransport" };
const SLOW = { name: "MSExchangeEdgeSync" };
const SERVICES = [
  { name: "MSExchangeTransport", ms: 50 },
  { name: "ADAM_MSExchange", ms: 50 },
  { name: "MSExchangeEdgeSync", ms: 1_500 },
  { name: "MSExchangeAntispamUpdate", ms: 50, start: "Manual" },
  { name: "MSExchangeServiceHost", ms: 50, start: "Disabled" },
] as const;
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** What looks.ps1 prints. */
interface Looks {
  roles: { [state: string]: { role: string; version: string | null; path: string | null } };
  policies: { [state: string]: string | null };
  folders: {
    alien: { path: string; error: string | null };
    link: { path: string; error: string | null };
    open: { before: string[]; found: { error: string | null }; after: string[] };
    work: string[];
  };
  netsh: string;
  own: string;
}

skipUnless(wineMissing === undefined, wineMissing ?? "").describe(
  "the shipped script in PowerShell for Windows, on a simulated Windows",
  () => {
    const stage = stageForAll(() => ({}), SERVICES);
    /** Started one after the other, each with another registry; they live side by side. */
    const agents: { [state: string]: ChildAgent } = {};
    let looks: Looks;
    let edge: ChildAgent;
    const crew = (): ChildAgent[] => Object.values(agents).filter((one) => !one.closed);
    const status = async (agent: ChildAgent, name: string): Promise<string> =>
      (await agent.value<ServiceInfo & Record<string, unknown>>("service.status", { name })).status;

    before(async function () {
      this.timeout(300_000);
      const windows = stage().windows!;
      agents.edge = edge = await stage().agent("EDGE01");
      await windows.registry(exchangeRegistry("Mailbox"));
      agents.mailbox = await stage().agent("EDGE01");
      await windows.registry(exchangeRegistry(undefined));
      agents.half = await stage().agent("EDGE01");
      await windows.registry({ [`${EXCHANGE_KEY}\\Setup`]: null });
      agents.none = await stage().agent("EDGE01");
      looks = await lookAround();
    });

    async function lookAround(): Promise<Looks> {
      const folder = (name: string): string => join(stage().folder, name);
      for (const name of ["alien", "open", "target"]) mkdirSync(folder(name));
      symlinkSync(folder("target"), folder("link"));
      chmodSync(folder("open"), 0o777);
      if (isRoot()) chownSync(folder("alien"), 4242, 4242);
      const root = join(packageRoot(__dirname));
      const variables = {
        PX_PARTS: join(root, "provider", "remote", "agent"),
        PX_ALIEN: folder("alien"),
        PX_LINK: folder("link"),
        PX_OPEN: folder("open"),
        PX_WORK: stage().windows!.workFolder,
      };
      const set = Object.entries(variables).map(([name, path]) => `$env:${name} = '${asWindows(path)}';`);
      const text = await stage().windows!.powershell(`${set.join("")} . '${asWindows(join(root, "tests", "powershell", "looks.ps1"))}'`);
      return JSON.parse(text.trim().split("\n").at(-1)!) as Looks;
    }

    it("ready: the shipped script on Windows, with role and version from the registry", () => {
      const { agent, elevated, folder, bits, scriptPolicy, fence } = edge.ready;
      assert.deepEqual([agent, elevated, bits, scriptPolicy, fence], [AGENT_SHA256, true, 64, null, 0]);
      assert.equal(folder, "C:\\ProgramData\\pulumi-exchange");
      const found = Object.entries(agents).map(([state, { ready }]) => [state, ready.role, ready.exchange]);
      assert.deepEqual(found, [
        ["edge", "Edge", "15.2.1544.4"],
        ["mailbox", "Mailbox", "15.2.1544.4"],
        ["half", "None", "15.2.1544.4"],
        ["none", "None", null],
      ]);
    });

    it("role and version for what setups of Exchange leave behind", () => {
      const found = Object.entries(looks.roles).map(([state, { role, version, path }]) => [state, role, version, path]);
      assert.deepEqual(found, [
        ["edge", "Edge", "15.2.1544.4", "C:\\V15\\"],
        ["mailbox", "Mailbox", "15.2.1544.4", "C:\\V15\\"],
        ["exchange2010", "Mailbox", "14.3.123.4", "C:\\V14\\"],
        ["oldBesideNew", "Mailbox", "15.2.1544.4", "C:\\V15\\"],
        ["toolsOnly", "None", "15.2.1544.4", "C:\\V15\\"],
        ["setupBrokeOff", "None", null, null],
        ["withoutVersion", "None", null, null],
        ["none", "None", null, null],
      ]);
    });

    it("what a group policy says of scripts: the computer's word before the user's", () => {
      const { computer, user, off, onWithoutAPolicy, none } = looks.policies;
      assert.deepEqual([computer, user, off, onWithoutAPolicy, none], ["AllSigned", "AllSigned", "Restricted", "AllSigned", null]);
    });

    it("the working folder: nobody but administrators, SYSTEM and this account writes", () => {
      const { alien, link, open, work } = looks.folders;
      const trusted = ["S-1-5-18", "S-1-5-32-544", looks.own];
      const foreign = (list: string[]): string[] => list.filter((sid) => !trusted.includes(sid));
      assert.deepEqual(foreign(work), []);
      assert.ok(work.includes(looks.own), work.join());
      // Wine keeps what others may write, and lets everybody read
      assert.deepEqual(foreign(open.before), ["S-1-1-0"], "prepared for everybody");
      assert.deepEqual([open.found.error, foreign(open.after)], [null, []], "ours again");
      assert.match(link.error ?? "", /link or junction/);
      if (isRoot()) assert.match(alien.error ?? "", /belongs to S-1-/);
    });

    it("where netsh does not say what http.sys is bound to nothing is removed", () => {
      assert.equal(looks.netsh, "GuardRefused: netsh does not say what http.sys is bound to.");
    });

    it("Exchange's shell from its snap-in; certificates and a change", async () => {
      assert.equal((await edge.value("shell.open")).kind, "snapin");
      const names = labNames(stage().lab);
      const list = { cmdlet: "Get-ExchangeCertificate", parameters: {}, select: ["Thumbprint", "Services", "RawData"] };
      const { objects } = await edge.value<{ objects: { Thumbprint: string; Services: string }[] }>("invoke", list);
      const v1 = objects.find(({ Thumbprint }) => Thumbprint === names["A".repeat(40)]);
      assert.match(v1?.Services ?? "", /SMTP/);
      const set = {
        cmdlet: "New-EdgeSubscription",
        parameters: { FileName: `${edge.ready.folder}\\s.xml`, Force: true, Confirm: false },
        select: [],
      };
      await edge.value("invoke", set, { fence: 1 });
      const { data } = await edge.value<{ data: string }>("file.read", { path: "s.xml" });
      assert.match(Buffer.from(data, "base64").toString(), /<EdgeSubscriptionData/);
      await edge.value("file.remove", { path: "s.xml" });
    });

    it("services: each change, what is not there, what is disabled", async () => {
      const seen: string[] = [];
      for (const verb of ["suspend", "resume", "stop", "start"])
        seen.push(String((await edge.value(`service.${verb}`, TRANSPORT, { fence: 1 })).status));
      assert.deepEqual(seen, ["Paused", "Running", "Stopped", "Running"]);
      await edge.value("service.suspend", TRANSPORT, { fence: 1 });
      assert.equal(await edge.refusal("service.start", TRANSPORT, { fence: 1 }), "ServiceFailed");
      assert.equal((await edge.value("service.restart", { ...TRANSPORT, keepStopped: [] }, { fence: 1 })).status, "Running");
      assert.equal(await edge.refusal("service.status", { name: "W3SVC" }), "ServiceNotFound");
      const types = await Promise.all(
        ["MSExchangeTransport", "MSExchangeAntispamUpdate", "MSExchangeServiceHost"].map((name) => edge.value("service.status", { name })),
      );
      assert.deepEqual(
        types.map(({ startType, status }) => [startType, status]),
        [
          ["Automatic", "Running"],
          ["Manual", "Stopped"],
          ["Disabled", "Stopped"],
        ],
      );
      assert.equal(await edge.refusal("service.start", { name: "MSExchangeServiceHost" }, { fence: 1 }), "ServiceFailed");
      assert.equal(await edge.refusal("service.suspend", { name: "MSExchangeAntispamUpdate" }, { fence: 1 }), "ServiceFailed");
      assert.equal((await edge.value("service.start", { name: "MSExchangeAntispamUpdate" }, { fence: 1 })).status, "Running");
    });

    it("services that take their time: a pending state is shown, and waited for", async () => {
      const shown = new Set<string>();
      const watched = async (change: Promise<unknown>, end: string): Promise<void> => {
        for (let now = ""; now !== end; shown.add(now)) now = await status(agents.mailbox, SLOW.name);
        await change;
      };
      // a look between two states may come too late on a busy machine; then once more
      for (let round = 0; round < 5 && !(shown.has("PausePending") && shown.has("ContinuePending")); round++) {
        await watched(edge.value("service.suspend", SLOW, { fence: 1 }), "Paused");
        await watched(edge.value("service.resume", SLOW, { fence: 1 }), "Running");
      }
      assert.deepEqual([...shown].sort(), ["ContinuePending", "PausePending", "Paused", "Running"]);
      // somebody else stops it: the agent's stop waits for the same end
      const outside = stage().windows!.program("sc", "stop", SLOW.name);
      await until("it stops", async () => (await status(agents.mailbox, SLOW.name)) !== "Running", 60_000);
      assert.equal((await edge.value("service.stop", SLOW, { fence: 1 })).status, "Stopped");
      await outside;
    });

    it("stores of the machine: a chain is installed once, and seen by every process", async () => {
      const { chainPem, pem } = issuedCertificates(stage().lab.organisation).find(({ name }) => name === "foreignRoot")!;
      const der = (text: string): string => text.replace(/-----[^-]+-----|\s/g, "");
      const certificates = chainPem.map(der);
      const { added } = await edge.value<{ added: { thumbprint: string; store: string }[] }>(
        "chain.import",
        { certificates },
        { fence: 1 },
      );
      assert.equal(added.at(-1)?.store, "Root");
      assert.deepEqual(await edge.value("chain.import", { certificates }, { fence: 1 }), { added: [] });
      const thumbprints = added.map(({ thumbprint }) => thumbprint);
      const { present } = await agents.none.value<{ present: string[] }>("chain.status", { thumbprints: [...thumbprints, "0".repeat(40)] });
      assert.deepEqual(present.sort(), thumbprints.sort());
      assert.deepEqual(await edge.value("certificate.inspect", { thumbprint: "0".repeat(40) }), { found: false });
      const trust = await edge.value("chain.trust", { certificate: der(pem), chain: [] });
      assert.equal(trust.root, added.at(-1)?.thumbprint);
      const gone = { thumbprint: "0".repeat(40), keep: "1".repeat(40) };
      assert.deepEqual(await edge.value("certificate.remove", gone, { fence: 1 }), { removed: false });
    });

    it("certreq: its arguments arrive as they were meant, and nothing is left behind", async () => {
      const make = {
        cmdlet: "New-ExchangeCertificate",
        parameters: {
          GenerateRequest: true,
          BinaryEncoded: true,
          SubjectName: "CN=mail.contoso.com",
          DomainName: ["mail.contoso.com"],
          KeySize: 2048,
        },
        select: ["FileData"],
      };
      const { objects } = await edge.value<{ objects: { FileData: string }[] }>("invoke", make, { fence: 1 });
      const submit = { ca: "CA01.contoso.com\\Contoso Issuing CA", template: "WebServer", request: objects[0].FileData };
      const issued = await edge.value("certreq.submit", submit, { fence: 1 });
      assert.deepEqual([issued.disposition, typeof issued.requestId], ["issued", "number"], JSON.stringify(issued));
      assert.match(String(issued.certificate), /BEGIN CERTIFICATE/);
      assert.equal(await edge.refusal("certreq.submit", { ...submit, ca: "NOWHERE\\No authority" }, { fence: 1 }), "ExecutableFailed");
      const left = readdirSync(join(stage().windows!.workFolder, ".agent")).filter((name) => name.startsWith("certreq"));
      assert.deepEqual(left, []);
    });

    it("certreq -new: what it is told arrives whole; without its key it is no success", async () => {
      const wanted = {
        domainNames: ["edge01.contoso.com", "*.contoso.com"],
        days: 90,
        keySize: 2048,
        friendlyName: 'Ädge "90 %"',
        exportable: true,
      };
      const reply = await edge.request("certificate.makeSelfSigned", wanted, { fence: 1 });
      assert.ok(reply && !reply.ok, JSON.stringify(reply));
      assert.equal(reply.error.class, "ExecutableFailed");
      assert.match(reply.error.message, /certreq has made [0-9A-F]{40}, but the computer's store does not have it with its key/);
      const made = stage().lab.history.entries.find(({ cmdlet }) => cmdlet === "certificate.makeSelfSigned");
      assert.deepEqual(made?.parameters, wanted);
      const left = readdirSync(join(stage().windows!.workFolder, ".agent")).filter((name) => name.startsWith("certreq"));
      assert.deepEqual(left, []);
    });

    it("reserved names, streams and other spellings are refused; case is ignored", async () => {
      const refused = [
        "con",
        "NUL.txt",
        "com1.log",
        "lpt9",
        "a:b",
        "a::$DATA",
        "a.",
        "a ",
        "a\\b",
        "C:x",
        "aux/x",
        "x/prn",
        "progra~1",
        ".agent/fence",
        "../x",
      ];
      for (const path of refused) assert.equal(await edge.refusal("file.write", { path, data: "" }), "NotAllowed", path);
      await edge.value("file.write", { path: "Case/Name.txt", data: base64("one") });
      assert.deepEqual(await edge.value("file.createNew", { path: "case/NAME.TXT", data: "" }), { created: false });
      assert.deepEqual(await agents.half.value("file.read", { path: "CASE/name.txt" }), { found: true, data: base64("one") });
      symlinkSync(stage().folder, join(stage().windows!.workFolder, "out"));
      assert.equal(await edge.refusal("file.write", { path: "out/x", data: "" }), "FileFailed");
      const long = Buffer.alloc(690_000, 7).toString("base64");
      await edge.value("file.write", { path: "long", data: long });
      assert.equal((await edge.value("file.read", { path: "long" })).data, long);
    });

    it("four agents race: one winner, no append lost, fences grow, a key counts once", async function () {
      this.timeout(300_000);
      const won = (reply: Reply | undefined): boolean => !!reply?.ok && (reply.value as { created: boolean }).created;
      const all = crew();
      assert.equal(all.length, 4);
      const written: string[] = [];
      for (let fence = 2; fence < 12; fence++) {
        if (fence === 8) agents.none.destroy();
        const texts = all.map((_, index) => `${fence}:${index}\n`);
        const races = all.map((one) => one.request("file.createNew", { path: `race/${fence}`, data: base64("x") }, { fence }));
        const appends = all.map((one, index) => one.request("file.append", { path: "log", data: base64(texts[index]) }, { fence }));
        const winners = (await Promise.all(races)).filter(won).length;
        assert.ok(winners === 1 || (fence === 8 && winners === 0), `round ${fence}: ${winners} winners`);
        (await Promise.all(appends)).forEach((reply, index) => reply?.ok && written.push(texts[index]));
      }
      const lines = Buffer.from((await edge.value<{ data: string }>("file.read", { path: "log" })).data, "base64")
        .toString()
        .split("\n");
      for (const text of written) assert.equal(lines.filter((line) => `${line}\n` === text).length, 1, text);
      const left = crew();
      assert.ok(written.length >= 10 * left.length, `${written.length} appends`);

      const raised = await Promise.all(left.map((one, index) => one.request("fence.raise", { fence: 20 + index })));
      assert.ok(raised.at(-1)?.ok);
      for (const one of left) assert.equal((await one.value("hello")).fence, 19 + left.length);
      assert.equal(await edge.refusal("service.stop", TRANSPORT, { fence: 20 }), "Fenced");

      const suspend = (): Promise<string[]> =>
        Promise.all(left.map(async (one) => String((await one.value("service.suspend", TRANSPORT, { fence: 40, key: "once" })).status)));
      assert.deepEqual(new Set(await suspend()), new Set(["Paused"]));

      await edge.value("service.resume", TRANSPORT, { fence: 40, key: "other" });
      assert.deepEqual(new Set(await suspend()), new Set(["Paused"]), "the stored reply");
      assert.equal(await status(edge, TRANSPORT.name), "Running", "and not done again");
    });

    it("docs/windows.md: in cmd every command line says what it is meant to", async () => {
      const folder = join(stage().folder, "typed");
      mkdirSync(join(folder, "bin"), { recursive: true });
      const said = join(folder, "said.txt");
      const says = (name: string): string => `@>>"${asWindows(said)}" echo ${name} %*\r\n`;
      const key = "ssh-ed25519 AAAAC3Nz edge01.contoso.com";
      for (const name of ["npm", "pulumi", "show"]) writeFileSync(join(folder, "bin", `${name}.cmd`), says(name));
      writeFileSync(join(folder, "bin", "npx.cmd"), `${says("npx")}@echo ${key}\r\n`);
      writeFileSync(join(folder, "hosts.json"), '[{"name":"EDGE01"}]\r\n');
      writeFileSync(join(folder, "ca.pem"), "PEM\r\n");
      const lines = documentedCommands("cmd").flatMap((line) => {
        const variable = /^set (?:\/p )?(\w+)=/.exec(line)?.[1];
        return variable === undefined ? [line] : [line, `show [%${variable}%]`];
      });
      await stage().windows!.typed(folder, lines);
      assert.deepEqual(
        readFileSync(said, "utf8")
          .trimEnd()
          .split(/ *\r\n/),
        [
          "show [pass word]",
          "pulumi config set hosts",
          'show [[{"name":"EDGE01"}]]',
          "npx pulumi-exchange lab",
          "npx pulumi-exchange report --hosts lab.json",
          "npx pulumi-exchange host-key edge01.contoso.com",
          "show [2026-12-01T00:00:00Z]",
          "pulumi config set --path hosts.EDGE01.host edge01.contoso.com",
          "npx pulumi-exchange host-key edge01.contoso.com",
          `pulumi config set --path hosts.EDGE01.hostKey "${key}"`,
          "pulumi config set caCertificate",
          "npm run lab -- --scenario contoso",
          'npm run faults -- --grep "cut|kill"',
          'npx pulumi-exchange report --hosts "C:\\Users\\me\\My stack\\hosts.json"',
        ],
      );
      assert.equal(readFileSync(join(folder, "lab.json"), "utf8").trim(), key, "what it printed is in the file");
    });

    it("docs/servers.md: the JEA endpoint's files pass PowerShell's own test", async () => {
      const page = readFileSync(join(packageRoot(__dirname), "docs", "servers.md"), "utf8");
      const block = /```powershell\n(# on the server, elevated; the file lies[\s\S]*?)```/.exec(page)![1];
      const capability = asWindows(join(packageRoot(__dirname), "docs", "jea"));
      // registering needs WS-Management, which is not there
      const text = block.replace(/^Register-PSSessionConfiguration .*$/m, "");
      assert.notEqual(text, block);
      const result = await stage().windows!.powershell(
        `$ErrorActionPreference = 'Stop'; Copy-Item '${capability}\\PulumiExchange.psrc' C:\\; Set-Location C:\\\n${text}`,
      );
      assert.match(result.trim(), /^True$/m, result);
    });

    it("ends at the end of its input", async () => {
      await edge.end();
      assert.deepEqual([edge.exitCode, edge.stderr.replace(/wine: .*\n/g, "")], [0, ""]);
    });
  },
);
