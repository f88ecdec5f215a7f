/**
 * A further Edge's renewal at a distance: as the provider does it, as one long script does it (a process for each of its three parts, all
 * cmdlets on the servers themselves), and with a process for each cmdlet, as a program of `@pulumi/command` does it.
 */
import { setWriter } from "../provider/base/progress";
import { readCertificate } from "../provider/pki";
import { closeAll } from "../provider/remote/sessions";
import { startAgent, type AgentSession } from "../provider/remote/agentClient";
import { agentScript } from "../provider/remote/agentScript";
import type { HostConnection } from "../provider/remote/hosts";
import type { Operation } from "../provider/remote/protocol";
import { connectSsh } from "../provider/remote/ssh";
import { EDGES, Rotation, type ContosoHosts } from "../tests/support/interop/rotation";
import { issuedCertificates } from "../lab/issued";
import { startTestLab } from "../tests/support/lab";
import { START_COST } from "./calls";
import { distanceTo } from "./delayProxy";
import { figure, timed, type Figure } from "./measure";

const ROUND_TRIPS = [1, 20, 100];
/** The lab's own latencies, EdgeSync's five minutes among them, are waits for all three: they are left out. */
const SPEED = 100_000;
const START = { powershell: START_COST.powershell * SPEED, exchange: START_COST.exchange * SPEED };

export async function benchDistance(note: (text: string) => void): Promise<Figure[]> {
  const before = setWriter(() => undefined);
  try {
    const figures: Figure[] = [];
    for (const ms of ROUND_TRIPS) {
      note(`a further Edge at a round trip of ${ms} ms`);
      figures.push(...(await at(ms)));
    }
    return figures;
  } finally {
    setWriter(before);
  }
}

async function at(ms: number): Promise<Figure[]> {
  const provider = await withHosts(ms, (hosts) => furtherEdge(hosts.far, hosts.certificate));
  const script = await withHosts(ms, (hosts) => byScript(hosts, false));
  const each = await withHosts(ms, (hosts) => byScript(hosts, true));
  const named = (name: string, value: number): Figure => figure(`a further Edge at ${ms} ms: ${name}`, "s", [value / 1000]);
  const times = (name: string, value: number): Figure => figure(`a further Edge at ${ms} ms: ${name}`, "times", [value]);
  return [
    named("this package", provider),
    named("one long script", script),
    named("a process for each cmdlet (@pulumi/command)", each),
    times("one long script takes", script / provider),
    times("a process for each cmdlet takes", each / provider),
  ];
}

interface Hosts {
  /** Through the distance. */
  far: ContosoHosts;
  near: ContosoHosts;
  certificate(name: string): { source: { pfx: string; password: string }; thumbprint: string };
}

async function withHosts(ms: number, work: (hosts: Hosts) => Promise<number>): Promise<number> {
  const lab = await startTestLab({ scenario: "contoso", speed: SPEED, startCost: START });
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
    await lab.close();
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
  const file = { FileName: "C:\\ProgramData\\pulumi-exchange\\subscription.xml", Force: true, Confirm: false };
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
        ["file.read", { path: "subscription.xml" }],
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
  const inside = await Promise.all(parts.map(([server]) => open(near[server])));
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
  const given =
    cmdlet === "New-EdgeSubscription" && parameters.Site
      ? { ...params, parameters: { FileData: { $bytes: file }, ...parameters } }
      : params;
  return agent.request(op, given, { fence: 1_000 });
}

/** A connection, a process and Exchange's shell, and the end of it. */
async function start(host: HostConnection): Promise<void> {
  const { agent, close } = await open(host);
  await loadShell(agent);
  agent.close();
  close();
}

/** The cheapest question that needs Exchange's shell. */
function loadShell(agent: AgentSession): Promise<unknown> {
  const parameters = { Identity: "no such connector" };
  return agent.request("invoke", { cmdlet: "Get-SendConnector", parameters, select: ["Name"] }).catch(() => undefined);
}

async function open(host: HostConnection): Promise<{ agent: AgentSession; close: () => void }> {
  const ssh = await connectSsh(host);
  return { agent: await startAgent(ssh, { script: agentScript() }), close: () => ssh.close() };
}
