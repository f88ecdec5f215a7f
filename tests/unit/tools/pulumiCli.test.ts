import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cliMissing } from "../../../tools/testing/engine";
import { skipUnless } from "../../support/skip";
import { checkoutRoot, requireFromRoot } from "./fromRoot";

interface Cli {
  providePulumi(facts: {
    root: string;
    say: (text: string) => void;
    cacheRoot: string;
    alsoLookIn?: string[];
    env: NodeJS.ProcessEnv;
  }): Promise<{ pulumiBin: string; why: string }>;
}
interface Decisions {
  pinnedVersion(goMod: string): string;
}

interface Setup {
  pulumiIfItCanBe(
    facts: Parameters<Cli["providePulumi"]>[0],
    needed: boolean,
  ): Promise<{ pulumiBin?: string; missing?: string; why: string }>;
}

const { providePulumi } = requireFromRoot<Cli>("tools/setup/pulumi-cli.js");
const { pulumiIfItCanBe } = requireFromRoot<Setup>("tools/setup.js");
const { pinnedVersion } = requireFromRoot<Decisions>("tools/setup/decisions.js");
const version = pinnedVersion(readFileSync(join(checkoutRoot, "tools/pulumi-cli/go.mod"), "utf8"));

/** A `go` that notes its command line and writes a program where -o says. */
const GO = `#!/bin/sh
echo "$@" >> "$NOTES"
while [ "$1" != -o ]; do shift; done
/bin/mkdir -p "\${2%/*}"
printf '#!/bin/sh\\n' > "$2"; /bin/chmod +x "$2"
`;

skipUnless(process.platform !== "win32", "the stand-ins for go and curl are shell scripts").describe(
  "set-up: Pulumi CLI, carried out",
  () => {
    let folder: string;
    let programs: string;
    let cacheRoot: string;
    const said: string[] = [];
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-cli-"));
      programs = join(folder, "programs");
      cacheRoot = join(folder, "cache");
      mkdirSync(programs);
      mkdirSync(cacheRoot);
      said.length = 0;
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    function program(dir: string, name: string, text: string): string {
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, name), text);
      chmodSync(join(dir, name), 0o755);
      return join(dir, name);
    }
    const provide = (): Promise<{ pulumiBin: string; why: string }> => {
      const env = { PATH: programs, NOTES: join(folder, "notes") };
      return providePulumi({ root: checkoutRoot, say: (text) => said.push(text), cacheRoot, env });
    };
    const home = (): string => join(cacheRoot, version, "bin");

    it("takes a new one from PATH", async () => {
      const file = program(programs, "pulumi", "#!/bin/sh\necho v3.300.0\n");
      assert.equal((await provide()).pulumiBin, file);
    });

    it("builds with Go once, with the launchers beside it, and leaves nothing else", async () => {
      program(programs, "pulumi", "#!/bin/sh\necho v3.100.0\n");
      program(programs, "go", GO);
      const [one, two] = await Promise.all([provide(), provide()]);
      assert.equal(one.pulumiBin, join(home(), "pulumi"));
      assert.equal(two.pulumiBin, one.pulumiBin);
      assert.deepEqual(readdirSync(home()).sort(), ["pulumi", "pulumi-resource-pulumi-nodejs", "pulumi-resource-pulumi-nodejs.cmd"]);
      assert.deepEqual(readdirSync(cacheRoot), [version]);
      const calls = readFileSync(join(folder, "notes"), "utf8").trim().split("\n");
      assert.equal(calls.length, 1);
      assert.match(
        calls[0] ?? "",
        /^build -tags osusergo,grpcnotrace -trimpath -ldflags -s -w -X \S+=v3\.\d+\.\d+ -o \S+ github\.com\/pulumi/,
      );
    });

    it("falls back to Go when the installer cannot be reached", async () => {
      program(programs, "curl", "#!/bin/sh\nexit 6\n");
      program(programs, "go", GO);
      assert.match((await provide()).why, /go build/);
      assert.match(said.join("\n"), /installer cannot be reached/);
    });

    it("accepts the cache under the version without v", async () => {
      const dir = join(cacheRoot, version.slice(1), "bin");
      program(dir, "pulumi", "#!/bin/sh\n");
      program(dir, "pulumi-resource-pulumi-nodejs", "#!/bin/sh\n");
      assert.equal((await provide()).pulumiBin, join(dir, "pulumi"));
    });

    it("takes what lies in a cache that cannot be written", async () => {
      const other = join(folder, "other");
      const file = program(join(other, version, "bin"), "pulumi", "#!/bin/sh\n");
      program(join(other, version, "bin"), "pulumi-resource-pulumi-nodejs", "#!/bin/sh\n");
      const found = await providePulumi({
        root: checkoutRoot,
        say: () => undefined,
        cacheRoot,
        alsoLookIn: [other],
        env: { PATH: programs },
      });
      assert.equal(found.pulumiBin, file);
      assert.deepEqual(readdirSync(cacheRoot), []);
    });

    it("says what to do by hand when nothing works", async () => {
      program(programs, "go", "#!/bin/sh\necho no network >&2\nexit 1\n");
      await assert.rejects(provide(), (error: Error & { byHand?: string }) => {
        assert.match(error.message, /tried: go/);
        assert.match(error.byHand ?? "", /install Pulumi/);
        return true;
      });
      assert.equal(existsSync(home()), false);
      assert.deepEqual(readdirSync(cacheRoot), []);
    });

    it("a machine that can get none goes on without, and says what to install", async () => {
      const facts = { root: checkoutRoot, say: () => undefined, cacheRoot, env: { PATH: programs } };
      const without = await pulumiIfItCanBe(facts, false);
      assert.equal(without.pulumiBin, undefined);
      assert.match(
        without.missing ?? "",
        /^no Pulumi CLI \(neither curl nor Go is on this machine\); install Pulumi 3\.\d+\.0 or newer .* or Go/,
      );
      await assert.rejects(pulumiIfItCanBe(facts, true), /no Pulumi CLI/);
      assert.equal(cliMissing({ PATH: programs, PULUMI_EXCHANGE_NO_CLI: without.missing }), without.missing);
      assert.match(cliMissing({ PATH: programs }) ?? "", /npm run setup/);
      program(programs, "pulumi", "#!/bin/sh\necho v3.300.0\n");
      assert.equal(cliMissing({ PATH: programs, PULUMI_EXCHANGE_NO_CLI: without.missing }), undefined);
      assert.equal((await pulumiIfItCanBe(facts, false)).missing, undefined);
    });
  },
);
