/**
 * A further Edge's renewal at a distance: as the provider does it, as one long script does it (a process for each of its three parts, all
 * cmdlets on the servers themselves), and with a process for each cmdlet, as a program of `@pulumi/command` does it.
 */
import { setWriter } from "../provider/base/progress";
import { pathIn, SUBSCRIPTION_FILE } from "../provider/exchange/subscriptions";
import { readCertificate } from "../provider/pki";
import { closeAll } from "../provider/remote/sessions";
import { startAgent, type AgentSession } from "../provider/remote/agentClient";
import { agentScript } from "../provider/remote/agentScript";
import type { HostConnection } from "../provider/remote/hosts";
import type { Operation } from "../provider/remote/protocol";
import { connectSsh } from "../provider/remote/ssh";
import { EDGES, Rotation, type ContosoHosts } from "../tests/support/interop/rotation";
import { issuedCertificates } from "../lab/issued";
import type { LatencyName } from "../lab/model/settings";
import type { Lab } from "../lab/start";
import { pwshMissing } from "../tests/support/agents/stage";
import { passwordMissing, RealContoso } from "../tests/support/interop/contoso";
import { startTestLab } from "../tests/support/lab";
import { START_COST } from "./calls";
import { distanceTo } from "./delayProxy";
import { figure, timed, type Figure, type Note, type Outcome } from "./measure";

/** How many times longer one long script is to take, by the round trip in ms. */
const WANTED = new Map([
  [1, 2.5],
  [20, 2.2],
  [100, 1.5],
]);
/** The lab's own latencies, EdgeSync's five minutes among them, are waits for all three: they are left out. */
const SPEED = 100_000;
const START = { powershell: START_COST.powershell * SPEED, exchange: START_COST.exchange * SPEED };

export async function benchDistance(note: Note): Promise<Outcome> {
  return { ...(await table(note, simulated)), notes: NOTES };
}

/** The same with the shipped script in a real PowerShell behind OpenSSH's sshd; nothing, and why, where there is none. */
export async function benchRealDistance(note: Note): Promise<Outcome> {
  const missing = pwshMissing ?? passwordMissing;
  if (missing !== undefined) return { figures: [], notes: [`Left out: ${missing}.`] };
  return { ...(await table(note, real)), notes: REAL_NOTES };
}

const ALTERNATIVES =
  "The long script has three parts, each a process, and neither looks nor keeps a journal; a process for each cmdlet is @pulumi/command's way.";
const NOTES = [
  "A further Edge's renewal, all in the same minutes and with the same start costs (PowerShell 0.5 s, Exchange's shell 3 s; simulated); the lab's own latencies are left out.",
  ALTERNATIVES,
];
const REAL_NOTES = [
  "The same with the shipped script in a real PowerShell behind OpenSSH's sshd, whose starts take what they take here; its cmdlets are stand-ins that ask the lab, and Exchange's shell costs nothing.",
  ALTERNATIVES,
];

async function table(note: Note, open: () => Promise<Servers>): Promise<Outcome & { rows: string[][] }> {
  const before = setWriter(() => undefined);
  try {
    const figures: Figure[] = [];
    const rows = [
      ["round trip", "this package", "one long script", "a process for each cmdlet", "script ÷ package", "wanted", "each ÷ package"],
    ];
    for (const [ms, wanted] of WANTED) {
      note(`a round trip of ${ms} ms`);
      const ways = await at(ms, open);
      figures.push(...figuresOf(ms, ways, `≥ ${wanted}`));
      rows.push(rowOf(ms, ways, `≥ ${wanted}×`));
      note(rows.at(-1)!.join("  "));
    }
    return { figures, rows };
  } finally {
    setWriter(before);
  }
}

interface Ways {
  provider: number;
  script: number;
  each: number;
}

async function at(ms: number, open: () => Promise<Servers>): Promise<Ways> {
  return {
    provider: await withHosts(ms, open, (hosts) => furtherEdge(hosts.far, hosts.certificate)),
    script: await withHosts(ms, open, (hosts) => byScript(hosts, false)),
    each: await withHosts(ms, open, (hosts) => byScript(hosts, true)),
  };
}

