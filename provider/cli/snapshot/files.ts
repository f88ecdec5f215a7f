/** The records of the working folder: journals, claims, windows, leases. Subscription files hold a password and are never read. */
import type { CopiedServer } from "../../../lab/model/copySchema";
import type { HostSession } from "../../remote/sessions";

/** The folders that the provider writes to; the agent lists no folders. */
const FOLDERS = ["", "lease", "windows", "snapshots", "flips", "leftovers"];
const RECORD = /\.jsonl?$/i;

export async function readFiles(session: HostSession): Promise<CopiedServer["files"]> {
  const found: CopiedServer["files"] = [];
  for (const folder of FOLDERS) {
    const { files } = await session.request("file.list", { path: folder });
    for (const name of files.filter((one) => RECORD.test(one))) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const { data } = await session.request("file.read", { path });
      if (data !== undefined) found.push({ path, text: Buffer.from(data, "base64").toString("utf8") });
    }
  }
  return found;
}
