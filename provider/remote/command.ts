/** The constant command line that starts the agent (agent-protocol.md 1). */

/** Reads the agent script as one base64 line from stdin and runs it with both streams. */
const BOOTSTRAP = [
  "$ErrorActionPreference='Stop'",
  "$u=New-Object System.Text.UTF8Encoding($false)",
  "$r=New-Object System.IO.StreamReader([Console]::OpenStandardInput(),$u)",
  "$w=New-Object System.IO.StreamWriter([Console]::OpenStandardOutput(),$u)",
  "$w.AutoFlush=$true",
  "$s=$u.GetString([Convert]::FromBase64String($r.ReadLine()))",
  "& ([ScriptBlock]::Create($s)) $r $w $s",
].join(";");

/** The whole command line: constant, free of secrets, no quoting needed in any shell. */
export const AGENT_COMMAND =
  "powershell.exe -NoLogo -NoProfile -NonInteractive -InputFormat None -OutputFormat Text -ExecutionPolicy Bypass -EncodedCommand " +
  Buffer.from(BOOTSTRAP, "utf16le").toString("base64");
