import assert from "node:assert/strict";
import { requireFromRoot } from "../tools/fromRoot";
import { importsOf, sourcesOf } from "./sources";

interface Rooms {
  refusal(file: string, specifier: string): string | undefined;
  roomOf(file: string): string | undefined;
}

const { refusal, roomOf } = requireFromRoot<Rooms>("tools/rooms.js");
const HOUSES = ["provider", "lab", "examples"];

describe("rooms", () => {
  for (const house of HOUSES) {
    it(`every import of ${house}/ goes downward`, () => {
      const files = sourcesOf(house);
      const found = files.flatMap((file) => importsOf(file).map((specifier) => ({ file, specifier, why: refusal(file, specifier) })));
      const wrong = found.filter((each) => each.why !== undefined);
      assert.deepEqual(wrong, []);
      if (house !== "examples") assert.ok(found.length > 0, "no import was read at all");
    });
  }

  const refused: [string, string, RegExp][] = [
    ["provider/base/errors.ts", "../pki/describe", /base lies below pki/],
    ["provider/rotation/engine.ts", "../handlers/certificate/create", /rotation lies below handlers/],
    ["provider/steps/start.ts", "../handlers/transport/converge", /steps lies below handlers/],
    ["provider/rotation/back.ts", "../steps/start", /rotation lies below steps/],
    ["provider/handlers/certificate/remove.ts", "../transport/converge", /no handler imports another/],
    ["provider/handlers/peers.ts", "./transport/converge", /no handler imports another/],
    ["provider/handlers/certificate/offline.ts", "../../runtime", /handlers lies below surface/],
    ["provider/handlers/certificate/offline.ts", "../..", /handlers lies below surface/],
    ["provider/handlers/certificate/offline.ts", "@pulumi/pulumi", /nothing of Pulumi's types/],
    ["provider/handlers/types.ts", "../../lab/model/contract", /provider must not import lab/],
    ["provider/index.ts", "../tests/support/skip", /provider must not import tests/],
    ["lab/model/server.ts", "../../provider/exchange/certificates", /second opinion/],
    ["lab/doors/ssh.ts", "../../provider/remote/sessions", /second opinion/],
    ["lab/cli.ts", "pulumi-exchange", /must not know/],
    ["examples/quickstart/index.ts", "../../provider/index", /as a user would/],
  ];
  for (const [file, specifier, why] of refused) {
    it(`refuses ${specifier} in ${file}`, () => assert.match(refusal(file, specifier) ?? "", why));
  }

  const accepted: [string, string][] = [
    ["provider/index.ts", "./resources/certificate"],
    ["provider/runtime.ts", "./handlers/certificate"],
    ["provider/handlers/certificate/offline.ts", "./plan"],
    ["provider/handlers/certificate/offline.ts", "../outcome"],
    ["provider/handlers/index.ts", "./certificate/index"],
    ["provider/handlers/certificate/converge.ts", "../../steps/undo"],
    ["provider/handlers/certificate/offline.ts", "../../rotation/reasons"],
    ["provider/remote/sessions.ts", "ssh2"],
    ["provider/exchange/certificates.ts", "../pki"],
    ["provider/resources/certificate.ts", "@pulumi/pulumi"],
    ["provider/cli/lab.ts", "../../lab/cli"],
    ["lab/doors/ssh.ts", "../../provider/remote/protocol"],
    ["lab/model/x509.ts", "../../provider/pki"],
    ["lab/model/x509.ts", "../../provider/pki/describe"],
    ["examples/quickstart/index.ts", "pulumi-exchange"],
    ["examples/quickstart/index.ts", "./certificates"],
    ["tests/unit/base/errors.test.ts", "../../../provider/base/errors"],
  ];
  for (const [file, specifier] of accepted) {
    it(`accepts ${specifier} in ${file}`, () => assert.equal(refusal(file, specifier), undefined));
  }

  it("knows the room of a file", () => {
    assert.equal(roomOf("provider/handlers/certificate/offline.ts"), "handlers");
    assert.equal(roomOf("provider/runtime.ts"), "surface");
    assert.equal(roomOf("provider/cli/main.ts"), "surface");
    assert.equal(roomOf("lab/cli.ts"), undefined);
  });
});