function figuresOf(ms: number, { provider, script, each }: Ways, wanted: string): Figure[] {
  const named = (name: string, value: number): Figure => figure(`a further Edge at ${ms} ms: ${name}`, "s", [value / 1000]);
  const times = (name: string, value: number, aim?: string): Figure => figure(`a further Edge at ${ms} ms: ${name}`, "times", [value], aim);
  return [
    named("this package", provider),
    named("one long script", script),
    named("a process for each cmdlet (@pulumi/command)", each),
    times("one long script takes", script / provider, wanted),
    times("a process for each cmdlet takes", each / provider),
  ];
}

function rowOf(ms: number, { provider, script, each }: Ways, wanted: string): string[] {
  const seconds = (value: number): string => `${(value / 1000).toFixed(1)} s`;
  const times = (value: number): string => `${value.toFixed(1)}×`;
  return [`${ms} ms`, seconds(provider), seconds(script), seconds(each), times(script / provider), wanted, times(each / provider)];
}

interface Hosts {
  /** Through the distance. */
  far: ContosoHosts;
  near: ContosoHosts;
  certificate(name: string): { source: { pfx: string; password: string }; thumbprint: string };
}

interface Servers {
  lab: Lab;
  close(): Promise<void>;
}

async function simulated(): Promise<Servers> {
  const lab = await startTestLab({ scenario: "contoso", speed: SPEED, startCost: START });
  return { lab, close: () => lab.close() };
}

/** A real PowerShell has the machine's clock: the lab's time cannot run away from it, so that its waits are taken away instead. */
const WAITS: LatencyName[] = ["edgeSyncRun", "edgeSyncTrustCache", "serviceStop", "serviceStart", "adLdsStart", "export", "delivery"];

async function real(): Promise<Servers> {
  const latencies = Object.fromEntries(WAITS.map((name) => [name, 0]));
  const contoso = await RealContoso.open({ logon: "password", lab: { speed: 60, latencies }, powershell: { noise: false } });
  return { lab: contoso.throughSshd(), close: () => contoso.close() };
}

async function withHosts(ms: number, open: () => Promise<Servers>, work: (hosts: Hosts) => Promise<number>): Promise<number> {
  const { lab, close } = await open();
  const door = ({ host, port }: { host: string; port: number }): string => `${host}:${port}`;
  const proxies = await Promise.all(lab.ready.hosts.map(({ ssh }) => distanceTo(ssh, ms)));
  const connections = (port: (index: number) => number): ContosoHosts =>
    Object.fromEntries(
      lab.ready.hosts.map(({ name, fqdn, ssh, smtp, ldaps }, index) => [
        name,
        { ...ssh, name: fqdn, port: port(index), endpoints: { smtp: door(smtp), ...(ldaps && { ldaps: door(ldaps) }) } },
      ]),
    ) as unknown as ContosoHosts;
  try {
    return await work({
      far: connections((index) => proxies[index].port),
      near: connections((index) => lab.ready.hosts[index].ssh.port),
      certificate: (name) => {
        const { pfx, password, pem } = issuedCertificates(lab.organisation).find((one) => one.name === name)!;
        return { source: { pfx, password }, thumbprint: readCertificate(pem).thumbprint };
      },
    });
  } finally {
    await closeAll();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await close();
  }
}

/** From the first Edge's end to the second one's: only that Edge's connection is new. */
async function furtherEdge(hosts: ContosoHosts, certificate: Hosts["certificate"]): Promise<number> {
  const rotation = new Rotation(hosts);
  await rotation.up(certificate("v1").source);
  await closeAll();
  let began = 0;
  let took = 0;
  const apply = rotation.apply.bind(rotation);
  rotation.apply = async (kind, name, args) => {
    if (name === `${EDGES[1]}-certificate`) began = performance.now();
    const outs = await apply(kind, name, args);
    if (name === `${EDGES[1]}-service`) took = performance.now() - began;
    return outs;
  };
  await rotation.up(certificate("v2").source);
  return took;
}

