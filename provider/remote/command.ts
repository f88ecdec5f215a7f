/** The constant command line that starts the agent (agent-protocol.md 1). */

/** Reads the agent script as one line from stdin (base64 of gzip), expands it, and runs it with both streams. */
const BOOTSTRAP = [
  "$ErrorActionPreference='Stop'",
  "$u=New-Object Text.UTF8Encoding($false)",
  "$r=New-Object IO.StreamReader([Console]::OpenStandardInput(),$u)",
  "$w=New-Object IO.StreamWriter([Console]::OpenStandardOutput(),$u)",
  "$w.AutoFlush=$true",
  "$m=New-Object IO.MemoryStream(,[Convert]::FromBase64String($r.ReadLine()))",
  "$z=New-Object IO.Compression.GZipStream($m,[IO.Compression.CompressionMode]0)",
  "$s=(New-Object IO.StreamReader($z,$u)).ReadToEnd()",
  "& ([ScriptBlock]::Create($s)) $r $w $s",
].join(";");

/** The whole command line: constant, free of secrets, no quoting needed in any shell. */
export const AGENT_COMMAND =
  "powershell.exe -NoLogo -NoProfile -NonInteractive -InputFormat None -OutputFormat Text -ExecutionPolicy Bypass -EncodedCommand " +
  Buffer.from(BOOTSTRAP, "utf16le").toString("base64");
