/** A web certificate of the internal authority, whose template waits for an official: run again until it is issued. */
import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "pulumi-exchange";
import { readHost } from "./servers";

const config = new pulumi.Config();

const web = new Certificate("web", {
  host: readHost(config, config.get("server") ?? "MBX01"),
  source: {
    adcs: {
      ca: config.get("ca") ?? "dc01\\Contoso Issuing CA",
      template: config.get("template") ?? "WebServerManual",
      domainNames: config.getObject<string[]>("domainNames") ?? ["mail.contoso.com", "autodiscover.contoso.com"],
    },
  },
  services: ["IIS"],
  renewBefore: 30,
});

export const thumbprint = web.thumbprint;
export const notAfter = web.notAfter;
