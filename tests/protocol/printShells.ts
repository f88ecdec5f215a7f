/** A program of its own: prints the provider text of every class as JSON, as Pulumi would store it. */
import * as exchange from "../../provider/resources";
import { record } from "../unit/resources/recorder";

const host: exchange.ConnectionArgs = { host: "edge01.contoso.com", user: "admin", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" };
const source = { pfx: { file: "edge.pfx" }, password: { env: "PFX_PASSWORD" } };

function oneOfEach(): void {
  new exchange.Certificate("r", { host, source, services: [] });
  new exchange.CertificateRequest("r", { host, subject: "CN=a", domainNames: ["a"] });
  new exchange.SendConnectorTls("r", { host, connector: "Outbound" });
  new exchange.ReceiveConnectorTls("r", { host, connector: "Inbound" });
  new exchange.HybridConfigurationTls("r", { host, tlsCertificateName: "<I>a<S>b" });
  new exchange.AuthCertificate("r", { host });
  new exchange.EdgeSubscription("r", { edge: host, organization: host, site: "S" });
  new exchange.TransportService("r", { host });
}

/** Class name → the text under `__provider`. */
export async function shellTexts(): Promise<Record<string, string>> {
  const { resources } = await record(oneOfEach);
  return Object.fromEntries(resources.map(({ type, inputs }) => [type, inputs.__provider as string]));
}

if (require.main === module) {
  shellTexts().then(
    (texts) => process.stdout.write(JSON.stringify(texts)),
    (error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
}