type Line = [op: Operation, params: object];
const invoke = (cmdlet: string, parameters: object): Line => ["invoke", { cmdlet, parameters, select: [] }];

/** What has to be done at the least, without a look at anything. */
function lines({ source: { pfx, password }, thumbprint }: ReturnType<Hosts["certificate"]>): [server: keyof ContosoHosts, Line[]][] {
  const imported = { FileData: { $bytes: pfx }, Password: { $secure: password }, PrivateKeyExportable: false, Confirm: false };
  const file = { Force: true, Confirm: false };
  const transport = { name: "MSExchangeTransport" };
  return [
    [
      "EDGE02",
      [
        ["service.suspend", transport],
        invoke("Get-Queue", {}),
        ["service.stop", transport],
        invoke("Import-ExchangeCertificate", imported),
        invoke("Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: "SMTP", Force: true }),
        invoke("New-EdgeSubscription", file),
        ["file.read", { path: SUBSCRIPTION_FILE }],
        ["service.restart", { name: "ADAM_MSExchange", keepStopped: ["MSExchangeTransport"] }],
      ],
    ],
    [
      "MBX01",
      [
        invoke("Get-SendConnector", {}),
        invoke("New-EdgeSubscription", { Site: "Default-First-Site-Name", Confirm: false }),
        invoke("Start-EdgeSynchronization", { TargetServer: "edge02.contoso.com", ForceFullSync: true, Confirm: false }),
        invoke("Test-EdgeSynchronization", { TargetServer: "edge02.contoso.com" }),
      ],
    ],
    ["EDGE02", [["service.start", transport], invoke("Get-ExchangeCertificate", {})]],
  ];
}

/** A part starts PowerShell and Exchange's shell over the distance, and works on the server itself; `each`: every cmdlet does. */
async function byScript({ far, near, certificate }: Hosts, each: boolean): Promise<number> {
  let file = "";
  const parts = lines(certificate("v2"));
  // What a script does on the server itself: its own start is paid for at a distance, below.
  const inside = await Promise.all(parts.map(([server]) => connect(near[server])));
  for (const { agent } of inside) await agent.request("fence.raise", { fence: 1_000 });
  await Promise.all(inside.map(({ agent }) => loadShell(agent)));
  const took = await timed(async () => {
    for (const [index, [server, work]] of parts.entries()) {
      for (const [at, line] of work.entries()) {
        if (each || at === 0) await start(far[server]);
        const reply = await run(inside[index].agent, line, file);
        if (line[0] === "file.read") file = (reply as { data: string }).data;
      }
    }
  });
  for (const { agent, close } of inside) (agent.close(), close());
  return took;
}

async function run(agent: AgentSession, [op, params]: Line, file: string): Promise<unknown> {
  const { cmdlet, parameters = {} } = params as { cmdlet?: string; parameters?: { Site?: string } };
  const own = parameters.Site ? { FileData: { $bytes: file } } : { FileName: pathIn(agent.facts.folder, SUBSCRIPTION_FILE) };
  const given = cmdlet === "New-EdgeSubscription" ? { ...params, parameters: { ...own, ...parameters } } : params;
  return agent.request(op, given, { fence: 1_000 });
}

/** A connection, a process and Exchange's shell, and the end of it. */
async function start(host: HostConnection): Promise<void> {
  const { agent, close } = await connect(host);
  await loadShell(agent);
  agent.close();
  close();
}

/** The cheapest question that needs Exchange's shell. */
function loadShell(agent: AgentSession): Promise<unknown> {
  const parameters = { Identity: "no such connector" };
  return agent.request("invoke", { cmdlet: "Get-SendConnector", parameters, select: ["Name"] }).catch(() => undefined);
}

async function connect(host: HostConnection): Promise<{ agent: AgentSession; close: () => void }> {
  const ssh = await connectSsh(host);
  return { agent: await startAgent(ssh, { script: agentScript() }), close: () => ssh.close() };
}
