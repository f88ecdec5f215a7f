/** Marked secrets through a whole rotation and every failure path: none is found anywhere, in six encodings. */
import assert from "node:assert/strict";
import { readDirectory } from "../../provider/directory";
import { closeAll } from "../../provider/remote/sessions";
import { ENCODINGS, Hunt, textForms } from "../support/canary/hunt";
import { Scene, type Form } from "../support/canary/scene";
import { call, control } from "../support/lab";

const FORMS: Form[] = ["references", "values"];
const hunt = new Hunt();

describe("secret canaries", () => {
  let scene: Scene;
  const open = async (form: Form): Promise<Scene> => (scene = await Scene.open(hunt, form));
  afterEach(async () => {
    await scene.close();
    assert.deepEqual(hunt.hits, []);
  });
  after(() => {
    console.log(
      `      figure: secret canaries: ${hunt.canaryCount} planted, ${hunt.placeCount} places searched, ${hunt.hits.length} found`,
    );
    for (const [kind, { places, bytes }] of Object.entries(hunt.searched)) console.log(`        ${kind}: ${places} places, ${bytes} bytes`);
  });
  const up = (name: string, kind?: "pfx" | "pem") => async (): Promise<void> => scene.stack.up(await scene.source(name, kind));
  /** Must fail, with this code. */
  const fails = async (what: string, code: string, work: () => Promise<unknown>): Promise<void> => {
    const error = await scene.run(what, work);
    assert(error, `${what} was accepted`);
    assert.match(error.message, new RegExp(code));
  };
  const succeeds = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const error = await scene.run(what, work);
    if (error) throw error;
  };

  for (const form of FORMS) {
    it(`a whole rotation, a refresh and a destroy, secrets given as ${form}`, async () => {
      await open(form);
      await succeeds("v1", up("v1"));
      await succeeds("v2", up("v2", form === "values" ? "pem" : "pfx"));
      await succeeds("refresh", () => scene.stack.refresh());
      await succeeds("destroy", () => scene.stack.destroy());
      const history = await control(scene.lab).history();
      assert(
        history.some(({ cmdlet }) => cmdlet === "New-EdgeSubscription"),
        "a subscription file was made",
      );
      assert(hunt.names.has("ESRA password"), "its credential was looked for");
    });

    it(`what is refused before anything changes, secrets given as ${form}`, async () => {
      await open(form);
      const good = await scene.source("v1");
      const other = await scene.source("v2", "pem");
      const { key } = { key: (await scene.source("v1", "pem")).privateKey };
      const { EDGE01, EDGE02, MBX01 } = scene.hosts;
      const certificate = (args: object) => () =>
        scene.stack.apply("Certificate", "c", { host: EDGE01, organization: MBX01, source: good, services: [], ...args });
      const pfx = scene.texts.pfx;
      hunt.plant("wrong password", `${pfx}-wrong`);
      const garbage = Buffer.from(`no container ${pfx}`).toString("base64");
      await fails("wrong PFX password", "PFX_PASSWORD_WRONG", certificate({ source: { ...good, password: `${pfx}-wrong` } }));
      await fails("no PFX", "PFX_UNREADABLE", certificate({ source: { ...good, pfx: garbage } }));
      await fails("a key of another certificate", "KEY_MISMATCH", certificate({ source: { ...other, privateKey: key } }));
      await fails("a key that is none", "PEM_UNREADABLE", certificate({ source: { ...other, privateKey: pfx } }));
      await fails("an unknown argument", "UNKNOWN_ARGUMENT", certificate({ passwort: pfx }));
      await fails("an unknown argument in a host", "UNKNOWN_ARGUMENT", certificate({ host: { ...EDGE01, passwort: pfx } }));
      await fails("a reference to nothing", "SECRET_UNAVAILABLE", certificate({ source: { ...good, password: { env: "CANARY_NONE" } } }));
      await fails("a wrong SSH password", "LOGIN_FAILED", certificate({ host: { ...EDGE01, password: `${pfx}-wrong` } }));
      await fails("an SSH key that is none", "SSH_KEY_UNREADABLE", certificate({ host: { ...EDGE02, privateKey: pfx } }));
      await fails("a wrong passphrase", "SSH_KEY_UNREADABLE", certificate({ host: { ...EDGE02, privateKeyPassword: `${pfx}-wrong` } }));
      await fails("another host key", "HOST_KEY_CHANGED", certificate({ host: { ...EDGE01, hostKey: lineOf("EDGE02") } }));
      await fails("nobody there", "HOST_UNREACHABLE", certificate({ host: { ...EDGE01, port: 1 } }));
      // Another wrong one: a password that was refused once is not sent for that account again.
      hunt.plant("wrong credential", `${pfx}-wrong-too`);
      const wrongShell = { ...MBX01, exchangeCredential: { user: "Administrator", password: `${pfx}-wrong-too` } };
      await fails("a wrong Exchange credential", "EXCHANGE_MISSING|SHELL_CREDENTIAL", certificate({ host: wrongShell }));
      const { directory } = scene.lab.ready;
      await fails("a wrong directory password", "LOGIN_FAILED", () => readDirectory({ ...directory, password: `${pfx}-wrong` }));
      assert.deepEqual(
        (await control(scene.lab).history()).filter(({ mutating }) => mutating),
        [],
      );
    });
  }

  const lineOf = (name: string): string => scene.lab.ready.hosts.find((host) => host.name === name)!.ssh.hostKey;

  /** v3 has another issuer: its chain has to be installed, and the connector's name flips. */
  const calls = [
    ["EDGE01", "chain.import", "v3"],
    ["EDGE01", "Import-ExchangeCertificate", "v2"],
    ["EDGE01", "Enable-ExchangeCertificate", "v2"],
    ["EDGE01", "New-EdgeSubscription", "v2"],
    ["EDGE01", "file.read", "v2"],
    ["EDGE01", "file.append", "v2"],
    ["EDGE01", "Restart-Service", "v2"],
    ["MBX01", "New-EdgeSubscription", "v2"],
    ["MBX01", "Start-EdgeSynchronization", "v2"],
    ["MBX01", "Set-SendConnector", "v3"],
    ["EDGE02", "Start-Service", "v2"],
    ["EDGE02", "start", "v2"],
  ] as const;
  const ends = [
    { at: "before", kind: "error" },
    { at: "after", kind: "error" },
    { at: "after", kind: "kill" },
    { at: "reply", kind: "disconnect" },
  ] as const;
  calls.forEach(([host, cmdlet, name], index) => {
    const { at, kind } = ends[index % ends.length];
    const form = FORMS[(index >> 2) % 2];
    it(`${cmdlet} of ${host}: ${kind} ${at}, and the run after it, secrets given as ${form}`, async () => {
      await open(form);
      await succeeds("v1", up("v1"));
      const source = await scene.source(name);
      const echoed = Object.values(scene.texts).flatMap((secret) => Object.values(textForms(secret)).flat());
      const message = kind === "error" ? `The server says: ${echoed.join(" | ")}` : undefined;
      await closeAll(); // a new run starts its own processes
      await control(scene.lab).fault({ host, cmdlet, at, kind, message });
      await scene.run(`${cmdlet} ${kind} ${at}`, () => scene.stack.up(source));
      const [fault] = (await call(scene.lab, "GET", "/faults")) as { hit: number }[];
      assert(fault.hit > 0, "the fault was never met");
      await control(scene.lab).clearFaults();
      await succeeds("the run after it", () => scene.stack.up(source));
    });
  });

  it("finds a leak in every encoding and every kind of place", () => {
    const secret = 'Pa55 "wörd" +/&%';
    const forms = textForms(secret);
    for (const encoding of ENCODINGS) {
      for (const form of forms[encoding]) {
        const own = new Hunt();
        own.plant("planted", secret);
        own.search("output:clean", "nothing to see");
        assert.deepEqual(own.hits, []);
        own.search("output:dirty", `before ${form} after`);
        assert.equal(own.hits.length, 1, `${encoding} ${form}`);
      }
    }
    const inside = new Hunt();
    inside.plant("planted", secret);
    for (const shift of [0, 1, 2, 3]) inside.search("file", Buffer.from(`${"x".repeat(shift)}${secret}yz`).toString("base64"));
    inside.search("file", Buffer.from(`$p='${secret}'`, "utf16le").toString("base64"));
    inside.search("file", JSON.stringify({ line: JSON.stringify({ password: secret }) }));
    assert.equal(inside.hits.length, 6);
  });
});
